// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_IMPL_SIGNATURE_BUNDLE_IPP
#define MODELSEC_IMPL_SIGNATURE_BUNDLE_IPP

#include <modelsec/core/json.hpp>
#include <modelsec/detail/json_document.hpp>
#include <modelsec/envelope/signature_bundle.hpp>
#include <modelsec/impl/envelope.ipp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline failure bundle_failure(std::string what)
{
    return fail(reason::bundle_malformed, std::move(what));
}

/// Sigstore's VerificationMaterial: exactly one of publicKey, certificate, x509CertificateChain.
inline result<std::string> parse_key_hint(json_view doc)
{
    const auto material = doc.present("verificationMaterial");
    if (!material || !material->is_object())
        return bundle_failure("no verificationMaterial");
    const auto key = material->present("publicKey");
    const bool certified = material->present("certificate") || material->present("x509CertificateChain");
    if (certified && !key)
        return fail(reason::unknown_key, "a bundle that is signed by a certificate, not by a key");
    if (certified || !key || !key->is_object())
        return bundle_failure("verificationMaterial needs publicKey and nothing beside it");
    const auto hint = key->present("hint");
    if (hint && !hint->as_string())
        return bundle_failure("hint is not a string");
    return hint ? std::string(*hint->as_string()) : std::string();
}

}  // namespace detail

result<signature_bundle> parse_signature_bundle(bytes_view text, const limits& caps)
{
    if (text.size() > caps.envelope_bytes)
        return fail(reason::too_large, "the signature bundle");
    const auto document = detail::json_document::parse(text, caps.json_depth);
    if (!document)
        return detail::bundle_failure(document.error().detail);
    const detail::json_view doc = document->root();
    if (doc.string_at("mediaType") != bundle_media_type)
        return detail::bundle_failure("another mediaType than " + std::string(bundle_media_type));
    signature_bundle out;
    MODELSEC_TRY(out.key_hint, detail::parse_key_hint(doc));
    // Sigstore's Bundle: the content is one of messageSignature and dsseEnvelope. What could be read as both is read as neither.
    const auto content = doc.present("dsseEnvelope");
    if (!content || !content->is_object() || doc.present("messageSignature"))
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
        {"dsseEnvelope", json{{"payload", to_base64(b.content.payload())},
                              {"payloadType", statement_payload_type},
                              {"signatures", json::array{json{{"sig", to_base64(s.value)}, {"keyid", s.key_id}}}}}}}
        .dump();
}

MODELSEC_END_NAMESPACE

#endif
