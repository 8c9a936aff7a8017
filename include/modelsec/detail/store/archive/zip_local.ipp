// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_ARCHIVE_ZIP_LOCAL_IPP
#define MODELSEC_DETAIL_STORE_ARCHIVE_ZIP_LOCAL_IPP

#include <modelsec/detail/store/archive/zip_fields.ipp>
#include <modelsec/detail/store/archive/zip_directory.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// APPNOTE 4.4.4, bit 3: the CRC and the sizes follow the data; here they may be zero.
inline bool zip_has_descriptor(const zip_entry& entry) noexcept
{
    return (entry.flags & 0x0008u) != 0;
}

inline std::string zip_entry_name(const zip_entry& entry)
{
    return entry.path.str() + (entry.folder ? "/" : "");
}

/// A local header (APPNOTE 4.3.7).
struct zip_local
{
    std::uint32_t signature = 0;
    std::uint16_t flags = 0;
    std::uint16_t method = 0;
    std::uint32_t crc32 = 0;
    zip_numbers numbers;
    std::size_t name_bytes = 0;
    std::size_t extra_bytes = 0;
};

inline zip_local read_zip_local(bytes_view header) noexcept
{
    zip_cursor at(header);
    zip_local local;
    local.signature = at.u32();
    at.take(2);  // version needed
    local.flags = at.u16();
    local.method = at.u16();
    at.take(4);  // time and date
    local.crc32 = at.u32();
    local.numbers.packed_bytes = at.u32();
    local.numbers.bytes = at.u32();
    local.name_bytes = at.u16();
    local.extra_bytes = at.u16();
    return local;
}

// CWE-436: readers that go by the local headers and readers that go by the directory must see the same archive.
result<std::size_t> check_zip_local(const zip_entry& entry, bytes_view header)
{
    const zip_local local = read_zip_local(header);
    if (local.signature != 0x0403'4b50)
        return zip_refused("no entry where the central directory says");
    static constexpr unsigned level = 0x0006;  // how hard the packer tried; some say so in one place only
    if ((local.flags & ~level) != (entry.flags & ~level) || local.method != (entry.deflated ? 8 : 0) ||
        local.name_bytes != zip_entry_name(entry).size())
        return zip_refused("an entry that contradicts the central directory");
    return local.name_bytes + local.extra_bytes;
}

result<void> check_zip_local_names(const zip_entry& entry, bytes_view header, bytes_view name_and_extra)
{
    zip_local local = read_zip_local(header);
    const std::string name = zip_entry_name(entry);
    zip_cursor at(name_and_extra);
    if (as_text(at.take(local.name_bytes)) != name)
        return zip_refused("an entry whose name contradicts the central directory");
    MODELSEC_TRY(const std::optional<bytes_view> zip64, read_zip_extra(at.take(local.extra_bytes), name));
    MODELSEC_CHECK(widen_zip_numbers(local.numbers, zip64));

    const auto agree = [&](std::uint64_t here, std::uint64_t there) {
        return here == there || (here == 0 && zip_has_descriptor(entry));
    };
    if (!agree(local.crc32, entry.crc32) || !agree(local.numbers.bytes, entry.bytes) ||
        !agree(local.numbers.packed_bytes, entry.packed_bytes))
        return zip_refused("an entry whose sizes contradict the central directory");
    return {};
}

// APPNOTE 4.3.9: with or without a signature, with sizes of 4 or (ZIP64) 8 bytes. The length tells which.
result<void> check_zip_descriptor(const zip_entry& entry, bytes_view gap)
{
    if (!zip_has_descriptor(entry))
    {
        if (!gap.empty())
            return zip_refused("bytes between two entries");
        return {};
    }
    const bool with_signature = gap.size() == 16 || gap.size() == 24;
    const bool wide = gap.size() == 20 || gap.size() == 24;
    if (!with_signature && !wide && gap.size() != 12)
        return zip_refused("bytes between two entries that are no data descriptor");
    zip_cursor at(gap);
    const bool signature_ok = !with_signature || at.u32() == 0x0807'4b50;
    const bool crc_ok = at.u32() == entry.crc32;
    const bool packed_ok = at.number(wide ? 8 : 4) == entry.packed_bytes;
    const bool bytes_ok = at.number(wide ? 8 : 4) == entry.bytes;
    if (!signature_ok || !crc_ok || !packed_ok || !bytes_ok)
        return zip_refused("a data descriptor that contradicts the central directory");
    return {};
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
