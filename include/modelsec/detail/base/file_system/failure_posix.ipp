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
    case EPERM: return reason::store_permissions;
    case ELOOP:
    case ENOTDIR:
    case EISDIR:
    case ENXIO: return reason::store_layout;
    default: return reason::store_io;
    }
}

/// The failure that `errno` tells of.
inline failure posix_failure(const char* what)
{
    const int code = errno;
    return fail(posix_reason(code), std::string(what) + ": " + std::generic_category().message(code));
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
