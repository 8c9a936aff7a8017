// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_MACHINE_LINUX_IPP
#define MODELSEC_DETAIL_BASE_MACHINE_LINUX_IPP

#include <modelsec/detail/base/machine.hpp>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <sstream>
#include <string_view>
#include <vector>

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

/// The text of a small file of the kernel's; empty if it cannot be read.
inline std::string kernel_text(const std::string& path)
{
    std::array<char, 1024> space;
    const int f = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (f < 0)
        return {};
    const ssize_t n = ::read(f, space.data(), space.size());
    ::close(f);
    return n > 0 ? std::string(space.data(), static_cast<std::size_t>(n)) : std::string();
}

/// When a process began, in ticks since the system was started (proc(5), field 22 of stat); empty if that cannot be told.
inline std::string process_start(const std::string& number)
{
    const std::string text = kernel_text("/proc/" + number + "/stat");
    const std::size_t name_end = text.rfind(')');  // the name may hold anything
    if (name_end == text.npos)
        return {};
    std::istringstream fields(text.substr(name_end + 1));
    std::string field;
    for (int i = 3; i <= 22; ++i)
        if (!(fields >> field))
            return {};
    return field;
}

/// boot/namespace of numbers/number/start
inline std::vector<std::string> parts_of_identity(const std::string& identity)
{
    std::vector<std::string> out(1);
    for (const char c : identity)
        if (c == '/')
            out.emplace_back();
        else
            out.back() += c;
    return out;
}

std::string process_identity()
{
    std::string boot = kernel_text("/proc/sys/kernel/random/boot_id");
    boot.erase(std::min(boot.find('\n'), boot.size()));
    std::array<char, 64> space;
    const ssize_t n = ::readlink("/proc/self/ns/pid", space.data(), space.size());
    const std::string number = std::to_string(::getpid());
    const std::string start = process_start("self");
    // A sandbox may show the /proc of others, where this process has another number: there nobody can be looked up.
    std::array<char, 32> shown;
    const ssize_t digits = ::readlink("/proc/self", shown.data(), shown.size());
    if (boot.empty() || n <= 0 || start.empty() || digits <= 0 ||
        std::string_view(shown.data(), static_cast<std::size_t>(digits)) != number)
        return {};
    return boot + '/' + std::string(space.data(), static_cast<std::size_t>(n)) + '/' + number + '/' + start;
}

bool process_is_gone(const std::string& identity)
{
    const auto theirs = parts_of_identity(identity), ours = parts_of_identity(process_identity());
    if (theirs.size() != 4 || ours.size() != 4 || theirs[0] != ours[0] || theirs[1] != ours[1])
        return false;
    pid_t number = 0;
    const std::string& digits = theirs[2];
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    if (read.ec != std::errc() || read.ptr != digits.data() + digits.size() || number <= 0)
        return false;
    // Asked of the kernel, since /proc may hide what is another user's (hidepid).
    if (::kill(number, 0) != 0 && errno == ESRCH)
        return true;
    const std::string start = process_start(digits);
    return !start.empty() && start != theirs[3];  // the number is another one's by now
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
