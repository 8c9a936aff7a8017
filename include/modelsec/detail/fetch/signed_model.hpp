// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_SIGNED_MODEL_HPP
#define MODELSEC_DETAIL_FETCH_SIGNED_MODEL_HPP

#include <modelsec/options.hpp>
#include <modelsec/detail/manifest/model.hpp>
#include <modelsec/detail/store/store.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A trust source that cannot be meant: `trust_source_missing`, `bad_option`, `bad_url` (2), `mutable_revision`, `plain_http`,
/// `scheme_not_allowed` (50). Where nothing is fetched (`online` is off) no folder is needed.
MODELSEC_DECL result<void> check_signature_trust(const model_signature& trust, bool online = true);

/// Verifies a bundle by the first signer for whom it holds. If there is none, the failure says most of the signer whom it names.
MODELSEC_DECL result<verified_model> verify_by_any(bytes_view bundle, const model_signature& trust, utc_time now,
                                                   const limits& caps);

/// Whether one of the signers is configured of whom a store remembers this (model_memory::accepted::key_ids).
MODELSEC_DECL bool is_signer(const model_signature& trust, const std::vector<std::string>& key_ids);

/// The files of a statement as an artifact for every platform. Sizes are known of shards and of empty files only, see lacks_size().
/// `unsafe_name` (31) where a name is not good for a store. Without folders there are no addresses.
MODELSEC_DECL result<artifact> artifact_of(const model_statement& statement, const std::vector<std::string>& bases);

/// Nobody said yet how long the file is.
MODELSEC_DECL bool lacks_size(const artifact_file& file);

/// The version of a model that is taken by its signature: 16 hex digits of the statement's subject digest.
MODELSEC_DECL result<identifier> version_of(const model_statement& statement);

/// What a store remembers of a model that is taken by this signature.
MODELSEC_DECL manifest_claim claim_of(const verified_model& verified, bytes_view bundle);

/// Reads kept signatures, for store::repair.
MODELSEC_DECL signature_reader reader_of_signatures(const model_signature& trust, utc_time now, const limits& caps);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/signed_model.ipp>
#endif

#endif
