// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_SCAN_CONTENT_HPP
#define MODELSEC_TOOLS_SCAN_CONTENT_HPP

#include "scan.hpp"
#include "scan_readers.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace modelsec::tool {

/// Looks into one file after the other, and into what they are archives of: tar (ustar, GNU, pax), zip, gzip.
class content_scanner
{
public:
    content_scanner(const scan_rules& rules, std::vector<finding>& out)
        : rules_(rules), out_(out), budget_{rules.unpacked_bytes, false}
    {
    }

    /// `path` decides by its name what a file is, and what is ignored; `where` is for the findings.
    void file(byte_reader& in, const std::string& path, std::optional<std::uint64_t> size, const std::string& where);
    /// A file that was named itself: what is in it stands without its name.
    void named_file(byte_reader& in, const std::string& name, std::uint64_t size);
    void unreadable(const std::string& path, const std::string& where);
    unpack_budget& budget() { return budget_; }
    /// What is said of a file that came to an end where none should be.
    const char* not_read() const { return budget_.exceeded ? "not_looked_at_further" : "unreadable"; }

private:
    struct place
    {
        std::string outer;  // the archive's own place and a colon, or empty
        std::string where;
        unsigned depth;
    };
    void look(byte_reader& in, const std::string& path, std::optional<std::uint64_t> size, const place& at, bool unnamed);
    bool archive(byte_reader& in, const std::string& path, const place& at, bool unnamed);
    void tar(byte_reader& in, const std::string& path, const place& inside, const place& outside);
    bool tar_entry(byte_reader& in, const std::string& block, std::string& long_name,
                   std::optional<std::uint64_t>& long_size, const place& inside);
    void zip(byte_reader& in, const std::string& path, const place& inside, const place& outside);
    bool zip_entry(byte_reader& in, const place& inside);
    void add(const std::string& kind, const std::string& path, const place& at);

    const scan_rules& rules_;
    std::vector<finding>& out_;
    unpack_budget budget_;
    std::size_t told_ = 0;  // bytes of the names in it
};

}  // namespace modelsec::tool

#endif
