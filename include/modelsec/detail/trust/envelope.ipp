// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_ENVELOPE_IPP
#define MODELSEC_DETAIL_TRUST_ENVELOPE_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/base/json_document.hpp>
#include <modelsec/detail/trust/envelope.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline failure envelope_failure(std::string what)
{
    return fail(reason::envelope_malformed, std::move(what));
}

/// Base64 of the standard alphabet or, where DSSE allows it, of the URL-safe one; never a mixture (RFC 4648 section 3.3).
inline bool dsse_base64(std::string_view text, std::span<std::uint8_t> out)
{
    return from_base64(text, out, base64_alphabet::standard) || from_base64(text, out, base64_alphabet::url_safe);
}

// DSSE protocol, "PAE": lengths in ASCII decimal without leading zeros, so that no two (type, body) share one encoding.
inline bytes dsse_head(std::string_view payload_type, std::size_t payload_size)
{
    const std::string head = "DSSEv1 " + std::to_string(payload_type.size()) + ' ' + std::string(payload_type) + ' ' +
                             std::to_string(payload_size) + ' ';
    bytes out;
    out.reserve(head.size() + payload_size);
    out.assign(head.begin(), head.end());
    return out;
}

inline result<envelope> parse_pack(json_view doc)
{
    const auto payload = doc.string_at("payload_b64");
    const auto sig = doc.string_at("sig_b64");
    const auto id = doc.find("key_id");
    if (!payload || !sig || (id && !id->is_null() && !id->as_string()))
        return envelope_failure("a pack envelope needs the strings payload_b64 and sig_b64");
    auto raw = from_base64(*payload);
    auto raw_sig = from_base64(*sig);
    if (!raw || raw->empty() || !raw_sig)
        return envelope_failure("not strict base64 in a pack envelope");
    if (raw_sig->size() != 64)  // RFC 8032 section 5.1.6
        return envelope_failure("an Ed25519 signature has 64 bytes");
    std::string key_id(doc.string_at("key_id").value_or(""));
    envelope out{envelope_format::pack, std::move(*raw), 0, {}};
    out.payload_size = out.signed_bytes.size();
    out.signatures.push_back({key_id.empty() ? "v1" : std::move(key_id), std::move(*raw_sig)});
    return out;
}

inline result<envelope> parse_dsse(json_view doc, const limits& caps, std::string_view payload_type)
{
    const auto type = doc.string_at("payloadType");
    const auto payload = doc.string_at("payload");
    const auto signatures = doc.array_at("signatures");
    if (!type || !payload || !signatures)
        return envelope_failure("a DSSE envelope needs payloadType, payload and signatures");
    // DSSE protocol, verification step 4: a payload of another type is not ours to read, however well it is signed.
    if (*type != payload_type)
        return envelope_failure("another payloadType than " + std::string(payload_type));
    if (signatures->empty() || signatures->size() > caps.signatures)
        return envelope_failure("no signature, or too many");
    envelope out;
    out.payload_size = base64_size(*payload);
    out.signed_bytes = dsse_head(*type, out.payload_size);
    const std::size_t head = out.signed_bytes.size();
    out.signed_bytes.resize(head + out.payload_size);
    if (out.payload_size == 0 || !dsse_base64(*payload, std::span(out.signed_bytes).subspan(head)))
        return envelope_failure("payload is not strict base64");
    for (const json_view s : *signatures)
    {
        const auto id = s.find("keyid");
        const auto value = s.string_at("sig");
        if (!value || (id && !id->is_null() && !id->as_string()))
            return envelope_failure("a signature needs the string sig");
        bytes raw(base64_size(*value));
        if (!dsse_base64(*value, raw))
            return envelope_failure("sig is not strict base64");
        out.signatures.push_back({std::string(s.string_at("keyid").value_or("")), std::move(raw)});
    }
    return out;
}

bytes dsse_pae(std::string_view payload_type, bytes_view payload)
{
    bytes out = dsse_head(payload_type, payload.size());
    out.insert(out.end(), payload.begin(), payload.end());
    return out;
}

envelope make_envelope(envelope_format format, bytes_view payload, std::string_view payload_type)
{
    const bool dsse = format == envelope_format::dsse;
    return {format, dsse ? dsse_pae(payload_type, payload) : bytes(payload.begin(), payload.end()), payload.size(), {}};
}

result<envelope> parse_envelope(bytes_view text, envelope_format expected, const limits& caps, std::string_view payload_type)
{
    if (text.size() > caps.envelope_bytes)
        return fail(reason::too_large, "the envelope");
    const auto document = json_document::parse(text, caps.json_depth);
    if (!document)
        return envelope_failure(document.error().detail);
    const json_view doc = document->root();
    const bool looks_pack = doc.find("payload_b64") || doc.find("sig_b64");
    const bool looks_dsse = doc.find("payloadType") || doc.find("payload") || doc.find("signatures");
    // What could be read as both is read as neither.
    if (looks_pack == looks_dsse)
        return envelope_failure("not an envelope");
    if (looks_pack != (expected == envelope_format::pack))
        return fail(reason::wrong_format, looks_pack ? "this is a pack envelope" : "this is a DSSE envelope");
    return looks_pack ? parse_pack(doc) : parse_dsse(doc, caps, payload_type);
}

std::string write_envelope(const envelope& e, std::string_view payload_type)
{
    if (e.format == envelope_format::pack)
    {
        const signature& s = e.signatures.at(0);
        return json{{"key_id", s.key_id}, {"payload_b64", to_base64(e.payload())}, {"sig_b64", to_base64(s.value)}}.dump();
    }
    json::array signatures;
    for (const signature& s : e.signatures)
        signatures.push_back(json{{"keyid", s.key_id}, {"sig", to_base64(s.value)}});
    return json{{"payloadType", payload_type}, {"payload", to_base64(e.payload())}, {"signatures", std::move(signatures)}}
        .dump();
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
