// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_FILE_SYSTEM_SYSTEM_MACOS_IPP
#define MODELSEC_DETAIL_BASE_FILE_SYSTEM_SYSTEM_MACOS_IPP

#include <modelsec/detail/base/file_system/failure_posix.ipp>
#include <modelsec/detail/base/file_system/file_system.hpp>

#include <fcntl.h>
#include <sys/param.h>
#include <sys/stat.h>
#include <sys/stdio.h>
#include <time.h>
#include <unistd.h>

#include <cstdint>

// <sys/xattr.h> is not among the headers that tool chains of other systems bring along.
extern "C" int fsetxattr(int fd, const char* name, const void* value, size_t size, std::uint32_t position, int options);

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// What Linux and macOS do in different ways. Where an int is returned: -1 and errno, as from a system call.

inline constexpr int open_to_search = O_SEARCH;  ///< a folder that leads somewhere need not be readable

inline timespec changed_time(const struct stat& st) noexcept
{
    return st.st_ctimespec;
}

inline timespec modified_time(const struct stat& st) noexcept
{
    return st.st_mtimespec;
}

/// The clock that files are stamped with; how coarse the stamps are is not told.
inline std::int64_t clock_of_stamps() noexcept
{
    constexpr std::int64_t grain_ns = 20'000'000;
    timespec now{};
    return ::clock_gettime(CLOCK_REALTIME, &now) == 0 ? std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec - grain_ns
                                                      : 0;
}

inline result<std::string> path_of(int fd)
{
    std::string out(MAXPATHLEN, '\0');
    if (::fcntl(fd, F_GETPATH, out.data()) < 0)
        return posix_failure("F_GETPATH");
    out.resize(out.find('\0'));
    return out;
}

/// fsync alone leaves the bytes in the drive's own memory. Where a file system knows no more than fsync, that has to do.
inline int flush_to_disk(int fd)
{
    if (::fcntl(fd, F_FULLFSYNC) == 0)
        return 0;
    return errno == EIO || errno == ENOSPC ? -1 : ::fsync(fd);
}

/// There is no O_DIRECT: F_NOCACHE keeps the bytes out of the cache, and asks nothing of their alignment.
inline result<bool> flush_whole_disk(int)
{
    return false;  // sync(2) does not wait
}

inline result<bool> write_directly(int fd, bool on)
{
    return ::fcntl(fd, F_NOCACHE, on ? 1 : 0) == 0;
}

/// From the end of what is there (F_PEOFPOSMODE), so only what is missing.
inline int reserve_room(int fd, off_t size)
{
    struct stat st
    {
    };
    if (::fstat(fd, &st) != 0)
        return -1;
    if (st.st_size >= size)
        return 0;
    fstore_t wanted{F_ALLOCATEALL, F_PEOFPOSMODE, 0, size - st.st_size, 0};
    return ::fcntl(fd, F_PREALLOCATE, &wanted);
}

inline result<verity_answer> put_under_verity(int)
{
    return verity_answer::unsupported;
}

inline std::optional<sha256_digest> verity_digest_of(int) noexcept
{
    return std::nullopt;
}

/// APFS clones by name only, into a file that is not there yet.
inline int share_bytes(int, int)
{
    errno = ENOTSUP;
    return -1;
}

/// There is no way for parts of files.
inline int share_range(int, std::uint64_t, int, std::uint64_t, std::uint64_t)
{
    errno = EOPNOTSUPP;
    return -1;
}

/// What Time Machine (macOS) and the device backup (iOS) look for. Where attributes cannot be had, backups are as they were.
inline void mark_excluded_from_backups(int fd) noexcept
{
    static constexpr char property[] = "com.apple.backupd";
    (void)::fsetxattr(fd, "com.apple.metadata:com_apple_backup_excludeItem", property, sizeof property - 1, 0, 0);
    static constexpr char yes = 1;
    (void)::fsetxattr(fd, "com.apple.MobileBackup", &yes, sizeof yes, 0, 0);
}

inline int rename_exclusively(int from, const char* name, int to, const char* target)
{
    return ::renameatx_np(from, name, to, target, RENAME_EXCL);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
