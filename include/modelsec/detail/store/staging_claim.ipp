// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STAGING_CLAIM_IPP
#define MODELSEC_DETAIL_STORE_STAGING_CLAIM_IPP

#include <modelsec/detail/base/machine.hpp>
#include <modelsec/detail/store/staging_claim.hpp>
#include <modelsec/detail/store/store_disk.ipp>

#include <charconv>
#include <chrono>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// `NAME.claim`, which stays as long as the folder does, then `NAME.claim.1` and so on, each made by whoever took the folder over: the
// one with the highest number counts. Numbers only grow, and each is made only if it is not there yet, so of two that find the same
// owner gone one gets the folder.
inline constexpr std::string_view claim_infix = ".claim";
inline constexpr std::string_view claim_is_free = "free";
inline constexpr std::uint64_t claim_cap = 512;
/// A folder in which nothing has changed for so long is nobody's, whoever claimed it. Clocks of file servers differ by less.
inline constexpr std::chrono::hours claim_lasts{24};

inline bool is_claim(std::string_view name) noexcept
{
    return name.find(claim_infix) != name.npos;
}

void staging_claim::free() noexcept
{
    try
    {
        if (at_ && owner_ == process_number())
            (void)files_->write_at(at_, 0, as_bytes(std::string(claim_is_free) + '\n'));
    }
    catch (const std::exception&)  // no memory: it is free once this process has ended
    {
    }
    at_ = file();
}

struct claim_on_disk
{
    std::uint64_t number = 0;
    std::string name;
};

/// The claim of a staging folder that counts; nothing if there is none.
inline result<std::optional<claim_on_disk>> latest_claim(const store_disk& d, const std::string& folder)
{
    MODELSEC_TRY(const std::vector<std::string> names, d.files->list(d.staging));
    std::optional<claim_on_disk> out;
    const std::string first = folder + std::string(claim_infix);
    for (const std::string& name : names)
    {
        if (!name.starts_with(first))
            continue;
        std::uint64_t number = 0;
        const char* const digits = name.data() + first.size() + 1;
        const char* const end = name.data() + name.size();
        if (name.size() > first.size())
            if (const auto read = std::from_chars(digits, end, number);
                name[first.size()] != '.' || read.ec != std::errc() || read.ptr != end)
                continue;
        if (!out || number > out->number)
            out = claim_on_disk{number, name};
    }
    return out;
}

enum class claim_state
{
    worked_in,  ///< or it cannot be told
    free,       ///< nobody writes there any more: what came can be resumed
    abandoned   ///< for so long that it may be removed; whoever comes back has lost it, and starts anew
};

/// When something in a staging folder last changed, or who claims it.
inline result<std::int64_t> last_change(const store_disk& d, const std::string& folder, const claim_on_disk& claim)
{
    MODELSEC_TRY(const file_info told, d.files->info_at(d.staging, claim.name));
    std::int64_t out = told.modified_ns;
    MODELSEC_TRY(const file at, d.files->open_folder(d.staging, folder, false));
    if (!at)
        return out;
    MODELSEC_TRY(const std::vector<std::string> names, d.files->list(at));
    for (const std::string& name : names)
    {
        MODELSEC_TRY(const file_info what, d.files->info_at(at, name));
        out = std::max(out, what.modified_ns);
    }
    return out;
}

inline result<claim_state> state_of_claim(const store_disk& d, const std::string& folder, const claim_on_disk& claim)
{
    MODELSEC_TRY(const file at, d.files->open_file(d.staging, claim.name, open_mode::read));
    if (!at)
        return claim_state::worked_in;  // somebody else is about to have it
    MODELSEC_TRY(const bytes raw, read_whole(*d.files, at, claim_cap));
    const std::string_view text = as_text(raw);
    const std::string owner(text.substr(0, std::min(text.find('\n'), text.size())));
    const bool whole = owner.size() < text.size();  // else it is being written
    if (whole && (owner == claim_is_free || process_is_gone(owner)))
        return claim_state::free;
    MODELSEC_TRY(const std::int64_t changed, last_change(d, folder, claim));
    const auto now = std::chrono::duration_cast<std::chrono::nanoseconds>(d.time->now().time_since_epoch()).count();
    return now - changed > std::chrono::nanoseconds(claim_lasts).count() ? claim_state::abandoned : claim_state::worked_in;
}

struct claimed_folder
{
    staging_claim claim;
    bool abandoned = false;  ///< what is in it must not be resumed: its owner may still write there
};

/// Takes a staging folder, be it there or not, if nobody works in it.
inline result<std::optional<claimed_folder>> take_claim(const store_disk& d, const std::string& folder)
{
    MODELSEC_TRY(const auto known, latest_claim(d, folder));
    claim_on_disk mine{known ? known->number + 1 : 0, folder + std::string(claim_infix)};
    bool abandoned = false;
    if (known)
    {
        MODELSEC_TRY(const claim_state state, state_of_claim(d, folder, *known));
        if (state == claim_state::worked_in)
            return std::optional<claimed_folder>();
        abandoned = state == claim_state::abandoned;
        mine.name += '.' + std::to_string(mine.number);
    }
    MODELSEC_TRY(file at, d.files->open_file(d.staging, mine.name, open_mode::create_private));
    if (!at)
        return std::optional<claimed_folder>();
    MODELSEC_CHECK(d.files->write_at(at, 0, as_bytes(process_identity() + '\n')));
    // Whoever was quicker by two has made a higher one, and may have removed the one that was in the way of ours.
    MODELSEC_TRY(const auto latest, latest_claim(d, folder));
    if (!latest || latest->number != mine.number)
    {
        MODELSEC_CHECK(d.files->remove_file(d.staging, mine.name));
        return std::optional<claimed_folder>();
    }
    // The first one stays: earlier versions know no other.
    if (known && known->number > 0)
        MODELSEC_CHECK(d.files->remove_file(d.staging, known->name));
    return std::optional(claimed_folder{staging_claim(*d.files, std::move(at)), abandoned});
}

/// The same for a folder that only may have been claimed.
inline result<std::optional<claimed_folder>> take_unclaimed(const store_disk& d, const std::string& folder)
{
    MODELSEC_TRY(const auto known, latest_claim(d, folder));
    return known ? take_claim(d, folder) : result<std::optional<claimed_folder>>(claimed_folder{});
}

/// Of a folder that is removed by its owner; the one that counts goes last.
inline result<void> remove_claims(const store_disk& d, const std::string& folder)
{
    const std::string first = folder + std::string(claim_infix);
    MODELSEC_TRY(const auto latest, latest_claim(d, folder));
    MODELSEC_CHECK(d.files->remove_file(d.staging, first));
    return latest && latest->number > 0 ? d.files->remove_file(d.staging, latest->name) : result<void>();
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
