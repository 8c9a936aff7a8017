// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_PINNED_KEYS_HPP
#define MODELSEC_DETAIL_TRUST_PINNED_KEYS_HPP

#include <modelsec/pins.hpp>

#include <array>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

MODELSEC_BEGIN_NAMESPACE

/// A pin as a constant of a program: what write_pins_header() puts into a header.
struct pinned_key
{
    static constexpr std::int64_t always = std::numeric_limits<std::int64_t>::min();

    std::string_view key_id;
    std::array<std::uint8_t, 32> ed25519{};
    std::int64_t not_before = always;  ///< seconds since 1970-01-01T00:00:00Z
    std::int64_t not_after = always;
    bool revoked = false;
};

/// Pins of constants, `threshold` of which must sign. `bad_option` for bytes that are no key or a threshold that cannot be met.
MODELSEC_DECL result<pins> make_pins(std::span<const pinned_key> keys, unsigned threshold = 1);

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/pinned_keys.ipp>
#endif

#endif
