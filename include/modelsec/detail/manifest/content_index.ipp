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
    return piece_borders(*this).take(data);
}

piece_borders::piece_borders(std::size_t length) noexcept : how_(index_least_average)
{
    how_.shortest_ = how_.average_ = how_.longest_ = length;
}

std::size_t piece_borders::take(bytes_view data) noexcept
{
    const std::size_t before = at_;
    const std::size_t end = std::min(data.size(), how_.longest_ - before);
    if (before == 0)
        hash_ = 0;
    const auto within = [&](std::size_t place) { return std::min(end, place - std::min(place, before)); };
    std::size_t i = within(how_.shortest_);
    for (const auto& [until, mask] : {std::pair(within(how_.average_), how_.strict_), std::pair(end, how_.lax_)})
        for (; i < until; ++i)
        {
            hash_ = (hash_ << 1) + index_gear[data[i]];
            if ((hash_ & mask) == 0)
            {
                at_ = 0;
                return i + 1;
            }
        }
    at_ = before + end == how_.longest_ ? 0 : before + end;
    return end;
}

void content_index_reader::read_head() noexcept
{
    const bytes_view head = bytes_view(part_).first(head_bytes);
    average_ = read_u32(head.subspan(index_magic.size()));
    if (as_text(head.first(index_magic.size())) != index_magic)
        wrong_ = "not an index of version 1";
    else if (average_ < index_least_average || average_ > index_most_average)
        wrong_ = "the average is from 64 KiB to 256 MiB";
}

std::optional<content_chunk> content_index_reader::read_piece() noexcept
{
    content_chunk out;
    out.size_bytes = read_u32(part_);
    out.sha256 = *sha256_digest::from_bytes(bytes_view(part_).subspan(4, sha256_digest::size_bytes));
    // No longer than what may be found (CWE-789).
    if (out.size_bytes == 0 || out.size_bytes / 4 > average_)
        wrong_ = "a piece has from 1 byte to four times the average";
    else if (out.size_bytes > left_)
        wrong_ = "the pieces are more than the file";
    else
    {
        left_ -= out.size_bytes;
        return out;
    }
    return std::nullopt;
}

result<void> content_index_reader::finish() const
{
    const char* const rule = wrong_          ? wrong_
                             : average_ == 0 ? "not an index of version 1"
                             : held_ != 0    ? "a piece is cut off"
                             : left_ != 0    ? "the pieces are less than the file"
                                             : nullptr;
    return rule ? fail(reason::malformed_index, rule) : result<void>();
}

result<content_index> parse_content_index(bytes_view text, std::uint64_t file_size)
{
    content_index out;
    content_index_reader reader(file_size);
    reader.update(text, [&](std::uint64_t, const content_chunk& c) { out.chunks.push_back(c); });
    MODELSEC_CHECK(reader.finish());
    out.average_bytes = reader.average_bytes();
    return out;
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
