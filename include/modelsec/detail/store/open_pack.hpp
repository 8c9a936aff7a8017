// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_OPEN_PACK_HPP
#define MODELSEC_DETAIL_STORE_OPEN_PACK_HPP

#include <modelsec/detail/base/digest.hpp>
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
    };

    open_pack() = default;

    const pack_info& info() const noexcept { return info_; }
    const std::vector<entry>& files() const noexcept { return files_; }
    /// The file at this relative path, or null.
    MODELSEC_DECL const entry* find(std::string_view path) const noexcept;
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
