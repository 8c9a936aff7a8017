// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_BUNDLE_NETWORK_HPP
#define MODELSEC_DETAIL_FETCH_BUNDLE_NETWORK_HPP

#include <modelsec/detail/fetch/bundle.hpp>
#include <modelsec/detail/fetch/network.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A bundle in place of the network: files are found by their digests, whatever addresses the manifest has, and successors of a root by their
/// versions. The chain of roots ends where the bundle has no next one. No host is asked for anything.
MODELSEC_DECL std::unique_ptr<network> make_bundle_network(std::shared_ptr<const bundle_reader> from, control handle);

/// What stands for every address of a manifest that came in a bundle; `.invalid` never resolves (RFC 2606).
inline constexpr std::string_view bundle_address = "https://bundle.invalid/";

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/bundle_network.ipp>
#endif

#endif
