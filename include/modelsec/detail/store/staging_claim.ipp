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
inline constexpr std::string_view claim_is_abandoned = "abandoned";  // what is in the folder is being removed
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
        if (at_ && owned_ && owner_ == process_number())
            (void)files_->write_at(at_, 0, as_bytes(std::string(claim_is_free) + '\n'));
    }
    catch (const std::exception&)  // no memory: it is free once this process has ended
    {
    }
    at_ = file();
}

result<void> staging_claim::say(std::string_view text)
{
    // A claim without an end of line is one that is being written.
    MODELSEC_CHECK(files_->truncate(at_, 0));
    return files_->write_at(at_, 0, as_bytes(std::string(text) + '\n'));
}

result<void> staging_claim::own()
{
    MODELSEC_CHECK(say(process_identity()));
    owned_ = true;
    return {};
}

result<void> staging_claim::begin_removal()
{
    return say(claim_is_abandoned);
}

struct claim_on_disk
{
    std::uint64_t number = 0;
    std::string name;
    file_info what{};

    bool is_same(const file_info& other) const
    {
        return other.links != 0 && other.inode == what.inode && other.device == what.device &&
               other.modified_ns == what.modified_ns;
    }
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
            out = claim_on_disk{number, name, {}};
    }
    if (out)
    {
        MODELSEC_TRY(out->what, d.files->info_at(d.staging, out->name));
    }
    return out;
}

/// What time it is for the disk, whose times are compared with it: clocks of a file server and of its clients are not the same.
inline result<std::int64_t> time_of_disk(const store_disk& d)
{
    const std::string name = std::string(temporary_prefix) + "time~" + unique_word();
    MODELSEC_TRY(const file at, d.files->open_file(d.staging, name, open_mode::create_private));
    if (!at)
        return fail(reason::store_layout, "a temporary file that comes and goes");
    const auto written = d.files->write_at(at, 0, as_bytes("\n"));
    const auto what = d.files->info(at);
    MODELSEC_CHECK(d.files->remove_file(d.staging, name));
    MODELSEC_CHECK(written);
    MODELSEC_TRY(const file_info now, what);
    return now.modified_ns;
}

enum class claim_state
{
    worked_in,  ///< or it cannot be told
    free,       ///< nobody writes there any more: what came can be resumed
    abandoned   ///< for so long that it may be removed; whoever comes back has lost it, and starts anew
};

/// Whether nothing in a staging folder, nor its claim, changed for so long that it is nobody's.
inline result<bool> is_silent(const store_disk& d, const std::string& folder, std::int64_t claimed_ns)
{
    MODELSEC_TRY(const std::int64_t now, time_of_disk(d));
    std::int64_t out = claimed_ns;
    MODELSEC_TRY(const file at, d.files->open_folder(d.staging, folder, false));
    if (at)
    {
        MODELSEC_TRY(const file_info own, d.files->info(at));
        out = std::max(out, own.modified_ns);
        MODELSEC_TRY(const std::vector<std::string> names, d.files->list(at));
        for (const std::string& name : names)
        {
            MODELSEC_TRY(const file_info what, d.files->info_at(at, name));
            out = std::max(out, what.modified_ns);
        }
    }
    return now - out > std::chrono::nanoseconds(claim_lasts).count();
}

inline result<claim_state> state_of_claim(const store_disk& d, const std::string& folder, const claim_on_disk& claim)
{
    MODELSEC_TRY(const file at, d.files->open_file(d.staging, claim.name, open_mode::read_linked));
    if (!at)
        return claim_state::worked_in;  // somebody else is about to have it
    MODELSEC_TRY(const bytes raw, read_whole(*d.files, at, claim_cap));
    const std::string_view text = as_text(raw);
    const std::string owner(text.substr(0, std::min(text.find('\n'), text.size())));
    const bool whole = owner.size() < text.size();  // else it is being written
    if (whole && owner == claim_is_abandoned)
        return claim_state::abandoned;
    if (whole && (owner == claim_is_free || process_is_gone(owner)))
        return claim_state::free;
    MODELSEC_TRY(const bool silent, is_silent(d, folder, claim.what.modified_ns));
    return silent ? claim_state::abandoned : claim_state::worked_in;
}

/// Takes a staging folder, be it there or not, if nobody works in it; nothing if somebody does. What may still be written to is removed
/// first, and the claim says so until that is done: whoever finds it half done does not resume what is left.
inline result<std::optional<staging_claim>> take_claim(const store_disk& d, const std::string& folder)
{
    MODELSEC_TRY(const auto known, latest_claim(d, folder));
    const std::uint64_t number = known ? known->number + 1 : 0;
    const std::string name = folder + std::string(claim_infix) + (known ? '.' + std::to_string(number) : std::string());
    claim_state state = claim_state::free;
    MODELSEC_TRY(const file_info there, d.files->info_at(d.staging, folder));
    if (known)
    {
        MODELSEC_TRY(state, state_of_claim(d, folder, *known));
    }
    else if (there.links != 0)
    {
        // Made by somebody for whom locks mean something.
        MODELSEC_TRY(const bool silent, is_silent(d, folder, 0));
        state = silent ? claim_state::abandoned : claim_state::worked_in;
    }
    if (state == claim_state::worked_in)
        return std::optional<staging_claim>();
    MODELSEC_TRY(file at, d.files->open_file(d.staging, name, open_mode::create_private));
    if (!at)
        return std::optional<staging_claim>();
    staging_claim mine(*d.files, std::move(at));
    const auto is_still_mine = [&]() -> result<bool> {
        MODELSEC_TRY(const auto latest, latest_claim(d, folder));
        return latest && latest->number == number;
    };
    MODELSEC_CHECK(state == claim_state::abandoned ? mine.begin_removal() : mine.own());
    // What was found may have been taken, worked in and removed by others meanwhile, with its claims, or is taken by one who looked at the
    // same time: each makes his own known before he looks again, so at least one of them sees the other.
    MODELSEC_TRY(bool alone, is_still_mine());
    if (known)
    {
        MODELSEC_TRY(const file_info now, d.files->info_at(d.staging, known->name));
        alone = alone && known->is_same(now);
    }
    std::uint64_t freed = 0;
    if (alone && state == claim_state::abandoned)
    {
        MODELSEC_CHECK(remove_tree(*d.files, d.staging, folder, freed));
        MODELSEC_CHECK(mine.own());
        MODELSEC_TRY(alone, is_still_mine());
    }
    if (!alone)
    {
        mine.give_up();
        MODELSEC_CHECK(d.files->remove_file(d.staging, name));
        return std::optional<staging_claim>();
    }
    // The first one stays: earlier versions know no other.
    if (known && known->number > 0)
        MODELSEC_CHECK(d.files->remove_file(d.staging, known->name));
    return std::optional(std::move(mine));
}

/// The same for a folder that only may have been claimed.
inline result<std::optional<staging_claim>> take_unclaimed(const store_disk& d, const std::string& folder)
{
    MODELSEC_TRY(const auto known, latest_claim(d, folder));
    return known ? take_claim(d, folder) : result<std::optional<staging_claim>>(staging_claim());
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
