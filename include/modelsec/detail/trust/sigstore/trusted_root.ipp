// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_SIGSTORE_TRUSTED_ROOT_IPP
#define MODELSEC_DETAIL_TRUST_SIGSTORE_TRUSTED_ROOT_IPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/json_document.hpp>
#include <modelsec/detail/trust/sigstore/trusted_root.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::size_t most_trusted_services = 64;

inline failure trust_failure(std::string detail)
{
    return fail(reason::root_malformed, "trusted root: " + std::move(detail));
}

/// protobuf's JSON of a `bytes` field.
inline std::optional<bytes> bytes_at(json_view object, std::string_view key)
{
    const auto text = object.string_at(key);
    return text ? from_base64(*text) : std::nullopt;
}

inline result<time_window> read_window(json_view object)
{
    const auto range = object.present("validFor");
    const auto begin = range ? range->string_at("start") : std::nullopt;
    const auto from = begin ? parse_rfc3339(*begin) : std::nullopt;
    if (!from)
        return trust_failure("a key or authority that does not say since when it is valid");
    time_window out{*from, {}};
    if (const auto end = range->present("end"))
    {
        const auto text = end->as_string();
        out.end = text ? parse_rfc3339(*text) : std::nullopt;
        if (!out.end || *out.end < out.begin)
            return trust_failure("a validity that ends at no time");
    }
    return out;
}

/// Nothing for a key of a kind that is not understood.
inline result<std::optional<certificate_log>> read_log(json_view object)
{
    const auto key = object.present("publicKey");
    const auto raw = key ? bytes_at(*key, "rawBytes") : std::nullopt;
    if (!raw)
        return trust_failure("a log without a key");
    MODELSEC_TRY(const time_window window, read_window(*key));
    const auto id = object.present("logId");
    auto key_id = id ? bytes_at(*id, "keyId") : std::nullopt;
    if (id && !key_id)
        return trust_failure("a log whose id is not base64");
    auto parsed = verifying_key::der(*raw);
    if (!parsed)
        return std::optional<certificate_log>();
    if (!key_id)
    {
        const sha256_digest own = sha256(parsed->spki());
        key_id.emplace(own.view().begin(), own.view().end());
    }
    return std::optional(certificate_log{std::move(*parsed), std::move(*key_id), window});
}

inline result<certificate_authority> read_certificate_authority(json_view object)
{
    const auto chain = object.present("certChain");
    const auto list = chain ? chain->array_at("certificates") : std::nullopt;
    if (!list || list->empty() || list->size() > 8)
        return trust_failure("an authority without a chain of certificates");
    MODELSEC_TRY(const time_window window, read_window(object));
    std::vector<certificate> all;
    for (const json_view element : *list)
    {
        const auto raw = bytes_at(element, "rawBytes");
        auto one = raw ? certificate::der(*raw) : result<certificate>(fail(reason::root_malformed));
        if (!one)
            return trust_failure("an authority with something else than certificates");
        all.push_back(std::move(*one));
    }
    certificate anchor = std::move(all.back());
    all.pop_back();
    return certificate_authority{std::move(anchor), std::move(all), window};
}

template <class T, class Read>
result<void> read_services(json_view doc, std::string_view key, std::vector<T>& out, Read read)
{
    const auto list = doc.present(key);
    if (!list)
        return {};
    const auto elements = list->as_array();
    if (!elements || elements->size() > most_trusted_services)
        return trust_failure("no list, or too long a one: " + std::string(key));
    for (const json_view element : *elements)
    {
        MODELSEC_TRY(auto one, read(element));
        if constexpr (std::is_same_v<decltype(one), T>)
            out.push_back(std::move(one));
        else if (one)
            out.push_back(std::move(*one));
    }
    return {};
}

result<sigstore_trust> parse_sigstore_trust(bytes_view text, const limits& caps)
{
    static constexpr std::size_t largest = 1u << 20;
    if (text.size() > largest)
        return fail(reason::too_large, "the trusted root");
    const auto document = json_document::parse(text, caps.json_depth);
    if (!document)
        return trust_failure(document.error().detail);
    const json_view doc = document->root();
    const auto type = doc.string_at("mediaType");
    if (type != "application/vnd.dev.sigstore.trustedroot+json;version=0.1" &&
        type != "application/vnd.dev.sigstore.trustedroot+json;version=0.2" &&
        type != "application/vnd.dev.sigstore.trustedroot.v0.1+json" &&
        type != "application/vnd.dev.sigstore.trustedroot.v0.2+json")
        return trust_failure("another mediaType than that of a trusted root");
    sigstore_trust out;
    MODELSEC_CHECK(read_services(doc, "tlogs", out.transparency_logs, read_log));
    MODELSEC_CHECK(read_services(doc, "ctlogs", out.certificate_logs, read_log));
    MODELSEC_CHECK(read_services(doc, "certificateAuthorities", out.authorities, read_certificate_authority));
    MODELSEC_CHECK(read_services(doc, "timestampAuthorities", out.timestamp_authorities, read_certificate_authority));
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
