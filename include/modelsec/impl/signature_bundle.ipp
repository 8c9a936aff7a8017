// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_IMPL_SIGNATURE_BUNDLE_IPP
#define MODELSEC_IMPL_SIGNATURE_BUNDLE_IPP

#include <modelsec/core/json.hpp>
#include <modelsec/envelope/signature_bundle.hpp>
#include <modelsec/impl/envelope.ipp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline failure bundle_failure(std::string what)
{
    return fail(reason::bundle_malformed, std::move(what));
}

/// A member that is there and not null.
inline const json* present(const json& object, std::string_view key)
{
    const json* v = object.find(key);
    return v && !v->is_null() ? v : nullptr;
}

/// Sigstore's VerificationMaterial: exactly one of publicKey, certificate, x509CertificateChain.
inline result<std::string> parse_key_hint(const json& doc)
{
    const json* material = present(doc, "verificationMaterial");
    if (!material || !material->as_object())
        return bundle_failure("no verificationMaterial");
    const json* key = present(*material, "publicKey");
    const bool certified = present(*material, "certificate") || present(*material, "x509CertificateChain");
    if (certified && !key)
        return fail(reason::unknown_key, "a bundle that is signed by a certificate, not by a key");
    if (certified || !key || !key->as_object())
        return bundle_failure("verificationMaterial needs publicKey and nothing beside it");
    const json* hint = present(*key, "hint");
    if (hint && !hint->as_string())
        return bundle_failure("hint is not a string");
    return hint ? *hint->as_string() : std::string();
}

}  // namespace detail

result<signature_bundle> parse_signature_bundle(bytes_view text, const limits& caps)
{
    if (text.size() > caps.envelope_bytes)
        return fail(reason::too_large, "the signature bundle");
    auto doc = parse_json(text, caps.json_depth);
    if (!doc)
        return detail::bundle_failure(std::move(doc.error().detail));
    if (doc->string_at("mediaType") != bundle_media_type)
        return detail::bundle_failure("another mediaType than " + std::string(bundle_media_type));
    signature_bundle out;
    MODELSEC_TRY(out.key_hint, detail::parse_key_hint(*doc));
    // Sigstore's Bundle: the content is one of messageSignature and dsseEnvelope. What could be read as both is read as neither.
    const json* content = detail::present(*doc, "dsseEnvelope");
    if (!content || !content->as_object() || detail::present(*doc, "messageSignature"))
        return detail::bundle_failure("needs dsseEnvelope and no messageSignature");
    MODELSEC_TRY(out.content, detail::parse_dsse(*content, caps, statement_payload_type));
    if (out.content.signatures.size() != 1)  // Sigstore's Bundle: "the DSSE envelope MUST contain only one signature"
        return detail::bundle_failure("a bundle has exactly one signature");
    return out;
}

std::string write_signature_bundle(const signature_bundle& b)
{
    const signature& s = b.content.signatures.at(0);
    return json{
        {"mediaType", bundle_media_type},
        {"verificationMaterial", json{{"publicKey", b.key_hint.empty() ? json(json::object()) : json{{"hint", b.key_hint}}},
                                      {"tlogEntries", json::array()}}},
        {"dsseEnvelope", json{{"payload", to_base64(b.content.payload)},
                              {"payloadType", statement_payload_type},
                              {"signatures", json::array{json{{"sig", to_base64(s.value)}, {"keyid", s.key_id}}}}}}}
        .dump();
}

MODELSEC_END_NAMESPACE

#endif
