// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_REMOTE_FINDINGS_HPP
#define MODELSEC_TOOLS_REMOTE_FINDINGS_HPP

#include "output.hpp"

#include <modelsec/publish.hpp>

namespace modelsec::tool {

/// A line for everything that clients would stumble over; how many they are.
std::size_t tell_findings(const remote_report& report, output& out);

}  // namespace modelsec::tool

#endif
