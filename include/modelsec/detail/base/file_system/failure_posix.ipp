// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_FILE_SYSTEM_FAILURE_POSIX_IPP
#define MODELSEC_DETAIL_BASE_FILE_SYSTEM_FAILURE_POSIX_IPP

#include <modelsec/error.hpp>

#include <cerrno>
#include <string>
#include <system_error>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline reason posix_reason(int code) noexcept
{
    switch (code)
    {
    case ENOSPC:
    case EDQUOT: return reason::disk_full;
    case EACCES:
    case EPERM: return reason::access_denied;
    case EROFS: return reason::read_only_disk;
    case EXDEV: return reason::other_disk;
    case EFBIG: return reason::file_too_big;
    case EMFILE:
    case ENFILE: return reason::too_many_open_files;
    case ENAMETOOLONG: return reason::path_too_long;
    case ELOOP:
    case ENOTDIR:
    case EISDIR:
    case ENXIO: return reason::store_layout;
    default: return reason::store_io;
    }
}

/// The failure that `code` tells of. The detail is for the owner of the process: it says where.
inline failure posix_failure(int code, const char* call, const std::string& place)
{
    std::string detail = std::string(call) + ": " + std::generic_category().message(code);
    if (!place.empty())
        detail += ": " + place;
    return fail(posix_reason(code), std::move(detail));
}

/// The failure that `errno` tells of.
inline failure posix_failure(const char* call)
{
    return posix_failure(errno, call, {});
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
