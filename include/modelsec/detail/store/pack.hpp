// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_PACK_HPP
#define MODELSEC_DETAIL_STORE_PACK_HPP

#include <modelsec/detail/manifest/model.hpp>
#include <modelsec/detail/store/verified.hpp>

#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The pack of an artifact that is one file or several: `files` must be exactly those of the artifact, by path, size and
/// digest. `size_mismatch`, `digest_mismatch`.
MODELSEC_DECL result<verified_pack> make_verified_pack(std::vector<placed_file> files, const artifact& a);

/// The pack of an archive: `tree` is what extract_zip unpacked while it hashed, `archive` what it hashed, which must be the
/// artifact's one file. `size_mismatch`, `digest_mismatch`, `unsafe_name` (two files that some file systems take for one).
MODELSEC_DECL result<verified_pack> make_verified_pack(std::vector<placed_file> tree, const verified_file& archive,
                                                       const artifact& a);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/pack.ipp>
#endif

#endif
