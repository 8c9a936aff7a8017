// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STORE_COLLECT_IPP
#define MODELSEC_DETAIL_STORE_STORE_COLLECT_IPP

#include <modelsec/detail/store/store_recover.ipp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline std::string inner_path(const char* folder, const std::string& name)
{
    return std::string(inner_folder_name) + '/' + folder + '/' + name;
}

/// Whether nobody holds this entry open; if so the lock in `held` keeps it that way. `download`: it is a folder in which one grows, which is
/// locked by itself, since only its owner comes there.
inline result<bool> is_unheld(const store_disk& d, const file& at, const std::string& name, held_folder& held,
                              bool download = false)
{
    file_system& fs = *d.files;
    MODELSEC_TRY(const file_info what, fs.info_at(at, name));
    if (what.links == 0)
        return false;  // another one removed it just now, and tells of it
    if (what.kind != file_kind::folder)
        return true;
    MODELSEC_TRY(held.folder, fs.open_folder(at, name, false));
    if (!held.folder)
        return false;
    MODELSEC_TRY(const bool mine,
                 download ? fs.try_lock(held.folder, lock_kind::exclusive) : lock_pack(d, held, lock_kind::exclusive));
    if (!mine)
        return false;
    MODELSEC_TRY(const file_info opened, fs.info(held.folder));
    MODELSEC_TRY(const file_info named, fs.info_at(at, name));
    return opened.inode == named.inode && opened.device == named.device;
}

struct former_pack
{
    std::string folder;
    std::int64_t modified_ns = 0;
};

/// Those of `entries` that the newest generation does not name, newest first.
inline result<std::vector<former_pack>> list_former(const store_disk& d, const file& home,
                                                    const std::vector<std::string>& entries, const model_state& now)
{
    std::set<std::string> named;
    add_folders(now, named);
    std::vector<former_pack> out;
    for (const std::string& entry : entries)
    {
        if (named.contains(entry))
            continue;
        MODELSEC_TRY(const file_info what, d.files->info_at(home, entry));
        out.push_back({entry, what.modified_ns});
    }
    std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) {
        return a.modified_ns != b.modified_ns ? a.modified_ns > b.modified_ns : a.folder > b.folder;
    });
    return out;
}

/// The contents that are active or last good somewhere: nothing has to be staged for them. And the envelopes that are named.
struct store_needs
{
    std::set<std::string> contents;
    std::set<std::string> envelopes;
    bool all_known = true;  ///< false: the state of a model cannot be read, so it may need any envelope
};

inline result<store_needs> all_needs(const store& s)
{
    store_needs out;
    MODELSEC_TRY(const std::vector<identifier> models, s.models());
    for (const identifier& model : models)
    {
        const auto read = s.state(model);
        out.all_known = out.all_known && read;
        if (!read)
            continue;
        const model_state& state = *read;
        // Without a state its envelopes are all that is left of its memory.
        out.all_known = out.all_known && !(state.found_files && state.generation == 0);
        for (const auto& [key, member] : state_packs)
            if (const auto& pack = state.*member)
            {
                out.envelopes.insert(pack->envelope.hex());
                if (member == &model_state::active || member == &model_state::last_good)
                    out.contents.insert(pack->artifact.hex());
            }
        for (const auto& h : state.memory.history)
            out.envelopes.insert(h.envelope.hex());
        for (const auto& a : state.memory.active_digests)
            out.envelopes.insert(a.envelope.hex());
    }
    return out;
}

/// Whether an entry of the staging folder is of no use to anybody. A claim goes with its folder; without one it may just be made, and is
/// taken over by who comes next.
inline result<bool> is_useless(const store_disk& d, const std::string& name, const store_needs& needs)
{
    if (is_claim(name))
        return false;
    const auto content = content_of_staging(name);
    if (!content)
        return true;
    // Also for a content that is active: what is damaged of it may be on its way.
    MODELSEC_TRY(const bool leased, is_leased(d, name));
    if (leased)
        return false;
    if (needs.contents.contains(content->hex()))
        return true;
    MODELSEC_TRY(const std::uint64_t bytes, resumable_bytes(d, name));
    return bytes == 0;
}

inline result<void> collect_envelopes(const store_disk& d, const store& s, bool dry_run, std::vector<std::string>& removed,
                                      std::uint64_t& total)
{
    MODELSEC_TRY(const file held, open_lock(d, envelopes_lock_name));
    MODELSEC_TRY(const bool alone, held ? d.files->try_lock(held, lock_kind::exclusive) : result<bool>(true));
    if (!alone)
        return {};
    MODELSEC_TRY(const store_needs needs, all_needs(s));
    if (!needs.all_known)
        return {};
    MODELSEC_TRY(const std::vector<std::string> names, d.files->list(d.envelopes));
    for (const std::string& name : names)
    {
        if (needs.envelopes.contains(name.substr(0, name.find('.'))) && name.ends_with(".json"))
            continue;
        removed.push_back(inner_path("envelopes", name));
        MODELSEC_TRY(const std::uint64_t size, size_of_tree(*d.files, d.envelopes, name));
        total += size;
        std::uint64_t freed = 0;
        if (!dry_run)
            MODELSEC_CHECK(remove_tree(*d.files, d.envelopes, name, freed));
    }
    return {};
}

void store::drop_envelopes() const
{
    std::vector<std::string> removed;
    std::uint64_t bytes = 0;
    (void)collect_envelopes(*disk_, *this, false, removed, bytes);
}

/// The model in a name below `.modelsec/aside`, MODEL_ID.N; nothing for other names.
inline std::optional<identifier> model_set_aside(std::string_view name)
{
    const std::size_t dot = name.rfind('.');
    if (dot == name.npos)
        return std::nullopt;
    auto model = identifier::parse(name.substr(0, dot));
    return model ? std::optional(std::move(*model)) : std::nullopt;
}

/// Whether what was set aside is of a model of which nothing is active, as far as can be told: it may be all that there is of it.
inline bool is_last_resort(const store& s, std::string_view name)
{
    const auto model = model_set_aside(name);
    if (!model)
        return false;
    const auto state = s.state(*model);
    return !state || !state->active;
}

/// What was set aside, once a pack is active in its place and nobody holds it open. `owner_removes`: all of this model, and of no other.
inline result<void> collect_aside(const store_disk& d, const store& s, bool dry_run, std::vector<std::string>& removed,
                                  std::uint64_t& total, const identifier* owner_removes = nullptr)
{
    MODELSEC_TRY(const file aside, open_aside(d, false));
    if (!aside)
        return {};
    MODELSEC_TRY(const std::vector<std::string> names, d.files->list(aside));
    for (const std::string& name : names)
    {
        if (owner_removes ? model_set_aside(name) != *owner_removes : is_last_resort(s, name))
            continue;
        held_folder held;
        MODELSEC_TRY(const bool unheld, is_unheld(d, aside, name, held));
        if (!unheld)
            continue;
        MODELSEC_TRY(const std::uint64_t size, size_of_tree(*d.files, aside, name));
        total += size;
        removed.push_back(inner_path(aside_folder_name, name));
        std::uint64_t freed = 0;
        if (dry_run)
            continue;
        MODELSEC_CHECK(drop_pack_lock(d, held));
        MODELSEC_CHECK(remove_tree(*d.files, aside, name, freed));
    }
    return {};
}

result<void> store::remove_aside(const model_lock&, const identifier& model, std::vector<std::string>& removed,
                                 std::uint64_t& total) const
{
    return collect_aside(*disk_, *this, false, removed, total, &model);
}

result<void> store::collect(const model_lock& lock, const identifier& model, unsigned keep, bool dry_run,
                            std::vector<std::string>& removed, std::uint64_t& total) const
{
    file_system& fs = *disk_->files;
    if (!dry_run)
    {
        MODELSEC_CHECK(recover(lock, model));
        MODELSEC_CHECK(trim_generations(*disk_, model, 1));
        MODELSEC_CHECK(fs.sync(disk_->state));
    }
    MODELSEC_TRY(const file home, fs.open_folder(disk_->root, model.str(), false));
    if (!home)
        return {};
    // First what is there, then what it is (see recover).
    MODELSEC_TRY(const std::vector<std::string> entries, fs.list(home));
    MODELSEC_TRY(const model_state now, state(model));
    if (now.found_files)  // candidates until a pack is active and they are set aside
        return {};
    const std::set<std::string> former = former_folders(now);
    MODELSEC_TRY(const std::vector<former_pack> packs, list_former(*disk_, home, entries, now));
    for (const former_pack& pack : packs)
    {
        if (former.contains(pack.folder) && keep > 0)
        {
            --keep;
            continue;
        }
        held_folder held;
        MODELSEC_TRY(const bool unheld, is_unheld(*disk_, home, pack.folder, held));
        if (!unheld)
            continue;
        MODELSEC_TRY(const std::uint64_t size, size_of_tree(fs, home, pack.folder));
        total += size;
        removed.push_back(model.str() + '/' + pack.folder);
        if (dry_run)
            continue;
        // Out of the model's folder first: a pack that is half removed must not stand there.
        std::uint64_t freed = 0;
        MODELSEC_TRY(const std::string orphan, move_aside(*disk_, home, pack.folder));
        MODELSEC_CHECK(drop_pack_lock(*disk_, held));
        MODELSEC_CHECK(remove_tree(fs, disk_->staging, orphan, freed));
    }
    return {};
}

result<void> store::collect_staging(bool dry_run, std::vector<std::string>& removed, std::uint64_t& total) const
{
    file_system& fs = *disk_->files;
    MODELSEC_TRY(const store_needs needs, all_needs(*this));
    MODELSEC_TRY(const std::vector<std::string> names, fs.list(disk_->staging));
    for (const std::string& name : names)
    {
        held_folder held;
        MODELSEC_TRY(const bool unheld, is_unheld(*disk_, disk_->staging, name, held, content_of_staging(name).has_value()));
        if (!unheld)
            continue;
        MODELSEC_TRY(const auto claim, latest_claim(*disk_, name));
        claim_state claimed = claim_state::free;
        if (claim)
        {
            MODELSEC_TRY(claimed, state_of_claim(*disk_, name, *claim));
        }
        if (claimed == claim_state::worked_in)
            continue;
        const auto is_waste = [&] {
            return claimed == claim_state::abandoned ? result<bool>(true) : is_useless(*disk_, name, needs);
        };
        MODELSEC_TRY(const bool waste, is_waste());
        if (!waste)
            continue;
        MODELSEC_TRY(const std::uint64_t size, size_of_tree(fs, disk_->staging, name));
        // Only what is to be removed is claimed: a claim that is left behind by who is killed keeps others away for a day.
        MODELSEC_TRY(const auto taken,
                     dry_run ? result<std::optional<staging_claim>>(staging_claim()) : take_unclaimed(*disk_, name));
        if (!taken)
            continue;
        MODELSEC_TRY(const bool still_waste, is_waste());
        if (!still_waste)
            continue;
        total += size;
        removed.push_back(inner_path("staging", name));
        std::uint64_t freed = 0;
        if (dry_run)
            continue;
        MODELSEC_CHECK(drop_pack_lock(*disk_, held));
        MODELSEC_CHECK(remove_staging(*disk_, name, freed));
    }
    MODELSEC_CHECK(collect_aside(*disk_, *this, dry_run, removed, total));
    return collect_envelopes(*disk_, *this, dry_run, removed, total);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
