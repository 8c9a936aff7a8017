// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_SIGSTORE_VERIFY_HPP
#define MODELSEC_DETAIL_TRUST_SIGSTORE_VERIFY_HPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/trust/key.hpp>
#include <modelsec/detail/trust/sigstore/bundle.hpp>
#include <modelsec/detail/trust/sigstore/trusted_root.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Who must have signed keyless: the identity in the certificate and who vouched for it.
struct identity_policy
{
    std::string identity;              ///< a URI or an e-mail address
    std::string issuer;                ///< of the OpenID Connect token
    bool identity_is_pattern = false;  ///< `*` stands for any text
};

/// What a verified bundle says besides its content.
struct signer_facts
{
    std::string identity, issuer;     ///< keyless only
    std::vector<utc_time> times;      ///< trusted times of the signature, earliest first; perhaps none for a plain key
    std::optional<utc_time> stamped;  ///< the latest of them by a timestamp authority
    /// A key or a CA's certificate lives for years, and anybody can have its old signatures stamped or logged anew: of those only the
    /// earliest time counts. A keyless certificate bounds all of them by its minutes.
    bool earliest_counts = false;
    std::optional<sha256_digest> authority;  ///< the CA's certificate (DER) that a chain of verify_certified() ended in

    /// By an authority or, where none stamped it, by a log's signed promise; or the earliest of both, see `earliest_counts`.
    std::optional<utc_time> trusted_time() const
    {
        if (times.empty())
            return std::nullopt;
        if (earliest_counts)
            return times.front();
        return stamped ? stamped : std::optional(times.back());
    }
};

/// Whether a text is what a pattern stands for.
MODELSEC_DECL bool matches_identity(std::string_view text, std::string_view pattern);

/// What the first certificate of a chain is for (RFC 5280): if it says so by key usage, signatures (section 4.2.1.3), and if by extended key
/// usage, code (4.2.1.12; without it no purpose is excluded): both must fit, and one of them must say it. Nor may a certificate between it
/// and the anchor be for other uses, as a CA for servers is; what the anchor says of itself counts for nothing (section 6.1): it was chosen
/// for this. `chain_invalid`.
MODELSEC_DECL result<void> check_purpose(const std::vector<certificate>& chain);

/// Sigstore's verification of a keyless bundle, without the network: a trusted time, the chain to a CA of the root that was trusted
/// then, certificate log, identity, transparency log, signature, and that the log speaks of this very signature. `message` are the
/// artifact's digests for a message signature; of an envelope only the signature is judged, what it says is for the caller.
/// Codes: 20 (`chain_invalid`, `identity_mismatch`, `log_proof`, `timestamp_invalid`, `bad_signature`), 21 (`signer_expired`), 24.
MODELSEC_DECL result<signer_facts> verify_keyless(const sigstore_bundle& bundle, const sigstore_trust& root,
                                                  const identity_policy& by, const artifact_digests& message,
                                                  const limits& caps = {});

/// The same for a bundle that a plain key signed: its log entry and timestamps must hold under the root. An entry of Rekor v1, which
/// always promises a time, without that promise is `log_proof`.
MODELSEC_DECL result<signer_facts> verify_managed(const sigstore_bundle& bundle, const sigstore_trust& root,
                                                  const public_key& key, const artifact_digests& message,
                                                  const limits& caps = {});

/// A bundle that a certificate of an own CA signed, or one below it (OpenSSF Model Signing): only self-signed certificates among those
/// given are anchors (`no_trust_anchor` without any), the others and the bundle's only help to build the chain. With a `root` the bundle's timestamps and log
/// entries must hold under it, as for verify_managed(), but none is needed. Valid at the earliest time that they say, else at `now`. `other_encoding`, if not empty, is what historic signers signed in place of DSSE's encoding.
MODELSEC_DECL result<signer_facts> verify_certified(const sigstore_bundle& bundle, const std::vector<certificate>& given,
                                                    const sigstore_trust* root, utc_time now, bytes_view other_encoding = {},
                                                    const limits& caps = {});

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/sigstore/verify.ipp>
#endif

#endif
