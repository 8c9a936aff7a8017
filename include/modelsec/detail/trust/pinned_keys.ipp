// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_PINNED_KEYS_IPP
#define MODELSEC_DETAIL_TRUST_PINNED_KEYS_IPP

#include <modelsec/detail/trust/pinned_keys.hpp>

MODELSEC_BEGIN_NAMESPACE

result<pins> make_pins(std::span<const pinned_key> keys, unsigned threshold)
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
