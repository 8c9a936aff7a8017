// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_MODEL_SIGNER_IPP
#define MODELSEC_DETAIL_MANIFEST_MODEL_SIGNER_IPP

#include <modelsec/detail/base/json_document.hpp>
#include <modelsec/detail/manifest/model_signer.hpp>
#include <modelsec/detail/manifest/model_statement.ipp>
#include <modelsec/detail/trust/signature_bundle.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// in-toto Attestation Framework, Statement 0.1 and 1: whether one of its subjects is the artifact. Digest sets match if a digest of
/// one algorithm does (DigestSet 1.0); npm's provenance names packages by SHA-512 alone.
inline result<void> check_subject(bytes_view payload, const artifact_digests& artifact, const limits& caps)
{
    const auto document = json_document::parse(payload, caps.json_depth);
    if (!document)
        return bundle_failure(document.error().detail);
    const auto type = document->root().string_at("_type");
    if (type != "https://in-toto.io/Statement/v1" && type != "https://in-toto.io/Statement/v0.1")
        return bundle_failure("a statement of no known _type");
    const auto subjects = document->root().array_at("subject");
    if (!subjects || subjects->size() > caps.files)
        return bundle_failure("a statement without subjects");
    for (const json_view subject : *subjects)
    {
        const auto digests = subject.present("digest");
        for (const std::string_view name : {"sha256", "sha384", "sha512"})
        {
            const auto hex = digests ? digests->string_at(name) : std::nullopt;
            const auto raw = hex ? from_hex(*hex) : std::nullopt;
            if (raw && artifact.match(*subject_algorithm(name), *raw))
                return {};
        }
    }
    return fail(reason::digest_mismatch, "the statement is about something else than this artifact");
}

inline std::string signer_named(const model_signer& by, const signer_facts& facts)
{
    if (const auto* key = std::get_if<public_key>(&by))
        return "key:" + model_key_hint(*key);
    if (const auto* key = std::get_if<logged_key>(&by))
        return "key:" + model_key_hint(key->key);
    if (facts.authority)
        return "ca:" + facts.authority->hex();
    return "identity:" + facts.issuer + ' ' + facts.identity;
}

inline signature_facts facts_of(signer_facts facts, const sigstore_bundle& bundle, const model_signer& by)
{
    signature_facts out{{}, {}, facts.trusted_time(), bundle.payload_type, signer_named(by, facts)};
    out.identity = std::move(facts.identity);
    out.issuer = std::move(facts.issuer);
    return out;
}

inline result<signer_facts> verify_logged(const sigstore_bundle& bundle, const model_signer& by,
                                          const artifact_digests& message, const limits& caps)
{
    if (const auto* identity = std::get_if<sigstore_signer>(&by))
        return verify_keyless(bundle, identity->root.trust(),
                              {identity->identity, identity->issuer, identity->identity_is_pattern}, message, caps);
    if (const auto* key = std::get_if<logged_key>(&by))
        return verify_managed(bundle, key->root.trust(), key->key, message, caps);
    return fail(reason::bad_option, "needs an identity or a key, and a trusted root");
}

/// How far a bundle came with a signer: of several failures the furthest says most.
inline int progress_of(reason why) noexcept
{
    switch (why)
    {
    case reason::unknown_key: return 0;
    case reason::chain_invalid: return 1;
    case reason::identity_mismatch: return 2;
    default: return 3;
    }
}

}  // namespace detail

result<sigstore_root> sigstore_root::parse(bytes_view text, const limits& caps)
{
    MODELSEC_TRY(detail::sigstore_trust trust, detail::parse_sigstore_trust(text, caps));
    return sigstore_root(std::make_shared<const detail::sigstore_trust>(std::move(trust)));
}

result<void> signing_authority::add(std::string_view pem)
{
    MODELSEC_TRY(std::vector<detail::certificate> more, detail::certificate::pem(pem));
    certificates_.insert(certificates_.end(), more.begin(), more.end());
    return {};
}

result<signature_facts> verify_artifact(bytes_view bundle, const sha256_digest& artifact, const model_signer& by,
                                        const limits& caps)
{
    return verify_artifact(bundle, artifact_digests{artifact}, by, caps);
}

result<signature_facts> verify_artifact(bytes_view bundle, const artifact_digests& artifact, const model_signer& by,
                                        const limits& caps)
{
    MODELSEC_TRY(const detail::sigstore_bundle parsed, detail::parse_sigstore_bundle(bundle, caps));
    if (parsed.version == detail::bundle_version::v0_3 && parsed.certificates.size() > 1)
        return detail::bundle_failure("from version 0.3 on a bundle has the signer's certificate alone");
    // protobuf-specs, X509CertificateChain: "must not include" roots; who brings an own one may want it to be taken for trusted.
    for (std::size_t i = 1; i < parsed.certificates.size(); ++i)
        if (parsed.certificates[i].self_signed())
            return detail::bundle_failure("a bundle with a root certificate in it");
    MODELSEC_TRY(detail::signer_facts facts, detail::verify_logged(parsed, by, artifact, caps));
    if (parsed.content)
    {
        if (parsed.payload_type != detail::statement_payload_type)
            return detail::bundle_failure("an envelope that is no in-toto statement says nothing of the artifact");
        MODELSEC_CHECK(detail::check_subject(parsed.content->payload(), artifact, caps));
    }
    return detail::facts_of(std::move(facts), parsed, by);
}

bool allows(const model_signer& by, std::string_view signer)
{
    if (const auto* authority = std::get_if<signing_authority>(&by))
        return std::ranges::any_of(authority->certificates(), [&](const detail::certificate& c) {
            return c.self_signed() && signer == "ca:" + sha256(c.raw()).hex();
        });
    const auto* keyless = std::get_if<sigstore_signer>(&by);
    if (!keyless)
        return signer == detail::signer_named(by, {});
    const std::string prefix = "identity:" + keyless->issuer + ' ';
    if (!signer.starts_with(prefix))
        return false;
    const std::string_view identity = signer.substr(prefix.size());
    return keyless->identity_is_pattern ? detail::matches_identity(identity, keyless->identity)
                                        : identity == keyless->identity;
}

result<verified_model> verify_model_bundle(bytes_view bundle, const model_signer& by, utc_time now, const limits& caps,
                                           detail::signature_budget* budget)
{
    if (const auto* key = std::get_if<public_key>(&by))
    {
        MODELSEC_TRY(model_statement statement, verify_bundle(bundle, *key, caps, budget));
        MODELSEC_TRY(const detail::signature_bundle parsed, detail::parse_signature_bundle(bundle, caps));
        return verified_model{std::move(statement),
                              {{}, {}, {}, std::string(detail::statement_payload_type), detail::signer_named(by, {})},
                              sha256(parsed.content.payload()),
                              parsed.content.signatures.front().value};
    }
    MODELSEC_TRY(detail::sigstore_bundle parsed, detail::parse_sigstore_bundle(bundle, caps));
    if (!parsed.content || parsed.payload_type != detail::statement_payload_type)
        return detail::bundle_failure("a model is signed as an in-toto statement in an envelope");
    // Sigstore leaves the meaning of a hint to who made it, OMS 1.0 section 4.1 makes it the key's fingerprint.
    if (const auto* key = std::get_if<logged_key>(&by))
        MODELSEC_CHECK(detail::check_key_hint(parsed.key_hint, key->key));
    detail::signature_budget own{caps.signature_message_bytes};
    MODELSEC_CHECK((budget ? budget : &own)->spend(parsed.content->signed_bytes.size()));
    const auto* authority = std::get_if<signing_authority>(&by);
    MODELSEC_TRY(detail::signer_facts facts,
                 authority ? detail::verify_certified(parsed, authority->certificates(),
                                                      authority->timestamps() ? &authority->timestamps()->trust() : nullptr,
                                                      now, detail::historic_pae(parsed.content->payload()), caps)
                           : detail::verify_logged(parsed, by, {}, caps));
    MODELSEC_TRY(model_statement statement, detail::parse_model_statement(parsed.content->payload(), caps));
    return verified_model{std::move(statement), detail::facts_of(std::move(facts), parsed, by),
                          sha256(parsed.content->payload()), parsed.content->signatures.front().value};
}

result<verified_model> verify_model_bundle_by_any(bytes_view bundle, const std::vector<model_signer>& signers, utc_time now,
                                                  const limits& caps, detail::signature_budget* budget)
{
    detail::signature_budget own{caps.signature_message_bytes};
    detail::signature_budget& shared = budget ? *budget : own;
    std::optional<failure> furthest;
    for (const model_signer& by : signers)
    {
        auto verified = verify_model_bundle(bundle, by, now, caps, &shared);
        if (verified)
            return verified;
        if (shared.go_on)
            MODELSEC_CHECK(shared.go_on());
        if (!furthest || detail::progress_of(verified.error().why) > detail::progress_of(furthest->why))
            furthest = std::move(verified).error();
    }
    return furthest ? std::move(*furthest) : fail(reason::trust_source_missing);
}

MODELSEC_END_NAMESPACE

#endif
