// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_WINDOWS_IPP
#define MODELSEC_DETAIL_BASE_FILE_SYSTEM_FILE_SYSTEM_WINDOWS_IPP

#include <modelsec/detail/base/file_system/file_system_windows_change.ipp>
#include <modelsec/detail/base/file_system/file_system_windows_open.ipp>
#include <modelsec/detail/base/file_system/file_system_windows_root.ipp>
#include <modelsec/detail/base/file_system/file_system.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The disk of Windows 10 (1709) and newer; made for NTFS and ReFS.
class windows_file_system final : public file_system
{
public:
    result<file> open_root(const std::string& path, bool create, store_policy policy = store_policy::owner_only) override
    {
        if (policy != store_policy::owner_only)
            return fail(reason::bad_option, "on Windows a store is its owner's alone");
        return windows_open_root(path, create);
    }

    result<std::string> absolute_path(const file& folder) override
    {
        MODELSEC_TRY(std::wstring path, final_path(folder.native()));
        return plain_path(std::move(path));
    }

    result<file> open_folder(const file& at, const std::string& name, bool create) override
    {
        return windows_open_folder(at, name, create);
    }

    result<file> open_file(const file& at, const std::string& name, open_mode mode) override
    {
        return windows_open_file(at, name, mode);
    }

    result<std::size_t> read_at(const file& f, std::uint64_t offset, std::span<std::uint8_t> into) override
    {
        std::size_t done = 0;
        while (done < into.size())
        {
            OVERLAPPED where = position(offset + done);
            DWORD got = 0;
            if (::ReadFile(f.native(), into.data() + done, piece(into.size() - done), &got, &where) == 0 &&
                ::GetLastError() != ERROR_HANDLE_EOF)
                return windows_failure("read");
            if (got == 0)
                break;
            done += got;
        }
        return done;
    }

    result<void> write_at(const file& f, std::uint64_t offset, bytes_view data) override
    {
        const handle_companions::entry also = handle_companions::all().of(f.native());
        const HANDLE to = also.writes_directly ? also.direct : f.native();
        for (std::size_t done = 0; done < data.size();)
        {
            OVERLAPPED where = position(offset + done);
            DWORD put = 0;
            if (::WriteFile(to, data.data() + done, piece(data.size() - done), &put, &where) == 0)
                return windows_failure("write");
            done += put;
        }
        return {};
    }

    /// Whether a handle is buffered is settled when it is opened: so there is a second one.
    result<bool> set_direct(const file& f, bool on) override
    {
        handle_companions::entry more{INVALID_HANDLE_VALUE, INVALID_HANDLE_VALUE, on};
        if (on && handle_companions::all().of(f.native()).direct == INVALID_HANDLE_VALUE && sectors_fit(f))
            more.direct = ::ReOpenFile(f.native(), FILE_WRITE_DATA | SYNCHRONIZE, share_all, FILE_FLAG_NO_BUFFERING);
        return handle_companions::all().add(f.native(), more).writes_directly == on;
    }

    result<void> reserve(const file& f, std::uint64_t size) override
    {
        MODELSEC_TRY(const file_info now, windows_facts(f.native()));
        if (size <= now.size)
            return {};  // an allocation below the end would cut the file
        FILE_ALLOCATION_INFO wanted{};
        wanted.AllocationSize.QuadPart = static_cast<LONGLONG>(size);
        // Only a full disk is news; a file system that cannot reserve will say so when it is written to.
        if (::SetFileInformationByHandle(f.native(), FileAllocationInfo, &wanted, sizeof wanted) == 0 &&
            windows_reason(::GetLastError()) == reason::disk_full)
            return windows_failure("reserve");
        return {};
    }

    result<void> truncate(const file& f, std::uint64_t size) override
    {
        FILE_END_OF_FILE_INFO wanted{};
        wanted.EndOfFile.QuadPart = static_cast<LONGLONG>(size);
        if (::SetFileInformationByHandle(f.native(), FileEndOfFileInfo, &wanted, sizeof wanted) == 0)
            return windows_failure("truncate");
        return {};
    }

    result<void> sync(const file& f) override { return windows_sync(f); }
    result<file_info> info(const file& f) override { return windows_info(f.native()); }

    result<file_info> info_at(const file& at, const std::string& name) override
    {
        MODELSEC_TRY(const std::wstring wide, checked_component(name));
        file entry;
        const NTSTATUS status = nt_open(at.native(), wide, {right_to_look}, entry);
        if (is_absent(status))
            return file_info{};
        return status == status_ok ? windows_info(entry.native()) : nt_failure("information", status);
    }

    result<file_info> info_of(const std::string& path) override { return windows_info_of(path); }

    // stamp_clock() is the inherited one, which cannot tell: NTFS may put a change time off until the file is closed.

    result<std::vector<std::string>> list(const file& folder) override
    {
        // A handle of its own: the position in the folder is not shared with other threads.
        file walk;
        const NTSTATUS status =
            nt_open(folder.native(), {}, {FILE_LIST_DIRECTORY | FILE_READ_ATTRIBUTES, FILE_DIRECTORY_FILE}, walk);
        if (status != status_ok)
            return nt_failure("open of a folder", status);
        std::vector<std::string> out;
        alignas(FILE_FULL_DIR_INFO) std::uint8_t buffer[16u << 10];
        while (::GetFileInformationByHandleEx(walk.native(), FileFullDirectoryInfo, buffer, sizeof buffer) != 0)
            add_names(buffer, out);
        const DWORD code = ::GetLastError();
        const bool whole = code == ERROR_NO_MORE_FILES || (code == ERROR_FILE_NOT_FOUND && out.empty());
        return whole ? result<std::vector<std::string>>(std::move(out)) : windows_failure("listing a folder", code);
    }

    result<bool> rename(const file& from, const std::string& name, const file& to, const std::string& target) override
    {
        return windows_rename(from, name, to, target);
    }

    result<void> replace(const file& from, const std::string& name, const file& to, const std::string& target) override
    {
        return windows_replace(from, name, to, target);
    }

    result<bool> link(const file& from, const std::string& name, const file& to, const std::string& target) override
    {
        return windows_link(from, name, to, target);
    }

    result<void> remove_file(const file& at, const std::string& name) override { return windows_remove(at, name, false); }
    result<void> remove_folder(const file& at, const std::string& name) override { return windows_remove(at, name, true); }

    result<bool> try_lock(const file& f, lock_kind kind) override
    {
        MODELSEC_TRY(const file_info what, windows_facts(f.native()));
        return what.kind == file_kind::folder ? lock_folder(f, kind) : lock_handle(f.native(), kind);
    }

    result<std::uint64_t> free_space(const file& at) override
    {
        MODELSEC_TRY(std::wstring path, final_path(at.native()));
        path += L'\\';  // which shares on servers must end with
        ULARGE_INTEGER free{};
        if (::GetDiskFreeSpaceExW(path.c_str(), &free, nullptr, nullptr) == 0)
            return windows_failure("free space");
        return free.QuadPart;
    }

private:
    static OVERLAPPED position(std::uint64_t offset) noexcept
    {
        OVERLAPPED out{};
        out.Offset = static_cast<DWORD>(offset & 0xFFFF'FFFF);
        out.OffsetHigh = static_cast<DWORD>(offset >> 32);
        return out;
    }

    static DWORD piece(std::size_t left) noexcept { return static_cast<DWORD>(std::min<std::size_t>(left, 1u << 30)); }

    static bool sectors_fit(const file& f) noexcept
    {
        FILE_STORAGE_INFO disk{};
        return ::GetFileInformationByHandleEx(f.native(), FileStorageInfo, &disk, sizeof disk) != 0 &&
               disk.LogicalBytesPerSector != 0 && direct_alignment % disk.LogicalBytesPerSector == 0;
    }

    static void add_names(const std::uint8_t* at, std::vector<std::string>& out)
    {
        for (;;)
        {
            const auto& entry = *reinterpret_cast<const FILE_FULL_DIR_INFO*>(at);
            const std::wstring_view name(entry.FileName, entry.FileNameLength / sizeof(wchar_t));
            if (name != L"." && name != L"..")
                out.push_back(to_utf8(name));
            if (entry.NextEntryOffset == 0)
                return;
            at += entry.NextEntryOffset;
        }
    }
};

std::uint64_t process_number() noexcept
{
    return ::GetCurrentProcessId();
}

std::string process_user()
{
    return {};
}

int handle_number(native_handle handle) noexcept
{
    return static_cast<int>(reinterpret_cast<std::intptr_t>(handle));
}

native_handle file::invalid() noexcept
{
    return INVALID_HANDLE_VALUE;
}

file::~file()
{
    if (handle_ == invalid())
        return;
    handle_companions::all().close(handle_);
    ::CloseHandle(handle_);
}

file_system& file_system::native()
{
    static windows_file_system real;
    return real;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
