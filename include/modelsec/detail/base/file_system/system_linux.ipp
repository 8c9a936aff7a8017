// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_FILE_SYSTEM_SYSTEM_LINUX_IPP
#define MODELSEC_DETAIL_BASE_FILE_SYSTEM_SYSTEM_LINUX_IPP

#include <modelsec/detail/base/file_system/failure_posix.ipp>
#include <modelsec/detail/base/file_system/file_system.hpp>

#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <linux/fsverity.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// What Linux and macOS do in different ways. Where an int is returned: -1 and errno, as from a system call.

inline constexpr int open_to_search = O_PATH;  ///< a folder that leads somewhere need not be readable

inline timespec changed_time(const struct stat& st) noexcept
{
    return st.st_ctim;
}

inline timespec modified_time(const struct stat& st) noexcept
{
    return st.st_mtim;
}

/// The clock that files are stamped with.
inline std::int64_t clock_of_stamps() noexcept
{
    timespec now{};
    return ::clock_gettime(CLOCK_REALTIME_COARSE, &now) == 0 ? std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec : 0;
}

inline result<std::string> path_of(int fd)
{
    std::string out(PATH_MAX, '\0');
    const auto size = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), out.data(), out.size());
    if (size < 0)
        return posix_failure("readlink");
    out.resize(static_cast<std::size_t>(size));
    return out;
}

inline int flush_to_disk(int fd)
{
    return ::fsync(fd);
}

/// Before Linux 5.8 syncfs says nothing of bytes that could not be written (syncfs(2)).
inline bool syncfs_tells_errors() noexcept
{
    utsname about{};
    if (::uname(&about) != 0)
        return false;
    char* rest = nullptr;
    const long major = std::strtol(about.release, &rest, 10);
    const long minor = *rest == '.' ? std::strtol(rest + 1, nullptr, 10) : 0;
    return major > 5 || (major == 5 && minor >= 8);
}

inline result<bool> flush_whole_disk(int fd)
{
    static const bool usable = syncfs_tells_errors();
    if (!usable)
        return false;
    if (::syscall(SYS_syncfs, fd) == 0)
        return true;
    return errno == ENOSYS || errno == EBADF ? result<bool>(false) : posix_failure("syncfs");
}

inline result<bool> write_directly(int fd, bool on)
{
    const int flags = ::fcntl(fd, F_GETFL);
    if (flags < 0)
        return posix_failure("F_GETFL");
    return ::fcntl(fd, F_SETFL, on ? flags | O_DIRECT : flags & ~O_DIRECT) == 0;
}

inline int reserve_room(int fd, off_t size)
{
    return ::fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, size);
}

/// One copy of the bytes for both files, where the file system has that (btrfs, XFS).
inline int share_bytes(int from, int to)
{
    return ::ioctl(to, FICLONE, from);
}

/// What the error of a request for fs-verity says.
inline result<verity_answer> verity_answer_of(int code, const std::string& place)
{
    switch (code)
    {
    case EEXIST: return verity_answer::enabled;
    case EOPNOTSUPP:
    case ENOTTY:
    case ENOSYS:
    case ENOPKG:
    case EINVAL:  // pages of another size, before Linux 6.3
    case EPERM:   // fs.verity.require_signatures: this system takes none without a signature of its own
        return verity_answer::unsupported;
    case EBUSY:
    case ETXTBSY: return verity_answer::busy;
    default: return posix_failure(code, "enabling fs-verity", place);
    }
}

inline result<verity_answer> put_under_verity(int fd)
{
    fsverity_enable_arg how{};
    how.version = 1;
    how.hash_algorithm = FS_VERITY_HASH_ALG_SHA256;
    how.block_size = 4096;
    if (::ioctl(fd, FS_IOC_ENABLE_VERITY, &how) == 0)
        return verity_answer::enabled;
    const int code = errno;
    const auto place = path_of(fd);
    return verity_answer_of(code, place ? *place : std::string());
}

/// Nothing for a file that is not under fs-verity, or by another algorithm than ours; whatever else keeps it from being measured leaves it
/// to be hashed.
inline std::optional<sha256_digest> verity_digest_of(int fd) noexcept
{
    struct alignas(fsverity_digest)
    {
        unsigned char bytes[sizeof(fsverity_digest) + 64];
    } space{};
    auto* const measured = reinterpret_cast<fsverity_digest*>(space.bytes);
    measured->digest_size = 64;
    if (::ioctl(fd, FS_IOC_MEASURE_VERITY, measured) != 0 || measured->digest_algorithm != FS_VERITY_HASH_ALG_SHA256 ||
        measured->digest_size != sha256_digest::size_bytes)
        return std::nullopt;
    return sha256_digest::from_bytes({space.bytes + sizeof(fsverity_digest), sha256_digest::size_bytes});
}

inline int share_range(int from, std::uint64_t offset, int to, std::uint64_t place, std::uint64_t size)
{
    file_clone_range what{from, offset, size, place};
    return ::ioctl(to, FICLONERANGE, &what);
}

/// There is no one way on Linux; a CACHEDIR.TAG is by option.
inline void mark_excluded_from_backups(int) noexcept {}

/// By number: C libraries older than the call have no function for it.
inline int rename_exclusively(int from, const char* name, int to, const char* target)
{
    constexpr unsigned no_replace = 1;
    return static_cast<int>(::syscall(SYS_renameat2, from, name, to, target, no_replace));
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
