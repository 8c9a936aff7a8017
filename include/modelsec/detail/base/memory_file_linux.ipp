// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_MEMORY_FILE_LINUX_IPP
#define MODELSEC_DETAIL_BASE_MEMORY_FILE_LINUX_IPP

#include <modelsec/detail/base/memory_file.hpp>

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

result<file> make_sealed_file(std::uint64_t size, const std::function<result<void>(std::span<std::uint8_t>)>& fill)
{
    const int descriptor = ::memfd_create("modelsec", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (descriptor < 0)
        return fail(errno == ENOSYS ? reason::unsupported : reason::out_of_memory, "no file in memory can be had");
    file out(descriptor);
    if (::fchmod(descriptor, S_IRUSR | S_IWUSR) != 0 || ::ftruncate(descriptor, static_cast<off_t>(size)) != 0)
        return fail(reason::out_of_memory, "no file in memory can be had");
    if (size != 0)
    {
        void* const place =
            ::mmap(nullptr, static_cast<std::size_t>(size), PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
        if (place == MAP_FAILED)
            return fail(reason::out_of_memory, "no file in memory can be had");
        (void)::madvise(place, static_cast<std::size_t>(size), MADV_DONTDUMP);
        auto filled = fill({static_cast<std::uint8_t*>(place), static_cast<std::size_t>(size)});
        ::munmap(place, static_cast<std::size_t>(size));
        MODELSEC_CHECK(filled);
    }
    // CWE-367: what was checked is what is used; nobody, this process included, writes to it any more.
    if (::fcntl(descriptor, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0)
        return fail(reason::unsupported, "files in memory cannot be sealed here");
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
