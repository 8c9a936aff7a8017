// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STAGING_IPP
#define MODELSEC_DETAIL_STORE_STAGING_IPP

#include <modelsec/detail/store/store_disk.ipp>
#include <modelsec/detail/store/staging.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::string_view partial_prefix = "partial-";
inline constexpr std::string_view journal_prefix = "journal-";
inline constexpr const char* pack_folder_name = "pack";
inline constexpr std::uint64_t journal_cap = 64u << 20;

inline std::string partial_name(const std::string& digest)
{
    return std::string(partial_prefix) + digest;
}

inline std::string journal_name(const std::string& digest)
{
    return std::string(journal_prefix) + digest;
}

/// The digest in `partial-<digest>` or `journal-<digest>`; nothing for other names.
inline std::optional<std::string> digest_in_name(std::string_view name, std::string_view prefix)
{
    if (!name.starts_with(prefix) || !sha256_digest::from_hex(name.substr(prefix.size())))
        return std::nullopt;
    return std::string(name.substr(prefix.size()));
}

/// A journal that is odd in any way is none: the bytes are fetched again.
inline result<journal> load_journal(file_system& fs, const file& folder, const std::string& digest)
{
    auto at = fs.open_file(folder, journal_name(digest), open_mode::read);
    if (at.has_error() && is_unfit(at.error().why))
        return journal{};
    if (at.has_error())
        return std::move(at).error();
    if (!*at)
        return journal{};
    MODELSEC_TRY(const bytes text, read_whole(fs, *at, journal_cap));
    return journal::parse(text);
}

/// What of a partial is known to be on stable storage; never more than there is of it.
inline result<range_set> synced_ranges(file_system& fs, const file& folder, const std::string& digest, const journal& says)
{
    MODELSEC_TRY(const file_info there, fs.info_at(folder, partial_name(digest)));
    if (there.kind != file_kind::regular)
        return range_set();
    range_set out = says.synced;
    out.subtract({there.size, limits::max_integer});
    return out;
}

// CWE-59, CWE-62: a partial that is a link, has a second name or belongs to somebody else is not trusted to stay what it is
// hashed as; its name is freed and the download starts anew.
result<file> staging::open_partial(const sha256_digest& content)
{
    const std::string name = partial_name(content.hex());
    auto there = files_->open_file(folder_, name, open_mode::read_write);
    if (there.has_error() && !is_unfit(there.error().why))
        return std::move(there).error();
    if (there && *there)
        return std::move(there).value();
    MODELSEC_CHECK(drop_partial(content));
    MODELSEC_TRY(file fresh, files_->open_file(folder_, name, open_mode::create_new));
    if (!fresh)
        return fail(reason::store_layout, "a partial that comes and goes");
    MODELSEC_CHECK(files_->sync(folder_));
    return fresh;
}

result<void> staging::drop_partial(const sha256_digest& content)
{
    const std::string digest = content.hex();
    std::uint64_t freed = 0;
    journals_.erase(digest);
    // The journal first: it must not outlive its partial and then vouch for another one.
    MODELSEC_CHECK(remove_tree(*files_, folder_, journal_name(digest), freed));
    MODELSEC_CHECK(files_->sync(folder_));
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

result<void> staging::place(const sha256_digest& content, const relative_path& path)
{
    const std::string digest = content.hex();
    const std::string partial = partial_name(digest);
    MODELSEC_TRY(const file_info what, files_->info_at(folder_, partial));
    if (what.kind != file_kind::regular)
        return fail(reason::store_layout, "a partial is gone");
    MODELSEC_TRY(open_journal * notes, journal_for(digest, what.size));
    MODELSEC_CHECK(append(*notes, modelsec::detail::journal::placed_line(path)));
    notes->content.placed = path;

    MODELSEC_TRY(const file pack, files_->open_folder(folder_, pack_folder_name, true));
    return in_parent_folder(*files_, pack, path, true, [&](const file& parent) -> result<void> {
        MODELSEC_TRY(const bool moved, files_->rename(folder_, partial, parent, path.file().str()));
        if (!moved)
            return fail(reason::store_layout, "the pack has this file already: " + path.str());
        MODELSEC_CHECK(files_->sync(parent));
        return files_->sync(folder_);
    });
}

/// What an attempt had placed before it ended is a partial again.
result<void> staging::take_back_placed()
{
    MODELSEC_TRY(const file pack, files_->open_folder(folder_, pack_folder_name, false));
    if (!pack)
        return {};
    MODELSEC_TRY(const std::vector<std::string> names, files_->list(folder_));
    for (const std::string& name : names)
    {
        const auto digest = digest_in_name(name, journal_prefix);
        if (!digest)
            continue;
        MODELSEC_TRY(const modelsec::detail::journal notes, read_journal(*digest));
        if (!notes.placed)
            continue;
        auto moved = in_parent_folder(*files_, pack, *notes.placed, false, [&](const file& parent) -> result<bool> {
            MODELSEC_TRY(const bool there, is_there(*files_, parent, notes.placed->file().str()));
            if (!there)
                return false;
            return files_->rename(parent, notes.placed->file().str(), folder_, partial_name(*digest));
        });
        if (moved.has_error() && moved.error().why != reason::store_layout)
            return std::move(moved).error();
    }
    return files_->sync(folder_);
}

result<std::vector<staging::range>> staging::journal(const sha256_digest& content, std::uint64_t size) const
{
    const std::string digest = content.hex();
    MODELSEC_TRY(const modelsec::detail::journal notes, read_journal(digest));
    if (notes.size != size)
        return std::vector<range>();
    MODELSEC_TRY(const range_set kept, synced_ranges(*files_, folder_, digest, notes));
    return kept.ranges();
}

result<void> staging::add_to_journal(const sha256_digest& content, std::uint64_t size, range synced)
{
    MODELSEC_TRY(open_journal * notes, journal_for(content.hex(), size));
    MODELSEC_CHECK(append(*notes, modelsec::detail::journal::synced_line(synced)));
    notes->content.synced.add(synced);
    return {};
}

result<modelsec::detail::journal> staging::read_journal(const std::string& digest) const
{
    if (const auto open = journals_.find(digest); open != journals_.end())
        return open->second.content;
    return load_journal(*files_, folder_, digest);
}

result<staging::open_journal*> staging::journal_for(const std::string& digest, std::uint64_t size)
{
    if (const auto open = journals_.find(digest); open != journals_.end() && open->second.content.size == size)
        return &open->second;
    journals_.erase(digest);

    const std::string name = journal_name(digest);
    MODELSEC_TRY(modelsec::detail::journal content, load_journal(*files_, folder_, digest));
    open_journal out{{}, std::move(content)};
    if (out.content.whole_bytes != 0 && out.content.size == size)
    {
        MODELSEC_TRY(out.at, files_->open_file(folder_, name, open_mode::read_write));
    }
    if (!out.at)
    {
        std::uint64_t freed = 0;
        MODELSEC_CHECK(remove_tree(*files_, folder_, name, freed));
        MODELSEC_TRY(out.at, files_->open_file(folder_, name, open_mode::create_new));
        if (!out.at)
            return fail(reason::store_layout, "a journal that comes and goes");
        out.content = {};
        out.content.size = size;
        MODELSEC_CHECK(append(out, modelsec::detail::journal::first_line(size)));
        MODELSEC_CHECK(files_->sync(folder_));
    }
    else
        MODELSEC_CHECK(files_->truncate(out.at, out.content.whole_bytes));  // without a torn last line
    return &journals_.insert_or_assign(digest, std::move(out)).first->second;
}

result<void> staging::append(open_journal& to, const std::string& line)
{
    MODELSEC_CHECK(files_->write_at(to.at, to.content.whole_bytes, as_bytes(line)));
    MODELSEC_CHECK(files_->sync(to.at));
    to.content.whole_bytes += line.size();
    return {};
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
