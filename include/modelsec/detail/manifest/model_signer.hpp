// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_MODEL_SIGNER_HPP
#define MODELSEC_DETAIL_MANIFEST_MODEL_SIGNER_HPP

#include <modelsec/detail/manifest/model_statement.hpp>
#include <modelsec/detail/trust/sigstore/verify.hpp>

#include <variant>

MODELSEC_BEGIN_NAMESPACE

// Who may have signed a bundle. Value types, cheap to copy, safe to share between threads.

/// Whom Sigstore's verification trusts and since when: Sigstore's `trusted_root.json` (protobuf-specs, TrustedRoot 0.1 and 0.2).
class sigstore_root
{
public:
    /// `root_malformed`, `too_large` (24).
    MODELSEC_DECL static result<sigstore_root> parse(bytes_view text, const limits& caps = {});

    const detail::sigstore_trust& trust() const noexcept { return *trust_; }

private:
    explicit sigstore_root(std::shared_ptr<const detail::sigstore_trust> trust) : trust_(std::move(trust)) {}
    std::shared_ptr<const detail::sigstore_trust> trust_;
};

/// Keyless: an identity that a trusted CA certified for some minutes, logged in public.
struct sigstore_signer
{
    sigstore_root root;
    std::string identity;              ///< a URI or an e-mail address, as the certificate has it
    std::string issuer;                ///< who vouched for it: the issuer of the OpenID Connect token, a URL
    bool identity_is_pattern = false;  ///< `*` in `identity` stands for any text
};

/// A plain key whose signatures are logged in public.
struct logged_key
{
    sigstore_root root;
    public_key key;
};

/// A CA of one's own, or several. Only self-signed certificates are trusted; the others help to build chains.
class signing_authority
{
public:
    /// Every certificate of the text, in PEM; may be called again for further files. `bad_option` (2).
    MODELSEC_DECL result<void> add(std::string_view pem);

    /// Timestamps (RFC 3161) and log entries of a bundle count, and must hold, under this root: then certificates must have been valid at
    /// the earliest time that they say, rather than now.
    void trust_timestamps_of(sigstore_root root) { timestamps_ = std::move(root); }

    const std::vector<detail::certificate>& certificates() const noexcept { return certificates_; }
    const std::optional<sigstore_root>& timestamps() const noexcept { return timestamps_; }

private:
    std::vector<detail::certificate> certificates_;
    std::optional<sigstore_root> timestamps_;
};

using model_signer = std::variant<public_key, signing_authority, sigstore_signer, logged_key>;

/// What a verified bundle says of itself.
struct signature_facts
{
    std::string identity;  ///< keyless only
    std::string issuer;    ///< keyless only
    /// Keyless: the latest that a timestamp authority vouches for, else that a log promised to have seen it. By a key or a CA: the
    /// earliest of both.
    std::optional<utc_time> trusted_time;
    std::string payload_type;  ///< of an envelope; empty for a message signature
    std::string
        signer{};  ///< of a model: `key:HEX` (model_key_hint()), `ca:HEX` (the CA's certificate), `identity:ISSUER ID`
};

/// Whether this signer is, or is one of those allowed by, `by`: signature_facts::signer of an earlier bundle.
MODELSEC_DECL bool allows(const model_signer& by, std::string_view signer);

/// Whether a Sigstore bundle (0.1 to 0.3) signs an artifact with these digests: as a message, or as a subject of an in-toto statement,
/// which one equal digest of SHA-256, SHA-384 or SHA-512 makes it. By an identity or a logged key; offline. Codes: 2 (`bad_option`: another kind of signer), 20 (`bad_signature`, `chain_invalid`,
/// `identity_mismatch`, `log_proof`, `timestamp_invalid`, `unknown_key`), 21 (`signer_expired`), 24, 30 (`digest_mismatch`).
MODELSEC_DECL result<signature_facts> verify_artifact(bytes_view bundle, const artifact_digests& artifact,
                                                      const model_signer& by, const limits& caps = {});

/// The same for an artifact of which only the SHA-256 is known; statements that name it by others only are `digest_mismatch`.
MODELSEC_DECL result<signature_facts> verify_artifact(bytes_view bundle, const sha256_digest& artifact,
                                                      const model_signer& by, const limits& caps = {});

/// A bundle of OpenSSF Model Signing and what it says of its signer.
struct verified_model
{
    model_statement statement;
    signature_facts signer;
    sha256_digest payload{};  ///< of the signed bytes that the statement was read from
    bytes signature{};        ///< over them, as the bundle has it
};

/// Verifies a model's bundle by a key, a CA or an identity, then reads what was signed, from the very bytes that were verified. `now`
/// counts for certificates of a CA where no trusted time is known. Codes: as verify_artifact(), and those of verify_bundle().
MODELSEC_DECL result<verified_model> verify_model_bundle(bytes_view bundle, const model_signer& by, utc_time now,
                                                         const limits& caps = {},
                                                         detail::signature_budget* budget = nullptr);

/// The same by the first of several signers for whom it holds. If there is none, the failure says most of the signer whom the bundle names;
/// `trust_source_missing` (2) where none is given. All of them share `budget`.
MODELSEC_DECL result<verified_model> verify_model_bundle_by_any(bytes_view bundle, const std::vector<model_signer>& signers,
                                                                utc_time now, const limits& caps = {},
                                                                detail::signature_budget* budget = nullptr);

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/manifest/model_signer.ipp>
#endif

#endif
