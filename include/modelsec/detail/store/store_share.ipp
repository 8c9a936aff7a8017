// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STORE_SHARE_IPP
#define MODELSEC_DETAIL_STORE_STORE_SHARE_IPP

#include <modelsec/detail/store/store_generation.ipp>
#include <modelsec/detail/store/store.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What readers need of what they read (docs/manifest.md, Store).
inline constexpr std::uint32_t readers_of_files = 0044, readers_of_folders = 0055;

/// Gives readers what was made before the store was shared. What is not what it should be is left to whoever opens it.
inline result<void> share_file(file_system& fs, const file& at, const std::string& name)
{
    MODELSEC_TRY(const file_info what, fs.info_at(at, name));
    if ((what.mode & readers_of_files) == readers_of_files)
        return {};
    const auto there = fs.open_file(at, name, open_mode::read_linked);
    if (there)
        return *there ? fs.share(*there) : result<void>();
    return is_unfit(there.error().why) ? result<void>() : result<void>(there.error());
}

/// A pack's folder is shared after all that is in it: where it is, nothing is to be done, however many files it has. `whole`: look at them
/// all the same.
inline result<void> share_pack(file_system& fs, const file& home, const pack_record& pack, bool whole)
{
    MODELSEC_TRY(const file_info what, fs.info_at(home, pack.folder));
    if (!whole && (what.mode & readers_of_folders) == readers_of_folders)
        return {};
    const auto folder = fs.open_folder(home, pack.folder, false);
    if (folder && !*folder)
        return {};
    const auto walked =
        folder ? walk_tree(
                     fs, *folder, {},
                     [&](const std::string&, const file& at, const std::string& name) { return share_file(fs, at, name); },
                     [&](const file& done) { return fs.share(done); })
               : result<void>(folder.error());
    return !walked && is_unfit(walked.error().why) ? result<void>() : walked;
}

// The files' change times are others after that: their next opening hashes them once.
result<void> store::share(const identifier& model, bool whole) const
{
    if (!is_shared(*disk_))
        return {};
    file_system& fs = *disk_->files;
    MODELSEC_TRY(const std::vector<std::string> envelopes, fs.list(disk_->envelopes));
    for (const std::string& name : envelopes)
        MODELSEC_CHECK(share_file(fs, disk_->envelopes, name));
    MODELSEC_TRY(const std::vector<std::uint64_t> numbers, list_generations(*disk_, model));
    for (const std::uint64_t number : numbers)
        MODELSEC_CHECK(share_file(fs, disk_->state, generation_name{model.str(), number}.str()));
    MODELSEC_TRY(const model_state now, state(model));
    if (!now.active && !now.last_good)
        return {};
    MODELSEC_TRY(const file home, fs.open_folder(disk_->root, model.str(), false));
    if (!home)
        return {};
    MODELSEC_CHECK(fs.share(home));
    for (const auto* pack : {&now.active, &now.last_good})
        if (*pack)
            MODELSEC_CHECK(share_pack(fs, home, **pack, whole));
    return {};
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
