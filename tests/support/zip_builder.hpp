// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_ZIP_BUILDER_HPP
#define MODELSEC_TESTS_SUPPORT_ZIP_BUILDER_HPP

#include <zlib.h>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support {

// Zip archives (APPNOTE.TXT 6.3) in memory: right by themselves, and every field can be made wrong before they are written.
// For plain archives see zip_writer.hpp.

inline std::string little_endian(std::uint64_t value, int size)
{
    std::string out;
    for (int i = 0; i < size; ++i)
        out += static_cast<char>((value >> (8 * i)) & 0xFF);
    return out;
}

inline std::string raw_deflate(std::string_view content, int level = 9)
{
    z_stream z{};
    if (::deflateInit2(&z, level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("zlib cannot start");
    std::string out(::deflateBound(&z, static_cast<uLong>(content.size())), '\0');
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
    z.avail_in = static_cast<uInt>(content.size());
    z.next_out = reinterpret_cast<Bytef*>(out.data());
    z.avail_out = static_cast<uInt>(out.size());
    ::deflate(&z, Z_FINISH);
    out.resize(z.total_out);
    ::deflateEnd(&z);
    return out;
}

inline std::uint32_t crc_of(std::string_view content)
{
    return static_cast<std::uint32_t>(
        ::crc32(0, reinterpret_cast<const Bytef*>(content.data()), static_cast<uInt>(content.size())));
}

/// The fields of a local or a central header; the last ones stand in central headers only.
struct zip_header
{
    std::uint64_t needed = 20;
    std::uint64_t flags = 0;
    std::uint64_t method = 8;
    std::uint64_t crc32 = 0;
    std::uint64_t packed = 0;
    std::uint64_t bytes = 0;
    std::string name;
    std::string extra;

    std::uint64_t made_by = 0x031E;  ///< Unix, 3.0
    std::uint64_t disk = 0;
    std::uint64_t external = 0100644u << 16;
    std::string comment;
    std::optional<std::uint64_t> offset;  ///< of the local header; else where it is
};

struct zip_part
{
    zip_header local;
    zip_header central;
    std::string data;
    std::string after;  ///< a data descriptor, or what does not belong there
};

inline zip_part zip_item(std::string name, std::string_view content, bool deflate = true)
{
    zip_header h;
    const bool folder = name.ends_with('/');
    h.name = std::move(name);
    h.method = deflate && !folder ? 8 : 0;
    h.external = (folder ? 040755u : 0100644u) << 16;
    h.crc32 = crc_of(content);
    h.bytes = content.size();
    std::string data = h.method == 8 ? raw_deflate(content) : std::string(content);
    h.packed = data.size();
    return {h, h, std::move(data), {}};
}

enum class zip_descriptor
{
    bare_32,
    signed_32,
    bare_64,
    signed_64
};

/// As one writes to a pipe: CRC and sizes are zero in the local header and follow the data.
inline zip_part streamed(zip_part part, zip_descriptor form)
{
    const int width = form == zip_descriptor::bare_64 || form == zip_descriptor::signed_64 ? 8 : 4;
    if (form == zip_descriptor::signed_32 || form == zip_descriptor::signed_64)
        part.after = "PK\x07\x08";
    part.after += little_endian(part.central.crc32, 4) + little_endian(part.central.packed, width) +
                  little_endian(part.central.bytes, width);
    part.local.flags |= 8;
    part.central.flags |= 8;
    part.local.crc32 = part.local.packed = part.local.bytes = 0;
    return part;
}

inline std::string extra_field(unsigned id, std::string_view data)
{
    return little_endian(id, 2) + little_endian(data.size(), 2) + std::string(data);
}

inline std::string zip64_field(std::initializer_list<std::uint64_t> numbers)
{
    std::string data;
    for (const std::uint64_t number : numbers)
        data += little_endian(number, 8);
    return extra_field(1, data);
}

struct zip_image
{
    std::vector<zip_part> parts{};
    std::string before{};   ///< the first entry
    std::string between{};  ///< the last entry and the directory
    std::string comment{};
    std::string after{};  ///< the comment
    bool zip64 = false;
    // Of the end records, where they shall not be right.
    std::optional<std::uint64_t> disk{}, directory_disk{}, entries_here{}, entries{}, directory_bytes{}, directory_offset{};
    std::optional<std::uint64_t> comment_bytes{}, zip64_offset{}, zip64_entries{}, zip64_disks{}, zip64_bytes{};

    zip_image& add(zip_part part)
    {
        parts.push_back(std::move(part));
        return *this;
    }
    zip_image& add(std::string name, std::string_view content, bool deflate = true)
    {
        return add(zip_item(std::move(name), content, deflate));
    }

    std::string str() const
    {
        const auto le = little_endian;
        std::string out = before;
        std::string directory;
        for (const zip_part& part : parts)
        {
            const std::uint64_t offset = part.central.offset.value_or(out.size());
            const zip_header& l = part.local;
            const zip_header& c = part.central;
            out += "PK\x03\x04" + common(l) + l.name + l.extra + part.data + part.after;
            directory += "PK\x01\x02" + le(c.made_by, 2) + common(c) + le(c.comment.size(), 2) + le(c.disk, 2) + le(0, 2) +
                         le(c.external, 4) + le(offset, 4) + c.name + c.extra + c.comment;
        }
        out += between;
        const std::uint64_t count = entries.value_or(parts.size());
        const std::uint64_t here = entries_here.value_or(count);
        const std::uint64_t offset = directory_offset.value_or(out.size());
        const std::uint64_t size = directory_bytes.value_or(directory.size());
        out += directory;
        if (zip64)
        {
            const std::uint64_t record = zip64_offset.value_or(out.size());
            const std::uint64_t all = zip64_entries.value_or(parts.size());
            out += "PK\x06\x06" + le(zip64_bytes.value_or(44), 8) + le(45, 2) + le(45, 2) + le(0, 4) + le(0, 4) +
                   le(all, 8) + le(all, 8) + le(directory.size(), 8) + le(out.size() - directory.size(), 8);
            out += "PK\x06\x07" + le(0, 4) + le(record, 8) + le(zip64_disks.value_or(1), 4);
        }
        out += "PK\x05\x06" + le(disk.value_or(0), 2) + le(directory_disk.value_or(0), 2) + le(here, 2) + le(count, 2) +
               le(size, 4) + le(offset, 4) + le(comment_bytes.value_or(comment.size()), 2) + comment;
        return out + after;
    }

private:
    static std::string common(const zip_header& h)
    {
        const auto le = little_endian;
        return le(h.needed, 2) + le(h.flags, 2) + le(h.method, 2) + le(0x6000, 2) + le(0x5821, 2) + le(h.crc32, 4) +
               le(h.packed, 4) + le(h.bytes, 4) + le(h.name.size(), 2) + le(h.extra.size(), 2);
    }
};

}  // namespace support

#endif
