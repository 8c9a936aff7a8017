// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_ANCHOR_HPP
#define MODELSEC_DETAIL_TRUST_ANCHOR_HPP

#include <modelsec/client.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The keys that may sign a manifest now, wherever they came from.
struct signing_keys
{
    std::vector<candidate_key> keys;
    unsigned threshold = 1;
};

/// Reads the trust source of an operation. Codes: 2.
MODELSEC_DECL result<signing_keys> resolve_trust(const trust_source& source, utc_time now);

/// Whether a key that is still trusted vouched for a kept envelope: not revoked and not gone; a validity that merely ran out does
/// not count against what was signed while it lasted.
MODELSEC_DECL bool still_vouched(bytes_view raw_envelope, const signing_keys& now, const limits& caps);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/impl/trust_anchor.ipp>
#endif

#endif
