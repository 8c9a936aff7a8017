// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_SIGSTORE_CERTIFICATE_HPP
#define MODELSEC_DETAIL_TRUST_SIGSTORE_CERTIFICATE_HPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/detail/base/clock.hpp>
#include <modelsec/error.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

struct x509_st;
struct evp_pkey_st;

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// From when to when something counts, both ends included.
struct time_window
{
    utc_time begin{};
    std::optional<utc_time> end;

    bool holds(utc_time t) const noexcept { return begin <= t && (!end || t <= *end); }
};

/// A public key of a certificate, log or person, as OpenSSL verifies by it. Shared, immutable.
class verifying_key
{
public:
    /// DER SubjectPublicKeyInfo (RFC 5280), or PKCS #1's RSAPublicKey (RFC 8017) where old logs have it. `bad_option` for anything
    /// but ECDSA on a NIST curve, Ed25519 and RSA of 2,048 to 8,192 bits.
    MODELSEC_DECL static result<verifying_key> der(bytes_view spki);
    MODELSEC_DECL static result<verifying_key> of(x509_st* certificate);
    explicit verifying_key(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}

    MODELSEC_DECL bytes spki() const;
    /// Over the message: ECDSA by the digest of its curve or, where `any_digest` allows, by SHA-256; Ed25519; RSA by PKCS #1 v1.5 with
    /// SHA-256.
    [[nodiscard]] MODELSEC_DECL bool verify(bytes_view message, bytes_view signature, bool any_digest = true) const;
    /// Over a message of which only digests are known: ECDSA by the digest of its curve or by SHA-256, RSA by SHA-256. Not for Ed25519,
    /// whose signature needs the message.
    [[nodiscard]] MODELSEC_DECL bool verify_digest(const artifact_digests& message, bytes_view signature) const;

private:
    std::shared_ptr<evp_pkey_st> key_;
};

/// An X.509 certificate. Shared, immutable; nothing of it is trusted until a chain was verified.
class certificate
{
public:
    /// Exactly one certificate in DER; `bundle_malformed`.
    MODELSEC_DECL static result<certificate> der(bytes_view raw);
    /// Every certificate of a PEM text (RFC 7468: explanatory text and a byte order mark may stand between). At least one, at most 64:
    /// `bad_option`.
    MODELSEC_DECL static result<std::vector<certificate>> pem(std::string_view text);

    bytes_view raw() const noexcept { return *raw_; }
    x509_st* native() const noexcept { return x509_.get(); }
    MODELSEC_DECL result<verifying_key> key() const;
    /// The same of a certificate that came with a bundle: a key that nothing is verified by is no option of the caller's, but
    /// `chain_invalid`.
    MODELSEC_DECL result<verifying_key> certified_key() const;
    /// What it is valid for, by itself.
    MODELSEC_DECL std::optional<time_window> validity() const;
    /// Issuer and subject are one, and it is signed by its own key.
    MODELSEC_DECL bool self_signed() const;
    /// RFC 5280 section 4.2.1.3, 4.2.1.12: may sign; and, if it says what for, code.
    MODELSEC_DECL bool may_sign() const;
    /// It says what its key is for, and signatures are not among that.
    MODELSEC_DECL bool may_not_sign() const;
    MODELSEC_DECL bool for_code_signing() const;
    /// It says what for, and code is not among that.
    MODELSEC_DECL bool for_other_uses() const;
    /// URIs, e-mail addresses and Fulcio's other names among the subject's alternative names (RFC 5280 section 4.2.1.6).
    MODELSEC_DECL std::vector<std::string> identities() const;
    /// Fulcio's 1.3.6.1.4.1.57264.1.8, or .1.1 where only that is there; nothing if they contradict each other.
    MODELSEC_DECL std::optional<std::string> oidc_issuer() const;

    friend bool operator==(const certificate& a, const certificate& b) { return *a.raw_ == *b.raw_; }

private:
    certificate(std::shared_ptr<x509_st> x509, std::shared_ptr<const bytes> raw)
        : x509_(std::move(x509)), raw_(std::move(raw))
    {
    }

    std::shared_ptr<x509_st> x509_;
    std::shared_ptr<const bytes> raw_;
};

/// Why a chain is not one.
enum class chain_fault
{
    untrusted,
    outside_window
};

/// The chain from a leaf to one of the anchors, leaf first, valid at this time (RFC 5280 section 6).
MODELSEC_DECL boost::system::result<std::vector<certificate>, chain_fault> verify_chain(
    const certificate& leaf, const std::vector<certificate>& helpers, const std::vector<certificate>& anchors, utc_time at);

/// A log of certificates: RFC 6962.
struct certificate_log
{
    verifying_key key;
    bytes id;
    time_window window;
};

/// Whether each of the timestamps that are embedded in the chain's leaf, at least one, is by one of the logs (RFC 6962 section 3.2).
MODELSEC_DECL result<void> verify_embedded_scts(const std::vector<certificate>& chain,
                                                const std::vector<certificate_log>& logs);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/sigstore/certificate.ipp>
#endif

#endif
