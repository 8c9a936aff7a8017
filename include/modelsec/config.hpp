// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_CONFIG_HPP
#define MODELSEC_CONFIG_HPP

// Two ways to build, never mixed:
//  * header-only: bodies are `inline` (nothing to define);
//  * compiled:    define MODELSEC_SEPARATE_COMPILATION everywhere and compile the files of src/, or one unit of yours that includes
//                 modelsec/src.hpp.
// CMake's targets modelsec::header_only and modelsec::modelsec set this up. Each way has an inline namespace of its own,
// so that objects built the one way fail to link against the other instead of breaking the one-definition rule.
#ifdef MODELSEC_SEPARATE_COMPILATION
#define MODELSEC_DECL
#define MODELSEC_ABI_NAMESPACE compiled_v0
#else
#define MODELSEC_DECL inline
#define MODELSEC_ABI_NAMESPACE header_only_v0
#endif

#define MODELSEC_BEGIN_NAMESPACE \
    namespace modelsec {         \
    inline namespace MODELSEC_ABI_NAMESPACE {
#define MODELSEC_END_NAMESPACE \
    }                          \
    }

#endif
