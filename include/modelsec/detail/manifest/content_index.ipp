// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_CONTENT_INDEX_IPP
#define MODELSEC_DETAIL_MANIFEST_CONTENT_INDEX_IPP

#include <modelsec/detail/base/big_endian.hpp>
#include <modelsec/detail/manifest/content_index.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <string>
#include <string_view>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::string_view index_magic{"MSIX1\0", 6};
inline constexpr std::size_t index_head_bytes = 10;
inline constexpr std::size_t index_entry_bytes = 4 + sha256_digest::size_bytes;
inline constexpr std::uint32_t index_least_average = 64u << 10;
inline constexpr std::uint32_t index_most_average = 1u << 28;

/// 256 numbers without a pattern, the same everywhere: splitmix64 from 0 on.
inline constexpr std::array<std::uint64_t, 256> make_gear() noexcept
{
    std::array<std::uint64_t, 256> out{};
    std::uint64_t state = 0;
    for (auto& value : out)
    {
        std::uint64_t x = (state += 0x9e3779b97f4a7c15u);
        x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
        x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
        value = x ^ (x >> 31);
    }
    return out;
}
inline constexpr std::array<std::uint64_t, 256> index_gear = make_gear();

std::uint32_t index_average(std::uint64_t file_size) noexcept
{
    const std::uint64_t wanted = (file_size >> 20) + ((file_size & ((1u << 20) - 1)) != 0 ? 1 : 0);
    return static_cast<std::uint32_t>(std::clamp<std::uint64_t>(wanted, index_least_average, index_most_average));
}

content_cutter::content_cutter(std::uint32_t average_bytes) noexcept
    : shortest_(average_bytes / 4), average_(average_bytes), longest_(std::size_t{average_bytes} * 4)
{
    // The highest bits of the rolling hash have seen the most bytes.
    const int bits = std::max(2, static_cast<int>(std::bit_width(average_bytes)) - 1);
    strict_ = ~std::uint64_t{0} << (64 - (bits + 1));
    lax_ = ~std::uint64_t{0} << (64 - (bits - 1));
}

std::size_t content_cutter::cut(bytes_view data) const noexcept
{
    const std::size_t end = std::min(data.size(), longest_);
    if (end <= shortest_)
        return end;
    std::uint64_t hash = 0;
    std::size_t at = shortest_;
    for (const std::size_t strict_end = std::min(end, average_); at < strict_end; ++at)
    {
        hash = (hash << 1) + index_gear[data[at]];
        if ((hash & strict_) == 0)
            return at + 1;
    }
    for (; at < end; ++at)
    {
        hash = (hash << 1) + index_gear[data[at]];
        if ((hash & lax_) == 0)
            return at + 1;
    }
    return end;
}

result<content_index> parse_content_index(bytes_view text, std::uint64_t file_size)
{
    const auto malformed = [](const char* rule) { return fail(reason::malformed_index, rule); };
    if (text.size() < index_head_bytes || as_text(text.first(index_magic.size())) != index_magic)
        return malformed("not an index of version 1");
    content_index out;
    out.average_bytes = read_u32(text.subspan(index_magic.size()));
    if (out.average_bytes < index_least_average || out.average_bytes > index_most_average)
        return malformed("the average is from 64 KiB to 256 MiB");
    bytes_view rest = text.subspan(index_head_bytes);
    if (rest.size() % index_entry_bytes != 0)
        return malformed("a piece is cut off");
    out.chunks.reserve(rest.size() / index_entry_bytes);
    std::uint64_t sum = 0;
    for (; !rest.empty(); rest = rest.subspan(index_entry_bytes))
    {
        content_chunk c;
        c.size_bytes = read_u32(rest);
        c.sha256 = *sha256_digest::from_bytes(rest.subspan(4, sha256_digest::size_bytes));
        // No longer than what a reader has to hold of it (CWE-789).
        if (c.size_bytes == 0 || c.size_bytes / 4 > out.average_bytes)
            return malformed("a piece has from 1 byte to four times the average");
        sum += c.size_bytes;
        if (sum > file_size)
            return malformed("the pieces are more than the file");
        out.chunks.push_back(c);
    }
    return sum == file_size ? result<content_index>(std::move(out)) : malformed("the pieces are less than the file");
}

bytes write_index_head(std::uint32_t average_bytes)
{
    bytes out(index_magic.begin(), index_magic.end());
    append_u32(out, average_bytes);
    return out;
}

void append_index_chunk(bytes& to, const content_chunk& chunk)
{
    append_u32(to, chunk.size_bytes);
    to.insert(to.end(), chunk.sha256.view().begin(), chunk.sha256.view().end());
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
