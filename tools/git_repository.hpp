// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_GIT_REPOSITORY_HPP
#define MODELSEC_TOOLS_GIT_REPOSITORY_HPP

#include "scan_readers.hpp"

#include <modelsec/error.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace modelsec::tool {

/// What is staged at a path.
struct staged_entry
{
    std::string path;
    std::string object;      ///< its id, as bytes
    std::uint32_t mode = 0;  ///< as git has it: 0100644, 0120000 a link, 0160000 another repository, 0040000 a folder
    std::uint64_t size = 0;  ///< of the file when it was added, modulo 2^32
    bool content = true;     ///< false: `git add --intent-to-add`
};

/// The files of a git repository, read without running git: what stands in its configuration is run by nobody.
class git_repository
{
public:
    /// The one whose working tree has its root here; nothing if there is none. `unreadable` files fail.
    /// `budget` counts what its objects unpack to, and outlives this.
    static std::optional<git_repository> at(const std::filesystem::path& root, unpack_budget& budget);

    /// What is staged (git's gitformat-index: versions 2 to 4, split, sparse). `file_unreadable` for what is no such thing.
    result<std::vector<staged_entry>> staged() const;

    enum class kind
    {
        blob,
        tree,
        other
    };
    /// Gives the content of an object, from where it lies alone or from a pack (gitformat-pack); false if it is not there.
    bool read_object(const std::string& id, const std::function<void(kind, std::uint64_t size, byte_reader&)>& use) const;

private:
    struct packed
    {
        std::filesystem::path pack;
        std::uint64_t offset;
    };
    struct object
    {
        unsigned type = 0;
        std::string content;
    };
    result<std::vector<staged_entry>> entries_of(const std::string& data, bool shared) const;
    result<void> expand(std::vector<staged_entry>& entries) const;
    std::optional<packed> find_packed(const std::string& id) const;
    /// The way from an object to what it is in the end a change of, and what may still be held on it.
    struct chain
    {
        unsigned links = 0;
        unsigned by_id = 0;
        std::uint64_t left = std::uint64_t{256} << 20;
    };
    std::optional<object> packed_object(const packed& where, chain& so_far) const;
    std::optional<object> whole_object(const std::string& id, chain& so_far) const;

    unpack_budget* budget_ = nullptr;
    std::filesystem::path folder_;                // of this working tree: the index
    std::vector<std::filesystem::path> objects_;  // the repository's, and those that it borrows from
    std::size_t id_bytes_ = 20;                   // 32: SHA-256
};

}  // namespace modelsec::tool

#endif
