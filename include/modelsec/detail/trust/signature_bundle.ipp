// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_SIGNATURE_BUNDLE_IPP
#define MODELSEC_DETAIL_TRUST_SIGNATURE_BUNDLE_IPP

#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/base/json_document.hpp>
#include <modelsec/detail/trust/signature_bundle.hpp>
#include <modelsec/detail/trust/envelope.ipp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

std::optional<bundle_version> version_of_bundle(std::string_view media_type) noexcept
{
    if (media_type == "application/vnd.dev.sigstore.bundle+json;version=0.1")
        return bundle_version::v0_1;
    if (media_type == "application/vnd.dev.sigstore.bundle+json;version=0.2")
        return bundle_version::v0_2;
    if (media_type == bundle_media_type || media_type == "application/vnd.dev.sigstore.bundle+json;version=0.3")
        return bundle_version::v0_3;
    return std::nullopt;
}

result<named_key> read_named_key(json_view object)
{
    named_key out;
    if (!object.is_object())
        return bundle_failure("publicKey is not an object");
    if (const auto hint = object.present("hint"))
    {
        if (!hint->as_string())
            return bundle_failure("hint is not a string");
        out.hint = *hint->as_string();
    }
    if (const auto raw = object.present("rawBytes"))
    {
        auto decoded = raw->as_string() ? from_base64(*raw->as_string()) : std::nullopt;
        if (!decoded || decoded->empty())
            return bundle_failure("rawBytes is not base64");
        out.raw = std::move(*decoded);
    }
    return out;
}

bool brings_other_key(bytes_view raw, const public_key& key)
{
    if (raw.empty())
        return false;
    const auto pem = public_key::pem(as_text(raw));
    return pem ? !(*pem == key) : !std::ranges::equal(raw, key.spki_der());
}

/// Sigstore's VerificationMaterial: exactly one of publicKey, certificate, x509CertificateChain.
inline result<named_key> parse_key_material(json_view doc)
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
    return read_named_key(*key);
}

result<signature_bundle> parse_signature_bundle(bytes_view text, const limits& caps)
{
    if (text.size() > caps.envelope_bytes)
        return fail(reason::too_large, "the signature bundle");
    const auto document = json_document::parse(text, caps.json_depth);
    if (!document)
        return bundle_failure(document.error().detail);
    const json_view doc = document->root();
    const auto type = doc.string_at("mediaType");
    if (!type || !version_of_bundle(*type))
        return bundle_failure("another mediaType than that of a Sigstore bundle 0.1 to 0.3");
    signature_bundle out;
    MODELSEC_TRY(named_key named, parse_key_material(doc));
    out.key_hint = std::move(named.hint);
    out.raw_key = std::move(named.raw);
    // Sigstore's Bundle: the content is one of messageSignature and dsseEnvelope. What could be read as both is read as neither.
    const auto content = doc.present("dsseEnvelope");
    if (!content || !content->is_object() || doc.present("messageSignature"))
        return bundle_failure("needs dsseEnvelope and no messageSignature");
    MODELSEC_TRY(out.content, parse_dsse(*content, caps, statement_payload_type));
    if (out.content.signatures.size() != 1)  // Sigstore's Bundle: "the DSSE envelope MUST contain only one signature"
        return bundle_failure("a bundle has exactly one signature");
    return out;
}

std::string write_signature_bundle(const signature_bundle& b)
{
    const signature& s = b.content.signatures.at(0);
    json material{{"publicKey", b.key_hint.empty() ? json(json::object()) : json{{"hint", b.key_hint}}},
                  {"tlogEntries", json::array()}};
    if (!b.certificates.empty())
    {
        json::array chain;
        for (const bytes& der : b.certificates)
            chain.push_back(json{{"rawBytes", to_base64(der)}});
        material = json{{"x509CertificateChain", json{{"certificates", std::move(chain)}}}, {"tlogEntries", json::array()}};
    }
    return json{{"mediaType", bundle_media_type},
                {"verificationMaterial", std::move(material)},
                {"dsseEnvelope", json{{"payload", to_base64(b.content.payload())},
                                      {"payloadType", statement_payload_type},
                                      {"signatures", json::array{json{{"sig", to_base64(s.value)}, {"keyid", s.key_id}}}}}}}
        .dump();
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
