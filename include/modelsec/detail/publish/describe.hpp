// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_DESCRIBE_HPP
#define MODELSEC_DETAIL_PUBLISH_DESCRIBE_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/error.hpp>

#include <string>

MODELSEC_BEGIN_NAMESPACE

/// What a file is and what it says, as a JSON object: an envelope of either format, a signature bundle, a manifest's payload, pins,
/// TUF metadata, or the state of a model in a store. Nothing is verified. `kind` says what it is. `json_malformed` if it is none of
/// these.
MODELSEC_DECL result<std::string> describe_document(bytes_view text);

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/describe.ipp>
#endif

#endif
