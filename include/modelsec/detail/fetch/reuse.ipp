// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_REUSE_IPP
#define MODELSEC_DETAIL_FETCH_REUSE_IPP

#include <modelsec/detail/fetch/reuse.hpp>

#include <sodium.h>

#include <algorithm>
#include <iterator>
#include <utility>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A find of less than this part of what is missing is not worth its requests.
inline constexpr std::uint64_t reuse_least_part = 10;
/// What is found between two gaps is fetched with them if it is no more than this: one request for two.
inline constexpr std::uint64_t reuse_least_island = 64u << 10;
/// So many islands are kept at most; then only what stands beside one of them.
inline constexpr std::size_t reuse_most_islands = 65'536;
/// So many times the wanted size is looked through at most: a store may hold far more than it is worth to read.
inline constexpr std::uint64_t reuse_most_read = 4;
/// A file of the store that had nothing in so many bytes is given up.
inline constexpr std::uint64_t reuse_patience = 64u << 20;
/// So much of a file of the store is in memory at once, however long a piece is.
inline constexpr std::size_t reuse_block = std::size_t{1} << 20;
/// Less than this is copied where it could be shared: an extent of its own costs more.
inline constexpr std::uint64_t reuse_least_shared = 64u << 10;
/// So many pieces are shared at once at most: they are remembered until then.
inline constexpr std::size_t reuse_most_pieces = 1024;
/// What was found is noted at least so often, or after so many bytes: a process that is killed goes on there.
inline constexpr std::chrono::seconds reuse_note_every{2};
inline constexpr std::uint64_t reuse_note_bytes = 256u << 20;
/// So many average pieces are gone through twice, where a file is not begun at its beginning.
inline constexpr std::uint64_t reuse_overlap = 16;

wanted_pieces::wanted_pieces(range_set missing) : missing_(std::move(missing))
{
    static_assert(crypto_shorthash_KEYBYTES == 16 && crypto_shorthash_BYTES == sizeof(std::uint64_t));
    randombytes_buf(secret_.data(), secret_.size());
}

wanted_pieces::wanted_pieces(const artifact_file& f, range_set missing) : wanted_pieces(std::move(missing))
{
    const std::uint64_t unit = f.chunks->size_bytes;
    clear(f.chunks->sha256.size());
    for (std::size_t i = 0; i < f.chunks->sha256.size() && i * unit < f.size_bytes; ++i)
        add(i * unit, static_cast<std::uint32_t>(std::min(unit, f.size_bytes - i * unit)), f.chunks->sha256[i]);
    settle(0);
}

std::uint64_t wanted_pieces::key_of(std::uint64_t size, const sha256_digest& digest) const noexcept
{
    std::array<std::uint8_t, sizeof(size) + sha256_digest::size_bytes> text{};
    for (std::size_t i = 0; i < sizeof(size); ++i)
        text[i] = static_cast<std::uint8_t>(size >> (8 * i));
    std::ranges::copy(digest.view(), text.begin() + sizeof(size));
    std::array<std::uint8_t, sizeof(std::uint64_t)> hash{};
    crypto_shorthash(hash.data(), text.data(), text.size(), secret_.data());
    std::uint64_t out = 0;
    for (const std::uint8_t b : hash)
        out = out << 8 | b;
    return out;
}

void wanted_pieces::clear(std::size_t room)
{
    pieces_.clear();
    pieces_.reserve(room);
}

void wanted_pieces::add(std::uint64_t offset, std::uint32_t size, const sha256_digest& digest)
{
    if (missing_.covers({offset, offset + size}))
        pieces_.push_back({key_of(size, digest), offset});
}

void wanted_pieces::settle(std::uint32_t average)
{
    average_ = average;
    std::ranges::sort(pieces_, {}, [](const place& p) { return std::pair(p.key, p.offset); });
    taken_.assign(pieces_.size(), false);
    left_ = pieces_.size();
}

std::span<const wanted_pieces::place> wanted_pieces::take(const sha256_digest& digest, std::uint64_t size)
{
    const auto found = std::ranges::equal_range(pieces_, key_of(size, digest), {}, &place::key);
    // An index may name one piece a million times, and a store hold it as often: each of the two is gone through once (CWE-407).
    const auto first = static_cast<std::size_t>(found.begin() - pieces_.begin());
    if (found.empty() || taken_[first])
        return {};
    taken_[first] = true;
    left_ -= found.size();
    return std::span(pieces_).subspan(first, found.size());
}

index_intake::index_intake(const artifact_file& wanted, range_set missing)
    : wanted_(wanted), pieces_(std::move(missing)), reader_(wanted.size_bytes)
{
}

void index_intake::begin()
{
    pieces_.clear(static_cast<std::size_t>(wanted_.index->size_bytes / content_index_reader::piece_bytes));
    reader_ = content_index_reader(wanted_.size_bytes);
    hash_ = hasher();
    size_ = 0;
}

void index_intake::take(bytes_view data)
{
    size_ += data.size();
    if (size_ > wanted_.index->size_bytes)
        return;
    hash_.update(data);
    // Other pieces than the last are never shorter than a quarter of the average: what is, is found in no other file.
    reader_.update(data, [&](std::uint64_t offset, const content_chunk& c) {
        if (c.size_bytes >= reader_.average_bytes() / 4 || offset + c.size_bytes == wanted_.size_bytes)
            pieces_.add(offset, c.size_bytes, c.sha256);
    });
}

result<wanted_pieces> index_intake::finish()
{
    // TUF 1.0 section 5.7.3: the length and the digest are the signed ones.
    if (size_ != wanted_.index->size_bytes || !(hash_.finish_sha256() == wanted_.index->sha256))
        return fail(reason::digest_mismatch, "the index is not the signed one");
    MODELSEC_CHECK(reader_.finish());
    pieces_.settle(reader_.average_bytes());
    return std::move(pieces_);
}

/// A piece of a file of the store.
struct known_piece
{
    byte_range where;
    sha256_digest digest;
    bytes_view held;  ///< the bytes that have this digest; empty if they are not in memory any more
};

/// Goes through one file of the store from `begin` to `size`, piece by piece; `found` says whether to go on.
template <class Found>
result<void> look_through(file_system& fs, const file& from, std::uint64_t begin, std::uint64_t size, piece_borders borders,
                          const control& handle, const Found& found)
{
    if (begin >= size)
        return {};
    bytes block(static_cast<std::size_t>(std::min<std::uint64_t>(reuse_block, size - begin)));
    hasher hash;
    for (std::uint64_t at = begin; at < size;)
    {
        if (handle.cancelled())
            return fail(reason::cancelled);
        const auto room = std::span(block).first(static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), size - at)));
        MODELSEC_TRY(const std::size_t got, fs.read_at(from, at, room));
        if (got == 0)
            return {};  // shorter than it was
        const std::uint64_t end = at + got;
        for (bytes_view rest = bytes_view(block).first(got); !rest.empty();)
        {
            const std::size_t n = borders.take(rest);
            hash.update(rest.first(n));
            rest = rest.subspan(n);
            const std::uint64_t until = end - rest.size();
            if (!borders.ended() && until != size)
                break;
            const byte_range where{std::exchange(begin, until), until};
            const bool whole = where.begin >= at;
            const bytes_view held = whole ? bytes_view(block).subspan(static_cast<std::size_t>(where.begin - at),
                                                                      static_cast<std::size_t>(where.size()))
                                          : bytes_view();
            MODELSEC_TRY(const bool more, found(known_piece{where, hash.finish_sha256(), held}));
            if (!more)
                return {};
        }
        at = end;
    }
    return {};
}

/// Writes what does not lie in `shared`, which is there already.
inline result<void> write_around(file_system& fs, const file& to, std::uint64_t place, bytes_view data, byte_range shared)
{
    const std::uint64_t end = place + data.size();
    const byte_range before{place, std::min(end, shared.begin)};
    const byte_range after{std::max(place, std::min(end, shared.end)), end};
    for (const byte_range& r : {before, after})
        if (!r.empty())
            MODELSEC_CHECK(fs.write_at(
                to, r.begin, data.subspan(static_cast<std::size_t>(r.begin - place), static_cast<std::size_t>(r.size()))));
    return {};
}

/// Writes a piece to its place, but for what of it is `shared`. False: read again, it is another one.
inline result<bool> write_piece(file_system& fs, const file& from, const known_piece& piece, const file& to,
                                std::uint64_t place, const control& handle, byte_range shared = {})
{
    if (!piece.held.empty())
    {
        MODELSEC_CHECK(write_around(fs, to, place, piece.held, shared));
        return true;
    }
    // docs/architecture.md, rule 2: what is read again is hashed again, in the memory that it is written from.
    bytes block(static_cast<std::size_t>(std::min<std::uint64_t>(reuse_block, piece.where.size())));
    hasher hash;
    for (std::uint64_t done = 0; done < piece.where.size();)
    {
        if (handle.cancelled())
            return fail(reason::cancelled);
        const auto room = std::span(block).first(
            static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), piece.where.size() - done)));
        MODELSEC_TRY(const std::size_t got, fs.read_at(from, piece.where.begin + done, room));
        if (got == 0)
            return false;
        hash.update(bytes_view(block).first(got));
        MODELSEC_CHECK(write_around(fs, to, place + done, bytes_view(block).first(got), shared));
        done += got;
    }
    return hash.finish_sha256() == piece.digest;
}

/// Whether what was found side by side is worth a request of its own for what comes behind it.
inline bool is_worth_keeping(byte_range island, byte_range all)
{
    return island.size() >= reuse_least_island || island.begin == all.begin || island.end == all.end;
}

/// Brings pieces of files of the store to their places in a partial. What stands side by side in both, at the same distance from the
/// borders of the disk's blocks, is put off until there is no more of it, and shared at once where the disk can: of that only the ends,
/// which are not whole blocks, are written. All else is written.
class piece_taker
{
public:
    piece_taker(staging& staged, const artifact_file& wanted, const control& handle, reuse_watch& watch)
        : staged_(staged), fs_(staged.files()), wanted_(wanted), handle_(handle), watch_(watch),
          noted_(watch.time->steady_now()), looked_(noted_)
    {
    }

    /// From here on pieces are those of this file, which outlives the next flush() or drop().
    result<void> begin(const file& from)
    {
        from_ = &from;
        MODELSEC_TRY(const file_info about, fs_.info(from));
        source_block_ = about.block;
        return {};
    }

    /// `piece` was hashed as it was read from the file that was begun.
    result<void> take(const known_piece& piece, std::span<const wanted_pieces::place> places)
    {
        for (const auto& wanted_at : places)
        {
            if (handle_.cancelled())
                return fail(reason::cancelled);
            const byte_range place{wanted_at.offset, wanted_at.offset + piece.where.size()};
            if (!continues(piece, place))
            {
                MODELSEC_CHECK(flush());
                if (!has_room_for(found_, place))
                    continue;
                MODELSEC_CHECK(open());
                if (!can_share(piece, place))
                {
                    MODELSEC_TRY(const bool good, write_piece(fs_, *from_, piece, to_, place.begin, handle_));
                    if (good)
                        add(place);
                    MODELSEC_CHECK(note_if_due());
                    continue;
                }
                run_place_ = {place.begin, place.begin};
            }
            run_.push_back({piece.where, piece.digest, {}});
            run_place_.end = place.end;
            // The first time tells whether this disk can at all: no more than that is then read again.
            if (run_.size() == reuse_most_pieces || (!shared_before_ && whole_blocks().size() >= reuse_least_shared))
                MODELSEC_CHECK(flush());
            MODELSEC_CHECK(note_if_due());
        }
        return {};
    }

    /// Nothing may be in memory, or on a disk that has not been told to keep it, for much longer than `reuse_note_every`.
    result<void> note_if_due()
    {
        const steady_time now = watch_.time->steady_now();
        watch_.vain += now - std::exchange(looked_, now);
        if (fresh_.empty() && run_.empty())
        {
            noted_ = now;
            return {};
        }
        if (now - noted_ < reuse_note_every && fresh_bytes_ < reuse_note_bytes)
            return {};
        MODELSEC_CHECK(flush());
        MODELSEC_CHECK(note());
        noted_ = looked_ = watch_.time->steady_now();
        return {};
    }

    /// Brings what was found since the last time to the disk, and to the journal what of it is worth it.
    result<void> note()
    {
        range_set worth;
        for (const byte_range& r : std::exchange(fresh_, {}).ranges())
        {
            // All of the island that it belongs to, of which the journal may know a part.
            const auto& all = found_.ranges();
            const byte_range island = *std::prev(std::ranges::upper_bound(all, r.begin, {}, &byte_range::begin));
            if (is_worth_keeping(island, {0, wanted_.size_bytes}))
                worth.add(island);
        }
        fresh_bytes_ = 0;
        if (worth.empty())
            return {};
        MODELSEC_CHECK(staged_.sync_partials({wanted_.sha256}));
        MODELSEC_CHECK(staged_.add_to_journal({{wanted_.sha256, wanted_.size_bytes, worth}}));
        watch_.vain = {};
        any_noted_ = true;
        return {};
    }

    bool any_noted() const noexcept { return any_noted_; }

    /// What was put off.
    result<void> flush()
    {
        const std::vector<known_piece> run = std::exchange(run_, {});
        if (run.empty())
            return {};
        const std::uint64_t begin = run.front().where.begin;
        byte_range shared = whole_blocks();
        if (shared.size() < reuse_least_shared || !share(begin + (shared.begin - run_place_.begin), shared))
            shared = {};
        for (const known_piece& piece : run)
        {
            const std::uint64_t at = run_place_.begin + (piece.where.begin - begin);
            const byte_range place{at, at + piece.where.size()};
            bool good = shared.begin <= place.begin && place.end <= shared.end;
            if (!good)
            {
                MODELSEC_TRY(good, write_piece(fs_, *from_, piece, to_, at, handle_, shared));
            }
            if (good)
                add(place);
        }
        return {};
    }

    /// Forgets what was put off: its file cannot be read any more.
    void drop() { run_.clear(); }

    /// What stands in the partial now.
    const range_set& found() const noexcept { return found_; }

private:
    void add(byte_range place)
    {
        found_.add(place);
        fresh_.add(place);
        fresh_bytes_ += place.size();
    }

    result<void> open()
    {
        if (to_)
            return {};
        MODELSEC_TRY(to_, staged_.open_partial(wanted_.sha256));
        MODELSEC_TRY(const file_info about, fs_.info(to_));
        block_ = about.block;
        return {};
    }

    bool continues(const known_piece& piece, byte_range place) const
    {
        return !run_.empty() && run_.back().where.end == piece.where.begin && run_place_.end == place.begin;
    }

    bool can_share(const known_piece& piece, byte_range place) const
    {
        return sharing_ && block_ != 0 && block_ == source_block_ && place.begin % block_ == piece.where.begin % block_;
    }

    /// Of what was put off.
    byte_range whole_blocks() const
    {
        const std::uint64_t past = run_place_.begin % block_;
        return {run_place_.begin + (past == 0 ? 0 : block_ - past), run_place_.end - run_place_.end % block_};
    }

    /// The bytes were hashed as they were read through this descriptor; what they are by now is found when the file is verified.
    bool share(std::uint64_t offset, byte_range place)
    {
        const auto done = fs_.clone_range(*from_, offset, to_, place.begin, place.size());
        if (done && !*done)
            sharing_ = false;
        const bool shared = done && *done;
        shared_before_ = shared_before_ || shared;
        return shared;
    }

    staging& staged_;
    file_system& fs_;
    const artifact_file& wanted_;
    const control& handle_;
    reuse_watch& watch_;
    steady_time noted_, looked_;
    const file* from_ = nullptr;
    file to_;
    std::uint64_t source_block_ = 0, block_ = 0;
    range_set found_;
    range_set fresh_;  ///< found since the last note
    std::uint64_t fresh_bytes_ = 0;
    bool any_noted_ = false;
    std::vector<known_piece> run_;  ///< what was put off, side by side
    byte_range run_place_;
    bool sharing_ = true;  ///< until the disk says that it cannot: it is asked no more in this attempt
    bool shared_before_ = false;
};

/// What was found, without islands that are too small.
inline range_set worth_keeping(const range_set& found, byte_range all)
{
    range_set out;
    for (const byte_range& r : found.ranges())
        if (is_worth_keeping(r, all))
            out.add(r);
    return out;
}

bool has_room_for(const range_set& found, byte_range more)
{
    return found.ranges().size() < reuse_most_islands || (more.begin > 0 && !found.from(more.begin - 1).empty()) ||
           !found.from(more.end).empty();
}

result<std::uint64_t> reuse_bytes(const store& disk, const identifier& model, staging& staged, const artifact_file& wanted,
                                  wanted_pieces pieces, const control& handle, reuse_watch& watch)
{
    const byte_range all{0, wanted.size_bytes};
    if (pieces.empty())
        return std::uint64_t{0};
    const piece_borders borders = pieces.average_bytes() != 0
                                      ? piece_borders(content_cutter(pieces.average_bytes()))
                                      : piece_borders(static_cast<std::size_t>(wanted.chunks->size_bytes));
    MODELSEC_TRY(const std::vector<known_file> sources, disk.known_files(model));

    // Another version has the same bytes at about the same place: what an earlier search took is not gone through once more before
    // anything is found. Pieces of one length stand only where that length leads.
    std::uint64_t first = std::ranges::max_element(pieces.missing().ranges(), {}, &byte_range::size)->begin;
    if (pieces.average_bytes() == 0)
        first -= first % wanted.chunks->size_bytes;
    piece_taker taker(staged, wanted, handle, watch);
    std::uint64_t looked_at = 0;
    for (const known_file& source : sources)
    {
        if (pieces.empty() || watch.in_vain() || looked_at / reuse_most_read >= wanted.size_bytes)
            break;
        auto from = disk.open_known(source);
        if (!from || !*from || taker.begin(*from).has_error())
            continue;  // it is only a chance
        const std::uint64_t size = source.record.size;
        looked_at += size;
        std::uint64_t in_vain = 0;
        const auto use = [&](const known_piece& piece) -> result<bool> {
            const auto places = pieces.take(piece.digest, piece.where.size());
            in_vain = places.empty() ? in_vain + piece.where.size() : 0;
            MODELSEC_CHECK(taker.take(piece, places));
            MODELSEC_CHECK(taker.note_if_due());
            return !pieces.empty() && in_vain < reuse_patience && !watch.in_vain();
        };
        const std::uint64_t middle = first < size ? first : 0;
        auto done = look_through(staged.files(), *from, middle, size, borders, handle, use);
        if (done && !pieces.empty() && !watch.in_vain())
        {
            in_vain = 0;
            // A little beyond the middle: borders that depend on content are found only some pieces behind a place that is none.
            const std::uint64_t end =
                middle == 0 ? 0 : std::min(size, middle + reuse_overlap * std::uint64_t{pieces.average_bytes()});
            done = look_through(staged.files(), *from, 0, end, borders, handle, use);
        }
        if (done)
            done = taker.flush();
        else
            taker.drop();
        if (done.has_error() && (handle.cancelled() || done.error().code() == errc::disk_full))
            return done.error();
    }
    const range_set found = worth_keeping(taker.found(), all);
    if (found.empty())
        return std::uint64_t{0};
    if (!taker.any_noted() && found.size() < pieces.missing().size() / reuse_least_part)
        return std::uint64_t{0};  // not noted: those bytes are fetched, and written over
    MODELSEC_CHECK(taker.note());
    return found.size();
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
