// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STORE_ACTIVATE_IPP
#define MODELSEC_DETAIL_STORE_STORE_ACTIVATE_IPP

#include <modelsec/detail/base/verity.hpp>
#include <modelsec/detail/store/store_recover.ipp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::size_t kept_barred_packs = 256;

inline bool same_pack(const std::optional<pack_record>& a, const identifier& version, const sha256_digest& artifact)
{
    return a && a->version == version && a->artifact == artifact;
}

inline void forget_pack(std::vector<barred_pack>& list, const pack_record& pack)
{
    std::erase_if(list, [&](const barred_pack& b) { return b.version == pack.version && b.artifact == pack.artifact; });
}

inline void remember_pack(std::vector<barred_pack>& list, const pack_record& pack)
{
    forget_pack(list, pack);
    list.push_back({pack.version, pack.artifact});
    if (list.size() > kept_barred_packs)
        list.erase(list.begin());
}

/// Puts a file under fs-verity, and holds what the kernel measures against what was verified. Nothing: neither kernel nor disk can.
inline result<std::optional<sha256_digest>> seal_file(file_system& fs, const file& content, const placed_file& f,
                                                      const control& handle)
{
    MODELSEC_TRY(const verity_answer answer, fs.enable_verity(content));
    if (answer == verity_answer::unsupported)
        return std::optional<sha256_digest>();
    if (answer == verity_answer::busy)
        return fail(reason::verity_busy, f.path.str());
    MODELSEC_TRY(const auto measured, fs.measure_verity(content));
    if (measured && f.content.verity().has_value() && *measured == *f.content.verity())
        return measured;
    // Nobody has computed that digest of the verified bytes (only their chunks were hashed, or they were copied or unpacked), or these are
    // other bytes. From now on nobody can change them: hashed once, for SHA-256 and for fs-verity, they tell (CWE-367).
    hasher whole;
    verity_hasher verity;
    bytes block(std::size_t{1} << 20);
    std::uint64_t done = 0;
    while (true)
    {
        if (handle.cancelled())
            return fail(reason::cancelled);
        MODELSEC_TRY(const std::size_t got, fs.read_at(content, done, block));
        if (got == 0)
            break;
        whole.update(bytes_view(block).first(got));
        verity.update(bytes_view(block).first(got));
        done += got;
    }
    if (done != f.content.size())
        return fail(reason::size_mismatch, "changed since it was verified: " + f.path.str());
    // TUF 1.0 section 5.7.3, and CWE-354 where so far only the chunks were looked at.
    if (!(whole.finish_sha256() == f.content.sha256()))
        return f.content.decided_by() == digest_scope::chunks
                   ? fail(reason::chunks_contradict, "all chunks were good, the whole is not: " + f.path.str())
                   : fail(reason::digest_mismatch, "changed since it was verified: " + f.path.str());
    if (!measured || !(*measured == verity.finish()))
        return fail(reason::verity_mismatch, f.path.str());
    return measured;
}

/// The fs-verity digests of a staged pack's files, in their order; empty where that is not asked for or cannot be had.
inline result<std::vector<sha256_digest>> seal_files(file_system& fs, const file& folder, const verified_pack& pack,
                                                     const activation& how)
{
    std::vector<sha256_digest> out;
    if (how.verity == verity_policy::off)
        return out;
    for (const placed_file& f : pack.files())
    {
        if (how.handle.cancelled())
            return fail(reason::cancelled);
        MODELSEC_TRY(const file content, in_parent_folder(fs, folder, f.path, false, [&](const file& parent) {
                         return fs.open_file(parent, f.path.file().str(), open_mode::read);
                     }));
        if (!content)
            return fail(reason::store_layout, "a file vanished: " + f.path.str());
        MODELSEC_TRY(const auto digest, seal_file(fs, content, f, how.handle));
        if (digest)
            out.push_back(*digest);
        else if (how.verity == verity_policy::required)
            return fail(reason::verity_unsupported, f.path.str());
        else
            return std::vector<sha256_digest>();  // the others lie on the same disk
    }
    return out;
}

/// Checks that a staged folder holds the files of the pack, no more and no less, syncs it, and notes what `open` compares with.
inline result<std::vector<file_record>> settle_files(file_system& fs, const file& folder, const verified_pack& pack,
                                                     const activation& how)
{
    MODELSEC_TRY(const auto sealed, seal_files(fs, folder, pack, how));
    // CWE-770: a pack may have 65,535 files.
    struct seen_file
    {
        std::string path;
        std::size_t which = 0;  ///< of the pack's files
        bool found = false;
        std::uint64_t inode = 0;
        std::int64_t changed_ns = 0;
    };
    std::vector<seen_file> wanted;
    for (const placed_file& f : pack.files())
        wanted.push_back({f.path.str(), wanted.size()});
    std::ranges::sort(wanted, {}, &seen_file::path);
    bool synced = false;
    if (pack.files().size() >= sync_together_from)
    {
        MODELSEC_TRY(synced, fs.sync_all(folder));
    }
    const auto settle = [&](const std::string& path, const file& parent, const std::string& name) -> result<void> {
        const auto expected = std::ranges::lower_bound(wanted, path, {}, &seen_file::path);
        if (expected == wanted.end() || expected->path != path)
            return fail(reason::store_layout, "not a file of the pack: " + path);
        MODELSEC_TRY(const file content, fs.open_file(parent, name, open_mode::read));
        if (!content)
            return fail(reason::store_layout, "a file vanished: " + path);
        MODELSEC_CHECK(fs.share(content));  // it may have begun as a partial before the store was shared
        if (!synced)
            MODELSEC_CHECK(fs.sync(content));
        MODELSEC_TRY(const file_info info, fs.info(content));
        if (info.size != pack.files()[expected->which].content.size())
            return fail(reason::size_mismatch, "changed since it was verified: " + path);
        expected->found = true;
        expected->inode = info.inode;
        expected->changed_ns = info.changed_ns;
        return {};
    };
    const auto settle_folder = [&](const file& done) -> result<void> {
        MODELSEC_CHECK(fs.share(done));
        return synced ? result<void>() : fs.sync(done);
    };
    MODELSEC_CHECK(walk_tree(fs, folder, {}, settle, settle_folder));
    std::ranges::sort(wanted, {}, &seen_file::which);
    std::vector<file_record> out;
    out.reserve(wanted.size());
    for (const seen_file& seen : wanted)
    {
        if (!seen.found)
            return fail(reason::store_layout, "a file of the pack is missing: " + seen.path);
        const placed_file& f = pack.files()[seen.which];
        out.push_back(
            {f.path, f.content.size(), f.content.sha256(), seen.inode, seen.changed_ns, f.content.decided_by(), {}});
        if (sealed.empty())
            continue;
        out.back().verity = sealed[seen.which];
        out.back().decided_by = digest_scope::whole;
    }
    return out;
}

/// What a racing process may have changed since the manifest was accepted (docs/manifest.md, Memory and time).
inline result<void> check_activation(const model_state& state, const activation& how, const sha256_digest& artifact)
{
    for (const barred_pack& b : state.rejected)
        if (b.version == how.version && b.artifact == artifact)
            return fail(reason::rejected);
    if (how.ordered_elsewhere)
        return {};
    MODELSEC_CHECK(check_order(state.memory, how.mark()));
    return check_equivocation(state.memory, how.mark(), how.platform, artifact);
}

inline result<std::string> free_folder_name(const store_disk& d, const identifier& model, const identifier& version,
                                            const sha256_digest& artifact)
{
    std::vector<std::string> names = folder_names(version, artifact);
    MODELSEC_TRY(const file home, d.files->open_folder(d.root, model.str(), false));
    if (!home)
        return std::move(names.front());
    for (std::string& name : names)
    {
        MODELSEC_TRY(const bool taken, is_there(*d.files, home, name));
        if (!taken)
            return std::move(name);
    }
    return fail(reason::store_layout, "too many folders for one pack: gc removes those that nothing needs");
}

/// The pending pack becomes active, if it still is the pending one.
inline result<bool> make_active(model_state& s, const pack_record& pack, const activation& how)
{
    if (!same_pack(s.pending, pack.version, pack.artifact) || s.pending->folder != pack.folder)
        return fail(reason::lock_timeout, "another process took this activation over");
    MODELSEC_CHECK(check_activation(s, how, pack.artifact));
    if (s.active && !same_pack(s.active, pack.version, pack.artifact))
    {
        remember_pack(s.superseded, *s.active);
        s.last_good = std::move(s.active);
    }
    forget_pack(s.superseded, pack);
    s.active = std::exchange(s.pending, std::nullopt);
    if (how.mark().ordered())
        remember_active(s.memory, how.mark(), how.platform, pack.artifact, how.envelope);
    return true;
}

result<pack_info> store::activate(const model_lock& lock, const identifier& model, staging&& staged,
                                  const verified_pack& pack, const activation& how) const
{
    file_system& fs = *disk_->files;
    const staging from = std::move(staged);
    MODELSEC_CHECK(recover(lock, model));
    MODELSEC_TRY(const file folder, fs.open_folder(from.folder_, pack_folder_name, false));
    if (!folder)
        return fail(reason::store_layout, "nothing is staged");
    MODELSEC_TRY(std::vector<file_record> files, settle_files(fs, folder, pack, how));
    MODELSEC_CHECK(fs.sync(from.folder_));
    MODELSEC_TRY(std::string name, free_folder_name(*disk_, model, how.version, pack.artifact()));
    const pack_record record{how.version,  pack.artifact(), how.platform, std::move(name),
                             how.sequence, how.envelope,    how.now,      std::move(files)};

    // 1. Named before it is there: what a crash leaves is never without a name.
    const auto announce = [&](model_state& s) -> result<bool> {
        MODELSEC_CHECK(check_activation(s, how, pack.artifact()));
        if (s.pending || s.reclaiming)
            return fail(reason::lock_timeout, "another process is activating");
        // Another process may have accepted what outlives the manifest, and dropped its envelope.
        if (!(how.envelope == sha256_digest()) &&
            std::ranges::find(s.memory.history, how.envelope, &model_memory::accepted::envelope) == s.memory.history.end() &&
            read_envelope(how.envelope).has_error())
            return fail(reason::lock_timeout, "another process dropped the envelope");
        s.pending = record;
        return true;
    };
    MODELSEC_CHECK(update(model, announce));

    // 2. There before it is active.
    MODELSEC_TRY(const file home, fs.open_folder(disk_->root, model.str(), true));
    MODELSEC_CHECK(fs.sync(disk_->root));
    MODELSEC_TRY(const bool moved, fs.rename(from.folder_, pack_folder_name, home, record.folder));
    if (!moved)
        return fail(reason::lock_timeout, "another process took this pack's folder");
    MODELSEC_CHECK(fs.sync(home));
    MODELSEC_CHECK(fs.sync(from.folder_));

    // 3. The switch.
    MODELSEC_TRY(const model_state active, update(model, [&](model_state& s) { return make_active(s, record, how); }));

    // Who uses the pack locks a file, which a disk that is full or read only by then would not let him make.
    if (is_shared(*disk_))
        if (auto there = fs.open_folder(home, record.folder, false); there && *there)
        {
            held_folder pack_folder{std::move(*there)};
            (void)lock_pack(*disk_, pack_folder, lock_kind::shared);
        }

    // What is left of the staging folder is in nobody's way; gc would find it.
    std::uint64_t freed = 0;
    (void)remove_staging(*disk_, from.name_, freed);
    if (active.found_files)
    {
        auto aside = set_found_files_aside(lock, model);  // else the next recover() does it
        if (aside && how.set_aside)
            *how.set_aside = std::move(*aside);
    }
    drop_envelopes();
    return info(model, record);
}

result<model_state> store::roll_back(const model_lock&, const identifier& model, const pack_record& to, utc_time now) const
{
    return update(model, [&](model_state& s) -> result<bool> {
        if (!s.last_good)
            return fail(reason::no_last_good);
        if (s.last_good->folder != to.folder || !(s.last_good->artifact == to.artifact))
            return fail(reason::lock_timeout, "another process changed what is last good");
        if (s.active)
            remember_pack(s.rejected, *s.active);
        s.active = std::exchange(s.last_good, std::nullopt);
        s.active->activated_at = now;
        forget_pack(s.superseded, *s.active);
        return true;
    });
}

result<model_state> store::leave_contradicted(const model_lock&, const identifier& model, const pack_record& pack,
                                              utc_time now) const
{
    return update(model, [&](model_state& s) -> result<bool> {
        if (!s.active || s.active->folder != pack.folder || !(s.active->artifact == pack.artifact))
            return false;  // it is not active any more
        remember_pack(s.rejected, *s.active);
        s.active = std::exchange(s.last_good, std::nullopt);
        if (s.active)
        {
            s.active->activated_at = now;
            forget_pack(s.superseded, *s.active);
        }
        return true;
    });
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
