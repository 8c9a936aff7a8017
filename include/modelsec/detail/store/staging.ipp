// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STAGING_IPP
#define MODELSEC_DETAIL_STORE_STAGING_IPP

#include <modelsec/detail/store/store_disk.ipp>
#include <modelsec/detail/store/staging.hpp>
#include <modelsec/detail/store/stream.hpp>

#include <set>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::string_view partial_prefix = "partial-";
inline constexpr std::string_view partial_copy_prefix = "copy-of-partial-";
inline constexpr std::string_view single_journal_prefix = "journal-";  // version 0.1
inline constexpr const char* journal_file_name = "journal";
inline constexpr const char* pack_folder_name = "pack";
inline constexpr std::uint64_t journal_cap = 64u << 20;
/// A journal shorter than this is never written anew only for its length.
inline constexpr std::size_t journal_rewritten_from = std::size_t{1} << 20;
/// From so many on, files are brought to the disk all at once.
inline constexpr std::size_t sync_together_from = 8;

inline std::string partial_name(const std::string& digest)
{
    return std::string(partial_prefix) + digest;
}

/// The digest in `partial-<digest>` or `journal-<digest>`; nothing for other names.
inline std::optional<std::string> digest_in_name(std::string_view name, std::string_view prefix)
{
    if (!name.starts_with(prefix) || !sha256_digest::from_hex(name.substr(prefix.size())))
        return std::nullopt;
    return std::string(name.substr(prefix.size()));
}

/// The text of a journal, empty if it is odd in any way: the bytes are fetched again.
inline result<bytes> read_journal_text(file_system& fs, const file& folder, const std::string& name)
{
    auto at = fs.open_file(folder, name, open_mode::read_linked);  // it is written to only under its own inode: append()
    if (at.has_error() && is_unfit(at.error().why))
        return bytes();
    if (at.has_error())
        return std::move(at).error();
    if (!*at)
        return bytes();
    MODELSEC_TRY(const file_info what, fs.info(*at));
    return what.size > journal_cap ? result<bytes>(bytes()) : read_whole(fs, *at, journal_cap);
}

/// What the journal of a staging folder says, with what version 0.1 left there; `old_ones` are the names of those.
inline result<journal> load_journal(file_system& fs, const file& folder, std::vector<std::string>* old_ones = nullptr)
{
    MODELSEC_TRY(const bytes text, read_journal_text(fs, folder, journal_file_name));
    journal out = journal::parse(text);
    MODELSEC_TRY(const std::vector<std::string> names, fs.list(folder));
    for (const std::string& name : names)
    {
        const auto digest = digest_in_name(name, single_journal_prefix);
        if (!digest)
            continue;
        if (old_ones)
            old_ones->push_back(name);
        if (out.files.contains(*digest))
            continue;
        MODELSEC_TRY(const bytes single, read_journal_text(fs, folder, name));
        if (auto notes = journal::parse_single(single))
            out.files.emplace(*digest, std::move(*notes));
    }
    return out;
}

/// What of a partial is known to be on stable storage; never more than there is of it.
inline result<range_set> synced_ranges(file_system& fs, const file& folder, const std::string& digest,
                                       const partial_notes& says)
{
    if (says.synced.empty())
        return range_set();
    MODELSEC_TRY(const file_info there, fs.info_at(folder, partial_name(digest)));
    if (there.kind != file_kind::regular)
        return range_set();
    range_set out = says.synced;
    out.subtract({there.size, limits::max_integer});
    return out;
}

// CWE-59, CWE-62: a partial that is a link, has a second name or belongs to somebody else is not trusted to stay what it is
// hashed as: what the journal knows of it goes on in a copy, and where there is none its name is freed and the download starts anew.
result<file> staging::open_partial(const sha256_digest& content)
{
    const std::string name = partial_name(content.hex());
    auto there = files_->open_file(folder_, name, open_mode::read_write);
    if (there.has_error() && !is_unfit(there.error().why))
        return std::move(there).error();
    if (there && *there)
        return std::move(there).value();
    // What is under fs-verity cannot be opened for writing, and need not be: it was whole when its activation ended early.
    if (there.has_error())
    {
        MODELSEC_TRY(file sealed, open_sealed(content));
        if (sealed)
            return sealed;
        MODELSEC_TRY(file copied, copy_partial(content));
        if (copied)
            return copied;
    }
    // What the journal says is not said of a new file.
    MODELSEC_TRY(modelsec::detail::journal* const says, notes());
    const auto known = says->files.find(content.hex());
    if (there.has_error() || (known != says->files.end() && (!known->second.synced.empty() || known->second.placed)))
        MODELSEC_CHECK(drop_partial(content));
    MODELSEC_TRY(file fresh, files_->open_file(folder_, name, open_mode::create_new));
    if (!fresh)
        return fail(reason::store_layout, "a partial that comes and goes");
    return fresh;
}

/// The partial, if it is under fs-verity and all of it is there; else an invalid file.
result<file> staging::open_sealed(const sha256_digest& content)
{
    auto there = files_->open_file(folder_, partial_name(content.hex()), open_mode::read);
    if (there.has_error())
        return is_unfit(there.error().why) ? result<file>(file()) : std::move(there).error();
    if (!*there)
        return file();
    MODELSEC_TRY(const auto measured, files_->measure_verity(*there));
    MODELSEC_TRY(const modelsec::detail::journal* const says, notes());
    const auto known = says->files.find(content.hex());
    const bool whole = known != says->files.end() && known->second.synced.covers({0, known->second.size});
    return measured && whole ? std::move(*there) : file();
}

/// Puts a copy of its own inode in the place of a partial that has other names (`cp -al`) or may only be read; these keep what they have.
/// An invalid file if nothing is known of what stands there. Whatever ends this, the name stands for the one or the other, and what the
/// journal says is true of both. Hashed is what is read from the copy.
result<file> staging::copy_partial(const sha256_digest& content)
{
    const std::string name = partial_name(content.hex());
    const std::string copy = std::string(partial_copy_prefix) + content.hex();
    MODELSEC_TRY(modelsec::detail::journal* const says, notes());
    const auto known = says->files.find(content.hex());
    if (known == says->files.end())
        return file();
    auto from = files_->open_file(folder_, name, open_mode::read_linked);
    if (from.has_error())
        return is_unfit(from.error().why) ? result<file>(file()) : std::move(from).error();
    MODELSEC_TRY(const range_set kept, synced_ranges(*files_, folder_, content.hex(), known->second));
    if (!*from || kept.empty())
        return file();
    // This folder is one operation's: a copy that is there is what a crash left.
    std::uint64_t freed = 0;
    MODELSEC_CHECK(remove_tree(*files_, folder_, copy, freed));
    MODELSEC_TRY(file to, files_->open_file(folder_, copy, open_mode::create_new));
    if (!to)
        return fail(reason::store_layout, "a copy of a partial that comes and goes");
    auto done = copy_ranges(*from, to, kept);
    if (done)
        done = files_->sync(to);
    if (done)
        done = files_->replace(folder_, copy, folder_, name);
    if (done)
        done = files_->sync(folder_);
    if (done)
        return to;
    (void)files_->remove_file(folder_, copy);  // a disk that is full needs its room
    return std::move(done).error();
}

/// Fills an empty file. Shares the bytes where the disk can.
result<void> staging::copy_ranges(const file& from, const file& to, const range_set& which)
{
    const auto shared = files_->clone(from, to);
    if (shared && *shared)
        return {};
    bytes space(std::size_t{1} << 20);
    for (const byte_range& r : which.ranges())
        for (std::uint64_t at = r.begin; at < r.end;)
        {
            const auto part =
                std::span(space).first(static_cast<std::size_t>(std::min<std::uint64_t>(space.size(), r.end - at)));
            MODELSEC_TRY(const std::size_t got, files_->read_at(from, at, part));
            if (got == 0)
                return fail(reason::store_io, "a partial was cut");
            MODELSEC_CHECK(files_->write_at(to, at, bytes_view(part).first(got)));
            at += got;
        }
    return {};
}

result<file> staging::open_for_reading(const sha256_digest& content) const
{
    return files_->open_file(folder_, partial_name(content.hex()), open_mode::read_linked);
}

result<void> staging::drop_partial(const sha256_digest& content)
{
    const std::string digest = content.hex();
    MODELSEC_TRY(modelsec::detail::journal* const says, notes());
    // The journal first: it must not vouch for another one of that name.
    if (says->files.contains(digest))
        MODELSEC_CHECK(append(says->note_dropped(digest)));
    std::uint64_t freed = 0;
    MODELSEC_CHECK(remove_tree(*files_, folder_, partial_name(digest), freed));
    return files_->sync(folder_);
}

result<file> staging::fresh_pack_folder()
{
    std::uint64_t freed = 0;
    MODELSEC_CHECK(remove_tree(*files_, folder_, pack_folder_name, freed));
    MODELSEC_TRY(file out, files_->open_folder(folder_, pack_folder_name, true));
    MODELSEC_CHECK(files_->sync(folder_));
    return out;
}

/// Makes the folders that lead to these paths, each synced once in what it stands in.
inline result<void> make_folders(file_system& fs, const file& pack, const std::vector<staging::placement>& what)
{
    std::set<std::string> made;
    for (const staging::placement& p : what)
    {
        std::string path;
        const file* at = &pack;
        file held;
        for (std::size_t i = 0; i + 1 < p.path.parts().size(); ++i)
        {
            path += '/' + p.path.parts()[i].str();
            const bool fresh = made.insert(path).second;
            MODELSEC_TRY(file next, fs.open_folder(*at, p.path.parts()[i].str(), true));
            if (fresh)
                MODELSEC_CHECK(fs.sync(*at));
            held = std::move(next);
            at = &held;
        }
    }
    return {};
}

result<void> staging::place(const std::vector<placement>& what)
{
    MODELSEC_TRY(modelsec::detail::journal* const says, notes());
    std::string lines;
    for (const placement& p : what)
    {
        MODELSEC_TRY(const file_info partial, files_->info_at(folder_, partial_name(p.content.hex())));
        if (partial.kind != file_kind::regular)
            return fail(reason::store_layout, "a partial is gone");
        auto& notes_of_it = says->files[p.content.hex()];
        if (notes_of_it.size == 0)
            notes_of_it.size = partial.size;
        lines += says->note_placed(p.content.hex(), p.path);
    }
    MODELSEC_CHECK(append(lines));

    MODELSEC_TRY(const file pack, files_->open_folder(folder_, pack_folder_name, true));
    MODELSEC_CHECK(make_folders(*files_, pack, what));
    for (const placement& p : what)
        MODELSEC_CHECK(in_parent_folder(*files_, pack, p.path, false, [&](const file& parent) -> result<void> {
            MODELSEC_TRY(const bool moved,
                         files_->rename(folder_, partial_name(p.content.hex()), parent, p.path.file().str()));
            return moved ? result<void>() : fail(reason::store_layout, "the pack has this file already: " + p.path.str());
        }));
    return {};
}

result<verified_file> staging::copy(const artifact_file& content, const relative_path& path)
{
    MODELSEC_TRY(const file from, open_partial(content.sha256));
    MODELSEC_TRY(const file pack, files_->open_folder(folder_, pack_folder_name, true));
    MODELSEC_TRY(const file to, in_parent_folder(*files_, pack, path, true, [&](const file& parent) {
                     return files_->open_file(parent, path.file().str(), open_mode::create_new);
                 }));
    if (!to)
        return fail(reason::store_layout, "the pack has this file already: " + path.str());
    // docs/architecture.md, rule 2: what is read again from disk is hashed again, through the descriptor it is copied from.
    stream_verifier check(content);
    bytes space(static_cast<std::size_t>(std::min<std::uint64_t>(std::max<std::uint64_t>(content.size_bytes, 1), 1u << 20)));
    for (std::uint64_t at = 0; at < content.size_bytes;)
    {
        MODELSEC_TRY(const std::size_t got, files_->read_at(from, at, space));
        if (got == 0)
            return fail(reason::store_io, "a partial was cut");
        MODELSEC_CHECK(check.update(bytes_view(space).first(got)));
        MODELSEC_CHECK(files_->write_at(to, at, bytes_view(space).first(got)));
        at += got;
    }
    return check.finish();
}

result<std::vector<placed_file>> staging::assemble(const artifact& a, const std::vector<verified_file>& files)
{
    MODELSEC_CHECK(fresh_pack_folder());
    std::vector<placed_file> out;
    std::vector<placement> moves;
    std::set<std::string> moved;
    for (std::size_t i = 0; i < files.size(); ++i)
    {
        const artifact_file& file = a.files[i];
        if (moved.insert(file.sha256.hex()).second)
        {
            moves.push_back({file.sha256, *file.name});
            out.push_back({*file.name, files[i]});
            continue;
        }
        MODELSEC_TRY(const verified_file copied, copy(file, *file.name));
        out.push_back({*file.name, copied});
    }
    MODELSEC_CHECK(place(moves));
    return out;
}

/// What an attempt had placed before it ended is a partial again.
result<void> staging::take_back_placed()
{
    MODELSEC_TRY(const file pack, files_->open_folder(folder_, pack_folder_name, false));
    if (!pack)
        return {};
    MODELSEC_TRY(modelsec::detail::journal* const says, notes());
    for (const auto& [digest, entry] : says->files)
    {
        if (!entry.placed)
            continue;
        const relative_path& path = *entry.placed;
        auto moved = in_parent_folder(*files_, pack, path, false, [&](const file& parent) -> result<bool> {
            MODELSEC_TRY(const bool there, is_there(*files_, parent, path.file().str()));
            if (!there)
                return false;
            return files_->rename(parent, path.file().str(), folder_, partial_name(digest));
        });
        if (moved.has_error() && moved.error().why != reason::store_layout)
            return std::move(moved).error();
    }
    return files_->sync(folder_);
}

result<std::vector<staging::range>> staging::journal(const sha256_digest& content, std::uint64_t size)
{
    MODELSEC_TRY(modelsec::detail::journal* const says, notes());
    const auto known = says->files.find(content.hex());
    if (known == says->files.end() || known->second.size != size)
        return std::vector<range>();
    MODELSEC_TRY(range_set kept, synced_ranges(*files_, folder_, content.hex(), known->second));
    return std::move(kept).ranges();
}

result<void> staging::sync_partials(const std::vector<sha256_digest>& contents)
{
    if (contents.size() >= sync_together_from)
    {
        MODELSEC_TRY(const bool all, files_->sync_all(folder_));
        if (all)
            return {};
    }
    for (const sha256_digest& content : contents)
    {
        auto partial = files_->open_file(folder_, partial_name(content.hex()), open_mode::read_write);
        // It was this operation's own when it was opened; whoever gave it another name meanwhile does not end the download.
        if (partial.has_error() && is_unfit(partial.error().why))
            partial = files_->open_file(folder_, partial_name(content.hex()), open_mode::read_linked);
        if (partial.has_error())
            return std::move(partial).error();
        if (!*partial)
            return fail(reason::store_layout, "a partial is gone");
        MODELSEC_CHECK(files_->sync(*partial));
    }
    return files_->sync(folder_);
}

result<void> staging::add_to_journal(const std::vector<durable>& synced)
{
    MODELSEC_TRY(modelsec::detail::journal* const says, notes());
    std::string lines;
    for (const durable& d : synced)
        lines += says->note_synced(d.content.hex(), d.size, d.ranges);
    return append(lines);
}

result<void> staging::forget(const sha256_digest& content, std::uint64_t size, const range_set& wrong)
{
    MODELSEC_TRY(modelsec::detail::journal* const says, notes());
    const auto known = says->files.find(content.hex());
    if (known == says->files.end() || known->second.size != size)
        return {};
    range_set rest = known->second.synced;
    for (const byte_range& r : wrong.ranges())
        rest.subtract(r);
    std::string lines = says->note_dropped(content.hex());
    lines += says->note_synced(content.hex(), size, rest);
    return append(lines);
}

result<partial_notes> staging::notes_on(const sha256_digest& content, std::uint64_t size)
{
    MODELSEC_TRY(modelsec::detail::journal* const says, notes());
    const auto known = says->files.find(content.hex());
    return known == says->files.end() || known->second.size != size ? partial_notes{size, {}, {}, {}, {}, {}}
                                                                    : known->second;
}

result<void> staging::lease(const sha256_digest& content, std::uint64_t size, const range_lease& lease)
{
    MODELSEC_TRY(modelsec::detail::journal* const says, notes());
    MODELSEC_CHECK(append(says->note_lease(content.hex(), size, lease)));
    return files_->sync(folder_);  // the journal may be a new one
}

result<void> staging::end_lease(const sha256_digest& content, byte_range bytes, const lease_end& how)
{
    MODELSEC_TRY(modelsec::detail::journal* const says, notes());
    std::string lines = says->note_returned(content.hex(), bytes);
    if (lines.empty())
        return {};
    if (how.failed)
        lines += says->note_failed(content.hex(), how.source, *how.failed);
    else if (how.good)
        lines += says->note_good(content.hex(), how.source);
    return append(lines);
}

result<modelsec::detail::journal*> staging::notes()
{
    if (!notes_)
    {
        MODELSEC_TRY(notes_, load_journal(*files_, folder_, &old_ones_));
    }
    return &*notes_;
}

/// Brings lines that notes_ has taken in already to the disk.
result<void> staging::append(const std::string& lines)
{
    // Most of a long journal is history. CWE-770: its length must follow from what is known, not from how often something was noted.
    if (notes_->whole_bytes + lines.size() > std::max(journal_rewritten_from, 4 * rewritten_bytes_))
    {
        // Writing it anew gives other numbers to the files: until that is done, nothing may be appended to the old text.
        journal_ = {};
        notes_->whole_bytes = 0;
    }
    if (!journal_ && notes_->whole_bytes != 0 && old_ones_.empty())
    {
        auto there = files_->open_file(folder_, journal_file_name, open_mode::read_write);
        // CWE-62: one that has other names too is not written to, but written anew.
        if (there.has_error() && !is_unfit(there.error().why))
            return std::move(there).error();
        if (there && *there)
        {
            MODELSEC_CHECK(files_->truncate(*there, notes_->whole_bytes));  // without a torn last line
            journal_ = std::move(*there);
        }
    }
    if (!journal_)
    {
        notes_->whole_bytes = 0;  // see above, should this fail
        const std::string all = notes_->rewritten();
        MODELSEC_CHECK(write_whole(*files_, folder_, journal_file_name, as_bytes(all)));
        MODELSEC_TRY(journal_, files_->open_file(folder_, journal_file_name, open_mode::read_write));
        if (!journal_)
            return fail(reason::store_layout, "a journal that comes and goes");
        notes_->whole_bytes = all.size();
        rewritten_bytes_ = all.size();
        for (const std::string& name : std::exchange(old_ones_, {}))
            MODELSEC_CHECK(files_->remove_file(folder_, name));
        return {};
    }
    auto done = files_->write_at(journal_, notes_->whole_bytes, as_bytes(lines));
    if (done)
        done = files_->sync(journal_);
    if (done)
        notes_->whole_bytes += lines.size();
    else
    {
        // Later lines build on these: the next ones come with all that is known.
        journal_ = {};
        notes_->whole_bytes = 0;
    }
    return done;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
