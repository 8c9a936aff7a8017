// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STORE_RECOVER_IPP
#define MODELSEC_DETAIL_STORE_STORE_RECOVER_IPP

#include <modelsec/detail/store/store_aside.ipp>
#include <modelsec/detail/store/store_stage.ipp>
#include <modelsec/detail/store/state/store_state.ipp>

#include <set>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::size_t folder_digits = 12;

/// The names under which a pack may stand below its model: the version, or, if that is taken, with twelve digits of its digest.
inline std::vector<std::string> folder_names(const identifier& version, const sha256_digest& artifact)
{
    std::vector<std::string> out{version.str()};
    const std::string digits = artifact.hex();
    for (std::size_t at = 0; at + folder_digits <= digits.size(); at += folder_digits)
        out.push_back(version.str() + '~' + digits.substr(at, folder_digits));
    return out;
}

inline void add_folders(const model_state& state, std::set<std::string>& out)
{
    for (const auto& [key, member] : state_packs)
        if (state.*member)
            out.insert((state.*member)->folder);
}

/// Every folder that some generation names.
inline result<std::set<std::string>> named_folders(const store_disk& d, const identifier& model)
{
    std::set<std::string> out;
    MODELSEC_TRY(const std::vector<std::uint64_t> numbers, list_generations(d, model));
    for (const std::uint64_t number : numbers)
    {
        MODELSEC_TRY(const generation g, read_generation(d, {model.str(), number}));
        if (g.state)
            add_folders(*g.state, out);
    }
    return out;
}

/// Every folder that may be a pack which was active once (and is kept as long as gc lets it).
inline std::set<std::string> former_folders(const model_state& state)
{
    std::set<std::string> out;
    for (const auto* list : {&state.superseded, &state.rejected})
        for (const barred_pack& p : *list)
            for (std::string& name : folder_names(p.version, p.artifact))
                out.insert(std::move(name));
    return out;
}

/// Temporary files of this model's state whose writer is gone.
inline result<void> remove_stale_temporaries(const store_disk& d, const file& at, const std::string& stem)
{
    MODELSEC_TRY(const std::vector<std::string> names, d.files->list(at));
    for (const std::string& name : names)
    {
        if (stem_of_temporary(name) != stem)
            continue;
        MODELSEC_TRY(const file_info what, d.files->info_at(at, name));
        if (what.kind == file_kind::regular && what.links == 1)
        {
            MODELSEC_TRY(const file there, d.files->open_file(at, name, open_mode::read));
            if (!there)
                continue;
            MODELSEC_TRY(const bool unused, d.files->try_lock(there, lock_kind::exclusive));
            if (!unused)
                continue;
        }
        std::uint64_t freed = 0;
        MODELSEC_CHECK(remove_tree(*d.files, at, name, freed));
    }
    return {};
}

/// Moves a pack that did not become active to where it came from: its files are taken back as partials by the next stage().
result<void> store::take_back(const identifier& model, const pack_record& pack) const
{
    file_system& fs = *disk_->files;
    MODELSEC_TRY(const file home, fs.open_folder(disk_->root, model.str(), false));
    if (!home)
        return {};
    MODELSEC_TRY(const bool there, is_there(fs, home, pack.folder));
    if (!there)
        return {};
    MODELSEC_TRY(const staging staged, stage(model, pack.artifact));
    std::uint64_t freed = 0;
    MODELSEC_CHECK(remove_tree(fs, staged.folder_, pack_folder_name, freed));
    MODELSEC_TRY(const bool moved, fs.rename(home, pack.folder, staged.folder_, pack_folder_name));
    if (!moved)
        return fail(reason::store_layout, "a pack folder that comes and goes");
    MODELSEC_CHECK(fs.sync(staged.folder_));
    return fs.sync(home);
}

result<void> store::recover(const model_lock& lock, const identifier& model) const
{
    MODELSEC_CHECK(remove_stale_temporaries(*disk_, disk_->state, model.str()));
    MODELSEC_TRY(model_state now, state(model));
    if (now.pending || now.reclaiming)
    {
        // First said, then done: whoever was about to publish the pending pack (there may be no locks) finds that it lost.
        MODELSEC_TRY(now, update(model, [](model_state& s) -> result<bool> {
                         if (!s.pending || s.reclaiming)
                             return false;
                         s.reclaiming = std::exchange(s.pending, std::nullopt);
                         return true;
                     }));
        if (now.reclaiming)
            MODELSEC_CHECK(take_back(model, *now.reclaiming));
        MODELSEC_TRY(now, update(model, [](model_state& s) -> result<bool> {
                         return std::exchange(s.reclaiming, std::nullopt).has_value();
                     }));
    }

    file_system& fs = *disk_->files;
    MODELSEC_TRY(const file home, fs.open_folder(disk_->root, model.str(), false));
    if (!home)
        return {};
    // First what is there, then what it is: a folder is named before it is there, so none of these can gain a name meanwhile.
    MODELSEC_TRY(const std::vector<std::string> entries, fs.list(home));
    MODELSEC_TRY(std::set<std::string> known, named_folders(*disk_, model));
    MODELSEC_TRY(now, state(model));
    known.merge(former_folders(now));
    if (now.found_files)
    {
        // Candidates for as long as nothing is active; then nobody's.
        if (now.active)
            MODELSEC_CHECK(set_found_files_aside(lock, model));
        return {};
    }
    for (const std::string& entry : entries)
        if (!known.contains(entry))
            MODELSEC_CHECK(move_aside(*disk_, home, entry));
    return {};
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
