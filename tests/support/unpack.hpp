// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_UNPACK_HPP
#define MODELSEC_TESTS_SUPPORT_UNPACK_HPP

#include "memory_file_system.hpp"

#include <modelsec/detail/store/archive/archive.hpp>

#include <map>

namespace support {

/// What came of an extraction into memory.
struct unpacked
{
    modelsec::reason why = modelsec::reason::none;
    std::string detail;
    std::vector<modelsec::detail::placed_file> placed;
    std::map<std::string, std::string> tree;  ///< path to content; folders end in `/`
    bool synced = true;                       ///< everything in the tree, and the folder itself
};

inline void walk(const memory_file_system::node& at, const std::string& path, unpacked& out)
{
    out.synced = out.synced && at.synced;
    for (const auto& [name, child] : at.children)
    {
        const std::string here = path + name + (child->folder ? "/" : "");
        out.tree[here] = std::string(child->content.begin(), child->content.end());
        walk(*child, here, out);
    }
}

struct unpack_options
{
    std::optional<modelsec::sha256_digest> digest;  ///< else the right one
    std::optional<std::uint64_t> size;              ///< else the right one
    std::optional<std::uint64_t> extracted_bytes;
    std::function<void(std::uint64_t)> progress;
    modelsec::limits caps;
    modelsec::control handle;
};

inline unpacked unpack(memory_file_system& disk, const std::string& archive, const unpack_options& options = {})
{
    const modelsec::detail::file from = disk.loose_file(archive);
    const modelsec::detail::file into = disk.open_root();
    modelsec::detail::extraction what;
    what.archive_bytes = options.size.value_or(archive.size());
    what.archive_sha256 = options.digest.value_or(modelsec::sha256(modelsec::as_bytes(archive)));
    what.extracted_bytes = options.extracted_bytes;
    what.progress = options.progress;

    auto got = modelsec::detail::extract_zip(disk, from, into, what, options.caps, options.handle);
    unpacked out;
    if (got.has_error())
    {
        out.why = got.error().why;
        out.detail = got.error().detail;
    }
    else
        out.placed = *got;
    walk(disk.root(), "", out);
    return out;
}

inline unpacked unpack(const std::string& archive, const unpack_options& options = {})
{
    memory_file_system disk;
    return unpack(disk, archive, options);
}

}  // namespace support

#endif
