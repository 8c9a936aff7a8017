// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_FILE_SYSTEM_SYSTEM_WINDOWS_IPP
#define MODELSEC_DETAIL_BASE_FILE_SYSTEM_SYSTEM_WINDOWS_IPP

#include <modelsec/error.hpp>

// Without these windows.h defines min and max, and brings in an older socket interface than Asio's.
#ifndef NOMINMAX
#define NOMINMAX
#endif
#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include <windows.h>
#include <winternl.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Documented for drivers and programs alike; Microsoft's winternl.h leaves it out.
extern "C" NTSTATUS NTAPI NtSetInformationFile(HANDLE, PIO_STATUS_BLOCK, PVOID, ULONG, FILE_INFORMATION_CLASS);

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// MS-ERREF 2.3.1. The header that names them cannot stand beside windows.h.
inline constexpr auto status_ok = static_cast<NTSTATUS>(0);
inline constexpr auto status_invalid_info_class = static_cast<NTSTATUS>(0xC0000003);
inline constexpr auto status_invalid_parameter = static_cast<NTSTATUS>(0xC000000D);
inline constexpr auto status_invalid_device_request = static_cast<NTSTATUS>(0xC0000010);
inline constexpr auto status_access_denied = static_cast<NTSTATUS>(0xC0000022);
inline constexpr auto status_object_name_invalid = static_cast<NTSTATUS>(0xC0000033);
inline constexpr auto status_object_name_not_found = static_cast<NTSTATUS>(0xC0000034);
inline constexpr auto status_object_name_collision = static_cast<NTSTATUS>(0xC0000035);
inline constexpr auto status_object_path_not_found = static_cast<NTSTATUS>(0xC000003A);
inline constexpr auto status_sharing_violation = static_cast<NTSTATUS>(0xC0000043);
inline constexpr auto status_delete_pending = static_cast<NTSTATUS>(0xC0000056);
inline constexpr auto status_file_is_a_directory = static_cast<NTSTATUS>(0xC00000BA);
inline constexpr auto status_not_supported = static_cast<NTSTATUS>(0xC00000BB);
inline constexpr auto status_not_a_directory = static_cast<NTSTATUS>(0xC0000103);
inline constexpr auto status_cannot_delete = static_cast<NTSTATUS>(0xC0000121);

/// Nothing if it is not UTF-8: a name that is only nearly the same must not reach the disk.
inline std::optional<std::wstring> to_wide(std::string_view text)
{
    if (text.empty())
        return std::wstring();
    const int size = static_cast<int>(text.size());
    const int units = ::MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text.data(), size, nullptr, 0);
    if (units <= 0)
        return std::nullopt;
    std::wstring out(static_cast<std::size_t>(units), L'\0');
    if (::MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text.data(), size, out.data(), units) != units)
        return std::nullopt;
    return out;
}

/// Half surrogates, which NTFS allows in names, become U+FFFD: such an entry is seen, but cannot be opened.
inline std::string to_utf8(std::wstring_view text)
{
    if (text.empty())
        return {};
    const int units = static_cast<int>(text.size());
    const int size = ::WideCharToMultiByte(CP_UTF8, 0, text.data(), units, nullptr, 0, nullptr, nullptr);
    std::string out(static_cast<std::size_t>(size > 0 ? size : 0), '\0');
    ::WideCharToMultiByte(CP_UTF8, 0, text.data(), units, out.data(), size, nullptr, nullptr);
    return out;
}

inline reason windows_reason(DWORD code) noexcept
{
    switch (code)
    {
    case ERROR_DISK_FULL:
    case ERROR_HANDLE_DISK_FULL:
    case ERROR_DISK_QUOTA_EXCEEDED: return reason::disk_full;
    case ERROR_ACCESS_DENIED:
    case ERROR_PRIVILEGE_NOT_HELD:
    case ERROR_INVALID_OWNER: return reason::store_permissions;
    case ERROR_DIRECTORY:
    case ERROR_STOPPED_ON_SYMLINK:
    case ERROR_CANT_RESOLVE_FILENAME: return reason::store_layout;
    default: return reason::store_io;
    }
}

/// What Windows says about an error, in UTF-8 whatever the code page.
inline std::string windows_text(DWORD code)
{
    wchar_t text[256];
    const DWORD units =
        ::FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS | FORMAT_MESSAGE_MAX_WIDTH_MASK, nullptr,
                         code, 0, text, static_cast<DWORD>(std::size(text)), nullptr);
    std::string out = to_utf8(std::wstring_view(text, units));
    while (!out.empty() && out.back() == ' ')
        out.pop_back();
    return out.empty() ? "Windows error " + std::to_string(code) : out;
}

inline failure windows_failure(const char* what, DWORD code = ::GetLastError())
{
    return fail(windows_reason(code), std::string(what) + ": " + windows_text(code));
}

/// Of a native call. Two of its answers lose their meaning when they become Windows errors ("access denied").
inline failure nt_failure(const char* what, NTSTATUS status)
{
    if (status == status_file_is_a_directory || status == status_not_a_directory)
        return fail(reason::store_layout, std::string(what) + ": not what is wanted here");
    if (status == status_cannot_delete || status == status_delete_pending)
        return fail(reason::store_io, std::string(what) + ": in use");
    return windows_failure(what, ::RtlNtStatusToDosError(status));
}

/// There is nothing of this name, or what there was is being removed.
inline bool is_absent(NTSTATUS status) noexcept
{
    return status == status_object_name_not_found || status == status_object_path_not_found ||
           status == status_delete_pending;
}

/// The file system (FAT, an older server) does not know what was asked of it.
inline bool is_unknown_to_disk(NTSTATUS status) noexcept
{
    return status == status_invalid_parameter || status == status_invalid_info_class || status == status_not_supported ||
           status == status_invalid_device_request || status == status_object_name_invalid;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
