// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_WINDOWS_CHANGE_IPP
#define MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_WINDOWS_CHANGE_IPP

#include <modelsec/detail/base/file_system/file_system_windows_open.ipp>

#include <cstring>
#include <mutex>
#include <unordered_map>
#include <utility>

// Names that come, go and change; syncing; locks. By the POSIX variants that NTFS has since Windows 10 1709, which take a name away
// at once though the file is open; elsewhere by the old ones, which wait until it is closed.

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Classes of NtSetInformationFile (MS-FSCC 2.4). Not every winternl.h names them.
enum class change : int
{
    rename = 10,
    link = 11,
    rename_ex = 65
};
inline constexpr ULONG rename_replace = 0x01, rename_posix = 0x02, rename_read_only_too = 0x40;

/// FILE_RENAME_INFORMATION and FILE_LINK_INFORMATION. In the older classes the first byte alone counts: replace or not.
struct new_name
{
    ULONG flags;
    HANDLE folder;
    ULONG name_bytes;
    wchar_t name[255];
};

inline NTSTATUS nt_set_name(const file& entry, change how, ULONG flags, const file& to, const std::wstring& target)
{
    new_name wanted{};
    wanted.flags = flags;
    wanted.folder = to.native();
    wanted.name_bytes = static_cast<ULONG>(target.size() * sizeof(wchar_t));
    std::memcpy(wanted.name, target.data(), wanted.name_bytes);
    // A folder cannot move while a scanner has something in it open.
    return patiently(
        [&] {
            IO_STATUS_BLOCK io{};
            const NTSTATUS status = ::NtSetInformationFile(entry.native(), &io, &wanted, sizeof wanted,
                                                           static_cast<FILE_INFORMATION_CLASS>(how));
            return status < 0 ? status : status_ok;
        },
        status_access_denied);
}

inline result<file> open_to_change(const file& at, const std::string& name, ACCESS_MASK rights)
{
    MODELSEC_TRY(const std::wstring wide, checked_component(name));
    file out;
    const NTSTATUS status = nt_open(at.native(), wide, {rights | FILE_READ_ATTRIBUTES}, out);
    return status == status_ok ? result<file>(std::move(out)) : nt_failure("open", status);
}

inline result<bool> windows_rename(const file& from, const std::string& name, const file& to, const std::string& target)
{
    MODELSEC_TRY(const file entry, open_to_change(from, name, DELETE));
    MODELSEC_TRY(const std::wstring wide, checked_component(target));
    const NTSTATUS status = nt_set_name(entry, change::rename, 0, to, wide);
    if (status == status_object_name_collision || status == status_delete_pending)
        return false;
    return status == status_ok ? result<bool>(true) : nt_failure("rename", status);
}

inline result<void> windows_replace(const file& from, const std::string& name, const file& to, const std::string& target)
{
    MODELSEC_TRY(const file entry, open_to_change(from, name, DELETE));
    MODELSEC_TRY(const std::wstring wide, checked_component(target));
    NTSTATUS status = nt_set_name(entry, change::rename_ex, rename_replace | rename_posix | rename_read_only_too, to, wide);
    if (is_unknown_to_disk(status))
        status = nt_set_name(entry, change::rename, rename_replace, to, wide);
    return status == status_ok ? result<void>() : nt_failure("rename", status);
}

inline result<bool> windows_link(const file& from, const std::string& name, const file& to, const std::string& target)
{
    MODELSEC_TRY(const std::wstring wide, checked_component(target));
    NTSTATUS status = status_ok;
    {
        MODELSEC_TRY(const file entry, open_to_change(from, name, FILE_WRITE_ATTRIBUTES));
        status = nt_set_name(entry, change::link, 0, to, wide);
    }
    if (status == status_object_name_collision || status == status_delete_pending)
        return false;
    if (is_unknown_to_disk(status))  // FAT has no second names
        return windows_rename(from, name, to, target);
    return status == status_ok ? result<bool>(true) : nt_failure("link", status);
}

/// A link goes as a file, whatever it leads to.
inline result<void> windows_remove(const file& at, const std::string& name, bool folder)
{
    MODELSEC_TRY(const std::wstring wide, checked_component(name));
    file entry;
    NTSTATUS status = nt_open(at.native(), wide, {DELETE | FILE_READ_ATTRIBUTES}, entry);
    if (is_absent(status))
        return {};
    if (status != status_ok)
        return nt_failure("unlink", status);
    MODELSEC_TRY(const file_info what, windows_facts(entry.native()));
    if (folder != (what.kind == file_kind::folder))
        return fail(reason::store_layout, folder ? "unlink: not a folder" : "unlink: a folder");
    FILE_DISPOSITION_INFO_EX now{};
    now.Flags = FILE_DISPOSITION_FLAG_DELETE | FILE_DISPOSITION_FLAG_POSIX_SEMANTICS;
    if (::SetFileInformationByHandle(entry.native(), FileDispositionInfoEx, &now, sizeof now) != 0)
        return {};
    DWORD code = ::GetLastError();
    if (code == ERROR_INVALID_PARAMETER || code == ERROR_INVALID_FUNCTION || code == ERROR_NOT_SUPPORTED)
    {
        FILE_DISPOSITION_INFO at_close{};
        at_close.DeleteFile = TRUE;
        if (::SetFileInformationByHandle(entry.native(), FileDispositionInfo, &at_close, sizeof at_close) != 0)
            return {};
        code = ::GetLastError();
    }
    // Somebody else removed it just now: it cannot be removed twice.
    const auto left = windows_facts(entry.native());
    return left && left->links == 0 ? result<void>() : windows_failure("unlink", code);
}

/// What one open file needs more than one handle for: the lock of a folder, and unbuffered writing. Closed with it.
class handle_companions
{
public:
    struct entry
    {
        HANDLE lock = INVALID_HANDLE_VALUE;
        HANDLE direct = INVALID_HANDLE_VALUE;
        bool writes_directly = false;
    };

    /// Never destroyed: files may be closed while the process ends.
    static handle_companions& all()
    {
        static auto& one = *new handle_companions;
        return one;
    }

    entry of(HANDLE owner)
    {
        const std::lock_guard lock(mutex_);
        const auto found = entries_.find(owner);
        return found == entries_.end() ? entry() : found->second;
    }
    /// Takes over those handles in `wanted` that `owner` has none of yet, and closes the others.
    entry add(HANDLE owner, entry wanted)
    {
        const std::lock_guard lock(mutex_);
        entry& mine = entries_[owner];
        if (mine.lock == INVALID_HANDLE_VALUE)
            std::swap(mine.lock, wanted.lock);
        if (mine.direct == INVALID_HANDLE_VALUE)
            std::swap(mine.direct, wanted.direct);
        mine.writes_directly = wanted.writes_directly && mine.direct != INVALID_HANDLE_VALUE;
        close_all(wanted);
        return mine;
    }
    void close(HANDLE owner) noexcept
    {
        entry last;
        {
            const std::lock_guard lock(mutex_);
            const auto found = entries_.find(owner);
            if (found == entries_.end())
                return;
            last = found->second;
            entries_.erase(found);  // before the number can be given out again
        }
        close_all(last);
    }

private:
    static void close_all(const entry& handles) noexcept
    {
        for (const HANDLE handle : {handles.lock, handles.direct})
            if (handle != INVALID_HANDLE_VALUE)
                ::CloseHandle(handle);
    }

    std::mutex mutex_;
    std::unordered_map<HANDLE, entry> entries_;
};

/// Windows flushes only through a handle that may write. It documents no flush for folders: NTFS keeps a journal of what changes
/// in them, which brings a name back whole or not at all after a crash. Where it takes the call, the journal is on the disk after it.
inline result<void> windows_sync(const file& f)
{
    if (::FlushFileBuffers(f.native()) != 0)
        return {};
    DWORD code = ::GetLastError();
    MODELSEC_TRY(const file_info what, windows_facts(f.native()));
    if (what.kind == file_kind::folder && (code == ERROR_ACCESS_DENIED || code == ERROR_INVALID_FUNCTION ||
                                           code == ERROR_INVALID_PARAMETER || code == ERROR_NOT_SUPPORTED))
        return {};
    if (code == ERROR_ACCESS_DENIED)
    {
        const file writable(::ReOpenFile(f.native(), FILE_WRITE_DATA | SYNCHRONIZE, share_all, 0));
        if (writable && ::FlushFileBuffers(writable.native()) != 0)
            return {};
        code = ::GetLastError();
    }
    return windows_failure("sync", code);
}

/// Ranges that are locked cannot be read by others: so one that no file reaches. What the handle held before is given up first.
inline result<bool> lock_handle(HANDLE handle, lock_kind kind)
{
    OVERLAPPED far_away{};
    far_away.Offset = 0xFFFF'FFFE;
    far_away.OffsetHigh = 0x7FFF'FFFF;
    (void)::UnlockFileEx(handle, 0, 1, 0, &far_away);
    const DWORD how = LOCKFILE_FAIL_IMMEDIATELY | (kind == lock_kind::exclusive ? LOCKFILE_EXCLUSIVE_LOCK : 0);
    if (::LockFileEx(handle, how, 0, 1, 0, &far_away) != 0)
        return true;
    const DWORD code = ::GetLastError();
    if (code == ERROR_LOCK_VIOLATION || code == ERROR_IO_PENDING)
        return false;
    const bool none_here = code == ERROR_INVALID_FUNCTION || code == ERROR_NOT_SUPPORTED || code == ERROR_INVALID_PARAMETER;
    return none_here ? result<bool>(true) : windows_failure("lock", code);
}

/// Folders cannot be locked on Windows; a stream of theirs can, which is in no listing and moves and goes with them.
inline result<bool> lock_folder(const file& folder, lock_kind kind)
{
    handle_companions::entry mine = handle_companions::all().of(folder.native());
    if (mine.lock == INVALID_HANDLE_VALUE)
    {
        file stream;
        const opening how{FILE_GENERIC_READ | FILE_WRITE_DATA, FILE_NON_DIRECTORY_FILE, FILE_OPEN_IF};
        const NTSTATUS status = nt_open(folder.native(), L":modelsec.lock", how, stream);
        if (is_unknown_to_disk(status))
            return true;  // no streams, no locks
        if (is_absent(status))
            return false;  // the folder is being removed
        if (status != status_ok)
            return nt_failure("lock", status);
        mine = handle_companions::all().add(folder.native(), {stream.release(), INVALID_HANDLE_VALUE, false});
    }
    return lock_handle(mine.lock, kind);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
