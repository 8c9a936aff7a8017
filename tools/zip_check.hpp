// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_ZIP_CHECK_HPP
#define MODELSEC_TOOLS_ZIP_CHECK_HPP

#include <modelsec/error.hpp>

#include <cstdint>
#include <string>

namespace modelsec::tool {

/// How many bytes the files of a zip archive have together. Its directory and names are checked as clients check them, so that
/// no archive is published that they refuse: `unsafe_archive`, `unsafe_name`.
result<std::uint64_t> unpacked_bytes(const std::string& path, std::uint64_t archive_bytes);

}  // namespace modelsec::tool

#endif
