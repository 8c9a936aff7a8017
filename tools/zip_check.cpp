// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "zip_check.hpp"

#include <modelsec/detail/store/archive/zip_directory.hpp>

#include <algorithm>
#include <fstream>

namespace modelsec::tool {

namespace {

result<bytes> read_part(std::ifstream& in, std::uint64_t offset, std::uint64_t size)
{
    bytes out(static_cast<std::size_t>(size));
    if (!in.seekg(static_cast<std::streamoff>(offset)) ||
        !in.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(size)))
        return fail(reason::file_unreadable, "the archive");
    return out;
}

}  // namespace

result<std::uint64_t> unpacked_bytes(const std::string& path, std::uint64_t archive_bytes)
{
    const limits caps;
    std::ifstream in(path, std::ios::binary);
    if (!in)
        return fail(reason::file_unreadable, path);
    const std::uint64_t tail_bytes = std::min<std::uint64_t>(archive_bytes, zip_tail_bytes);
    MODELSEC_TRY(const bytes tail, read_part(in, archive_bytes - tail_bytes, tail_bytes));
    MODELSEC_TRY(const zip_end end, find_zip_directory(tail, archive_bytes, caps));
    MODELSEC_TRY(const bytes directory, read_part(in, end.directory_offset, end.directory_bytes));
    MODELSEC_TRY(const zip_plan plan, plan_zip(directory, end, caps));
    return plan.bytes;
}

}  // namespace modelsec::tool
