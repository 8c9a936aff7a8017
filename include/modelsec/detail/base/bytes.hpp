// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_BYTES_HPP
#define MODELSEC_DETAIL_BASE_BYTES_HPP

#include <modelsec/config.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

using bytes = std::vector<std::uint8_t>;
using bytes_view = std::span<const std::uint8_t>;

/// The bytes of a text, without a copy.
inline bytes_view as_bytes(std::string_view text) noexcept
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// Bytes read as text, without a copy.
inline std::string_view as_text(bytes_view data) noexcept
{
    return {reinterpret_cast<const char*>(data.data()), data.size()};
}

MODELSEC_END_NAMESPACE

#endif
