// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_BIG_ENDIAN_HPP
#define MODELSEC_DETAIL_BASE_BIG_ENDIAN_HPP

#include <modelsec/detail/base/bytes.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The first four bytes of `from`, which has as many, as a number; the highest one first.
inline std::uint32_t read_u32(bytes_view from) noexcept
{
    return std::uint32_t{from[0]} << 24 | std::uint32_t{from[1]} << 16 | std::uint32_t{from[2]} << 8 |
           std::uint32_t{from[3]};
}

/// Four bytes, the highest one first.
inline void append_u32(bytes& to, std::uint32_t value)
{
    for (const int shift : {24, 16, 8, 0})
        to.push_back(static_cast<std::uint8_t>(value >> shift));
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
