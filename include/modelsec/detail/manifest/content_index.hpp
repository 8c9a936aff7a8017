// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_CONTENT_INDEX_HPP
#define MODELSEC_DETAIL_MANIFEST_CONTENT_INDEX_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/detail/base/digest.hpp>
#include <modelsec/error.hpp>

#include <cstdint>
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
    std::size_t shortest_, average_, longest_;
    std::uint64_t strict_, lax_;
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
