// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_SIGSTORE_TRANSPARENCY_HPP
#define MODELSEC_DETAIL_TRUST_SIGSTORE_TRANSPARENCY_HPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/trust/sigstore/bundle.hpp>
#include <modelsec/detail/trust/key.hpp>
#include <modelsec/detail/trust/sigstore/trusted_root.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Whether the hashes lead from a leaf's body to the root of the tree (RFC 9162 section 2.1.3.2).
MODELSEC_DECL bool proves_inclusion(const inclusion_proof& proof, bytes_view body);

/// An entry's log, once its promise (signed entry timestamp) and its proof under a signed checkpoint hold, as far as the entry has
/// them; it must have one, and a proof from bundle 0.2 on. `log_proof`.
MODELSEC_DECL result<const certificate_log*> verify_entry(const log_entry& entry, bundle_version version,
                                                          const std::vector<certificate_log>& logs);

/// What a log entry must be about.
struct logged_signature
{
    const sigstore_bundle* bundle = nullptr;
    std::optional<certificate> signer;        ///< or
    std::optional<verifying_key> signer_key;  ///< a plain key
    artifact_digests message;                 ///< of the artifact, or of the envelope's pre-authentication encoding
};

/// Whether the body that was logged is about this signature, signer and message, by hashedrekord, dsse or intoto entries of Rekor v1
/// and v2 (CVE-2022-36056). `log_proof`.
MODELSEC_DECL result<void> check_entry_body(const log_entry& entry, const logged_signature& about, const limits& caps = {});

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/sigstore/transparency.ipp>
#endif

#endif
