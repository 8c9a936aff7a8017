// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_MAPPED_FILE_POSIX_IPP
#define MODELSEC_DETAIL_BASE_MAPPED_FILE_POSIX_IPP

#include <modelsec/detail/base/mapped_file.hpp>

#include <sys/mman.h>

#include <cerrno>
#include <cstring>
#include <limits>

MODELSEC_BEGIN_NAMESPACE

mapped_file::~mapped_file()
{
    if (data_)
        ::munmap(const_cast<std::uint8_t*>(data_), size_);
}

result<mapped_file> mapped_file::map(detail::native_handle file, std::uint64_t size)
{
    if (size == 0)  // POSIX: a mapping of no bytes fails
        return mapped_file();
    if (size > std::numeric_limits<std::size_t>::max())
        return fail(reason::store_io, "the file is larger than the address space");
    const auto length = static_cast<std::size_t>(size);
    void* const at = ::mmap(nullptr, length, PROT_READ, MAP_SHARED, file, 0);
    if (at == MAP_FAILED)
        return fail(reason::store_io, std::string("mmap: ") + std::strerror(errno));
    return mapped_file(static_cast<const std::uint8_t*>(at), length);
}

MODELSEC_END_NAMESPACE

#endif
