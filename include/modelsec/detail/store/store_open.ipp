// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STORE_OPEN_IPP
#define MODELSEC_DETAIL_STORE_STORE_OPEN_IPP

#include <modelsec/detail/store/store_disk.ipp>
#include <modelsec/detail/store/store_generation.ipp>
#include <modelsec/detail/store/store.hpp>

#include <set>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What fsck puts there (e2fsprogs), on the topmost folder of every volume of ext2, ext3 and ext4.
inline constexpr std::string_view fsck_folder_name = "lost+found";

/// The folders of the root that can only be packs: they have a model's name and something is in them.
inline result<std::set<std::string>> models_with_packs(const store_disk& d)
{
    std::set<std::string> out;
    MODELSEC_TRY(const std::vector<std::string> names, d.files->list(d.root));
    for (const std::string& name : names)
    {
        MODELSEC_TRY(const file_info what, d.files->info_at(d.root, name));
        const access_rule& rule = d.root.rule();
        const bool ours = what.owned || rule.policy == store_policy::volume || rule.reader;
        if (what.kind != file_kind::folder || !ours || name == fsck_folder_name || !identifier::parse(name))
            continue;
        // One of ours that cannot be looked into is a model all the same: what is wrong with it is told, and nothing of the others'.
        // Somebody else's that keeps this user out is none: if it were, a state would name it.
        const auto packs = has_packs(d, name);
        if (packs ? *packs : what.owned || !is_kept_out(packs.error().why))
            out.insert(name);
    }
    return out;
}

inline result<void> open_inner_folders(store_disk& d, bool create)
{
    MODELSEC_TRY(const file inner, d.files->open_folder(d.root, inner_folder_name, create));
    if (!inner)
        return fail(reason::none_active, "the folder is not a store");
    const std::pair<const char*, file store_disk::*> folders[] = {{"state", &store_disk::state},
                                                                  {"staging", &store_disk::staging},
                                                                  {"envelopes", &store_disk::envelopes},
                                                                  {"locks", &store_disk::locks}};
    for (const auto& [name, member] : folders)
    {
        const bool reader = d.root.rule().reader, apart = member == &store_disk::locks || member == &store_disk::staging;
        if (reader && member == &store_disk::locks)
            continue;
        // CWE-667: whoever can open a folder or a file can lock it, and would keep the owner out of it for ever.
        auto folder =
            apart ? d.files->open_private_folder(inner, name, !reader) : d.files->open_folder(inner, name, !reader);
        if (!folder && reader && apart && is_kept_out(folder.error().why))
            folder = file();
        // An image, or a backup of one, may lack empty folders: who only reads can do without them.
        if (!folder && folder.error().why == reason::read_only_disk && !create)
            folder = file();
        if (!folder)
            return std::move(folder).error();
        d.*member = std::move(*folder);
    }
    if (!d.state)
        return fail(reason::none_active, "the store holds no state");
    if (create)
    {
        MODELSEC_CHECK(d.files->sync(inner));
        MODELSEC_CHECK(d.files->sync(d.root));
    }
    return {};
}

/// Models can be fetched again. macOS and iOS have an attribute for that; elsewhere backup programs look for a file (Cache Directory
/// Tagging Specification, bford.info/cachedir), which is put there only if it was asked for.
inline result<void> leave_out_of_backups(const store_disk& d, bool tag)
{
    static constexpr std::string_view signature =
        "Signature: 8a477f597d28d172789f06886806bc55\n"
        "# Models that can be fetched again. See https://bford.info/cachedir/\n";
    MODELSEC_CHECK(d.files->exclude_from_backups(d.root));
    if (!tag)
        return {};
    MODELSEC_TRY(const bool there, is_there(*d.files, d.root, "CACHEDIR.TAG"));
    return there ? result<void>() : write_whole(*d.files, d.root, "CACHEDIR.TAG", as_bytes(signature));
}

/// Whether this user shared the store before. Its readers must not lose what an operation writes that was not told so: a new state that
/// they may not read takes the model from them.
inline result<bool> was_shared(const store_disk& d)
{
    static constexpr std::uint32_t others = 0055;  // of folders that were made for readers (docs/manifest.md, Store)
    if (d.root.rule().policy != store_policy::owner_only || d.root.rule().reader)
        return false;
    // Whoever has closed the root to others has made the store private again, whatever lies in it.
    MODELSEC_TRY(const file_info root, d.files->info(d.root));
    MODELSEC_TRY(const file_info inner, d.files->info_at(d.root, inner_folder_name));
    return (root.mode & others) == others && inner.kind == file_kind::folder && inner.owned &&
           (inner.mode & others) == others;
}

result<store> store::open(const store_options& options)
{
    store_disk d{options.files, {}, {}, {}, {}, {}, {}, options.caps, options.time};
    MODELSEC_TRY(d.root, d.files->open_root(options.path, options.create, options.policy));
    if (!d.root)
        return fail(reason::none_active, "there is no store");
    MODELSEC_TRY(const bool shared, was_shared(d));
    if (shared)
    {
        MODELSEC_TRY(d.root, d.files->open_root(options.path, options.create, store_policy::shared_read));
        if (!d.root)
            return fail(reason::none_active, "there is no store");
    }
    // CWE-732: a root that its group may write to is a policy, not an accident.
    MODELSEC_TRY(const file_info root, d.files->info(d.root));
    MODELSEC_TRY(d.path, d.files->absolute_path(d.root));
    if (root.group_writes && !options.group_shared && options.policy != store_policy::volume)
        return fail(reason::store_permissions, "the store's group may write to " + d.path);
    MODELSEC_CHECK(open_inner_folders(d, options.create));
    if (options.create)
        MODELSEC_CHECK(leave_out_of_backups(d, options.cache_tag));
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
    out.fs_verity = !pack.files.empty();
    for (const file_record& f : pack.files)
    {
        out.bytes += f.size;
        out.fs_verity = out.fs_verity && f.verity.has_value();
    }
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
