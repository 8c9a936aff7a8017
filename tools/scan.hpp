// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_SCAN_HPP
#define MODELSEC_TOOLS_SCAN_HPP

#include <modelsec/error.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace modelsec::tool {

/// What does not belong into a repository or an image, or what could not be looked at.
struct finding
{
    std::string kind;   ///< "weights", "key", "environment", "token", "unreadable" or "not_looked_at_further"
    std::string where;  ///< "index", "tree" or "layer"
    std::string path;   ///< below what was scanned; in an archive behind the archive's name and a colon
};

struct scan_rules
{
    std::vector<std::string> weights;  ///< globs beside the built-in ones
    std::vector<std::string> ignored;
    /// What all compressed files and git objects together may unpack to. What is beyond is a finding, "not_looked_at_further".
    std::uint64_t unpacked_bytes = std::uint64_t{256} << 30;
};

/// Scans a folder (working tree, git index, unpacked image, folder of an OCI image) or a file (a saved image, a layer, any other).
/// What cannot be read or understood is a finding: without one, all was looked at.
result<std::vector<finding>> scan_path(const std::string& path, const scan_rules& rules);

}  // namespace modelsec::tool

#endif
