// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_MODEL_SIGNING_HPP
#define MODELSEC_MODEL_SIGNING_HPP

// OpenSSF Model Signing: verify_bundle() says what a signature is about, verify_model() whether a folder is that model;
// describe_model() and sign_bundle() make such a signature, by a model_key for one.
#include <modelsec/detail/manifest/model_folder.hpp>
#include <modelsec/detail/manifest/model_key.hpp>
#include <modelsec/detail/manifest/model_signer.hpp>
#include <modelsec/detail/manifest/model_statement.hpp>

#endif
