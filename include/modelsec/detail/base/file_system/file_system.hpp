// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_HPP
#define MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/detail/base/platform.hpp>
#include <modelsec/error.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// An open file or folder. Closes itself.
class file
{
public:
    /// A descriptor; on Windows a HANDLE.

    static MODELSEC_DECL native_handle invalid() noexcept;

    file() noexcept : handle_(invalid()) {}
    explicit file(native_handle handle) noexcept : handle_(handle) {}
    file(file&& other) noexcept : handle_(std::exchange(other.handle_, invalid())) {}
    file& operator=(file&& other) noexcept
    {
        std::swap(handle_, other.handle_);
        return *this;
    }
    MODELSEC_DECL ~file();

    explicit operator bool() const noexcept { return handle_ != invalid(); }
    native_handle native() const noexcept { return handle_; }
    /// Gives up ownership.
    native_handle release() noexcept { return std::exchange(handle_, invalid()); }

private:
    native_handle handle_;
};

enum class file_kind
{
    regular,
    folder,
    other  ///< link, device, socket, …
};

struct file_info
{
    file_kind kind = file_kind::other;
    std::uint64_t size = 0;
    std::uint64_t allocated = 0;  ///< bytes on disk
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t changed_ns = 0;  ///< ctime
    std::int64_t modified_ns = 0;
    std::uint64_t links = 0;
    bool owned = false;         ///< by the effective user
    std::uint32_t mode = 0;     ///< permission bits
    bool group_writes = false;  ///< its group may write to it, and is more than this user
};

enum class open_mode
{
    read,
    read_write,  ///< must exist
    create_new   ///< must not exist; for reading and writing
};

enum class lock_kind
{
    shared,
    exclusive
};

/// All that the store asks of a disk, relative to an open folder, following no link. One implementation a platform; tests
/// put a faulty one in its place (docs/architecture.md, rule 7). `name` is a single path component. Thread-safe. Failures: `disk_full`
/// (ENOSPC, EDQUOT), `store_permissions`, `store_layout` (a link or device in the way), else `store_io`; where absence or
/// presence is an answer rather than a failure, the return type says so.
class file_system
{
public:
    virtual ~file_system() = default;

    /// Opens the folder at `path`; if it is not there, makes it (0700, with what leads there) if `create`, else returns an invalid
    /// file. The path is resolved once, here. Checks that the effective user owns it, that only this user (or root) owns what
    /// leads there, and that nobody else may write to either (sticky folders that lead there, and a user's private group, aside).
    /// Whether the folder's own group may write to it is the caller's question (file_info::group_writes).
    virtual result<file> open_root(const std::string& path, bool create) = 0;
    /// The root's absolute path without links, for telling the caller where things are.
    virtual result<std::string> absolute_path(const file& folder) = 0;

    /// An invalid file if there is none and `create` is off. Refuses links, and what others own or may write to. New ones are 0700,
    /// whatever the umask, and on stable storage after a sync of `at`.
    virtual result<file> open_folder(const file& at, const std::string& name, bool create) = 0;
    /// An invalid file if there is none (read, read_write) or already one (create_new). Refuses all but regular files with one
    /// link that this user owns. New ones are 0600, whatever the umask.
    virtual result<file> open_file(const file& at, const std::string& name, open_mode mode) = 0;

    /// Bytes read; fewer than asked only at the end of the file.
    virtual result<std::size_t> read_at(const file& f, std::uint64_t offset, std::span<std::uint8_t> into) = 0;
    virtual result<void> write_at(const file& f, std::uint64_t offset, bytes_view data) = 0;
    /// Turns unbuffered writing on or off; false where the file system has none. On: offset, size and address of every write
    /// must be multiples of `direct_alignment`.
    virtual result<bool> set_direct(const file& f, bool on) = 0;
    static constexpr std::size_t direct_alignment = 4096;
    /// Reserves room, so that a full disk shows early. Does not change what can be read.
    virtual result<void> reserve(const file& f, std::uint64_t size) = 0;
    virtual result<void> truncate(const file& f, std::uint64_t size) = 0;
    /// Returns when the file's bytes (or the folder's entries) are on stable storage.
    virtual result<void> sync(const file& f) = 0;

    virtual result<file_info> info(const file& f) = 0;
    /// Of the entry itself, not of what a link names. kind other and links 0: there is none.
    virtual result<file_info> info_at(const file& at, const std::string& name) = 0;
    virtual result<std::vector<std::string>> list(const file& folder) = 0;
    /// Of what stands at an absolute path (see absolute_path), following no link at its end: for telling whether it is still what
    /// was opened. Nothing else may be done with the answer.
    virtual result<file_info> info_of(const std::string& /*path*/) { return fail(reason::store_io, "no paths here"); }
    /// The disk's own clock, on the scale of file_info::changed_ns: what changes from now on has at least this change time.
    /// 0: cannot tell.
    virtual std::int64_t stamp_clock() noexcept { return 0; }

    /// Atomic. Replaces nothing: false if the target is there already.
    virtual result<bool> rename(const file& from, const std::string& name, const file& to, const std::string& target) = 0;
    /// Atomic. Replaces a file that is there.
    virtual result<void> replace(const file& from, const std::string& name, const file& to, const std::string& target) = 0;
    /// Publishes a file under a second name; false if that name is taken. Where files cannot have two names the first one goes.
    virtual result<bool> link(const file& from, const std::string& name, const file& to, const std::string& target) = 0;
    virtual result<void> remove_file(const file& at, const std::string& name) = 0;    ///< absent: fine
    virtual result<void> remove_folder(const file& at, const std::string& name) = 0;  ///< empty ones only; absent: fine

    /// Takes a lock without waiting; false if another open file holds it. Given back when the file is closed. Where the file
    /// system has no locks: true.
    virtual result<bool> try_lock(const file& f, lock_kind kind) = 0;
    virtual result<std::uint64_t> free_space(const file& at) = 0;

    /// The real one.
    MODELSEC_DECL static file_system& native();
};

/// The number of this process: a hint for people, nothing is decided by it.
MODELSEC_DECL std::uint64_t process_number() noexcept;
/// A handle as other languages take it: the descriptor; on Windows the HANDLE, of which 32 bits are in use.
MODELSEC_DECL int handle_number(native_handle handle) noexcept;

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include MODELSEC_FILE_SYSTEM_BODY
#endif

#endif
