// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_SIGSTORE_TRUSTED_ROOT_HPP
#define MODELSEC_DETAIL_TRUST_SIGSTORE_TRUSTED_ROOT_HPP

#include <modelsec/detail/trust/sigstore/certificate.hpp>
#include <modelsec/limits.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A CA that issues certificates to signers, or an authority that dates signatures.
struct certificate_authority
{
    certificate anchor;                ///< the last of its chain
    std::vector<certificate> helpers;  ///< the others, first the one that issues or signs
    time_window window;
};

/// Whom Sigstore's verification trusts, and for what time: what `trusted_root.json` says
/// (application/vnd.dev.sigstore.trustedroot, versions 0.1 and 0.2).
struct sigstore_trust
{
    std::vector<certificate_log> transparency_logs;  ///< Rekor: entries, checkpoints
    std::vector<certificate_authority> authorities;  ///< Fulcio
    std::vector<certificate_log> certificate_logs;
    std::vector<certificate_authority> timestamp_authorities;
};

/// `root_malformed`, `too_large`. Keys of kinds that are not understood are left out; everything else must be whole: a window
/// without a begin is not one that has always been open.
MODELSEC_DECL result<sigstore_trust> parse_sigstore_trust(bytes_view text, const limits& caps = {});

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/sigstore/trusted_root.ipp>
#endif

#endif
