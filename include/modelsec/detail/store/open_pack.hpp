// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_OPEN_PACK_HPP
#define MODELSEC_DETAIL_STORE_OPEN_PACK_HPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/mapped_file.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/detail/base/file_system/file_system.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// Which pack of a model: model id, version and digest together (the same version with other bytes is another pack).
struct pack_info
{
    std::string version{};
    sha256_digest artifact{};
    std::uint64_t sequence = 0;
    std::uint64_t bytes = 0;
    std::string path{};  ///< absolute folder; empty where there is none any more
    bool fs_verity =
        false;  ///< all of its files were under fs-verity when they were last opened or verified: see verity_policy
};

namespace detail {

class store;

/// A checked file of an open pack. What is opened only now is what was checked, by the same inode and change time; else it is hashed
/// again (docs/architecture.md, rule 2). Thread-safe.
class pack_entry_content
{
public:
    virtual ~pack_entry_content() = default;
    /// For reading, open for as long as this lives.
    virtual result<const file*> open() = 0;
    /// The same, once more: closed with what is returned.
    virtual result<file> open_once() = 0;
    /// Whether it belongs to this user or to root.
    virtual bool owned() const noexcept = 0;
};

}  // namespace detail

/// An active pack, held open: gc spares it while this lives, in this process or another. Moves; release it on any thread.
class open_pack
{
public:
    struct entry
    {
        std::string path;  ///< relative, with `/`
        std::uint64_t size = 0;
        sha256_digest sha256;
        std::shared_ptr<detail::pack_entry_content> content;

        /// The file's descriptor; on Windows its HANDLE, of which 32 bits are in use. For reading only, and valid as long as the
        /// open_pack. Small packs have all files open from the start; of others a file is opened when it is first asked for, so that a pack
        /// needs no more descriptors than its reader does (CWE-770): -1 where that fails, as it does once the file was removed by hand.
        MODELSEC_DECL int descriptor() const noexcept;
    };

    open_pack() = default;
    open_pack(open_pack&&) noexcept = default;
    open_pack& operator=(open_pack&&) noexcept = default;

    const pack_info& info() const noexcept { return info_; }
    const std::vector<entry>& files() const noexcept { return files_; }
    /// The file at this relative path, or null.
    MODELSEC_DECL const entry* find(std::string_view path) const noexcept;
    /// Where the file at this relative path lies: absolute; `not_in_pack` if the pack has none. For whoever opens by path only: what is
    /// opened then is what lies there by then. map() and descriptors are of the file that was checked.
    MODELSEC_DECL result<std::string> path(std::string_view name) const;
    /// Its bytes in memory, for reading: `not_in_pack`, `pack_damaged`, `too_many_open_files`, `store_io`.
    MODELSEC_DECL result<mapped_file> map(std::string_view name) const;
    /// The one file of a single-file pack, or null.
    const entry* only_file() const noexcept { return files_.size() == 1 ? &files_.front() : nullptr; }

private:
    friend class detail::store;
    MODELSEC_DECL void sort_paths();

    pack_info info_;
    std::vector<entry> files_;
    std::vector<std::uint32_t> by_path_;          ///< the places of the files, by their paths
    std::shared_ptr<const detail::file> folder_;  ///< holds a shared lock, which gc respects
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/open_pack.ipp>
#endif

#endif
