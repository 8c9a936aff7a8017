// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "zip_writer.hpp"

#include <zlib.h>

#include <cstdint>
#include <stdexcept>

namespace support {
namespace {

void put(std::string& to, std::uint64_t value, int size)
{
    for (int i = 0; i < size; ++i)
        to += static_cast<char>(value >> (8 * i));
}

std::string deflated(const std::string& content)
{
    z_stream z{};
    if (deflateInit2(&z, Z_BEST_SPEED, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        throw std::runtime_error("zlib cannot start");
    std::string made(deflateBound(&z, content.size()), '\0');
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(content.data()));
    z.avail_in = static_cast<uInt>(content.size());
    z.next_out = reinterpret_cast<Bytef*>(made.data());
    z.avail_out = static_cast<uInt>(made.size());
    const int result = ::deflate(&z, Z_FINISH);
    made.resize(z.total_out);
    deflateEnd(&z);
    if (result != Z_STREAM_END)
        throw std::runtime_error("zlib cannot deflate");
    return made;
}

}  // namespace

std::string zip_of(const std::vector<zip_member>& members)
{
    std::string archive;
    std::string directory;
    for (const auto& m : members)
    {
        const bool folder = !m.name.empty() && m.name.back() == '/';
        const bool deflate = m.deflate && !folder;
        const auto data = deflate ? deflated(m.content) : m.content;
        const auto mode = m.unix_mode != 0 ? m.unix_mode : folder ? 040755u : 0100644u;
        const auto crc = crc32(0, reinterpret_cast<const Bytef*>(m.content.data()), static_cast<uInt>(m.content.size()));

        std::string common;
        put(common, 20, 2);        // version needed
        put(common, 1u << 11, 2);  // names are UTF-8
        put(common, deflate ? 8 : 0, 2);
        put(common, 0x5a210000u, 4);  // 2025-01-01 00:00
        put(common, crc, 4);
        put(common, data.size(), 4);
        put(common, m.content.size(), 4);
        put(common, m.name.size(), 2);
        put(common, 0, 2);  // extra field

        put(directory, 0x02014b50, 4);
        put(directory, (3u << 8) | 20, 2);  // made by Unix
        directory += common;
        put(directory, 0, 2);  // comment
        put(directory, 0, 2);  // disk
        put(directory, 0, 2);  // internal attributes
        put(directory, std::uint64_t{mode} << 16, 4);
        put(directory, archive.size(), 4);
        directory += m.name;

        put(archive, 0x04034b50, 4);
        archive += common + m.name + data;
    }
    const auto start = archive.size();
    archive += directory;
    put(archive, 0x06054b50, 4);
    put(archive, 0, 4);
    put(archive, members.size(), 2);
    put(archive, members.size(), 2);
    put(archive, directory.size(), 4);
    put(archive, start, 4);
    put(archive, 0, 2);
    return archive;
}

}  // namespace support
