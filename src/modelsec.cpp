// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.

// The compiled library's one translation unit. The build system defines the macro for the library and for its users alike;
// by hand, define it for both.
#ifndef MODELSEC_SEPARATE_COMPILATION
#define MODELSEC_SEPARATE_COMPILATION
#endif

#include <modelsec/src.hpp>
