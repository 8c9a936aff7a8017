// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_MAPPED_FILE_WINDOWS_IPP
#define MODELSEC_DETAIL_BASE_MAPPED_FILE_WINDOWS_IPP

#include <modelsec/detail/base/file_system/security_windows.ipp>
#include <modelsec/detail/base/mapped_file.hpp>

#include <limits>

MODELSEC_BEGIN_NAMESPACE

mapped_file::~mapped_file()
{
    if (data_)
        ::UnmapViewOfFile(data_);
}

result<mapped_file> mapped_file::map(detail::native_handle file, std::uint64_t size)
{
    if (size == 0)  // a mapping of no bytes fails
        return mapped_file();
    if (size > (std::numeric_limits<std::size_t>::max)())
        return fail(reason::store_io, "the file is larger than the address space");
    const HANDLE section = ::CreateFileMappingW(file, nullptr, PAGE_READONLY, 0, 0, nullptr);
    if (!section)
        return fail(reason::store_io, "CreateFileMapping: " + std::to_string(::GetLastError()));
    const auto length = static_cast<std::size_t>(size);
    const void* const at = ::MapViewOfFile(section, FILE_MAP_READ, 0, 0, length);
    const DWORD error = ::GetLastError();
    ::CloseHandle(section);  // the view keeps it
    if (!at)
        return fail(reason::store_io, "MapViewOfFile: " + std::to_string(error));
    return mapped_file(static_cast<const std::uint8_t*>(at), length);
}

MODELSEC_END_NAMESPACE

#endif
