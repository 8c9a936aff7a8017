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
inline result<pins> make_pins(std::span<const pinned_key> keys, unsigned threshold = 1)
{
    const auto time = [](std::int64_t seconds) {
        return seconds == pinned_key::always ? std::optional<utc_time>() : utc_time(std::chrono::seconds(seconds));
    };
    pins out;
    for (const pinned_key& k : keys)
    {
        MODELSEC_TRY(public_key parsed, public_key::ed25519(k.ed25519));
        MODELSEC_CHECK(
            out.add(pin{std::string(k.key_id), std::move(parsed), time(k.not_before), time(k.not_after), k.revoked}));
    }
    if (threshold < 1 || threshold > keys.size())
        return fail(reason::bad_option, "pins: the threshold is 1 to the number of keys");
    out.set_threshold(threshold);
    return out;
}

MODELSEC_END_NAMESPACE

#endif
