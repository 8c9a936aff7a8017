// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_SIGSTORE_BUNDLE_HPP
#define MODELSEC_DETAIL_TRUST_SIGSTORE_BUNDLE_HPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/trust/envelope.hpp>
#include <modelsec/detail/trust/signature_bundle.hpp>
#include <modelsec/detail/trust/sigstore/certificate.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Where an entry lies in the tree of a log, and the log's word for that tree (RFC 9162 section 2.1.3).
struct inclusion_proof
{
    std::uint64_t index = 0;
    std::uint64_t tree_size = 0;
    bytes root_hash;
    std::vector<bytes> hashes;
    std::string checkpoint;  ///< a signed note; empty: none
};

/// An entry of a transparency log, as the bundle carries it.
struct log_entry
{
    std::uint64_t index = 0;
    bytes log_id;
    std::string kind, version;
    std::uint64_t integrated_time = 0;  ///< seconds; 0: not said
    bytes promise;                      ///< the signed entry timestamp; empty: none
    std::optional<inclusion_proof> proof;
    bytes body;
};

/// Names of in-toto's digest sets and of Rekor v1's entries, and those of protobuf-specs (HashAlgorithm). Others mean nothing here.
MODELSEC_DECL std::optional<hash_algorithm> subject_algorithm(std::string_view name) noexcept;
MODELSEC_DECL std::optional<hash_algorithm> bundle_algorithm(std::string_view name) noexcept;

/// A Sigstore bundle of versions 0.1 to 0.3 taken apart. Nothing in it is trusted yet.
struct sigstore_bundle
{
    bundle_version version = bundle_version::v0_3;
    std::vector<certificate> certificates;  ///< the signer's first; none if a plain key signed
    std::string key_hint;
    bytes raw_key;  ///< the plain key itself, as the bundle brings it along; empty: it does not
    std::vector<log_entry> entries;
    std::vector<bytes> timestamps;    ///< RFC 3161 responses in DER
    std::optional<envelope> content;  ///< DSSE with exactly one signature; else a message was signed:
    std::string payload_type;
    bytes message_signature;
    std::string message_digest_algorithm;  ///< as "SHA2_256"; empty: not said
    bytes message_digest;

    /// The one signature, of the envelope or of the message.
    bytes_view signature() const
    {
        return content ? bytes_view(content->signatures.front().value) : bytes_view(message_signature);
    }
};

/// `bundle_malformed`, `envelope_malformed`, `too_large`: 24.
MODELSEC_DECL result<sigstore_bundle> parse_sigstore_bundle(bytes_view text, const limits& caps = {});

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/sigstore/bundle.ipp>
#endif

#endif
