// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_MACHINE_LINUX_IPP
#define MODELSEC_DETAIL_BASE_MACHINE_LINUX_IPP

#include <modelsec/detail/base/machine.hpp>

#include <unistd.h>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline std::uint64_t pages(int what) noexcept
{
    const long count = ::sysconf(what);
    const long size = ::sysconf(_SC_PAGESIZE);
    return count > 0 && size > 0 ? static_cast<std::uint64_t>(count) * static_cast<std::uint64_t>(size) : 0;
}

std::uint64_t total_memory() noexcept
{
    return pages(_SC_PHYS_PAGES);
}

std::uint64_t available_memory() noexcept
{
    return pages(_SC_AVPHYS_PAGES);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
