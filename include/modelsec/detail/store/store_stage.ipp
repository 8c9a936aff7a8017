// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STORE_STAGE_IPP
#define MODELSEC_DETAIL_STORE_STORE_STAGE_IPP

#include <modelsec/detail/store/staging_claim.ipp>
#include <modelsec/detail/store/store_generation.ipp>
#include <modelsec/detail/store/store.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::string_view asked_by_prefix = "for-";
inline constexpr unsigned staging_folders_per_content = 1000;

/// `<64 hex>` or `<64 hex>.<n>`.
inline std::optional<sha256_digest> content_of_staging(std::string_view name)
{
    constexpr std::size_t digits = 2 * sha256_digest::size_bytes;
    if (name.size() < digits || (name.size() > digits && name[digits] != '.') || is_claim(name))
        return std::nullopt;
    return sha256_digest::from_hex(name.substr(0, digits));
}

enum class ownership
{
    held,     ///< its lock is ours
    busy,     ///< another operation works there
    no_locks  ///< locks mean nothing on this file system
};

/// Takes the lock of a staging folder, and finds out whether that means anything: it must keep out even its own owner.
inline result<ownership> own_staging(const store_disk& d, const file& folder, const std::string& name)
{
    MODELSEC_TRY(const bool mine, d.files->try_lock(folder, lock_kind::exclusive));
    if (!mine)
        return ownership::busy;
    MODELSEC_TRY(const file again, d.files->open_folder(d.staging, name, false));
    if (!again)
        return ownership::busy;  // gc was faster
    MODELSEC_TRY(const bool twice, d.files->try_lock(again, lock_kind::exclusive));
    if (twice)
        return ownership::no_locks;
    MODELSEC_TRY(const file_info held, d.files->info(folder));
    MODELSEC_TRY(const file_info named, d.files->info(again));
    return held.inode == named.inode && held.device == named.device ? ownership::held : ownership::busy;
}

struct owned_folder
{
    file folder;
    std::string name;
    staging_claim claim{};
};

inline std::string staging_name(const sha256_digest& content, unsigned n)
{
    return n == 0 ? content.hex() : content.hex() + '.' + std::to_string(n);
}

/// A staging folder for this content that nobody else works in. Where there are no locks, claims say that: bytes that another process may
/// still be writing to are never resumed (docs/manifest.md, Store).
inline result<owned_folder> claim_staging(const store_disk& d, const sha256_digest& content)
{
    bool locks = true;
    for (unsigned n = 0; n < staging_folders_per_content; ++n)
    {
        const std::string name = staging_name(content, n);
        if (!locks)
        {
            MODELSEC_TRY(auto taken, take_claim(d, name));
            if (!taken)
                continue;
            MODELSEC_TRY(file folder, d.files->open_folder(d.staging, name, true));
            return owned_folder{std::move(folder), name, std::move(*taken)};
        }
        MODELSEC_TRY(file folder, d.files->open_folder(d.staging, name, true));
        MODELSEC_TRY(const ownership whose, own_staging(d, folder, name));
        if (whose == ownership::held)
        {
            // For the case that others of this disk have no locks.
            MODELSEC_TRY(auto claim, take_unclaimed(d, name));
            if (!claim)
                continue;
            return owned_folder{std::move(folder), name, std::move(*claim)};
        }
        locks = whose != ownership::no_locks;
        if (!locks && n > 0)
            --n;  // once more, by claims
    }
    return fail(reason::store_layout, "too many staging folders for one content");
}

inline constexpr std::string_view orphan_prefix = "orphan-";

/// Moves something out of the way: into staging, as `orphan-<n>`.
inline result<std::string> move_aside(const store_disk& d, const file& from, const std::string& name)
{
    for (unsigned n = 0; n < 10'000; ++n)
    {
        std::string orphan = std::string(orphan_prefix) + std::to_string(n);
        MODELSEC_TRY(const bool moved, d.files->rename(from, name, d.staging, orphan));
        if (!moved)
            continue;
        MODELSEC_CHECK(d.files->sync(d.staging));
        MODELSEC_CHECK(d.files->sync(from));
        return orphan;
    }
    return fail(reason::store_layout, "too many orphans: gc removes them");
}

/// Removes a staging folder that is ours.
inline result<void> remove_staging(const store_disk& d, const std::string& name, std::uint64_t& freed)
{
    MODELSEC_CHECK(remove_tree(*d.files, d.staging, name, freed));
    return remove_claims(d, name);
}

/// The staging folder that the next stage() takes for this content, if nobody works there by then.
inline result<std::string> staging_to_resume(const store_disk& d, const sha256_digest& content)
{
    for (unsigned n = 1; n < staging_folders_per_content; ++n)
    {
        const std::string name = staging_name(content, n);
        MODELSEC_TRY(const auto claim, latest_claim(d, name));
        if (!claim)
            break;
        MODELSEC_TRY(const claim_state state, state_of_claim(d, name, *claim));
        if (state == claim_state::free)
            return name;
    }
    return content.hex();
}

/// How many bytes of a staging folder need not be fetched again.
inline result<std::uint64_t> resumable_bytes(const store_disk& d, const std::string& name)
{
    std::uint64_t sum = 0;
    MODELSEC_TRY(const file folder, d.files->open_folder(d.staging, name, false));
    if (!folder)
        return sum;
    MODELSEC_TRY(const journal says, load_journal(*d.files, folder));
    MODELSEC_TRY(const file pack, d.files->open_folder(folder, pack_folder_name, false));
    for (const auto& [digest, notes] : says.files)
    {
        MODELSEC_TRY(const range_set kept, synced_ranges(*d.files, folder, digest, notes));
        sum += kept.size();
        // Placed in the pack folder, waiting to be activated: the next attempt takes it back.
        if (!notes.placed || !pack)
            continue;
        MODELSEC_TRY(const bool partial, is_there(*d.files, folder, partial_name(digest)));
        if (partial)
            continue;
        const auto placed = in_parent_folder(*d.files, pack, *notes.placed, false, [&](const file& parent) {
            return d.files->info_at(parent, notes.placed->file().str());
        });
        sum += placed && placed->kind == file_kind::regular ? notes.synced.size() : 0;
    }
    return sum;
}

/// Whether somebody still brings bytes for a staging folder.
inline result<bool> is_leased(const store_disk& d, const std::string& name)
{
    MODELSEC_TRY(const file folder, d.files->open_folder(d.staging, name, false));
    if (!folder)
        return false;
    MODELSEC_TRY(const journal says, load_journal(*d.files, folder));
    const utc_time now = d.time->now();
    return std::ranges::any_of(says.files, [&](const auto& entry) {
        return std::ranges::any_of(entry.second.leases, [&](const range_lease& l) { return is_running(l, now); });
    });
}

/// Whether a finished pack can be renamed in, before its first byte is fetched. A mount has no need of another device to be one: the
/// kernel is asked, by a name that is not there.
inline result<void> check_one_disk(const store_disk& d, const identifier& model)
{
    static constexpr const char* probe = ".new~probe";
    MODELSEC_TRY(const file home, d.files->open_folder(d.root, model.str(), false));
    const auto moved = d.files->rename(d.staging, probe, home ? home : d.root, probe);
    if (moved || moved.error().why != reason::other_disk)
        return {};
    return fail(reason::other_disk, d.path + "/.modelsec/staging and " + d.path +
                                        (home ? '/' + model.str() : std::string()) + " are not on one mount");
}

result<staging> store::stage(const identifier& model, const sha256_digest& content) const
{
    MODELSEC_CHECK(check_one_disk(*disk_, model));
    MODELSEC_TRY(owned_folder place, claim_staging(*disk_, content));
    MODELSEC_CHECK(disk_->files->sync(disk_->staging));
    staging out(*disk_->files, std::move(place.folder), std::move(place.name), std::move(place.claim));
    MODELSEC_CHECK(out.take_back_placed());
    MODELSEC_CHECK(disk_->files->open_file(out.folder_, std::string(asked_by_prefix) + model.str(), open_mode::create_new));
    return out;
}

/// The staging folders that hold what was downloaded for this model and is not active yet.
inline result<std::vector<std::string>> partials_of(const store_disk& d, const identifier& model, const model_state& now)
{
    std::vector<std::string> out;
    if (!d.staging)
        return out;
    MODELSEC_TRY(const std::vector<std::string> names, d.files->list(d.staging));
    for (const std::string& name : names)
    {
        const auto content = content_of_staging(name);
        if (!content || (now.active && now.active->artifact == *content))
            continue;
        MODELSEC_TRY(const file folder, d.files->open_folder(d.staging, name, false));
        if (!folder)
            continue;
        MODELSEC_TRY(const bool asked, is_there(*d.files, folder, std::string(asked_by_prefix) + model.str()));
        if (asked)
            out.push_back(name);
    }
    return out;
}

result<std::uint64_t> store::partial_bytes(const identifier& model) const
{
    std::uint64_t sum = 0;
    MODELSEC_TRY(const model_state now, state(model));
    MODELSEC_TRY(const std::vector<std::string> names, partials_of(*disk_, model, now));
    for (const std::string& name : names)
    {
        MODELSEC_TRY(const std::uint64_t size, resumable_bytes(*disk_, name));
        sum += size;
    }
    return sum;
}

result<std::uint64_t> store::resumable_bytes_of(const sha256_digest& content) const
{
    if (!disk_->staging)
        return std::uint64_t{0};
    MODELSEC_TRY(const std::string name, staging_to_resume(*disk_, content));
    return resumable_bytes(*disk_, name);
}

result<void> store::remove_partials(const model_lock&, const identifier& model, std::vector<std::string>& removed,
                                    std::uint64_t& total) const
{
    MODELSEC_TRY(const model_state now, state(model));
    MODELSEC_TRY(const std::vector<std::string> names, partials_of(*disk_, model, now));
    for (const std::string& name : names)
    {
        MODELSEC_TRY(const file folder, disk_->files->open_folder(disk_->staging, name, false));
        if (!folder)
            continue;
        MODELSEC_TRY(const bool unheld, disk_->files->try_lock(folder, lock_kind::exclusive));
        MODELSEC_TRY(const auto taken,
                     unheld ? take_unclaimed(*disk_, name) : result<std::optional<staging_claim>>(std::nullopt));
        if (!taken)
            continue;
        std::uint64_t freed = 0;
        MODELSEC_TRY(const std::uint64_t size, size_of_tree(*disk_->files, disk_->staging, name));
        MODELSEC_CHECK(remove_staging(*disk_, name, freed));
        total += size;
        removed.push_back(std::string(inner_folder_name) + "/staging/" + name);
    }
    return names.empty() ? result<void>() : disk_->files->sync(disk_->staging);
}

result<std::uint64_t> store::partial_room(const sha256_digest& content) const
{
    file_system& fs = *disk_->files;
    if (!disk_->staging)
        return std::uint64_t{0};
    MODELSEC_TRY(const std::string place, staging_to_resume(*disk_, content));
    MODELSEC_TRY(const file folder, fs.open_folder(disk_->staging, place, false));
    if (!folder)
        return std::uint64_t{0};
    std::uint64_t sum = 0;
    MODELSEC_TRY(const std::vector<std::string> names, fs.list(folder));
    for (const std::string& name : names)
        if (name.starts_with(partial_prefix))
        {
            MODELSEC_TRY(const file_info what, fs.info_at(folder, name));
            sum += what.allocated;
        }
    return sum;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
