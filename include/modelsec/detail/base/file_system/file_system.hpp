// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_HPP
#define MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/platform.hpp>
#include <modelsec/error.hpp>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// Who beside its owner may use a store. POSIX systems only, but for the first.
enum class store_policy
{
    owner_only,  ///< folders 0700, files 0600. What root keeps and shares may be read
    shared_read,  ///< folders 0755, files 0644: other users read it, lock nothing and write nothing (images, read-only mounts)
    /// The volume is this application's alone, whoever owns its topmost folder and whatever its mode (Kubernetes). Below it a group,
    /// its right to write and setgid are excepted (fsGroup). Files of other users (OpenShift) are read, and adopted by copy.
    volume
};

/// Whether the files of a pack are put under fs-verity before it becomes active (Linux; ext4, f2fs and btrfs that were made for it): from
/// then on the kernel lets nobody change them, and refuses to read a block that the disk changed.
enum class verity_policy
{
    off,
    wanted,   ///< where kernel and disk can; else an event `warning` by `verity_unsupported`, and the pack is active without
    required  ///< where they cannot, nothing becomes active: `verity_unsupported`
};

namespace detail {

/// What came of asking for fs-verity on a file.
enum class verity_answer
{
    enabled,      ///< it is under fs-verity, now or since before
    unsupported,  ///< not by this kernel or on this disk
    busy          ///< somebody has the file open for writing, or asks for the same just now
};

/// What is asked of the owner and mode of an open folder, and of all that is opened below it.
struct access_rule
{
    store_policy policy = store_policy::owner_only;
    bool reader = false;      ///< somebody else's store: nothing in it is made, written or locked
    bool any_mode = false;    ///< others may write to it: only for what is copied, and hashed after that
    std::uint64_t owner = 0;  ///< whose it is, for a reader
};

/// The number of this process: a hint for people. All that is decided by it is who gives a lock back.
MODELSEC_DECL std::uint64_t process_number() noexcept;
/// The number of the effective user; empty where users have none (Windows).
MODELSEC_DECL std::string process_user();

/// An open file or folder. Closes itself, and gives back the lock that was taken through it: explicitly, since a forked child has the
/// same open file and would keep it locked; and only in the process that took it, since the child's end is not the parent's.
class file
{
public:
    /// A descriptor; on Windows a HANDLE.

    static MODELSEC_DECL native_handle invalid() noexcept;

    file() noexcept : handle_(invalid()) {}
    explicit file(native_handle handle, const access_rule& rule = {}) noexcept : handle_(handle), rule_(rule) {}
    file(file&& other) noexcept
        : handle_(std::exchange(other.handle_, invalid())), rule_(other.rule_),
          locked_by_(std::exchange(other.locked_by_, 0))
    {
    }
    file& operator=(file&& other) noexcept
    {
        std::swap(handle_, other.handle_);
        std::swap(rule_, other.rule_);
        std::swap(locked_by_, other.locked_by_);
        return *this;
    }
    MODELSEC_DECL ~file();

    explicit operator bool() const noexcept { return handle_ != invalid(); }
    native_handle native() const noexcept { return handle_; }
    /// Gives up ownership.
    native_handle release() noexcept { return std::exchange(handle_, invalid()); }
    const access_rule& rule() const noexcept { return rule_; }
    /// For a file_system: this process holds a lock through this file.
    void note_lock() const noexcept { locked_by_ = process_number(); }

private:
    native_handle handle_;
    access_rule rule_;
    mutable std::uint64_t locked_by_ = 0;  ///< the process; 0: none
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
    std::uint64_t block = 0;      ///< what the disk counts this file's bytes in; 0: it does not say
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    std::int64_t changed_ns = 0;  ///< ctime
    std::int64_t modified_ns = 0;
    std::uint64_t links = 0;
    bool owned = false;         ///< by the effective user
    bool roots = false;         ///< by root
    std::uint32_t mode = 0;     ///< permission bits
    bool group_writes = false;  ///< its group may write to it, and is more than this user
};

enum class open_mode
{
    read,
    read_write,      ///< must exist
    create_new,      ///< must not exist; for reading and writing
    create_private,  ///< the same, and its owner's alone until it is shared, whatever the policy
    read_linked,  ///< as read, under however many names (`cp -al`): for what is hashed whenever its change time is another
    lock  ///< must exist, under however many names; for locking, and for writing only if that is allowed. Others lose what rights they have
};

enum class lock_kind
{
    shared,
    exclusive
};

/// All that the store asks of a disk, relative to an open folder, following no link. One implementation a platform; tests
/// put a faulty one in its place (docs/architecture.md, rule 7). `name` is a single path component. Thread-safe. Failures: `disk_full`
/// (ENOSPC, EDQUOT), `store_permissions`, `not_readable`, `access_denied`, `read_only_disk`, `other_disk`, `file_too_big`,
/// `too_many_open_files`, `path_too_long`, `store_layout` (a link or device in the way), else `store_io`, each with the place in its
/// detail; where absence or presence is an answer rather than a failure, the return type says so.
class file_system
{
public:
    virtual ~file_system() = default;

    /// Opens the folder at `path`; if it is not there, makes it (0700, with what leads there) if `create`, else returns an invalid
    /// file. The path is resolved once, here; a link on the way is followed only if this user or root owns it. Checks that the
    /// effective user owns the folder, that only this user (or root) owns what leads there, and that nobody else may write to either
    /// (sticky folders that lead there, and a user's private group, aside). What `policy` excepts, and what is asked of all that is
    /// opened below it, goes with the folder. Somebody else's folder is opened for readers only (not `create`), if the policy or root
    /// shares it. Whether the folder's own group may write to it is the caller's question (file_info::group_writes).
    virtual result<file> open_root(const std::string& path, bool create, store_policy policy = store_policy::owner_only) = 0;
    /// The root's absolute path without links, for telling the caller where things are.
    virtual result<std::string> absolute_path(const file& folder) = 0;

    /// An invalid file if there is none and `create` is off. Refuses links, and what others own or may write to. New ones are 0700
    /// (shared_read: 0755), whatever the umask, and on stable storage after a sync of `at`.
    virtual result<file> open_folder(const file& at, const std::string& name, bool create) = 0;
    /// As open_folder(), but the folder is its owner's alone (0700), also where the store is shared for reading: whoever can open a file can
    /// lock it (CWE-667). Others lose what rights they have; what is made in it follows the policy.
    virtual result<file> open_private_folder(const file& at, const std::string& name, bool create)
    {
        return open_folder(at, name, create);
    }
    /// A folder that is there, whoever may write to it: what is opened below it is only to be copied, and hashed after that.
    virtual result<file> open_source(const file& at, const std::string& name) { return open_folder(at, name, false); }
    /// An invalid file if there is none (read, read_write) or already one (create_new, create_private). Refuses all but regular files with one
    /// link (but read_linked, lock) that this user owns. New ones are 0600 (shared_read: 0644 but create_private), whatever the umask.
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
    /// The same for everything that was written so far to the disk that `at` lies on: cheaper than many files one by one. False where
    /// there is no such call, or none that tells of bytes that could not be written: then nothing was done.
    virtual result<bool> sync_all(const file& /*at*/) { return false; }

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
    /// `unknown_space` where the file system does not say: then only writing tells.
    virtual result<std::uint64_t> free_space(const file& at) = 0;
    static constexpr std::uint64_t unknown_space = std::uint64_t{1} << 53;

    /// Makes the empty file `to` share the bytes of `from`; false where the file system cannot.
    virtual result<bool> clone(const file& /*from*/, const file& /*to*/) { return false; }
    /// The same for `size` bytes at `offset` of `from`, which become those at `place` of `to`; all three multiples of the files' block
    /// (file_info::block). Whether it did; if not, anything may stand at `place`. False: these two files cannot share bytes, and asking
    /// again is of no use. A failure says nothing about other ranges.
    virtual result<bool> clone_range(const file& /*from*/, std::uint64_t /*offset*/, const file& /*to*/,
                                     std::uint64_t /*place*/, std::uint64_t /*size*/)
    {
        return false;
    }
    /// Puts a file that is open for reading under fs-verity: SHA-256, blocks of 4096 bytes, no salt. Nobody may have it open for writing.
    virtual result<verity_answer> enable_verity(const file& /*f*/) { return verity_answer::unsupported; }
    /// The fs-verity digest (verity_hasher) that the kernel holds the file's bytes to; nothing if it does not.
    virtual result<std::optional<sha256_digest>> measure_verity(const file& /*f*/) { return std::optional<sha256_digest>(); }
    /// Adds to a file or folder of this user's the rights that readers have in a store which is shared for reading, if its policy says
    /// so and they are missing.
    virtual result<void> share(const file& /*f*/) { return {}; }
    /// Keeps a folder out of the system's backups, where the system has a way; else nothing.
    virtual result<void> exclude_from_backups(const file& /*folder*/) { return {}; }

    /// The real one.
    MODELSEC_DECL static file_system& native();
};

/// Whether a failure says that this user may not look at what stands there.
inline bool is_kept_out(reason why) noexcept
{
    return why == reason::not_readable || why == reason::access_denied;
}

/// Whether a failure says that what stands there is not what it should be, or is not for this user, rather than that it could not be
/// looked at now.
inline bool is_unfit(reason why) noexcept
{
    return why == reason::store_layout || why == reason::store_permissions || is_kept_out(why);
}

/// A handle as other languages take it: the descriptor; on Windows the HANDLE, of which 32 bits are in use.
MODELSEC_DECL int handle_number(native_handle handle) noexcept;

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include MODELSEC_FILE_SYSTEM_BODY
#endif

#endif
