// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_DYNAMIC_LIBRARY_WINDOWS_IPP
#define MODELSEC_DETAIL_BASE_DYNAMIC_LIBRARY_WINDOWS_IPP

#include <modelsec/detail/base/dynamic_library.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// Modules for Windows lay out their structures in another way (PKCS#11 2.40 section 2.1); publishers sign on POSIX systems.
result<void*> load_function(const std::string& path, const char*)
{
    return fail(reason::unsupported, path + ": key modules are for POSIX systems");
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
