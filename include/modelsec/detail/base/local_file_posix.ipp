// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_LOCAL_FILE_POSIX_IPP
#define MODELSEC_DETAIL_BASE_LOCAL_FILE_POSIX_IPP

#include <modelsec/detail/base/bytes.hpp>

#include <cstdio>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline std::FILE* open_stream(const std::string& path)
{
    return std::fopen(path.c_str(), "rb");
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
