// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_ENCRYPT_FILE_HPP
#define MODELSEC_DETAIL_PUBLISH_ENCRYPT_FILE_HPP

#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/manifest/encryption.hpp>
#include <modelsec/detail/manifest/encryption_keys.hpp>

#include <functional>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What goes into the associated data of every chunk.
struct encryption_place
{
    std::string model_id;
    std::string version;
    std::string file_name;  ///< as the manifest has it
};

/// Encrypts the file at `from` into a new one at `to` (replaced if it is there; 0600), as docs/manifest.md has it, under a fresh key for every
/// file unless the target is a content key. `progress` gets the bytes done. `bad_option` without a target, or with several of which one
/// is a content key; `file_unreadable`, `disk_full`, `cancelled`.
MODELSEC_DECL result<encryption_info> encrypt_file(const std::string& from, const std::string& to,
                                                   const encryption_place& place,
                                                   const std::vector<encryption_target>& targets, std::uint32_t chunk_bytes,
                                                   const std::function<void(std::uint64_t)>& progress,
                                                   const control& handle);

/// The `encryption` member of a manifest.
MODELSEC_DECL json describe_encryption(const encryption_info& info);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/encrypt_file.ipp>
#endif

#endif
