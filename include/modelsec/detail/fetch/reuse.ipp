// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_REUSE_IPP
#define MODELSEC_DETAIL_FETCH_REUSE_IPP

#include <modelsec/detail/fetch/reuse.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A find of less than this part of what is missing is not worth its requests.
inline constexpr std::uint64_t reuse_least_part = 10;
/// What is found between two gaps is fetched with them if it is no more than this: one request for two.
inline constexpr std::uint64_t reuse_least_island = 64u << 10;
/// So many times the wanted size is looked through at most: a store may hold far more than it is worth to read.
inline constexpr std::uint64_t reuse_most_read = 4;

/// A file of the store that had nothing in so many bytes is given up.
inline constexpr std::uint64_t reuse_patience = 64u << 20;

inline std::uint64_t key_of(const sha256_digest& digest) noexcept
{
    std::uint64_t out = 0;
    for (const std::uint8_t b : digest.view().first(8))
        out = out << 8 | b;
    return out;
}

void wanted_pieces::add(std::uint64_t offset, std::uint32_t size, const sha256_digest& digest, const range_set& missing)
{
    if (missing.covers({offset, offset + size}))
        pieces_.push_back({key_of(digest), offset, size, false, digest});
}

void wanted_pieces::settle()
{
    std::ranges::sort(pieces_, {}, [](const piece& p) { return std::pair(p.key, p.offset); });
    left_ = pieces_.size();
}

wanted_pieces::wanted_pieces(const content_index& index, const range_set& missing)
{
    std::uint64_t at = 0;
    for (const content_chunk& c : index.chunks)
    {
        add(at, c.size_bytes, c.sha256, missing);
        at += c.size_bytes;
    }
    settle();
}

wanted_pieces::wanted_pieces(const artifact_file& f, const range_set& missing)
{
    const std::uint64_t unit = f.chunks->size_bytes;
    for (std::size_t i = 0; i < f.chunks->sha256.size() && i * unit < f.size_bytes; ++i)
        add(i * unit, static_cast<std::uint32_t>(std::min(unit, f.size_bytes - i * unit)), f.chunks->sha256[i], missing);
    settle();
}

std::vector<std::uint64_t> wanted_pieces::take(const sha256_digest& digest, std::size_t size)
{
    std::vector<std::uint64_t> out;
    const std::uint64_t key = key_of(digest);
    for (auto at = std::ranges::lower_bound(pieces_, key, {}, &piece::key); at != pieces_.end() && at->key == key; ++at)
        if (!at->found && at->size == size && at->digest == digest)
        {
            at->found = true;
            --left_;
            out.push_back(at->offset);
        }
    return out;
}

/// Goes through one file of the store, piece by piece.
template <class Found>
result<void> look_through(file_system& fs, const file& from, std::uint64_t size, std::size_t longest,
                          const std::function<std::size_t(bytes_view)>& cut, const control& handle, const Found& found)
{
    bytes window(std::max<std::size_t>(longest * 2, 2u << 20));
    std::size_t held = 0;
    std::uint64_t read = 0;
    for (bool end = false; !end || held > 0;)
    {
        while (!end && held < window.size())
        {
            if (handle.cancelled())
                return fail(reason::cancelled);
            const auto room = static_cast<std::size_t>(std::min<std::uint64_t>(window.size() - held, size - read));
            MODELSEC_TRY(const std::size_t got, fs.read_at(from, read, std::span(window).subspan(held, room)));
            held += got;
            read += got;
            end = got < room || read == size;
        }
        bytes_view rest = bytes_view(window).first(held);
        while (!rest.empty() && (end || rest.size() >= longest))
        {
            const std::size_t piece = cut(rest);
            MODELSEC_TRY(const bool more, found(rest.first(piece)));
            if (!more)
                return {};
            rest = rest.subspan(piece);
        }
        std::copy(rest.begin(), rest.end(), window.begin());
        held = rest.size();
    }
    return {};
}

/// What was found, without islands that are too small to be worth a request of their own.
inline range_set worth_keeping(const range_set& found, byte_range all)
{
    range_set out = found;
    for (const byte_range& r : found.ranges())
        if (r.size() < reuse_least_island && r.begin != all.begin && r.end != all.end)
            out.subtract(r);
    return out;
}

result<std::uint64_t> reuse_bytes(const store& disk, const identifier& model, staging& staged, const artifact_file& wanted,
                                  const std::optional<content_index>& index, const control& handle)
{
    const byte_range all{0, wanted.size_bytes};
    const bool chunked = wanted.chunks && wanted.chunks->size_bytes > 0;
    if (all.empty() || (!index && !chunked))
        return std::uint64_t{0};
    MODELSEC_TRY(const auto journalled, staged.journal(wanted.sha256, wanted.size_bytes));
    range_set missing(all);
    for (const auto& r : journalled)
        missing.subtract(r);
    wanted_pieces pieces = index ? wanted_pieces(*index, missing) : wanted_pieces(wanted, missing);
    if (pieces.empty())
        return std::uint64_t{0};
    MODELSEC_TRY(const std::vector<known_file> sources, disk.known_files(model));
    std::optional<content_cutter> cutter;
    if (index)
        cutter.emplace(index->average_bytes);
    const std::size_t unit = cutter ? cutter->longest() : static_cast<std::size_t>(wanted.chunks->size_bytes);
    const auto cut = [&](bytes_view data) { return cutter ? cutter->cut(data) : std::min(data.size(), unit); };

    file_system& fs = staged.files();
    file to;
    range_set found;
    std::uint64_t looked_at = 0;
    for (const known_file& source : sources)
    {
        if (pieces.empty() || looked_at / reuse_most_read >= wanted.size_bytes)
            break;
        auto from = disk.open_known(source);
        if (!from || !*from)
            continue;  // it is only a chance
        looked_at += source.record.size;
        std::uint64_t in_vain = 0;
        auto done = look_through(fs, *from, source.record.size, unit, cut, handle, [&](bytes_view piece) -> result<bool> {
            // The bytes in this memory are hashed, and they are what is written (docs/architecture.md, rule 2).
            in_vain += piece.size();
            for (const std::uint64_t at : pieces.take(sha256(piece), piece.size()))
            {
                in_vain = 0;
                if (!to)
                {
                    MODELSEC_TRY(to, staged.open_partial(wanted.sha256));
                }
                MODELSEC_CHECK(fs.write_at(to, at, piece));
                found.add({at, at + piece.size()});
            }
            return !pieces.empty() && in_vain < reuse_patience;
        });
        if (done.has_error() && (handle.cancelled() || done.error().code() == errc::disk_full))
            return std::move(done).error();
    }
    found = worth_keeping(found, all);
    if (found.empty())
        return std::uint64_t{0};
    if (found.size() < missing.size() / reuse_least_part)
        return std::uint64_t{0};  // not noted: those bytes are fetched, and written over
    MODELSEC_CHECK(staged.sync_partials({wanted.sha256}));
    MODELSEC_CHECK(staged.add_to_journal({{wanted.sha256, wanted.size_bytes, found}}));
    return found.size();
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
