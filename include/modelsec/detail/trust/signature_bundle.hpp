// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_SIGNATURE_BUNDLE_HPP
#define MODELSEC_DETAIL_TRUST_SIGNATURE_BUNDLE_HPP

#include <modelsec/detail/base/json_document.hpp>
#include <modelsec/detail/trust/envelope.hpp>
#include <modelsec/detail/trust/key.hpp>

#include <optional>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What a Sigstore bundle v0.3 calls itself, and what is written.
inline constexpr std::string_view bundle_media_type = "application/vnd.dev.sigstore.bundle.v0.3+json";

enum class bundle_version
{
    v0_1,
    v0_2,
    v0_3
};

/// By the media type, compared exactly. protobuf-specs, Bundle: clients must accept the types of 0.1, 0.2 and 0.3 that came before
/// today's; OMS 1.0 section 4 leaves the type to that specification. Nothing for any other.
MODELSEC_DECL std::optional<bundle_version> version_of_bundle(std::string_view media_type) noexcept;

/// The payload type of in-toto statements in DSSE; compared exactly.
inline constexpr std::string_view statement_payload_type = "application/vnd.in-toto+json";

/// How a bundle names the plain key that is claimed to have signed.
struct named_key
{
    std::string hint{};  ///< see model_key_hint(); empty: not said
    bytes raw{};         ///< the key itself, in PEM or as DER SubjectPublicKeyInfo; empty: not said
};

/// Reads a bundle's `publicKey`. A hint that is no string, a key that is not base64: `bundle_malformed`.
MODELSEC_DECL result<named_key> read_named_key(json_view object);

/// Whether the key that a bundle brings along is another one than this. What is no key is none that could be meant.
MODELSEC_DECL bool brings_other_key(bytes_view raw, const public_key& key);

/// A Sigstore bundle (0.1 to 0.3) that a plain key signed: a DSSE envelope with one signature. Nothing in it is trusted yet.
struct signature_bundle
{
    envelope content;
    std::string key_hint;               ///< which key is claimed to have signed (see model_key_hint); empty: not said
    std::vector<bytes> certificates{};  ///< in DER, the signer's first: written in place of a key's hint
    bytes raw_key{};                    ///< see named_key::raw; not written
};

/// Reads a bundle. Another media or payload type, a message signature, no or several signatures, anything that is not exactly
/// such a bundle: `bundle_malformed` or `envelope_malformed` (24). One that is signed by a certificate instead of a key:
/// `unknown_key` (20). Transparency log entries and time stamps are not looked at: the key alone is trusted.
MODELSEC_DECL result<signature_bundle> parse_signature_bundle(bytes_view text, const limits& caps = {});

inline failure bundle_failure(std::string detail)
{
    return fail(reason::bundle_malformed, std::move(detail));
}

/// Writes a bundle as JSON text.
MODELSEC_DECL std::string write_signature_bundle(const signature_bundle& b);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/signature_bundle.ipp>
#endif

#endif
