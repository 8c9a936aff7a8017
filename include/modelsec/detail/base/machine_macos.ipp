// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_MACHINE_MACOS_IPP
#define MODELSEC_DETAIL_BASE_MACHINE_MACOS_IPP

#include <modelsec/detail/base/machine.hpp>

#include <mach/mach_host.h>
#include <mach/mach_init.h>
#include <mach/mach_port.h>
#include <signal.h>
#include <sys/sysctl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

std::uint64_t total_memory() noexcept
{
    std::uint64_t bytes = 0;
    std::size_t size = sizeof bytes;
    return ::sysctlbyname("hw.memsize", &bytes, &size, nullptr, 0) == 0 ? bytes : 0;
}

std::uint64_t available_memory() noexcept
{
    const mach_port_t host = ::mach_host_self();  // a right that is ours to give back
    vm_size_t page = 0;
    vm_statistics64_data_t found{};
    mach_msg_type_number_t count = HOST_VM_INFO64_COUNT;
    const bool known =
        ::host_page_size(host, &page) == KERN_SUCCESS &&
        ::host_statistics64(host, HOST_VM_INFO64, reinterpret_cast<host_info64_t>(&found), &count) == KERN_SUCCESS;
    ::mach_port_deallocate(::mach_task_self(), host);
    // free_count has the pages that were read ahead in it, which are a cache.
    const std::uint64_t free = found.free_count - std::uint64_t{found.speculative_count};
    return known && found.free_count >= found.speculative_count ? free * page : 0;
}

/// boot/number
std::string process_identity()
{
    std::array<char, 64> boot{};
    std::size_t size = boot.size() - 1;
    if (::sysctlbyname("kern.bootsessionuuid", boot.data(), &size, nullptr, 0) != 0 || boot[0] == 0)
        return {};
    return std::string(boot.data()) + '/' + std::to_string(::getpid());
}

bool process_is_gone(const std::string& identity)
{
    const std::string ours = process_identity();
    const std::size_t slash = identity.find('/');
    if (ours.empty() || slash == identity.npos || ours.compare(0, slash + 1, identity, 0, slash + 1) != 0)
        return false;
    const long number = std::strtol(identity.c_str() + slash + 1, nullptr, 10);
    return number > 0 && ::kill(static_cast<pid_t>(number), 0) != 0 && errno == ESRCH;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
