// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_BODIES_HPP
#define MODELSEC_DETAIL_MANIFEST_BODIES_HPP

#include <modelsec/detail/manifest/content_index.ipp>
#include <modelsec/detail/manifest/encryption.ipp>
#include <modelsec/detail/manifest/encryption_keys.ipp>
#include <modelsec/detail/manifest/known_artifacts.ipp>
#include <modelsec/detail/manifest/model.ipp>
#include <modelsec/detail/manifest/model_folder.ipp>
#include <modelsec/detail/manifest/model_hash.ipp>
#include <modelsec/detail/manifest/model_key.ipp>
#include <modelsec/detail/manifest/model_signer.ipp>
#include <modelsec/detail/manifest/model_statement.ipp>
#include <modelsec/detail/manifest/model_statement_parse.ipp>
#include <modelsec/detail/manifest/model_tree.ipp>
#include <modelsec/detail/manifest/parse.ipp>
#include <modelsec/detail/manifest/select.ipp>

#endif
