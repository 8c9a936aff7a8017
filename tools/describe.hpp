// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_DESCRIBE_HPP
#define MODELSEC_TOOLS_DESCRIBE_HPP

#include "output.hpp"

#include <string>

namespace modelsec::tool {

/// An object for people: a line a member, indented; long lists are counted; safe for terminals.
std::string render(const json::object& description);

}  // namespace modelsec::tool

#endif
