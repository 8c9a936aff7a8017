// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_PINS_IPP
#define MODELSEC_DETAIL_TRUST_PINS_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/pins.hpp>

MODELSEC_BEGIN_NAMESPACE

namespace detail {

inline failure pins_failure(std::string what)
{
    return fail(reason::bad_option, "pins: " + std::move(what));
}

inline result<std::optional<utc_time>> pin_time(const detail::json& key, std::string_view member)
{
    const detail::json* value = key.find(member);
    if (!value || value->is_null())
        return std::optional<utc_time>();
    const std::string* text = value->as_string();
    const auto time = text ? parse_rfc3339(*text) : std::nullopt;
    if (!time)
        return pins_failure(std::string(member) + " is no RFC 3339 time in UTC");
    return time;
}

inline result<pin> parse_pin(const detail::json& key)
{
    const auto id = key.string_at("key_id");
    const auto raw = key.string_at("ed25519_b64");
    const detail::json* revoked = key.find("revoked");
    if (!id || id->empty() || !raw)
        return pins_failure("a key needs key_id and ed25519_b64");
    if (revoked && !revoked->as_bool())
        return pins_failure("revoked is true or false");  // anything else could be meant as true: fail closed
    MODELSEC_TRY(public_key parsed, public_key::ed25519_base64(*raw));
    MODELSEC_TRY(auto not_before, pin_time(key, "not_before"));
    MODELSEC_TRY(auto not_after, pin_time(key, "not_after"));
    return pin{std::string(*id), std::move(parsed), not_before, not_after, revoked && *revoked->as_bool()};
}

}  // namespace detail

result<pins> pins::parse(bytes_view text, const limits& caps)
{
    if (text.size() > caps.root_bytes)
        return detail::pins_failure("the file is too large");
    auto doc = detail::parse_json(text, caps.json_depth);
    if (!doc)
        return detail::pins_failure(std::move(doc.error().detail));
    const detail::json* list = doc->find("keys");
    const detail::json::array* keys = list ? list->as_array() : nullptr;
    if (!keys || keys->empty() || keys->size() > caps.keys)
        return detail::pins_failure("no list of keys, or an empty or too long one");
    pins out;
    for (const detail::json& key : *keys)
    {
        MODELSEC_TRY(pin parsed, detail::parse_pin(key));
        MODELSEC_CHECK(out.add(std::move(parsed)));
    }
    if (const detail::json* threshold = doc->find("threshold"))
    {
        const auto value = doc->size_at("threshold");
        if (!value || *value == 0 || *value > keys->size() || !threshold->as_integer())
            return detail::pins_failure("the threshold is 1 to the number of keys");
        out.threshold_ = static_cast<unsigned>(*value);
    }
    return out;
}

result<void> pins::add(pin p)
{
    // What dump() writes must be read again: an id that is no UTF-8 cannot stand in JSON (RFC 8259 section 8.1).
    if (p.key_id.empty() || !detail::parse_json(as_bytes(detail::json{{"key_id", p.key_id}}.dump())))
        return detail::pins_failure("a key needs an id, in UTF-8");
    for (const pin& other : keys_)
        if (other.key_id == p.key_id || other.key == p.key)
            return fail(reason::key_reused, "pins: an id or a key stands twice");
    keys_.push_back(std::move(p));
    return {};
}

result<void> pins::add(std::string_view id_and_base64)
{
    const std::size_t split = id_and_base64.find('=');
    if (split == std::string_view::npos || split == 0)
        return detail::pins_failure("a pin looks like ID=BASE64");
    MODELSEC_TRY(public_key key, public_key::ed25519_base64(id_and_base64.substr(split + 1)));
    return add(pin{std::string(id_and_base64.substr(0, split)), std::move(key), {}, {}, false});
}

std::vector<detail::candidate_key> pins::candidates(utc_time now) const
{
    std::vector<detail::candidate_key> out;
    for (const pin& p : keys_)
    {
        const bool outside = (p.not_before && now < *p.not_before) || (p.not_after && now > *p.not_after);
        out.push_back({p.key_id, p.key, p.revoked ? reason::key_revoked : outside ? reason::key_window : reason::none});
    }
    return out;
}

std::string pins::dump() const
{
    detail::json::array keys;
    for (const pin& p : keys_)
    {
        detail::json key{{"key_id", p.key_id}, {"ed25519_b64", to_base64(p.key.raw())}};
        if (p.not_before)
            key.set("not_before", format_rfc3339(*p.not_before));
        if (p.not_after)
            key.set("not_after", format_rfc3339(*p.not_after));
        if (p.revoked)
            key.set("revoked", true);
        keys.push_back(std::move(key));
    }
    return detail::json{{"keys", std::move(keys)}, {"threshold", threshold_}}.dump();
}

MODELSEC_END_NAMESPACE

#endif
