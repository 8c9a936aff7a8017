// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_TRUST_AGAIN_HPP
#define MODELSEC_DETAIL_FETCH_TRUST_AGAIN_HPP

#include <modelsec/options.hpp>
#include <modelsec/detail/store/store.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Whether keys that are valid now vouch for the bytes of a pack in the store: by the envelope it came by or by any other that was accepted
/// (the publisher may have signed the same pack anew with a new key). The manifest's own expiry does not count. Asks no network.
MODELSEC_DECL result<void> ask_trust_again(const store& disk, const model_state& state, const pack_record& pack,
                                           const trust_source& trust, utc_time now, const limits& caps,
                                           const control& handle);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/trust_again.ipp>
#endif

#endif
