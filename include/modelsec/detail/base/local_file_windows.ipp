// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_LOCAL_FILE_WINDOWS_IPP
#define MODELSEC_DETAIL_BASE_LOCAL_FILE_WINDOWS_IPP

#include <modelsec/detail/base/file_system/system_windows.ipp>

#include <cstdio>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// fopen would read the path in the code page of the process. N: programs that are started do not inherit it.
inline std::FILE* open_stream(const std::string& path)
{
    const auto wide = to_wide(path);
    return wide ? ::_wfopen(wide->c_str(), L"rbN") : nullptr;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
