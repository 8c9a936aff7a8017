// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STORE_READ_IPP
#define MODELSEC_DETAIL_STORE_STORE_READ_IPP

#include <modelsec/detail/store/hash_pack.ipp>
#include <modelsec/detail/store/store_generation.ipp>
#include <modelsec/detail/store/with_active.hpp>
#include <modelsec/detail/store/store.hpp>

#include <algorithm>
#include <deque>
#include <memory>
#include <mutex>
#include <span>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline failure damaged(std::string detail)
{
    return fail(reason::pack_damaged, std::move(detail));
}

/// Whatever stands in the place of a pack's file or folder that should not (a link, something of another owner) is damage too. What this
/// user may not look at is not: nobody knows what it is, and its owner need only share it.
inline failure as_damage(failure f)
{
    return is_unfit(f.why) && !is_kept_out(f.why) ? damaged(std::move(f.detail)) : f;
}

/// Opens a pack's folder and holds it against gc.
inline result<held_folder> hold_pack(const store_disk& d, const identifier& model, const pack_record& pack)
{
    MODELSEC_TRY(const file home, d.files->open_folder(d.root, model.str(), false));
    if (!home)
        return damaged("the model's folder is gone");
    auto folder = d.files->open_folder(home, pack.folder, false);
    if (!folder)
        return as_damage(std::move(folder).error());
    if (!*folder)
        return damaged("the pack's folder is gone");
    held_folder out{std::move(*folder)};
    MODELSEC_TRY(const bool held, lock_pack(d, out, lock_kind::shared));
    MODELSEC_TRY(const file_info opened, d.files->info(out.folder));
    MODELSEC_TRY(const file_info named, d.files->info_at(home, pack.folder));
    if (!held || opened.inode != named.inode || opened.device != named.device)
        return damaged("the pack is being removed");
    return out;
}

/// A file too many is as bad as one too few: some loaders take whatever lies in a folder.
inline result<void> check_no_more(file_system& fs, const file& folder, const pack_record& pack)
{
    std::vector<std::string> known;
    known.reserve(pack.files.size());
    for (const file_record& f : pack.files)
        known.push_back(f.path.str());
    std::ranges::sort(known);
    const auto walked = walk_tree(
        fs, folder, {},
        [&](const std::string& path, const file&, const std::string&) -> result<void> {
            return std::ranges::binary_search(known, path) ? result<void>() : damaged("a file too many: " + path);
        },
        [](const file&) -> result<void> { return {}; });
    return walked ? walked : result<void>(as_damage(walked.error()));
}

inline result<file> open_content(file_system& fs, const file& folder, const file_record& f)
{
    auto out = in_parent_folder(fs, folder, f.path, false, [&](const file& parent) {
        return fs.open_file(parent, f.path.file().str(), open_mode::read_linked);
    });
    if (!out)
        return as_damage(std::move(out).error());
    if (!*out)
        return damaged("a file is missing: " + f.path.str());
    return out;
}

/// Whether the kernel holds the file's bytes to the digest that was recorded when they were verified: then nothing of them need be read,
/// whatever else is known of the file.
inline result<bool> is_sealed(file_system& fs, const file& content, const file_record& f)
{
    if (!f.verity.has_value())
        return false;
    MODELSEC_TRY(const auto measured, fs.measure_verity(content));
    return measured && *measured == *f.verity;  // a copy has none, and is hashed
}

/// Compares what an open file holds with what it held; what the file is known by from now on.
inline result<file_record> check_content(file_system& fs, const file& content, const file_record& f, const control& handle,
                                         const hash_listener& listener)
{
    MODELSEC_TRY(const file_info before, fs.info(content));
    if (before.size != f.size)
        return damaged("not the size it had: " + f.path.str());
    file_record out = f;
    out.inode = before.inode;
    out.changed_ns = before.changed_ns;
    const auto digest = hash_file(fs, content, handle, listener);
    if (!digest)
        return as_damage_if_sealed(fs, content, digest.error());
    out.decided_by = digest_scope::whole;
    out.verity.reset();  // it would not have been hashed
    return *digest == f.sha256 ? result<file_record>(std::move(out)) : damaged("not the bytes it had: " + f.path.str());
}

result<open_pack> store::open_active(const identifier& model, const control& handle) const
{
    return with_active(*this, model, [&](const pack_record& p) { return open_files(model, p, handle); });
}

result<held_pack> store::hold_active(const identifier& model) const
{
    return with_active(*this, model, [&](const pack_record& pack) -> result<held_pack> {
        MODELSEC_TRY(held_folder folder, hold_pack(*disk_, model, pack));
        return held_pack(*disk_->files, std::move(folder), pack);
    });
}

result<file> held_pack::open(const relative_path& path) const
{
    for (const file_record& f : pack_.files)
        if (f.path == path)
            return open_content(*files_, folder_.folder, f);
    return damaged("not a file of the pack: " + path.str());
}

/// So many files of a pack are open from the start; those of larger packs are opened when they are asked for.
inline constexpr std::size_t files_held_open = 16;

class checked_content final : public pack_entry_content
{
public:
    /// `seen[which]`: as it was when it was checked.
    checked_content(file_system& fs, std::shared_ptr<const file> folder, file_list seen, std::size_t which, bool owned)
        : fs_(fs), folder_(std::move(folder)), files_(std::move(seen)), which_(which), owned_(owned)
    {
    }

    void hold(file content) { content_ = std::move(content); }

    result<const file*> open() override
    {
        const std::lock_guard lock(mutex_);
        if (!content_)
        {
            MODELSEC_TRY(content_, open_checked());
        }
        return &content_;
    }

    result<file> open_once() override
    {
        const std::lock_guard lock(mutex_);
        return open_checked();
    }

    bool owned() const noexcept override { return owned_; }

private:
    result<file> open_checked()
    {
        const file_record& seen = seen_ ? *seen_ : files_[which_];
        MODELSEC_TRY(file content, open_content(fs_, *folder_, seen));
        MODELSEC_TRY(const file_info now, fs_.info(content));
        // CWE-367: what lies there by now may be another file than the one that was checked.
        MODELSEC_TRY(const bool sealed, is_sealed(fs_, content, seen));
        if (!sealed && (seen.verity.has_value() || now.size != seen.size || now.inode != seen.inode ||
                        now.changed_ns != seen.changed_ns))
        {
            MODELSEC_TRY(file_record checked, check_content(fs_, content, seen, {}, {}));
            seen_ = std::make_unique<const file_record>(std::move(checked));
        }
        return content;
    }

    file_system& fs_;
    std::shared_ptr<const file> folder_;
    file_list files_;
    std::size_t which_;
    std::mutex mutex_;
    std::unique_ptr<const file_record> seen_;  // if it changed since; with mutex_, as the next
    file content_;
    bool owned_;
};

result<open_pack> store::open_files(const identifier& model, const pack_record& pack, const control& handle) const
{
    file_system& fs = *disk_->files;
    open_pack out;
    MODELSEC_TRY(held_folder folder, hold_pack(*disk_, model, pack));
    const auto in_use = std::make_shared<const held_folder>(std::move(folder));
    out.folder_ = std::shared_ptr<const file>(in_use, &in_use->folder);
    MODELSEC_CHECK(check_no_more(fs, *out.folder_, pack));
    std::vector<file_record> changed;  // all of them, once one did
    std::vector<bool> owned;
    std::vector<file> held;
    for (const file_record& f : pack.files)
    {
        MODELSEC_TRY(file content, open_content(fs, *out.folder_, f));
        MODELSEC_TRY(const file_info what, fs.info(content));
        MODELSEC_TRY(const bool sealed, is_sealed(fs, content, f));
        const bool other = what.size != f.size || what.inode != f.inode || what.changed_ns != f.changed_ns;
        if (other || (f.verity.has_value() && !sealed))
        {
            if (changed.empty())
                changed.assign(pack.files.begin(), pack.files.end());
            file_record& now = changed[owned.size()];
            if (!sealed)
            {
                MODELSEC_TRY(now, check_content(fs, content, f, handle, {}));
            }
            now.inode = what.inode;
            now.changed_ns = what.changed_ns;
        }
        owned.push_back(what.owned || what.roots);
        if (pack.files.size() <= files_held_open)
            held.push_back(std::move(content));
    }
    const file_list seen = changed.empty() ? pack.files : file_list(std::move(changed));
    out.files_.reserve(seen.size());
    for (std::size_t i = 0; i < seen.size(); ++i)
    {
        const auto content = std::make_shared<checked_content>(fs, out.folder_, seen, i, owned[i]);
        if (!held.empty())
            content->hold(std::move(held[i]));
        out.files_.push_back({seen[i].path.str(), seen[i].size, seen[i].sha256, content});
    }
    out.sort_paths();
    remember_files(model, pack, seen);
    MODELSEC_TRY(out.info_, info(model, pack));
    return out;
}

/// Files of a pack that are open at once while it is hashed: descriptors do not grow with what a manifest says (CWE-770).
inline constexpr std::size_t files_hashed_together = 32;

/// The files [first, last) of a pack, compared with their digests; `seen` grows by what they are known by from now on.
inline result<void> hash_batch(file_system& fs, const file& folder, std::span<const file_record> wanted,
                               const control& handle, const hash_listener& listener, const chunk_lookup& chunks,
                               hash_scope scope, std::vector<file_record>& seen)
{
    std::deque<file> opened;
    std::deque<hashed_file> hashed;
    std::vector<std::size_t> places;  // of `wanted` and of what it adds to `seen`, by the place in `opened`
    const std::size_t first = seen.size();
    std::uint64_t trusted = 0;
    const auto signed_chunks_of = [&](const file_record& f) {
        const chunk_digests* const found = chunks ? chunks(f) : nullptr;
        return found && cover_all(*found, f.size) ? found : nullptr;
    };
    for (const file_record& f : wanted)
    {
        MODELSEC_TRY(file content, open_content(fs, folder, f));
        MODELSEC_TRY(const file_info before, fs.info(content));
        if (before.size != f.size)
            return damaged("not the size it had: " + f.path.str());
        seen.push_back(f);
        seen.back().inode = before.inode;
        seen.back().changed_ns = before.changed_ns;
        MODELSEC_TRY(const bool sealed, is_sealed(fs, content, f));
        if (!sealed)
            seen.back().verity.reset();
        else if (scope == hash_scope::chunks_may_decide)
        {
            trusted += f.size;
            continue;
        }
        places.push_back(seen.size() - 1 - first);
        opened.push_back(std::move(content));
        hashed_file& h = hashed.emplace_back();
        h.content = &opened.back();
        h.size = f.size;
        h.chunks = scope == hash_scope::chunks_may_decide ? signed_chunks_of(f) : nullptr;
    }
    if (trusted > 0 && listener)
        listener(trusted);
    MODELSEC_CHECK(pack_hasher(fs, handle).run(hashed, listener));
    // The other statement about a file of which the first one did not hold, without progress: that was told already.
    const auto ask_other = [&](std::size_t i, const chunk_digests* by) -> result<bool> {
        std::deque<hashed_file> one(1);
        one.front().content = &opened[i];
        one.front().size = wanted[places[i]].size;
        one.front().chunks = by;
        MODELSEC_CHECK(pack_hasher(fs, handle).run(one, {}));
        return by ? one.front().chunks_good.load() : one.front().whole == wanted[places[i]].sha256;
    };
    for (std::size_t i = 0; i < hashed.size(); ++i)
    {
        const hashed_file& h = hashed[i];
        const file_record& f = wanted[places[i]];
        bool good = h.chunks ? h.chunks_good.load() : h.whole == f.sha256;
        if (h.chunks && good)
            continue;
        // CWE-354: the digest of the whole is what a file of a pack is known by.
        if (h.chunks)
        {
            MODELSEC_TRY(good, ask_other(i, nullptr));
        }
        else if (const chunk_digests* const by = good ? nullptr : signed_chunks_of(f))
        {
            MODELSEC_TRY(const bool chunks_good, ask_other(i, by));
            if (chunks_good)
                return fail(reason::chunks_contradict, "all chunks are good, the whole is not: " + f.path.str());
        }
        if (!good)
            return damaged("not the bytes it had: " + f.path.str());
        seen[first + places[i]].decided_by = digest_scope::whole;
    }
    return {};
}

result<void> store::hash_again(const identifier& model, const pack_record& pack, const control& handle,
                               const std::function<void(std::uint64_t)>& progress, const chunk_lookup& chunks,
                               hash_scope scope) const
{
    file_system& fs = *disk_->files;
    MODELSEC_TRY(const held_folder kept, hold_pack(*disk_, model, pack));
    const file& folder = kept.folder;
    MODELSEC_CHECK(check_no_more(fs, folder, pack));
    std::uint64_t done = 0;
    const auto listener = [&](std::uint64_t size) {
        done += size;
        if (progress)
            progress(done);
    };
    std::vector<file_record> seen;
    for (std::size_t at = 0; at < pack.files.size(); at += files_hashed_together)
        MODELSEC_CHECK(hash_batch(fs, folder,
                                  std::span(pack.files).subspan(at, std::min(files_hashed_together, pack.files.size() - at)),
                                  handle, listener, chunks, scope, seen));
    remember_files(model, pack, std::move(seen));
    return {};
}

// A copy or a restored backup is hashed once, not for ever. Only a convenience: a store that cannot be written to stays as it is.
void store::remember_files(const identifier& model, const pack_record& pack, const file_list& seen) const
{
    const auto same = [](const file_record& a, const file_record& b) {
        return a.inode == b.inode && a.changed_ns == b.changed_ns && a.decided_by == b.decided_by && a.verity == b.verity;
    };
    if (disk_->root.rule().reader || std::equal(seen.begin(), seen.end(), pack.files.begin(), pack.files.end(), same))
        return;
    (void)update(model, [&](model_state& now) -> result<bool> {
        for (auto* p : {&now.active, &now.last_good})
            if (*p && (*p)->folder == pack.folder && (*p)->artifact == pack.artifact && (*p)->files.size() == seen.size())
            {
                (*p)->files = seen;
                return true;
            }
        return false;
    });
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
