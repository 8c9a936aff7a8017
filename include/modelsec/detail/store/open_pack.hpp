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
};

namespace detail {
class store;
}

/// An active pack, held open: gc spares it while this lives, in this process or another. Moves; release it on any thread.
class open_pack
{
public:
    struct entry
    {
        std::string path;  ///< relative, with `/`
        std::uint64_t size = 0;
        sha256_digest sha256;
        detail::file content;  ///< opened before it was checked, for reading only; owned by the open_pack

        /// The descriptor of `content`; on Windows its HANDLE, of which 32 bits are in use. For reading only, and valid as long as the
        /// open_pack.
        MODELSEC_DECL int descriptor() const noexcept;
    };

    open_pack() = default;

    const pack_info& info() const noexcept { return info_; }
    const std::vector<entry>& files() const noexcept { return files_; }
    /// The file at this relative path, or null.
    MODELSEC_DECL const entry* find(std::string_view path) const noexcept;
    /// Where the file at this relative path lies: absolute; `not_in_pack` if the pack has none. For whoever opens by path only: what is
    /// opened then is what lies there by then. map() and descriptors are of the file that was checked.
    MODELSEC_DECL result<std::string> path(std::string_view name) const;
    /// Its bytes in memory, for reading: `not_in_pack`, `store_io`.
    MODELSEC_DECL result<mapped_file> map(std::string_view name) const;
    /// The one file of a single-file pack, or null.
    const entry* only_file() const noexcept { return files_.size() == 1 ? &files_.front() : nullptr; }

private:
    friend class detail::store;
    pack_info info_;
    std::vector<entry> files_;
    detail::file folder_;  ///< holds a shared lock, which gc respects
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/store/open_pack.ipp>
#endif

#endif
