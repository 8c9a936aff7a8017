// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_ARCHIVE_ZIP_DIRECTORY_IPP
#define MODELSEC_DETAIL_STORE_ARCHIVE_ZIP_DIRECTORY_IPP

#include <modelsec/detail/base/shown_name.hpp>
#include <modelsec/detail/store/archive/zip_fields.ipp>
#include <modelsec/detail/store/archive/zip_directory.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::size_t zip_end_bytes = 22;
inline constexpr std::size_t zip64_locator_bytes = 20;
inline constexpr std::size_t zip64_end_bytes = 56;

/// The numbers of an end record, of either form.
struct zip_end_numbers
{
    std::uint64_t disk = 0;
    std::uint64_t directory_disk = 0;
    std::uint64_t entries_here = 0;
    std::uint64_t entries = 0;
    std::uint64_t directory_bytes = 0;
    std::uint64_t directory_offset = 0;
};

/// The ZIP64 end record (APPNOTE 4.3.14) and its locator (4.3.15), which must stand back to back at `record_offset`. What the
/// short end record says must be the same, or all ones.
inline result<zip_end_numbers> read_zip64_end(bytes_view records, std::uint64_t record_offset, const zip_end_numbers& brief)
{
    zip_cursor at(records);
    zip_end_numbers full;
    const bool record_ok = at.u32() == 0x0606'4b50 && at.u64() == zip64_end_bytes - 12;
    at.take(4);  // versions
    full.disk = at.u32();
    full.directory_disk = at.u32();
    full.entries_here = at.u64();
    full.entries = at.u64();
    full.directory_bytes = at.u64();
    full.directory_offset = at.u64();
    at.take(4);  // the locator's signature, by which it was found
    const bool locator_ok = at.u32() == 0 && at.u64() == record_offset && at.u32() == 1;
    if (!record_ok || !locator_ok)
        return zip_refused("a ZIP64 end record that is not where it should be");

    const auto agree = [](std::uint64_t short_form, std::uint64_t long_form, std::uint64_t all_ones) {
        return short_form == long_form || short_form == all_ones;
    };
    if (!agree(brief.disk, full.disk, zip_all_ones_16) ||
        !agree(brief.directory_disk, full.directory_disk, zip_all_ones_16) ||
        !agree(brief.entries_here, full.entries_here, zip_all_ones_16) ||
        !agree(brief.entries, full.entries, zip_all_ones_16) ||
        !agree(brief.directory_bytes, full.directory_bytes, zip_all_ones_32) ||
        !agree(brief.directory_offset, full.directory_offset, zip_all_ones_32))
        return zip_refused("two end records that contradict each other");
    return full;
}

/// The position of the one end record; two possible readings are refused (CWE-436).
inline result<std::size_t> locate_zip_end(std::string_view tail)
{
    static constexpr std::string_view signature = "PK\x05\x06";
    const auto ends_here = [&](std::size_t at) {
        return tail.size() - at >= zip_end_bytes &&
               zip_cursor(as_bytes(tail.substr(at + 20))).u16() == tail.size() - at - zip_end_bytes;
    };
    const std::size_t last = tail.rfind(signature);
    if (last == std::string_view::npos)
        return zip_refused("not a zip archive, or a truncated one");
    if (!ends_here(last))
        return zip_refused("bytes after the end of the archive");
    for (std::size_t at = tail.find(signature); at != last; at = tail.find(signature, at + 1))
    {
        if (ends_here(at))
            return zip_refused("an end record within the archive's comment");
    }
    return last;
}

/// Whether an entry is a plain file or folder (CWE-59, CWE-61). The upper half is a Unix mode whatever system the archive
/// says it comes from, since unpackers differ in whom they believe; the lower half are MS-DOS and Windows attributes.
inline result<void> check_zip_attributes(std::uint32_t external, bool folder)
{
    const std::uint32_t type = (external >> 16) & 0xF000u;
    if (type != 0 && type != (folder ? 0x4000u : 0x8000u))
        return zip_refused("an entry that is a link, a device or not the kind its name says");
    const bool dos_folder = (external & 0x10u) != 0;
    if ((dos_folder && !folder) || (external & (0x08u | 0x40u | 0x400u)) != 0)  // volume label, device, reparse point
        return zip_refused("an entry that is a link, a device or not the kind its name says");
    return {};
}

/// `name`: what the entry is called, once that is known.
inline result<zip_entry> read_named_entry(zip_cursor& at, std::string_view& name)
{
    const std::uint32_t signature = at.u32();
    at.take(4);  // versions: the method and the flags say what is needed
    const std::uint16_t flags = at.u16();
    const std::uint16_t method = at.u16();
    at.take(4);  // time and date: not used
    const std::uint32_t crc = at.u32();
    zip_numbers numbers;
    numbers.packed_bytes = at.u32();
    numbers.bytes = at.u32();
    const std::size_t name_bytes = at.u16();
    const std::size_t extra_bytes = at.u16();
    const std::size_t comment_bytes = at.u16();
    numbers.disk = at.u16();
    at.take(2);  // internal attributes: text or binary
    const std::uint32_t external = at.u32();
    numbers.offset = at.u32();
    std::string_view text = as_text(at.take(name_bytes));
    const bytes_view extra = at.take(extra_bytes);
    at.take(comment_bytes);
    if (!at.whole() || signature != 0x0201'4b50)
        return zip_refused("a central directory that is damaged");
    name = text;

    // APPNOTE 4.4.4. Allowed: compression level (1, 2), data descriptor (3), UTF-8 (11).
    if ((flags & 0x2041u) != 0)
        return zip_refused("an encrypted entry");
    if ((flags & ~0x080Eu) != 0)
        return zip_refused("an entry with unknown flags");
    if (method != 0 && method != 8)
        return zip_refused("an entry with an unknown compression method");
    MODELSEC_TRY(const std::optional<bytes_view> zip64, read_zip_extra(extra, text));
    MODELSEC_CHECK(widen_zip_numbers(numbers, zip64));
    if (numbers.disk != 0)
        return zip_refused("an archive of several disks");
    if (method == 0 && numbers.bytes != numbers.packed_bytes)
        return zip_refused("a stored entry with two sizes");

    const bool folder = text.ends_with('/');
    if (folder)
        text.remove_suffix(1);
    MODELSEC_CHECK(check_zip_attributes(external, folder));
    if (folder && numbers.bytes != 0)
        return zip_refused("a folder with content");
    MODELSEC_TRY(relative_path path, relative_path::parse(text));
    return zip_entry{std::move(path),      folder,        method == 8,    flags, crc,
                     numbers.packed_bytes, numbers.bytes, numbers.offset, 0};
}

/// The next entry of the directory. Which one is at fault is for its publisher to know.
inline result<zip_entry> read_zip_entry(zip_cursor& at)
{
    std::string_view name;
    auto out = read_named_entry(at, name);
    if (out.has_error() && out.error().why == reason::unsafe_archive && !name.empty())
        return fail(out.error().why, out.error().detail + ": " + shown_name(name));
    return out;
}

/// Puts the entries in the order of their bytes and refuses all that is not: one after the other from byte 0 to the directory.
/// Overlapping entries are how small archives announce petabytes (CWE-409).
inline result<void> order_zip_entries(std::vector<zip_entry>& entries, std::uint64_t directory_offset)
{
    std::sort(entries.begin(), entries.end(), [](const zip_entry& a, const zip_entry& b) { return a.offset < b.offset; });
    if (entries.front().offset != 0)
        return zip_refused("bytes before the first entry");
    for (std::size_t i = 0; i < entries.size(); ++i)
    {
        zip_entry& entry = entries[i];
        entry.end = i + 1 < entries.size() ? entries[i + 1].offset : directory_offset;
        const std::uint64_t names = zip_local_header_bytes + entry.path.str().size() + (entry.folder ? 1 : 0);
        if (entry.offset > entry.end || entry.end - entry.offset < names ||
            entry.end - entry.offset - names < entry.packed_bytes)
            return fail(reason::unsafe_archive, "entries that overlap: " + entry.path.str());
    }
    return {};
}

result<zip_end> find_zip_directory(bytes_view tail, std::uint64_t archive_bytes, const limits& caps)
{
    MODELSEC_TRY(const std::size_t end, locate_zip_end(as_text(tail)));
    zip_cursor at(tail.subspan(end + 4));
    zip_end_numbers numbers;
    numbers.disk = at.u16();
    numbers.directory_disk = at.u16();
    numbers.entries_here = at.u16();
    numbers.entries = at.u16();
    numbers.directory_bytes = at.u32();
    numbers.directory_offset = at.u32();

    const std::uint64_t tail_offset = archive_bytes - tail.size();
    std::uint64_t directory_end = tail_offset + end;
    static constexpr std::size_t records = zip64_end_bytes + zip64_locator_bytes;
    if (end >= records && as_text(tail).substr(end - zip64_locator_bytes, 4) == "PK\x06\x07")
    {
        directory_end -= records;
        MODELSEC_TRY(numbers, read_zip64_end(tail.subspan(end - records, records), directory_end, numbers));
    }

    if (numbers.disk != 0 || numbers.directory_disk != 0 || numbers.entries_here != numbers.entries)
        return zip_refused("an archive of several disks");
    if (numbers.directory_offset > directory_end || directory_end - numbers.directory_offset != numbers.directory_bytes)
        return zip_refused("a central directory that is not directly before its end record");
    if (numbers.entries == 0)
        return zip_refused("an empty archive");
    if (numbers.entries > caps.zip_entries || numbers.directory_bytes > caps.zip_directory_bytes)
        return zip_refused("more entries than are allowed");
    return zip_end{numbers.directory_offset, numbers.directory_bytes, numbers.entries};
}

zip_planner::zip_planner(const zip_end& end, const limits& caps) : end_(end), caps_(caps)
{
    static constexpr std::size_t least_entry_bytes = 46;
    plan_.entries.reserve(static_cast<std::size_t>(
        std::min<std::uint64_t>({end.entries, caps.zip_entries, end.directory_bytes / least_entry_bytes})));
}

result<std::size_t> zip_planner::take(bytes_view directory, bool last)
{
    static constexpr std::size_t most_entry_bytes = 46 + std::size_t{3} * 65'535;
    zip_cursor at(directory);
    while (!at.empty() && (last || at.left() >= most_entry_bytes))
    {
        if (plan_.entries.size() == end_.entries)
            return zip_refused("a central directory with more entries than announced");
        MODELSEC_TRY(zip_entry entry, read_zip_entry(at));
        MODELSEC_CHECK(add(std::move(entry)));
    }
    return directory.size() - at.left();
}

result<void> zip_planner::add(zip_entry entry)
{
    MODELSEC_CHECK(entry.folder ? names_.add_folder(entry.path) : names_.add_file(entry.path));
    has_files_ = has_files_ || !entry.folder;

    std::string folder;
    for (std::size_t i = 0; i + (entry.folder ? 0 : 1) < entry.path.parts().size(); ++i)
    {
        folder += (folder.empty() ? "" : "/") + entry.path.parts()[i].str();
        plan_.folders.insert(folder);
    }
    if (plan_.folders.size() > caps_.zip_entries)
        return zip_refused("more folders than are allowed");

    if (entry.bytes > std::numeric_limits<std::uint64_t>::max() - plan_.bytes)
        return zip_refused("sizes that overflow");
    plan_.bytes += entry.bytes;
    plan_.entries.push_back(std::move(entry));
    return {};
}

result<zip_plan> zip_planner::finish()
{
    if (plan_.entries.size() != end_.entries)
        return zip_refused("a central directory with fewer entries than announced");
    if (!has_files_)
        return zip_refused("an archive without a file");
    MODELSEC_CHECK(order_zip_entries(plan_.entries, end_.directory_offset));
    return std::move(plan_);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
