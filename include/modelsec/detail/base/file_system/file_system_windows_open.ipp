// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_WINDOWS_OPEN_IPP
#define MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_WINDOWS_OPEN_IPP

#include <modelsec/detail/base/file_system/security_windows.ipp>
#include <modelsec/detail/base/file_system/file_system.hpp>

#include <cstring>

// Windows' own openat: NtCreateFile with an open folder as RootDirectory. Full paths would do for a look, but whoever may rename a
// folder on the way could lead them elsewhere between two calls. FILE_OPEN_REPARSE_POINT opens a link itself (CWE-59), which is
// then told by its attributes. Everybody shares everything: a name in use can still be replaced and removed, as elsewhere.

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr ULONG share_all = FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE;
inline constexpr ACCESS_MASK right_to_look = FILE_READ_ATTRIBUTES | READ_CONTROL | SYNCHRONIZE;
inline constexpr ACCESS_MASK right_to_search = right_to_look | FILE_TRAVERSE;

/// A name that is a path, or that names a stream of a file, would leave the folder it is looked up in (CWE-22, CWE-69).
inline result<std::wstring> checked_component(const std::string& name)
{
    auto wide = to_wide(name);
    if (name.empty() || name == "." || name == ".." ||
        name.find_first_of(std::string_view("\\/:\0", 4)) != std::string::npos || !wide || wide->size() > 255)
        return fail(reason::internal_error, "not a single name");
    return std::move(*wide);
}

struct opening
{
    ACCESS_MASK rights;
    ULONG options = 0;  ///< beside those that every opening has
    ULONG disposition = FILE_OPEN;
    PSECURITY_DESCRIPTOR list = nullptr;  ///< of what is made
};

/// Virus scanners and indexers open what was just written for moments, and do not share: then it is tried again for 0.2 s.
template <class Call>
NTSTATUS patiently(const Call& call, NTSTATUS busy = status_sharing_violation)
{
    constexpr unsigned times = 20;
    NTSTATUS status = call();
    for (unsigned i = 0; (status == status_sharing_violation || status == busy) && i < times; ++i)
    {
        ::Sleep(10);
        status = call();
    }
    return status;
}

/// An empty name opens the folder `at` itself once more, with a position and a lock of its own.
inline NTSTATUS nt_open(HANDLE at, const std::wstring& name, const opening& how, file& out)
{
    UNICODE_STRING text{};
    text.Buffer = const_cast<wchar_t*>(name.data());
    text.Length = static_cast<USHORT>(name.size() * sizeof(wchar_t));
    text.MaximumLength = text.Length;
    OBJECT_ATTRIBUTES what{};
    what.Length = sizeof what;
    what.RootDirectory = at;
    what.ObjectName = &text;
    what.Attributes = OBJ_CASE_INSENSITIVE;
    what.SecurityDescriptor = how.list;
    return patiently([&] {
        IO_STATUS_BLOCK io{};
        HANDLE handle = nullptr;
        const NTSTATUS status = ::NtCreateFile(
            &handle, how.rights | SYNCHRONIZE, &what, &io, nullptr, FILE_ATTRIBUTE_NORMAL, share_all, how.disposition,
            how.options | FILE_SYNCHRONOUS_IO_NONALERT | FILE_OPEN_REPARSE_POINT, nullptr, 0);
        if (status < 0)
            return status;
        out = file(handle);
        return status_ok;
    });
}

inline std::int64_t unix_nanoseconds(LARGE_INTEGER since_1601) noexcept
{
    constexpr std::int64_t between = 116'444'736'000'000'000;  // in units of 100 ns
    return (since_1601.QuadPart - between) * 100;
}

/// Size, kind and times. The handle needs FILE_READ_ATTRIBUTES.
inline result<file_info> windows_facts(HANDLE handle)
{
    FILE_BASIC_INFO basic{};
    FILE_STANDARD_INFO standard{};
    if (::GetFileInformationByHandleEx(handle, FileBasicInfo, &basic, sizeof basic) == 0 ||
        ::GetFileInformationByHandleEx(handle, FileStandardInfo, &standard, sizeof standard) == 0)
        return windows_failure("information");
    file_info out;
    // A reparse point is a link, or needs a driver to be what it looks like: neither is a file of the store.
    if ((basic.FileAttributes & (FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DEVICE)) == 0)
        out.kind = standard.Directory != 0 ? file_kind::folder : file_kind::regular;
    out.size = static_cast<std::uint64_t>(standard.EndOfFile.QuadPart);
    out.allocated = static_cast<std::uint64_t>(standard.AllocationSize.QuadPart);
    out.modified_ns = unix_nanoseconds(basic.LastWriteTime);
    // FAT keeps no change time.
    out.changed_ns = basic.ChangeTime.QuadPart != 0 ? unix_nanoseconds(basic.ChangeTime) : out.modified_ns;
    // Removed while it is open: it has no name left.
    out.links = standard.DeletePending != 0 ? 0 : standard.NumberOfLinks;
    FILE_ID_INFO id{};
    if (::GetFileInformationByHandleEx(handle, FileIdInfo, &id, sizeof id) != 0)
    {
        std::uint64_t halves[2];
        static_assert(sizeof halves == sizeof id.FileId);
        std::memcpy(halves, &id.FileId, sizeof halves);
        out.device = id.VolumeSerialNumber;
        out.inode = halves[0] ^ (halves[1] * 0x9E3779B97F4A7C15u);  // NTFS has no upper half, ReFS has
        return out;
    }
    BY_HANDLE_FILE_INFORMATION older{};
    if (::GetFileInformationByHandle(handle, &older) == 0)
        return windows_failure("information");
    out.device = older.dwVolumeSerialNumber;
    out.inode = std::uint64_t{older.nFileIndexHigh} << 32 | older.nFileIndexLow;
    return out;
}

inline result<file_info> windows_info(HANDLE handle)
{
    MODELSEC_TRY(file_info out, windows_facts(handle));
    MODELSEC_TRY(const access_list access, access_of(handle));
    out.owned = access.owned;
    out.group_writes = access.group_writes;
    return out;
}

/// The answer of the store's checks: what it works with is this user's, and no crowd may write to it.
inline result<void> check_own(HANDLE handle, const std::string& name)
{
    MODELSEC_TRY(const access_list access, access_of(handle));
    if (!access.owned || access.everybody_writes)
        return fail(reason::store_permissions, "not this user's alone: " + name);
    return {};
}

inline result<void> check_folder(HANDLE handle, const std::string& name)
{
    MODELSEC_TRY(const file_info what, windows_facts(handle));
    return what.kind == file_kind::folder ? result<void>() : fail(reason::store_layout, "not a folder: " + name);
}

/// With the right to add entries where that is to be had: without it Windows syncs no folder.
inline NTSTATUS nt_open_folder(HANDLE at, const std::wstring& name, file& out)
{
    constexpr ACCESS_MASK rights = right_to_search | FILE_LIST_DIRECTORY;
    const NTSTATUS status = nt_open(at, name, {rights | FILE_ADD_FILE, FILE_DIRECTORY_FILE}, out);
    return status == status_access_denied ? nt_open(at, name, {rights, FILE_DIRECTORY_FILE}, out) : status;
}

/// Makes a folder for this user alone; true if it was not there before.
inline result<bool> make_private_folder(HANDLE at, const std::wstring& name)
{
    const PSECURITY_DESCRIPTOR list = process_identity::get().for_folders();
    if (list == nullptr)
        return fail(reason::store_permissions, "the system does not say who this process is");
    file made;
    const NTSTATUS status = nt_open(at, name, {right_to_look, FILE_DIRECTORY_FILE, FILE_CREATE, list}, made);
    if (status == status_object_name_collision || status == status_delete_pending)
        return false;
    return status == status_ok ? result<bool>(true) : nt_failure("making a folder", status);
}

inline result<file> windows_open_folder(const file& at, const std::string& name, bool create)
{
    MODELSEC_TRY(const std::wstring wide, checked_component(name));
    file out;
    NTSTATUS status = nt_open_folder(at.native(), wide, out);
    if (is_absent(status))
    {
        if (!create)
            return file();
        MODELSEC_CHECK(make_private_folder(at.native(), wide));
        status = nt_open_folder(at.native(), wide, out);
    }
    if (status != status_ok)
        return nt_failure("open of a folder", status);
    MODELSEC_CHECK(check_folder(out.native(), name));
    MODELSEC_CHECK(check_own(out.native(), name));
    return out;
}

// CWE-59 (links), CWE-62 (hard links): what is reused is a regular file that only this user owns and that has no other name.
inline result<file> windows_open_file(const file& at, const std::string& name, open_mode mode)
{
    MODELSEC_TRY(const std::wstring wide, checked_component(name));
    opening how{FILE_GENERIC_READ, FILE_NON_DIRECTORY_FILE};
    const bool any_names = mode == open_mode::read_linked || mode == open_mode::lock;
    if (mode != open_mode::read && mode != open_mode::read_linked)
        how.rights |= FILE_GENERIC_WRITE;
    const bool fresh = mode == open_mode::create_new || mode == open_mode::create_private;
    if (fresh)
    {
        how.disposition = FILE_CREATE;
        how.list = process_identity::get().for_files();
        if (how.list == nullptr)
            return fail(reason::store_permissions, "the system does not say who this process is");
    }
    file out;
    const NTSTATUS status = nt_open(at.native(), wide, how, out);
    if (fresh ? status == status_object_name_collision || status == status_delete_pending : is_absent(status))
        return file();
    if (status != status_ok)
        return nt_failure("open", status);
    MODELSEC_TRY(const file_info what, windows_facts(out.native()));
    if (what.links == 0)
        return file();  // removed just now
    if (what.kind != file_kind::regular || (what.links != 1 && !any_names))
        return fail(reason::store_layout, "not a regular file with one name: " + name);
    MODELSEC_CHECK(check_own(out.native(), name));
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
