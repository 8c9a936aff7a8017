// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_WINDOWS_ROOT_IPP
#define MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_WINDOWS_ROOT_IPP

#include <modelsec/detail/base/file_system/file_system_windows_open.ipp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::wstring_view extended = L"\\\\?\\";
inline constexpr std::wstring_view extended_server = L"\\\\?\\UNC\\";

/// An absolute path that may be longer than 260 characters: `\\?\C:\…` or `\\?\UNC\server\share\…`.
inline result<std::wstring> extended_path(const std::string& path)
{
    const auto wide = to_wide(path);
    if (!wide || wide->empty() || wide->find(L'\0') != std::wstring::npos)
        return fail(reason::bad_option, "not a path");
    std::wstring whole(32'768, L'\0');
    const DWORD units = ::GetFullPathNameW(wide->c_str(), static_cast<DWORD>(whole.size()), whole.data(), nullptr);
    if (units == 0 || units >= whole.size())
        return windows_failure("full path");
    whole.resize(units);
    if (whole.starts_with(extended))
        return whole;
    if (whole.starts_with(L"\\\\.\\"))
        return fail(reason::store_layout, "a device is no place for files");
    if (whole.starts_with(L"\\\\"))
        return std::wstring(extended_server) + whole.substr(2);
    return std::wstring(extended) + whole;
}

/// The path of what is open, without links, in the form of extended_path().
inline result<std::wstring> final_path(HANDLE handle)
{
    std::wstring out(32'768, L'\0');
    const DWORD units = ::GetFinalPathNameByHandleW(handle, out.data(), static_cast<DWORD>(out.size()),
                                                    FILE_NAME_NORMALIZED | VOLUME_NAME_DOS);
    if (units == 0 || units >= out.size())
        return windows_failure("path of a folder");
    out.resize(units);
    return out;
}

/// For people and for other functions: without the prefix, and with `/`, since the library puts `/` between names.
inline std::string plain_path(std::wstring path)
{
    if (path.starts_with(extended_server))
        path.replace(0, extended_server.size(), L"\\\\");
    else if (path.starts_with(extended))
        path.erase(0, extended.size());
    std::replace(path.begin(), path.end(), L'\\', L'/');
    return to_utf8(path);
}

/// Where the names begin: behind `\\?\C:\` or `\\?\UNC\server\share\`.
inline std::size_t end_of_volume(const std::wstring& path)
{
    const bool server = path.starts_with(extended_server);
    std::size_t at = path.find(L'\\', server ? extended_server.size() : extended.size());
    if (server && at != std::wstring::npos)
        at = path.find(L'\\', at + 1);
    return at == std::wstring::npos ? path.size() : at + 1;
}

/// The path without links. What is not there yet is kept as it stands; nothing if something is not there and must be.
inline result<std::wstring> resolve_root(const std::wstring& path, bool create)
{
    const file there(::CreateFileW(path.c_str(), FILE_READ_ATTRIBUTES, share_all, nullptr, OPEN_EXISTING,
                                   FILE_FLAG_BACKUP_SEMANTICS, nullptr));
    if (there)
        return final_path(there.native());
    const DWORD code = ::GetLastError();
    if (code != ERROR_FILE_NOT_FOUND && code != ERROR_PATH_NOT_FOUND)
        return windows_failure("resolving the path of the store", code);
    if (!create)
        return std::wstring();
    std::wstring head = path;
    while (head.size() > end_of_volume(path) && head.back() == L'\\')
        head.pop_back();
    const std::size_t slash = head.rfind(L'\\');
    if (head.size() <= end_of_volume(path) || slash == std::wstring::npos)
        return fail(reason::store_layout, "there is no such volume");
    const std::wstring last = head.substr(slash + 1);
    head.resize(std::max(slash, end_of_volume(path)));
    MODELSEC_TRY(std::wstring parent, resolve_root(head, create));
    if (parent.back() != L'\\')
        parent += L'\\';
    return parent + last;
}

// CWE-377, CWE-732: nobody else may put things where the store is looked for. The right to add entries beside it is as harmless as
// in a sticky folder, and the roots of volumes give it to everybody. Those cannot be moved, whatever their list says.
inline result<void> check_leading_folder(HANDLE handle, const std::string& path, bool is_volume)
{
    MODELSEC_TRY(const access_list access, access_of(handle));
    if (!access.owner_trusted)
        return fail(reason::store_permissions, "belongs to somebody else: " + path);
    if (access.others_move_inside || (access.others_move_it && !is_volume))
        return fail(reason::store_permissions, "others may replace " + path + " or what is in it");
    return {};
}

/// One step down, making the folder if need be. An invalid file: it is not there and was not to be made.
inline result<file> step_down(const file& at, const std::wstring& part, bool create)
{
    if (part.find_first_of(L"/:") != std::wstring::npos)
        return fail(reason::store_layout, "not a path for a store: " + to_utf8(part));
    const opening how{right_to_search, FILE_DIRECTORY_FILE};
    file next;
    NTSTATUS status = nt_open(at.native(), part, how, next);
    if (is_absent(status))
    {
        if (!create)
            return file();
        MODELSEC_TRY(const bool made, make_private_folder(at.native(), part));
        status = nt_open(at.native(), part, how, next);
        if (file parent; made && nt_open_folder(at.native(), {}, parent) == status_ok)
            (void)::FlushFileBuffers(parent.native());  // as far as Windows syncs folders, see windows_sync()
    }
    if (status != status_ok)
        return nt_failure("open of the store", status);
    MODELSEC_CHECK(check_folder(next.native(), to_utf8(part)));
    return next;
}

inline result<file> windows_open_root(const std::string& path, bool create)
{
    if (path.empty() || path.find('\0') != std::string::npos)
        return fail(reason::bad_option, "not a path for a store");
    MODELSEC_TRY(const std::wstring wanted, extended_path(path));
    MODELSEC_TRY(const std::wstring real, resolve_root(wanted, create));
    if (real.empty())
        return file();
    const std::size_t volume = end_of_volume(real);
    std::size_t begin = volume;
    file at(::CreateFileW(real.substr(0, begin).c_str(), right_to_search, share_all, nullptr, OPEN_EXISTING,
                          FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
    if (!at)
        return windows_failure("open of the store's volume");
    while (begin < real.size())
    {
        MODELSEC_CHECK(check_leading_folder(at.native(), plain_path(real.substr(0, begin)), begin == volume));
        const std::size_t end = std::min(real.find(L'\\', begin), real.size());
        MODELSEC_TRY(file next, step_down(at, real.substr(begin, end - begin), create));
        if (!next)
            return file();
        begin = end + 1;
        at = std::move(next);
    }
    file root;
    if (const NTSTATUS status = nt_open_folder(at.native(), {}, root); status != status_ok)
        return nt_failure("open of the store", status);
    MODELSEC_CHECK(check_own(root.native(), plain_path(real)));
    return root;
}

/// Of a path that final_path() gave, made longer by the library; follows no link at its end.
inline result<file_info> windows_info_of(const std::string& path)
{
    MODELSEC_TRY(const std::wstring wide, extended_path(path));
    const file there(::CreateFileW(wide.c_str(), FILE_READ_ATTRIBUTES | READ_CONTROL, share_all, nullptr, OPEN_EXISTING,
                                   FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, nullptr));
    if (there)
        return windows_info(there.native());
    const DWORD code = ::GetLastError();
    const bool absent = code == ERROR_FILE_NOT_FOUND || code == ERROR_PATH_NOT_FOUND;
    return absent ? result<file_info>(file_info{}) : windows_failure("information", code);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
