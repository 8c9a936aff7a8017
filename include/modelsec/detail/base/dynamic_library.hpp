// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_DYNAMIC_LIBRARY_HPP
#define MODELSEC_DETAIL_BASE_DYNAMIC_LIBRARY_HPP

#include <modelsec/error.hpp>

#include <string>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Loads a library that the caller named by its full path, never one of the search path (CWE-427), for the rest of the process: modules keep
/// threads and locks that outlive their users. The address of `function` in it. `key_unavailable`; `unsupported` where this system has
/// no such libraries.
MODELSEC_DECL result<void*> load_function(const std::string& path, const char* function);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/base/platform.hpp>
#include MODELSEC_DYNAMIC_LIBRARY_BODY
#endif

#endif
