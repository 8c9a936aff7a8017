// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_DESCRIBE_HPP
#define MODELSEC_TOOLS_DESCRIBE_HPP

#include <modelsec/detail/base/json.hpp>
#include <modelsec/error.hpp>

#include <string>

namespace modelsec::tool {

/// What a file is and what it says, as JSON: an envelope of either format, a signature bundle, a manifest's payload, pins, or
/// the state of a model in a store. Nothing is verified. `kind` says what it is.
result<json> describe_document(bytes_view text);

/// The same for people: a line a member, indented; long lists are counted; safe for terminals.
std::string render(const json& description);

}  // namespace modelsec::tool

#endif
