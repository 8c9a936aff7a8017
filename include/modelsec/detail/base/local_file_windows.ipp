// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_LOCAL_FILE_WINDOWS_IPP
#define MODELSEC_DETAIL_BASE_LOCAL_FILE_WINDOWS_IPP

#include <modelsec/detail/base/file_system/security_windows.ipp>

#include <io.h>

#include <cstdio>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// fopen would read the path in the code page of the process. N: programs that are started do not inherit it.
inline std::FILE* open_stream(const std::string& path)
{
    const auto wide = to_wide(path);
    return wide ? ::_wfopen(wide->c_str(), L"rbN") : nullptr;
}

inline std::FILE* create_stream(const std::string& path)
{
    const auto wide = to_wide(path);
    return wide ? ::_wfopen(wide->c_str(), L"wbxN") : nullptr;
}

inline file open_to_read(const std::string& path)
{
    const auto wide = to_wide(path);
    return wide ? file(::CreateFileW(wide->c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING,
                                     FILE_ATTRIBUTE_NORMAL, nullptr))
                : file();
}

/// CWE-59: a link is opened by itself; whoever looks at its kind refuses it.
inline result<file> open_unlinked_to_read(const std::string& path)
{
    const auto wide = to_wide(path);
    file out = wide ? file(::CreateFileW(wide->c_str(), GENERIC_READ, FILE_SHARE_READ, nullptr, OPEN_EXISTING,
                                         FILE_ATTRIBUTE_NORMAL | FILE_FLAG_OPEN_REPARSE_POINT, nullptr))
                    : file();
    return out ? result<file>(std::move(out)) : fail(reason::file_unreadable, path);
}

inline result<file> open_folder_to_read(const std::string& path)
{
    return file_system::native().open_root(path, true);
}

/// Owned by this user, and nobody but this user and the system in its list. A stream's handle can read the list.
inline result<std::FILE*> open_secret_stream(const std::string& path)
{
    std::FILE* stream = open_stream(path);
    if (!stream)
        return fail(reason::file_unreadable, path);
    const auto access = access_of(reinterpret_cast<HANDLE>(::_get_osfhandle(::_fileno(stream))));
    if (!access || !access->owner_trusted || access->everybody_writes || access->group_writes)
    {
        std::fclose(stream);
        return fail(reason::secret_file_exposed, path);
    }
    return stream;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
