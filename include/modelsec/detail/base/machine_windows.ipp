// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_MACHINE_WINDOWS_IPP
#define MODELSEC_DETAIL_BASE_MACHINE_WINDOWS_IPP

#include <modelsec/detail/base/machine.hpp>
#include <modelsec/detail/base/file_system/system_windows.ipp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline MEMORYSTATUSEX memory_status() noexcept
{
    MEMORYSTATUSEX out{};
    out.dwLength = sizeof out;
    if (::GlobalMemoryStatusEx(&out) == 0)
        out = {};
    return out;
}

std::uint64_t total_memory() noexcept
{
    return memory_status().ullTotalPhys;
}

// With what is on Windows' standby list, which is a cache: no documented function tells the two apart.
std::uint64_t available_memory() noexcept
{
    return memory_status().ullAvailPhys;
}

// Locks of files mean something on all its file systems: nobody needs this.
std::string process_identity()
{
    return {};
}

bool process_is_gone(const std::string&)
{
    return false;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
