// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_IMPL_BODIES_TRUST_HPP
#define MODELSEC_IMPL_BODIES_TRUST_HPP

#include <modelsec/impl/delegation.ipp>
#include <modelsec/impl/envelope.ipp>
#include <modelsec/impl/key.ipp>
#include <modelsec/impl/known_artifacts.ipp>
#include <modelsec/impl/memory.ipp>
#include <modelsec/impl/metadata.ipp>
#include <modelsec/impl/metadata_parse.ipp>
#include <modelsec/impl/ml_dsa.ipp>
#include <modelsec/impl/model.ipp>
#include <modelsec/impl/model_statement.ipp>
#include <modelsec/impl/model_statement_parse.ipp>
#include <modelsec/impl/parse.ipp>
#include <modelsec/impl/pins.ipp>
#include <modelsec/impl/root_chain.ipp>
#include <modelsec/impl/select.ipp>
#include <modelsec/impl/signature_bundle.ipp>
#include <modelsec/impl/target_check.ipp>
#include <modelsec/impl/threshold.ipp>
#include <modelsec/impl/trusted_set.ipp>
#include <modelsec/impl/tuf_client.ipp>

#endif
