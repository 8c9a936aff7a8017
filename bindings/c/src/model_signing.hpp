// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_BINDINGS_C_MODEL_SIGNING_HPP
#define MODELSEC_BINDINGS_C_MODEL_SIGNING_HPP

#include <modelsec/model_signing.hpp>
#include <modelsec/modelsec.h>

#include <vector>

namespace c_api {

/// All of one kind, at least one; `bad_option`, `trust_source_missing`.
modelsec::result<std::vector<modelsec::model_signer>> read_signers(const modelsec_model_signer* from);

}  // namespace c_api

#endif
