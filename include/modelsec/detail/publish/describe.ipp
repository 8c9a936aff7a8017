// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_DESCRIBE_IPP
#define MODELSEC_DETAIL_PUBLISH_DESCRIBE_IPP

#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/publish/describe.hpp>
#include <modelsec/detail/store/state/state.hpp>
#include <modelsec/detail/trust/metadata.hpp>
#include <modelsec/detail/trust/signature_bundle.hpp>
#include <modelsec/pins.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE

namespace detail {

/// The payload as JSON if it is JSON, else its size.
inline json shown_payload(const envelope& e)
{
    if (auto parsed = parse_json(e.payload()))
        return std::move(*parsed);
    return std::to_string(e.payload_size) + " bytes that are no JSON";
}

inline result<json> describe_envelope(bytes_view text, envelope_format format, const json& doc)
{
    const std::string type(doc.string_at("payloadType").value_or(manifest_payload_type));
    MODELSEC_TRY(const envelope e, parse_envelope(text, format, {}, type));
    json::array signers;
    for (const signature& s : e.signatures)
        signers.emplace_back(s.key_id);
    json out{{"kind", format == envelope_format::dsse ? "DSSE envelope" : "pack envelope"},
             {"verified", "no: inspect checks no signature"}};
    if (format == envelope_format::dsse)
        out.set("payload_type", type);
    out.set("signatures_claimed_by", std::move(signers));
    out.set("payload", shown_payload(e));
    return out;
}

inline result<json> describe_bundle(bytes_view text)
{
    MODELSEC_TRY(const signature_bundle b, parse_signature_bundle(text));
    return json{{"kind", "signature bundle of OpenSSF Model Signing"},
                {"verified", "no: inspect checks no signature"},
                {"payload_type", statement_payload_type},
                {"key_hint", b.key_hint},
                {"payload", shown_payload(b.content)}};
}

inline result<json> describe_metadata(bytes_view text, const json& doc)
{
    MODELSEC_TRY(const metadata_envelope e, parse_metadata_envelope(text, limits{}.envelope_bytes));
    json::array signers;
    for (const signature& s : e.signatures)
        signers.emplace_back(s.key_id);
    return json{{"kind", "TUF metadata: " + std::string(e.signed_view.string_at("_type").value_or("of no type"))},
                {"verified", "no: inspect checks no signature"},
                {"signatures_claimed_by", std::move(signers)},
                {"signed", *doc.find("signed")}};
}

inline json described(std::string_view kind, const json& content)
{
    json out{{"kind", kind}};
    if (const auto* members = content.as_object())
        for (const auto& [key, value] : *members)
            out.set(key, value);
    return out;
}

inline bool has_members(const json& doc, std::initializer_list<std::string_view> members)
{
    return std::all_of(members.begin(), members.end(), [&](std::string_view key) { return doc.find(key) != nullptr; });
}

inline result<json> describe_json(bytes_view text)
{
    MODELSEC_TRY(const json doc, parse_json(text));
    if (has_members(doc, {"payload_b64"}))
        return describe_envelope(text, envelope_format::pack, doc);
    if (has_members(doc, {"payloadType"}))
        return describe_envelope(text, envelope_format::dsse, doc);
    if (has_members(doc, {"dsseEnvelope"}))
        return describe_bundle(text);
    if (has_members(doc, {"model_id", "artifacts"}))
    {
        json out{{"kind", "manifest without an envelope"}, {"verified", "no: nobody signed this file"}};
        for (const auto& [key, value] : *doc.as_object())
            out.set(key, value);
        return out;
    }
    if (has_members(doc, {"signed", "signatures"}))
        return describe_metadata(text, doc);
    if (has_members(doc, {"keys"}))
    {
        MODELSEC_TRY(const pins parsed, pins::parse(text));
        MODELSEC_TRY(const json clean, parse_json(as_bytes(parsed.dump())));
        return described("pins: the keys that may sign", clean);
    }
    if (has_members(doc, {"generation"}))
    {
        MODELSEC_CHECK(parse_state(text));
        return described("state of a model in a store", doc);
    }
    return fail(reason::json_malformed, "JSON, but nothing that is known here");
}

}  // namespace detail

result<std::string> describe_document(bytes_view text)
{
    MODELSEC_TRY(const detail::json description, detail::describe_json(text));
    return description.dump();
}

MODELSEC_END_NAMESPACE

#endif
