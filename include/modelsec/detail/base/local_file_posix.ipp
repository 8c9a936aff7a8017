// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_LOCAL_FILE_POSIX_IPP
#define MODELSEC_DETAIL_BASE_LOCAL_FILE_POSIX_IPP

#include <modelsec/detail/base/file_system/file_system.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Nobody waits for who may write to a pipe: it is no file, and a signal would not end the wait.
inline std::FILE* open_stream(const std::string& path)
{
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (descriptor < 0)
        return nullptr;
    struct stat info = {};
    const bool pipe = ::fstat(descriptor, &info) != 0 || S_ISFIFO(info.st_mode);
    std::FILE* const stream = pipe ? nullptr : ::fdopen(descriptor, "rb");
    if (!stream)
    {
        ::close(descriptor);
        errno = pipe ? EINVAL : errno;
    }
    return stream;
}

/// A new file; nobody's link is followed (CWE-59).
inline std::FILE* create_stream(const std::string& path)
{
    std::FILE* const out = std::fopen(path.c_str(), "wbxe");
    if (out)
        (void)::fchmod(::fileno(out), S_IRUSR | S_IWUSR | S_IRGRP | S_IROTH);
    return out;
}

/// Not blocking: it might be a pipe.
inline file open_to_read(const std::string& path)
{
    return file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
}

/// CWE-59: a link is refused, not followed. Not blocking: it might be a pipe.
inline result<file> open_unlinked_to_read(const std::string& path)
{
    file out(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (out)
        return out;
    if (errno == ELOOP)
        return fail(reason::unsafe_entry, "a link: " + path);
    return fail(errno == EMFILE || errno == ENFILE ? reason::too_many_open_files : reason::file_unreadable, path);
}

inline result<file> open_folder_to_read(const std::string& path)
{
    file out(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const bool too_many = !out && (errno == EMFILE || errno == ENFILE);
    return out ? result<file>(std::move(out)) : fail(too_many ? reason::too_many_open_files : reason::store_io, path);
}

/// The descriptor that is read is the one that is checked (CWE-367). Not blocking: it might be a pipe.
inline result<std::FILE*> open_secret_stream(const std::string& path)
{
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor < 0)
        return fail(errno == EMFILE || errno == ENFILE ? reason::too_many_open_files : reason::file_unreadable, path);
    struct stat info = {};
    const bool known = ::fstat(descriptor, &info) == 0;
    const bool exposed =
        known && (!S_ISREG(info.st_mode) || info.st_uid != ::geteuid() || (info.st_mode & (S_IRWXG | S_IRWXO)) != 0);
    std::FILE* stream = known && !exposed ? ::fdopen(descriptor, "rb") : nullptr;
    if (!stream)
    {
        ::close(descriptor);
        return fail(exposed ? reason::secret_file_exposed : reason::file_unreadable, path);
    }
    return stream;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
