// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_TRUST_ANCHOR_HPP
#define MODELSEC_DETAIL_FETCH_TRUST_ANCHOR_HPP

#include <modelsec/options.hpp>
#include <modelsec/detail/fetch/trust_driver.hpp>
#include <modelsec/detail/trust/root_chain.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The keys that may sign a manifest now, wherever they came from.
struct signing_keys
{
    std::vector<candidate_key> keys;
    unsigned threshold = 1;
    std::optional<root_chain> chain;  ///< where they came from, if not from pins
};

/// A trust source that cannot be meant: `trust_source_missing`, `bad_option`, `bad_url` (2); a TUF target whose name is unsafe
/// (31). Where nobody is asked for further roots (`online` is off), they need no address.
MODELSEC_DECL result<void> check_trust(const trust_source& source, bool online = true);

/// Where metadata of this source is kept: the digest of its pinned root; nothing for pins.
MODELSEC_DECL std::optional<sha256_digest> trust_folder(const trust_source& source);

/// Finds the keys of a source at this time; walks the root chain if it is one. A TUF repository has none: its metadata is not signed
/// by one set of keys (`bad_option`). Codes: 2, 10 to 14, 20 to 22, 24.
MODELSEC_DECL result<signing_keys> resolve_trust(const trust_source& source, utc_time now, const trust_means& means);

/// Whether a key that is still trusted vouched for a kept envelope: not revoked and not gone; a validity that merely ran out does
/// not count against what was signed while it lasted. Fails otherwise, with what `go_on` said where that ended it.
MODELSEC_DECL result<void> still_vouched(bytes_view raw_envelope, const signing_keys& now, const limits& caps,
                                         const go_on_function& go_on = {});

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/trust_anchor.ipp>
#endif

#endif
