// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_PINS_HPP
#define MODELSEC_PINS_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/limits.hpp>
#include <modelsec/detail/trust/threshold.hpp>

#include <optional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// A public key that the application pins, under an id, for a time.
struct pin
{
    std::string key_id{};
    public_key key;
    std::optional<utc_time> not_before{};  ///< counts from this second on
    std::optional<utc_time> not_after{};   ///< and up to and including this one
    bool revoked = false;                  ///< counts for nothing, ever
};

/// The simplest trust source: keys in the application itself, `threshold` of which must sign a manifest. A value type: copies are
/// independent, and may be read by several threads at once.
class pins
{
public:
    /// `{"keys": [{"key_id", "ed25519_b64", "not_before", "not_after", "revoked"}], "threshold": 1}`; times as RFC 3339 in UTC, `threshold` 1
    /// if absent. `bad_option` for anything else, with what is wrong in the detail; `key_reused` as of add().
    MODELSEC_DECL static result<pins> parse(bytes_view text, const limits& caps = {});

    /// Adds a key. `key_reused` if its id or its bytes are there already: one key serves one use, under one id. `bad_option` if the
    /// id is empty or no UTF-8.
    MODELSEC_DECL result<void> add(pin p);
    /// Adds "ID=BASE64" (split at the first `=`; base64 of the 32 bytes of an Ed25519 key), as the command takes it. `bad_option` if it
    /// is none.
    MODELSEC_DECL result<void> add(std::string_view id_and_base64);
    /// 1 to the number of keys; checked when it is used.
    void set_threshold(unsigned t) noexcept { threshold_ = t; }

    unsigned threshold() const noexcept { return threshold_; }
    const std::vector<pin>& keys() const noexcept { return keys_; }
    /// The keys with what bars each at this time.
    MODELSEC_DECL std::vector<detail::candidate_key> candidates(utc_time now) const;
    /// `{"keys": …, "threshold": …}`, as parse() reads it.
    MODELSEC_DECL std::string dump() const;

private:
    std::vector<pin> keys_;
    unsigned threshold_ = 1;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/pins.ipp>
#endif

#endif
