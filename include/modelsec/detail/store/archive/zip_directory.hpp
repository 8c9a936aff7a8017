// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_ARCHIVE_ZIP_DIRECTORY_HPP
#define MODELSEC_DETAIL_STORE_ARCHIVE_ZIP_DIRECTORY_HPP

#include <modelsec/detail/base/name.hpp>
#include <modelsec/limits.hpp>

#include <set>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// The structure of a zip archive (PKWARE APPNOTE 6.3.10), read without IO. Two readers of one zip file can see two different
// archives (CWE-436); so every byte must have exactly one meaning here: entries from byte 0 on without gap or overlap, the
// central directory, its end record, a comment, nothing else. All that fails this is `unsafe_archive`.

/// Where the central directory lies.
struct zip_end
{
    std::uint64_t directory_offset = 0;
    std::uint64_t directory_bytes = 0;
    std::uint64_t entries = 0;
};

/// One entry, as the central directory tells it.
struct zip_entry
{
    relative_path path;
    bool folder = false;
    bool deflated = false;  ///< else stored
    std::uint16_t flags = 0;
    std::uint32_t crc32 = 0;
    std::uint64_t packed_bytes = 0;
    std::uint64_t bytes = 0;
    std::uint64_t offset = 0;  ///< of the local header
    std::uint64_t end = 0;     ///< where the next entry, or the directory, begins
};

/// What an archive unpacks to.
struct zip_plan
{
    std::vector<zip_entry> entries;  ///< by offset
    std::set<std::string> folders;   ///< every folder, also those that are only part of a file's path; parents first
    std::uint64_t bytes = 0;         ///< of all files together
};

/// The end records are within this many bytes of the end: a comment, the end record, the ZIP64 locator and end record.
inline constexpr std::size_t zip_tail_bytes = 65'535 + 22 + 20 + 56;
inline constexpr std::size_t zip_local_header_bytes = 30;
/// The longest data descriptor.
inline constexpr std::size_t zip_descriptor_bytes = 24;

/// Finds the directory from the last min(archive_bytes, zip_tail_bytes) bytes of an archive.
MODELSEC_DECL result<zip_end> find_zip_directory(bytes_view tail, std::uint64_t archive_bytes, const limits& caps);

/// Reads the central directory: exactly the bytes that `end` names, part by part, so that a directory at its cap is never in memory beside
/// what is made of it (CWE-770). `unsafe_archive`; `unsafe_name` for names that are not portable, occur twice or differ only in case.
class zip_planner
{
public:
    MODELSEC_DECL zip_planner(const zip_end& end, const limits& caps);

    /// Takes the entries at the beginning of `directory`, and says how many bytes they were. What may be only a part of an entry is left,
    /// unless nothing comes after it (`last`).
    MODELSEC_DECL result<std::size_t> take(bytes_view directory, bool last);
    MODELSEC_DECL result<zip_plan> finish();

private:
    MODELSEC_DECL result<void> add(zip_entry entry);

    const zip_end end_;
    const limits& caps_;
    zip_plan plan_;
    path_set names_;
    bool has_files_ = false;
};

/// How many bytes of name and extra fields follow a local header; `unsafe_archive` if it contradicts the directory.
MODELSEC_DECL result<std::size_t> check_zip_local(const zip_entry& entry, bytes_view header);
/// Checks what follows the local header, and with it the sizes that stand there in their ZIP64 form.
MODELSEC_DECL result<void> check_zip_local_names(const zip_entry& entry, bytes_view header, bytes_view name_and_extra);
/// Checks the bytes between the data of an entry and whatever comes next: a data descriptor, or nothing.
MODELSEC_DECL result<void> check_zip_descriptor(const zip_entry& entry, bytes_view gap);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/archive/zip_directory.ipp>
#include <modelsec/detail/store/archive/zip_local.ipp>
#endif

#endif
