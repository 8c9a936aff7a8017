// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STORE_OPEN_IPP
#define MODELSEC_DETAIL_STORE_STORE_OPEN_IPP

#include <modelsec/detail/store/store_generation.ipp>
#include <modelsec/detail/store/store.hpp>

#include <set>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The folders of the root that can only be packs: they have a model's name and something is in them.
inline result<std::set<std::string>> models_with_packs(const store_disk& d)
{
    std::set<std::string> out;
    MODELSEC_TRY(const std::vector<std::string> names, d.files->list(d.root));
    for (const std::string& name : names)
    {
        MODELSEC_TRY(const file_info what, d.files->info_at(d.root, name));
        if (what.kind != file_kind::folder || !what.owned || !identifier::parse(name))
            continue;
        MODELSEC_TRY(const bool packs, has_packs(d, name));
        if (packs)
            out.insert(name);
    }
    return out;
}

inline result<void> open_inner_folders(store_disk& d, bool create)
{
    MODELSEC_TRY(const file inner, d.files->open_folder(d.root, inner_folder_name, create));
    if (!inner)
    {
        MODELSEC_TRY(const auto packs, models_with_packs(d));
        return packs.empty() ? fail(reason::none_active, "the folder is not a store")
                             : fail(reason::state_unreadable, "there are packs, but no state");
    }
    const std::pair<const char*, file store_disk::*> folders[] = {{"state", &store_disk::state},
                                                                  {"staging", &store_disk::staging},
                                                                  {"envelopes", &store_disk::envelopes},
                                                                  {"locks", &store_disk::locks}};
    for (const auto& [name, member] : folders)
    {
        MODELSEC_TRY(d.*member, d.files->open_folder(inner, name, true));
    }
    if (create)
    {
        MODELSEC_CHECK(d.files->sync(inner));
        MODELSEC_CHECK(d.files->sync(d.root));
    }
    return {};
}

result<store> store::open(const store_options& options)
{
    store_disk d{options.files, {}, {}, {}, {}, {}, {}, options.caps};
    MODELSEC_TRY(d.root, d.files->open_root(options.path, options.create));
    if (!d.root)
        return fail(reason::none_active, "there is no store");
    // CWE-732: a root that its group may write to is a policy, not an accident.
    MODELSEC_TRY(const file_info root, d.files->info(d.root));
    if (root.group_writes && !options.group_shared)
        return fail(reason::store_permissions, "the store's group may write to it");
    MODELSEC_TRY(d.path, d.files->absolute_path(d.root));
    MODELSEC_CHECK(open_inner_folders(d, options.create));
    return store(std::make_shared<const store_disk>(std::move(d)));
}

result<std::vector<identifier>> store::models() const
{
    MODELSEC_TRY(auto known, models_with_packs(*disk_));
    MODELSEC_TRY(const std::vector<std::string> states, disk_->files->list(disk_->state));
    for (const std::string& text : states)
        if (auto name = generation_name::parse(text))
            known.insert(std::move(name->model));
    std::vector<identifier> out;
    for (const std::string& text : known)
    {
        MODELSEC_TRY(identifier model, identifier::parse(text));
        out.push_back(std::move(model));
    }
    return out;
}

result<pack_info> store::info(const identifier& model, const pack_record& pack) const
{
    pack_info out{pack.version.str(), pack.artifact, pack.sequence, 0, {}};
    for (const file_record& f : pack.files)
        out.bytes += f.size;
    MODELSEC_TRY(const file home, disk_->files->open_folder(disk_->root, model.str(), false));
    if (!home)
        return out;
    MODELSEC_TRY(const file_info what, disk_->files->info_at(home, pack.folder));
    if (what.kind == file_kind::folder)
        out.path = disk_->path + '/' + model.str() + '/' + pack.folder;
    return out;
}

result<std::uint64_t> store::free_space() const
{
    return disk_->files->free_space(disk_->root);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
