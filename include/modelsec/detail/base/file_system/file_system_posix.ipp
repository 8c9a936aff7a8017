// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_POSIX_IPP
#define MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_POSIX_IPP

#include <modelsec/detail/base/file_system/file_system.hpp>
#include <modelsec/detail/base/file_system/file_system_posix_open.ipp>

#include <dirent.h>
#include <sys/file.h>
#include <sys/statvfs.h>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

static_assert(sizeof(off_t) >= 8, "large files need _FILE_OFFSET_BITS=64 here");

/// The disk of Linux and macOS.
class posix_file_system final : public file_system
{
public:
    result<file> open_root(const std::string& path, bool create, store_policy policy = store_policy::owner_only) override
    {
        return posix_open_root(path, create, policy);
    }

    result<std::string> absolute_path(const file& folder) override { return path_of(folder.native()); }

    result<file> open_folder(const file& at, const std::string& name, bool create) override
    {
        return posix_open_folder(at, name, create, at.rule());
    }

    result<file> open_private_folder(const file& at, const std::string& name, bool create) override
    {
        return posix_open_folder(at, name, create, at.rule(), true);
    }

    result<file> open_source(const file& at, const std::string& name) override
    {
        access_rule rule = at.rule();
        rule.any_mode = true;
        return posix_open_folder(at, name, false, rule);
    }

    result<file> open_file(const file& at, const std::string& name, open_mode mode) override
    {
        return posix_open_file(at, name, mode);
    }

    result<std::size_t> read_at(const file& f, std::uint64_t offset, std::span<std::uint8_t> into) override
    {
        std::size_t done = 0;
        while (done < into.size())
        {
            const auto got = ::pread(f.native(), into.data() + done, into.size() - done, static_cast<off_t>(offset + done));
            if (got == 0)
                break;
            if (got < 0 && errno != EINTR)
                return posix_failure_at("read", f);
            done += got > 0 ? static_cast<std::size_t>(got) : 0;
        }
        return done;
    }

    result<void> write_at(const file& f, std::uint64_t offset, bytes_view data) override
    {
        for (std::size_t done = 0; done < data.size();)
        {
            const auto put = ::pwrite(f.native(), data.data() + done, data.size() - done, static_cast<off_t>(offset + done));
            if (put < 0 && errno != EINTR)
                return posix_failure_at("write", f);
            done += put > 0 ? static_cast<std::size_t>(put) : 0;
        }
        return {};
    }

    result<bool> set_direct(const file& f, bool on) override { return write_directly(f.native(), on); }

    result<void> reserve(const file& f, std::uint64_t size) override
    {
        if (size == 0)
            return {};
        const int failed = reserve_room(f.native(), static_cast<off_t>(size));
        // Only a full disk is news; a file system that cannot reserve will say so when it is written to.
        if (failed != 0 && posix_reason(errno) == reason::disk_full)
            return posix_failure_at("reserve", f);
        return {};
    }

    result<void> truncate(const file& f, std::uint64_t size) override
    {
        return ::ftruncate(f.native(), static_cast<off_t>(size)) == 0 ? result<void>() : posix_failure_at("truncate", f);
    }

    result<void> sync(const file& f) override { return posix_sync(f); }
    result<bool> sync_all(const file& at) override { return flush_whole_disk(at.native()); }

    result<file_info> info(const file& f) override
    {
        struct stat st
        {
        };
        if (::fstat(f.native(), &st) != 0)
            return posix_failure_at("fstat", f);
        return posix_info(st);
    }

    result<file_info> info_at(const file& at, const std::string& name) override
    {
        MODELSEC_CHECK(check_component(name));
        struct stat st
        {
        };
        if (::fstatat(at.native(), name.c_str(), &st, AT_SYMLINK_NOFOLLOW) != 0)
            return errno == ENOENT ? result<file_info>(file_info{}) : open_failure("fstatat", at, name);
        return posix_info(st);
    }

    result<file_info> info_of(const std::string& path) override { return posix_info_of(path); }
    std::int64_t stamp_clock() noexcept override { return clock_of_stamps(); }

    result<std::vector<std::string>> list(const file& folder) override
    {
        // A description of its own: the position in the folder is not shared with other threads.
        // An open folder that somebody else has removed has no entries, not even this one.
        const int fd = ::openat(folder.native(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            return errno == ENOENT ? result<std::vector<std::string>>(std::vector<std::string>())
                                   : open_failure("open of a folder", folder, ".");
        DIR* const dir = ::fdopendir(fd);
        if (dir == nullptr)
        {
            ::close(fd);
            return posix_failure("fdopendir");
        }
        std::vector<std::string> out;
        errno = 0;
        while (const dirent* entry = ::readdir(dir))
            if (const std::string_view name = entry->d_name; name != "." && name != "..")
                out.emplace_back(name);
        const int failed = errno == ENOENT ? 0 : errno;
        ::closedir(dir);
        errno = failed;
        return failed == 0 ? result<std::vector<std::string>>(std::move(out)) : posix_failure_at("readdir", folder);
    }

    result<bool> rename(const file& from, const std::string& name, const file& to, const std::string& target) override
    {
        MODELSEC_CHECK(check_component(name));
        MODELSEC_CHECK(check_component(target));
        const int failed = rename_exclusively(from.native(), name.c_str(), to.native(), target.c_str());
        if (failed == 0)
            return true;
        if (errno == EEXIST || errno == ENOTEMPTY)
            return false;
        if (errno != EINVAL && errno != ENOSYS && errno != ENOTSUP)
            return posix_failure_at("rename", to, target);
        return rename_by_link(from, name, to, target);
    }

    result<void> replace(const file& from, const std::string& name, const file& to, const std::string& target) override
    {
        MODELSEC_CHECK(check_component(name));
        MODELSEC_CHECK(check_component(target));
        const int failed = ::renameat(from.native(), name.c_str(), to.native(), target.c_str());
        return failed == 0 ? result<void>() : posix_failure_at("rename", to, target);
    }

    result<bool> link(const file& from, const std::string& name, const file& to, const std::string& target) override
    {
        MODELSEC_CHECK(check_component(name));
        MODELSEC_CHECK(check_component(target));
        if (::linkat(from.native(), name.c_str(), to.native(), target.c_str(), 0) == 0)
            return true;
        if (errno == EEXIST)
            return false;
        // FAT has no second names, Android's policy allows none.
        if (errno == EPERM || errno == EACCES || errno == ENOTSUP || errno == ENOSYS)
            return rename(from, name, to, target);
        return posix_failure_at("link", to, target);
    }

    result<void> remove_file(const file& at, const std::string& name) override { return remove(at, name, 0); }
    result<void> remove_folder(const file& at, const std::string& name) override { return remove(at, name, AT_REMOVEDIR); }

    result<bool> try_lock(const file& f, lock_kind kind) override
    {
        if (f.rule().reader)  // who only reads holds nobody up
            return true;
        int failed = 0;
        do
            failed = ::flock(f.native(), LOCK_NB | (kind == lock_kind::shared ? LOCK_SH : LOCK_EX));
        while (failed != 0 && errno == EINTR);
        if (failed != 0 && errno == EWOULDBLOCK)
            return false;
        if (failed != 0 && errno != ENOTSUP && errno != ENOSYS && errno != EINVAL && errno != EBADF && errno != ENOLCK)
            return posix_failure_at("flock", f);
        if (failed == 0)
            f.note_lock();
        return true;
    }

    result<std::uint64_t> free_space(const file& at) override
    {
        struct statvfs st
        {
        };
        if (::fstatvfs(at.native(), &st) != 0)
            return posix_failure_at("fstatvfs", at);
        // Some network and user-space file systems do not count blocks: no blocks at all is no full disk.
        return st.f_blocks == 0 ? unknown_space : std::uint64_t{st.f_bavail} * std::uint64_t{st.f_frsize};
    }

    result<verity_answer> enable_verity(const file& f) override { return put_under_verity(f.native()); }
    result<std::optional<sha256_digest>> measure_verity(const file& f) override { return verity_digest_of(f.native()); }
    result<bool> clone(const file& from, const file& to) override { return share_bytes(from.native(), to.native()) == 0; }
    result<bool> clone_range(const file& from, std::uint64_t offset, const file& to, std::uint64_t place,
                             std::uint64_t size) override
    {
        if (share_range(from.native(), offset, to.native(), place, size) == 0)
            return true;
        // Other disks, other kinds of files, file systems without it (ioctl_ficlonerange(2)); user-space ones know no such call.
        const bool cannot = errno == EOPNOTSUPP || errno == EINVAL || errno == EXDEV || errno == ENOTTY || errno == ENOSYS ||
                            errno == EPERM || errno == EBADF;
        return cannot ? result<bool>(false) : posix_failure_at("clone of a range", to);
    }
    result<void> share(const file& f) override { return posix_share(f); }
    result<void> exclude_from_backups(const file& folder) override
    {
        mark_excluded_from_backups(folder.native());
        return {};
    }

private:
    /// For file systems without an exclusive rename (NFS): a folder never replaces one that holds anything, a file gets its second
    /// name before it loses the first.
    result<bool> rename_by_link(const file& from, const std::string& name, const file& to, const std::string& target)
    {
        MODELSEC_TRY(const file_info what, info_at(from, name));
        MODELSEC_TRY(const file_info there, info_at(to, target));
        if (there.links != 0)
            return false;
        if (what.kind == file_kind::regular && ::linkat(from.native(), name.c_str(), to.native(), target.c_str(), 0) == 0)
        {
            MODELSEC_CHECK(remove_file(from, name));
            return true;
        }
        if (what.kind == file_kind::regular && errno == EEXIST)
            return false;
        if (::renameat(from.native(), name.c_str(), to.native(), target.c_str()) == 0)
            return true;
        return errno == EEXIST || errno == ENOTEMPTY ? result<bool>(false) : posix_failure_at("rename", to, target);
    }

    static result<void> remove(const file& at, const std::string& name, int flags)
    {
        MODELSEC_CHECK(check_component(name));
        if (::unlinkat(at.native(), name.c_str(), flags) == 0 || errno == ENOENT)
            return {};
        return posix_failure_at("unlink", at, name);
    }
};

std::uint64_t process_number() noexcept
{
    return static_cast<std::uint64_t>(::getpid());
}

std::string process_user()
{
    return std::to_string(::geteuid());
}

int handle_number(native_handle handle) noexcept
{
    return handle;
}

native_handle file::invalid() noexcept
{
    return -1;
}

file::~file()
{
    if (handle_ == invalid())
        return;
    if (locked_by_ != 0 && locked_by_ == process_number())
        (void)::flock(handle_, LOCK_UN);
    ::close(handle_);
}

file_system& file_system::native()
{
    static posix_file_system real;
    return real;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
