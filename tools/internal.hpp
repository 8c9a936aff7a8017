// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_INTERNAL_HPP
#define MODELSEC_TOOLS_INTERNAL_HPP

#include <modelsec/config.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {
}
MODELSEC_END_NAMESPACE

namespace modelsec::tool {
using namespace modelsec::detail;
}
namespace modelsec::c {
using namespace modelsec::detail;
}

#endif
