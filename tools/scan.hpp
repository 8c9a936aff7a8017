// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_SCAN_HPP
#define MODELSEC_TOOLS_SCAN_HPP

#include <modelsec/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace modelsec::tool {

/// What does not belong into a repository or an image.
struct finding
{
    std::string kind;   ///< "weights", "key", "environment" or "token"
    std::string where;  ///< "index", "tree" or "layer"
    std::string path;   ///< below what was scanned; in a layer behind the layer's name and a colon
};

struct scan_rules
{
    std::vector<std::string> weights;  ///< globs beside the built-in ones
    std::vector<std::string> ignored;
};

/// `*` within a part of a path, `**` over parts, `?`, `[a-z]`. A glob without a slash is held against the last part.
bool glob_matches(std::string_view glob, std::string_view path);

/// What a file is by its path and first bytes (some 4 KiB of them); empty: nothing that was looked for.
std::string kind_of(std::string_view path, std::string_view head, std::uint64_t size, const scan_rules& rules);

/// The paths of a git index (versions 2 to 4; git's own Documentation/gitformat-index). `bad_option` for what is none.
result<std::vector<std::string>> parse_git_index(std::string_view data);

/// Scans a folder (working tree, git index, unpacked image, folder of an OCI image) or a tar.
result<std::vector<finding>> scan_path(const std::string& path, const scan_rules& rules);

}  // namespace modelsec::tool

#endif
