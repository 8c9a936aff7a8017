// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_DYNAMIC_LIBRARY_POSIX_IPP
#define MODELSEC_DETAIL_BASE_DYNAMIC_LIBRARY_POSIX_IPP

#include <modelsec/detail/base/dynamic_library.hpp>

#include <dlfcn.h>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

result<void*> load_function(const std::string& path, const char* function)
{
    if (path.empty() || path.front() != '/')
        return fail(reason::key_unavailable, "a module is named by its full path");
    void* const library = ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library)
        return fail(reason::key_unavailable, path + ": not a library that can be loaded");
    void* const out = ::dlsym(library, function);
    return out ? result<void*>(out) : fail(reason::key_unavailable, path + ": no " + function + " in it");
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
