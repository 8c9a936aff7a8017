// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_MODEL_TREE_WINDOWS_IPP
#define MODELSEC_DETAIL_MANIFEST_MODEL_TREE_WINDOWS_IPP

#include <modelsec/detail/base/file_system/file_system_windows_root.ipp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// Models to be verified lie anywhere and belong to anybody: unlike the store, these ask nothing of owner, access and second names.

enum class entry_kind
{
    absent,
    regular,
    folder,
    link,
    other
};

struct entry_info
{
    entry_kind kind = entry_kind::absent;
    std::uint64_t size = 0;
};

inline failure unreadable(const char* what, const std::string& name, DWORD code)
{
    return fail(reason::file_unreadable, std::string(what) + ' ' + name + ": " + windows_text(code));
}

/// Every reparse point counts as a link: what it leads to is not in the folder.
inline result<entry_info> entry_info_of(HANDLE handle, const std::string& name)
{
    FILE_BASIC_INFO basic{};
    FILE_STANDARD_INFO standard{};
    if (::GetFileInformationByHandleEx(handle, FileBasicInfo, &basic, sizeof basic) == 0 ||
        ::GetFileInformationByHandleEx(handle, FileStandardInfo, &standard, sizeof standard) == 0)
        return unreadable("information", name, ::GetLastError());
    const entry_kind kind = (basic.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) != 0 ? entry_kind::link
                            : (basic.FileAttributes & FILE_ATTRIBUTE_DEVICE) != 0      ? entry_kind::other
                            : standard.Directory != 0                                  ? entry_kind::folder
                                                                                       : entry_kind::regular;
    return entry_info{kind, static_cast<std::uint64_t>(standard.EndOfFile.QuadPart)};
}

/// By the full path, since only that follows links: the folder's own, and a single name behind it.
inline result<file> open_followed(const file& at, const std::wstring& name, DWORD rights)
{
    MODELSEC_TRY(std::wstring path, final_path(at.native()));
    path += L'\\' + name;
    return file(::CreateFileW(path.c_str(), rights, share_all, nullptr, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, nullptr));
}

/// Of the entry itself or, with `follow`, of what a link leads to; absent also for a link to nowhere or in a circle.
inline result<entry_info> look_at(const file& at, const std::string& name, bool follow)
{
    MODELSEC_TRY(const std::wstring wide, checked_component(name));
    file entry;
    if (follow)
    {
        MODELSEC_TRY(entry, open_followed(at, wide, FILE_READ_ATTRIBUTES));
        if (!entry)
        {
            const DWORD code = ::GetLastError();
            const bool nowhere = code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ||
                                 code == ERROR_CANT_RESOLVE_FILENAME || code == ERROR_STOPPED_ON_SYMLINK;
            return nowhere ? result<entry_info>(entry_info{}) : unreadable("open", name, code);
        }
        return entry_info_of(entry.native(), name);
    }
    const NTSTATUS status = nt_open(at.native(), wide, {FILE_READ_ATTRIBUTES}, entry);
    if (is_absent(status))
        return entry_info{};
    if (status != status_ok)
        return unreadable("open", name, ::RtlNtStatusToDosError(status));
    return entry_info_of(entry.native(), name);
}

/// What the caller named: links that lead there are followed, as for every path that a person types.
inline result<file> open_model_root(const std::string& path, entry_info& what)
{
    const auto whole = extended_path(path);
    if (!whole)
        return fail(reason::file_unreadable, "not a path: " + path);
    file out(::CreateFileW(whole->c_str(), FILE_GENERIC_READ, share_all, nullptr, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS,
                           nullptr));
    if (!out)
        return unreadable("open", path, ::GetLastError());
    if (::GetFileType(out.native()) != FILE_TYPE_DISK)
        return fail(reason::file_unreadable, "neither a folder nor a file: " + path);
    MODELSEC_TRY(what, entry_info_of(out.native(), path));
    if (what.kind != entry_kind::regular && what.kind != entry_kind::folder)
        return fail(reason::file_unreadable, "neither a folder nor a file: " + path);
    return out;
}

inline result<file> open_model_entry(const file& at, const std::string& name, const opening& how, entry_kind wanted)
{
    MODELSEC_TRY(const std::wstring wide, checked_component(name));
    file out;
    const NTSTATUS status = nt_open(at.native(), wide, how, out);
    if (status == status_not_a_directory || status == status_file_is_a_directory)
        return fail(reason::unsafe_entry, name);
    if (is_absent(status))
        return fail(reason::file_missing, name);
    if (status != status_ok)
        return unreadable("open", name, ::RtlNtStatusToDosError(status));
    MODELSEC_TRY(const entry_info what, entry_info_of(out.native(), name));
    return what.kind == wanted ? result<file>(std::move(out)) : fail(reason::unsafe_entry, name);
}

/// CWE-59: never through a link, also if one took the folder's place just now.
inline result<file> open_model_folder(const file& at, const std::string& name)
{
    return open_model_entry(at, name, {right_to_search | FILE_LIST_DIRECTORY, FILE_DIRECTORY_FILE}, entry_kind::folder);
}

/// The same for a regular file; `follow` says whether its own name may be a link.
inline result<file> open_model_file(const file& at, const std::string& name, bool follow)
{
    if (!follow)
        return open_model_entry(at, name, {FILE_GENERIC_READ, FILE_NON_DIRECTORY_FILE}, entry_kind::regular);
    MODELSEC_TRY(const std::wstring wide, checked_component(name));
    MODELSEC_TRY(file out, open_followed(at, wide, FILE_GENERIC_READ));
    if (!out)
    {
        const DWORD code = ::GetLastError();
        return code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND ? fail(reason::file_missing, name)
                                                                            : unreadable("open", name, code);
    }
    if (::GetFileType(out.native()) != FILE_TYPE_DISK)
        return fail(reason::unsafe_entry, name);
    MODELSEC_TRY(const entry_info what, entry_info_of(out.native(), name));
    return what.kind == entry_kind::regular ? result<file>(std::move(out)) : fail(reason::unsafe_entry, name);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
