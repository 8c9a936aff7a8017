// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_SCAN_KINDS_HPP
#define MODELSEC_TOOLS_SCAN_KINDS_HPP

#include "scan.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace modelsec::tool {

/// `*` within a part of a path, `**` over parts, `?`, `[a-z]`. A glob without a slash is held against the last part.
bool glob_matches(std::string_view glob, std::string_view path);
bool any_glob_matches(const std::vector<std::string>& globs, std::string_view path);

/// What a file is by its path, first bytes and size (if that is known); empty: nothing by these.
std::string kind_of(std::string_view path, std::string_view head, std::optional<std::uint64_t> size,
                    const scan_rules& rules);

/// Keys and tokens anywhere in a file, which comes in pieces.
class content_search
{
public:
    void add(std::string_view piece);
    void end() { look(window_.size()); }
    const std::string& found() const { return found_; }  ///< "key", "token" or empty
    std::uint64_t size() const { return size_; }

private:
    void look(std::size_t limit);

    std::string window_;
    std::size_t begin_ = 0;  // of what was not looked at yet; the byte before it is kept: words begin after others
    std::uint64_t size_ = 0;
    std::string found_;
};

}  // namespace modelsec::tool

#endif
