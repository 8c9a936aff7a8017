// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_DIGEST_CACHE_HPP
#define MODELSEC_DETAIL_PUBLISH_DIGEST_CACHE_HPP

#include <modelsec/detail/base/file_system/file_system.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/publish/hash_files.hpp>

#include <map>
#include <optional>
#include <string>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What files were when they were hashed last. Not for two threads at once.
class digest_cache
{
public:
    static constexpr std::size_t most_bytes = 64u << 20;

    /// Reads the file at `path`; an empty cache if there is none, or none that can be believed.
    MODELSEC_DECL explicit digest_cache(std::string path);

    /// Names a file and how it was cut: device, inode, size, both times.
    MODELSEC_DECL static std::string key_of(const file_info& info, std::uint64_t chunk_bytes);
    MODELSEC_DECL std::optional<file_digests> find(const std::string& key, std::uint64_t size_bytes,
                                                   std::uint64_t chunk_bytes) const;
    MODELSEC_DECL void remember(const std::string& key, const file_digests& digests);
    /// Writes it if anything was remembered, what is new first; older entries go where it would exceed most_bytes.
    MODELSEC_DECL void save() noexcept;

private:
    std::string path_;
    std::map<std::string, json> known_;
    std::map<std::string, json> fresh_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/digest_cache.ipp>
#endif

#endif
