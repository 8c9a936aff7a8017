// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_ZIP_WRITER_HPP
#define MODELSEC_TESTS_SUPPORT_ZIP_WRITER_HPP

#include <cstdint>
#include <string>
#include <vector>

namespace support {

struct zip_member
{
    std::string name;  ///< with `/`; ends in one for a folder
    std::string content;
    bool deflate = true;
    std::uint32_t unix_mode = 0;  ///< 0: 0100644 (a folder: 040755)
};

/// A zip archive (APPNOTE.TXT 6.3) of these members, made by zlib; names are written as they are, also bad ones.
std::string zip_of(const std::vector<zip_member>& members);

}  // namespace support

#endif
