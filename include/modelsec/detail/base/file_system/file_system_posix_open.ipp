// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_POSIX_OPEN_IPP
#define MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_POSIX_OPEN_IPP

#include <modelsec/detail/base/file_system/failure_posix.ipp>
#include <modelsec/detail/base/file_system/file_system.hpp>

#include MODELSEC_SYSTEM_BODY

#include <limits.h>

#include <cstdlib>
#include <memory>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A group of the user's own number is the user's private group, as Debian, Ubuntu and Fedora make one for everybody (but root's).
inline bool group_may_write(const struct stat& st) noexcept
{
    return (st.st_mode & S_IWGRP) != 0 && !(st.st_gid != 0 && st.st_gid == ::geteuid() && st.st_gid == ::getegid());
}

inline file_info posix_info(const struct stat& st)
{
    const timespec changed = changed_time(st);
    const timespec modified = modified_time(st);
    file_info out;
    out.kind = S_ISREG(st.st_mode) ? file_kind::regular : S_ISDIR(st.st_mode) ? file_kind::folder : file_kind::other;
    out.size = static_cast<std::uint64_t>(st.st_size);
    out.allocated = static_cast<std::uint64_t>(st.st_blocks) * 512;
    out.device = static_cast<std::uint64_t>(st.st_dev);
    out.inode = static_cast<std::uint64_t>(st.st_ino);
    out.changed_ns = std::int64_t{changed.tv_sec} * 1'000'000'000 + changed.tv_nsec;
    out.modified_ns = std::int64_t{modified.tv_sec} * 1'000'000'000 + modified.tv_nsec;
    out.links = static_cast<std::uint64_t>(st.st_nlink);
    out.owned = st.st_uid == ::geteuid();
    out.mode = static_cast<std::uint32_t>(st.st_mode & 07777);
    out.group_writes = group_may_write(st);
    return out;
}

/// A name that is a path would leave the folder it is looked up in (CWE-22).
inline result<void> check_component(const std::string& name)
{
    if (name.empty() || name == "." || name == ".." || name.find_first_of(std::string_view("/\0", 2)) != std::string::npos)
        return fail(reason::internal_error, "not a single name");
    return {};
}

/// Some file systems cannot sync folders: then there is nothing to wait for.
inline result<void> posix_sync(int fd)
{
    int failed = 0;
    do
        failed = flush_to_disk(fd);
    while (failed != 0 && errno == EINTR);
    if (failed == 0)
        return {};
    const int code = errno;
    struct stat st
    {
    };
    if ((code == EINVAL || code == ENOTSUP) && ::fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        return {};
    errno = code;
    return posix_failure("sync");
}

// CWE-377, CWE-732: nobody else may put things where the store is looked for.
inline result<void> check_leading_folder(const struct stat& st, const std::string& path)
{
    if (st.st_uid != 0 && st.st_uid != ::geteuid())
        return fail(reason::store_permissions, "belongs to somebody else: " + path);
    if (((st.st_mode & S_IWOTH) != 0 || group_may_write(st)) && (st.st_mode & S_ISVTX) == 0)
        return fail(reason::store_permissions, "others may write to " + path);
    return {};
}

/// The path without links. What is not there yet is kept as it stands; nothing if something is not there and must be.
inline result<std::string> resolve_root(const std::string& path, bool create)
{
    const std::unique_ptr<char, decltype(&std::free)> whole(::realpath(path.c_str(), nullptr), &std::free);
    if (whole)
        return std::string(whole.get());
    if (errno != ENOENT)
        return posix_failure("realpath");
    if (!create)
        return std::string();
    std::string head = path;
    while (head.size() > 1 && head.back() == '/')
        head.pop_back();
    const std::size_t slash = head.rfind('/');
    const std::string last = slash == std::string::npos ? head : head.substr(slash + 1);
    if (check_component(last).has_error())
        return fail(reason::store_layout, "not a path for a store: " + path);
    head = slash == std::string::npos ? "." : slash == 0 ? "/" : head.substr(0, slash);
    MODELSEC_TRY(std::string parent, resolve_root(head, create));
    return parent == "/" ? parent + last : parent + '/' + last;
}

/// Makes a folder, 0700 whatever the umask; true if it was not there before.
inline result<bool> make_private_folder(int at, const char* name)
{
    if (::mkdirat(at, name, S_IRWXU) != 0)
        return errno == EEXIST ? result<bool>(false) : posix_failure("mkdir");
    // A umask may only have taken bits from its owner, who then could not even open it.
    if (struct stat st{}; ::fstatat(at, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
                          (st.st_mode & 0777) != S_IRWXU && ::fchmodat(at, name, S_IRWXU, 0) != 0)
        return posix_failure("chmod");
    return true;
}

inline result<file> posix_open_root(const std::string& path, bool create)
{
    if (path.empty() || path.find('\0') != std::string::npos)
        return fail(reason::bad_option, "not a path for a store");
    MODELSEC_TRY(const std::string real, resolve_root(path, create));
    if (real.empty())
        return file();
    constexpr int folder = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    file at(::open("/", open_to_search | folder));
    struct stat st
    {
    };
    std::string walked;
    for (std::size_t begin = 1; at && begin < real.size();)
    {
        if (::fstat(at.native(), &st) != 0)
            return posix_failure("fstat");
        MODELSEC_CHECK(check_leading_folder(st, walked.empty() ? "/" : walked));
        const std::size_t end = std::min(real.find('/', begin), real.size());
        const std::string part = real.substr(begin, end - begin);
        walked += '/' + part;
        begin = end + 1;
        file next(::openat(at.native(), part.c_str(), open_to_search | folder));
        if (!next && errno == ENOENT)
        {
            if (!create)
                return file();
            MODELSEC_TRY(const bool made, make_private_folder(at.native(), part.c_str()));
            next = file(::openat(at.native(), part.c_str(), open_to_search | folder));
            if (const file parent(::openat(at.native(), ".", O_RDONLY | folder)); made && parent)
                MODELSEC_CHECK(posix_sync(parent.native()));
        }
        at = std::move(next);
    }
    if (!at)
        return posix_failure("open of the store");
    file root(::openat(at.native(), ".", O_RDONLY | folder));
    if (!root || ::fstat(root.native(), &st) != 0)
        return posix_failure("open of the store");
    if (st.st_uid != ::geteuid() || (st.st_mode & S_IWOTH) != 0)
        return fail(reason::store_permissions, "not this user's alone: " + real);
    return root;
}

inline result<file> posix_open_folder(const file& at, const std::string& name, bool create)
{
    MODELSEC_CHECK(check_component(name));
    constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    file out(::openat(at.native(), name.c_str(), flags));
    if (!out && errno == ENOENT)
    {
        if (!create)
            return file();
        MODELSEC_CHECK(make_private_folder(at.native(), name.c_str()));
        out = file(::openat(at.native(), name.c_str(), flags));
    }
    struct stat st
    {
    };
    if (!out || ::fstat(out.native(), &st) != 0)
        return posix_failure("open of a folder");
    if (st.st_uid != ::geteuid() || (st.st_mode & S_IWOTH) != 0)
        return fail(reason::store_permissions, "not this user's alone: " + name);
    return out;
}

// CWE-59 (links), CWE-62 (hard links): what is reused is a regular file that only this user owns and that has no other name.
inline result<file> posix_open_file(const file& at, const std::string& name, open_mode mode)
{
    MODELSEC_CHECK(check_component(name));
    // O_NONBLOCK: a planted pipe must not hold the library up.
    constexpr int common = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    const int kind = mode == open_mode::read ? O_RDONLY : mode == open_mode::read_write ? O_RDWR : O_RDWR | O_CREAT | O_EXCL;
    file out(::openat(at.native(), name.c_str(), common | kind, S_IRUSR | S_IWUSR));
    if (!out)
        return errno == (mode == open_mode::create_new ? EEXIST : ENOENT) ? result<file>(file()) : posix_failure("open");
    struct stat st
    {
    };
    if (mode == open_mode::create_new && ::fchmod(out.native(), S_IRUSR | S_IWUSR) != 0)
        return posix_failure("chmod");
    if (::fstat(out.native(), &st) != 0 || ::fcntl(out.native(), F_SETFL, ::fcntl(out.native(), F_GETFL) & ~O_NONBLOCK) < 0)
        return posix_failure("fstat");
    if (st.st_nlink == 0)
        return file();  // removed just now
    if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
        return fail(reason::store_layout, "not a regular file with one name: " + name);
    if (st.st_uid != ::geteuid() || (st.st_mode & S_IWOTH) != 0)
        return fail(reason::store_permissions, "not this user's alone: " + name);
    return out;
}

inline result<file_info> posix_info_of(const std::string& path)
{
    struct stat st
    {
    };
    if (::lstat(path.c_str(), &st) != 0)
        return errno == ENOENT ? result<file_info>(file_info{}) : posix_failure("lstat");
    return posix_info(st);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
