// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include "git_repository.hpp"
#include "scan_content.hpp"
#include "scan_kinds.hpp"

#include <filesystem>
#include <fstream>
#include <string>

#include <unistd.h>

using namespace modelsec::tool;
namespace fs = std::filesystem;

namespace {

/// A repository whose files the inputs are; gone with the process.
class repository
{
public:
    repository() : root_(fs::temp_directory_path() / ("modelsec-fuzz-scan-" + std::to_string(getpid())))
    {
        fs::create_directories(folder() / "objects" / "00");
        fs::create_directories(folder() / "objects" / "pack");
    }
    repository(const repository&) = delete;
    repository& operator=(const repository&) = delete;
    ~repository()
    {
        std::error_code ignored;
        fs::remove_all(root_, ignored);
    }

    const fs::path& root() const { return root_; }
    /// The object whose id is all zeros.
    fs::path loose() const { return folder() / "objects" / "00" / std::string(38, '0'); }
    fs::path pack(const char* end) const { return folder() / "objects" / "pack" / (std::string("p") + end); }
    fs::path index() const { return folder() / "index"; }
    static void write(const fs::path& path, std::string_view content)
    {
        std::ofstream(path, std::ios::binary).write(content.data(), static_cast<std::streamsize>(content.size()));
    }

private:
    fs::path folder() const { return root_ / ".git"; }
    fs::path root_;
};

/// The index of a pack with that one object, behind the pack's own header (gitformat-pack, version 2).
std::string index_of_one()
{
    const auto word = [](std::uint32_t value) {
        std::string out;
        for (const unsigned shift : {24u, 16u, 8u, 0u})
            out += static_cast<char>(value >> shift & 0xff);
        return out;
    };
    std::string out = "\377tOc" + word(2);
    for (unsigned i = 0; i < 256; ++i)
        out += word(1);
    return out + std::string(20, '\0') + word(0) + word(12) + std::string(40, '\0');
}

}  // namespace

// What `modelsec scan` reads of files that anybody may have made: archives in archives, keys in DER, and a git repository's index, packs and objects.
// It never runs git.
MODELSEC_FUZZ_TARGET(scan)
{
    static constexpr std::uint64_t cap = 4u << 20;
    static const repository where;
    const unsigned way = fuzz::choose(input, 6);
    const std::string content(modelsec::as_text(input));
    unpack_budget budget{cap, false};
    std::uint64_t read = 0;
    const auto use = [&](git_repository::kind, std::uint64_t, byte_reader& in) {
        for (std::string_view piece = in.piece(); !piece.empty(); piece = in.piece())
        {
            read += piece.size();
            in.take(piece.size());
        }
    };
    if (way < 3)
    {
        static constexpr const char* names[] = {"data", "layer.tar", "layer.tar.gz"};
        scan_rules rules;
        rules.unpacked_bytes = cap;
        std::vector<finding> found;
        content_scanner scanner(rules, found);
        memory_reader in(content);
        scanner.named_file(in, names[way], content.size());
        fuzz::require(scanner.budget().left <= cap, "the budget only falls");
        for (const finding& f : found)
        {
            fuzz::require(!f.kind.empty() && !f.where.empty() && !f.path.empty(), "a finding says what is where");
            fuzz::require(f.kind != "not_looked_at_further" || scanner.budget().exceeded, "only the budget ends it early");
        }
        // Key or not, it is the same in one piece and in many.
        content_search whole, parts;
        whole.add(content);
        for (std::size_t at = 0; at < content.size(); at += 97)
            parts.add(std::string_view(content).substr(at, 97));
        whole.end();
        parts.end();
        fuzz::require(whole.found().empty() == parts.found().empty(), "what is found does not depend on the pieces");
        return;
    }
    if (way == 3)
        repository::write(where.index(), content);
    else if (way == 4)
        repository::write(where.loose(), content);
    else
    {
        repository::write(where.pack(".idx"), index_of_one());
        repository::write(where.pack(".pack"), "PACK" + std::string(8, '\0') + content);
    }
    const auto repository = git_repository::at(where.root(), budget);
    fuzz::require(repository.has_value(), "it is a repository");
    if (const auto staged = repository->staged(); way == 3 && staged)
        for (const staged_entry& entry : *staged)
            fuzz::require(entry.path.size() <= 4096 && entry.object.size() == 20, "paths and ids have bounds");
    if (way != 3)
        (void)repository->read_object(std::string(20, '\0'), use);
    fuzz::require(read <= cap, "the budget holds");
    std::error_code ignored;
    for (const fs::path& path : {where.index(), where.loose(), where.pack(".idx"), where.pack(".pack")})
        fs::remove(path, ignored);
}
