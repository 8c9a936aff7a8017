// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_CONTENT_INDEX_HPP
#define MODELSEC_DETAIL_MANIFEST_CONTENT_INDEX_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/detail/base/digest.hpp>
#include <modelsec/error.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A piece of a file whose borders its own bytes decide: what is inserted before it moves it and changes nothing of it.
struct content_chunk
{
    std::uint32_t size_bytes = 0;
    sha256_digest sha256;
};

/// The pieces of one file, in order (docs/manifest.md, Index): `MSIX1\0`, the average as u32, then for each piece its length as u32
/// and its SHA-256; all numbers big-endian.
struct content_index
{
    std::uint32_t average_bytes = 0;
    std::vector<content_chunk> chunks;
};

/// The average for a file of this size: 64 KiB, more for files of more than 64 GiB.
MODELSEC_DECL std::uint32_t index_average(std::uint64_t file_size) noexcept;

/// Finds borders by content, as FastCDC does (Xia et al., USENIX ATC 2016): a rolling hash over the last 64 bytes, with a stricter rule
/// before the average length and a laxer one after it. Pieces have between a quarter of the average and four times of it.
class content_cutter
{
public:
    MODELSEC_DECL explicit content_cutter(std::uint32_t average_bytes) noexcept;

    std::size_t longest() const noexcept { return longest_; }
    /// The length of the piece that `data` begins with. `data` has longest() bytes, or all that is left of the file.
    MODELSEC_DECL std::size_t cut(bytes_view data) const noexcept;

private:
    friend class piece_borders;
    std::size_t shortest_, average_, longest_;
    std::uint64_t strict_, lax_;
};

/// Finds the pieces of a file that comes part by part, none of which need be held.
class piece_borders
{
public:
    /// By content.
    explicit piece_borders(const content_cutter& how) : how_(how) {}
    /// Pieces of one length.
    MODELSEC_DECL explicit piece_borders(std::size_t length) noexcept;

    /// How many of the next bytes belong to the piece at hand: all of them, or those up to its end.
    MODELSEC_DECL std::size_t take(bytes_view data) noexcept;
    /// What was taken last ends a piece; the next take() begins another.
    bool ended() const noexcept { return at_ == 0; }

private:
    content_cutter how_;
    std::size_t at_ = 0;  ///< bytes of the piece so far
    std::uint64_t hash_ = 0;
};

/// Reads an index as it comes, and holds none of it.
class content_index_reader
{
public:
    /// Of a file of this size.
    explicit content_index_reader(std::uint64_t file_size) noexcept : left_(file_size) {}

    /// The next bytes; `each(offset, piece)` gets every piece that is whole by then. What follows something malformed is not read.
    template <class Each>
    void update(bytes_view text, const Each& each)
    {
        while (!text.empty() && !wrong_)
        {
            const std::size_t n = std::min(text.size(), wanted() - held_);
            std::copy_n(text.begin(), n, part_.begin() + static_cast<std::ptrdiff_t>(held_));
            text = text.subspan(n);
            held_ += n;
            if (held_ < wanted())
                return;
            held_ = 0;
            if (average_ == 0)
                read_head();
            else if (const auto piece = read_piece())
                each(std::exchange(at_, at_ + piece->size_bytes), *piece);
        }
    }
    /// `malformed_index` (24) unless all of it was an index of version 1, about a file of that size.
    MODELSEC_DECL result<void> finish() const;
    /// Once its head was read.
    std::uint32_t average_bytes() const noexcept { return average_; }

    static constexpr std::size_t head_bytes = 10;
    static constexpr std::size_t piece_bytes = 4 + sha256_digest::size_bytes;

private:
    std::size_t wanted() const noexcept { return average_ == 0 ? head_bytes : piece_bytes; }
    MODELSEC_DECL void read_head() noexcept;
    MODELSEC_DECL std::optional<content_chunk> read_piece() noexcept;

    std::uint64_t left_;
    std::uint64_t at_ = 0;
    std::uint32_t average_ = 0;
    std::array<std::uint8_t, piece_bytes> part_{};
    std::size_t held_ = 0;
    const char* wrong_ = nullptr;
};

/// `malformed_index` (24) unless it is exactly that, and about a file of `file_size` bytes.
MODELSEC_DECL result<content_index> parse_content_index(bytes_view text, std::uint64_t file_size);

/// What comes before the first piece, and a piece.
MODELSEC_DECL bytes write_index_head(std::uint32_t average_bytes);
MODELSEC_DECL void append_index_chunk(bytes& to, const content_chunk& chunk);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/manifest/content_index.ipp>
#endif

#endif
