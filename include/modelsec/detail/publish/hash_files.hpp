// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_HASH_FILES_HPP
#define MODELSEC_DETAIL_PUBLISH_HASH_FILES_HPP

#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/base/digest.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// How files are read and hashed.
struct hash_options
{
    /// Bytes so far of all of them: (0, total) first, never backwards, (total, total) last. On threads of the library, never on two
    /// at once.
    std::function<void(std::uint64_t bytes, std::uint64_t total)> on_progress{};
    control handle{};            ///< keep a copy to cancel
    unsigned threads = 0;        ///< so many files at once; 0: one for each core
    std::string digest_cache{};  ///< a file that keeps digests by device, inode, size and times; empty: none
    bool rehash = false;         ///< read everything, whatever the cache says; what is found goes into it
};

/// What a file's bytes are.
struct file_digests
{
    std::uint64_t size_bytes = 0;
    sha256_digest sha256{};
    std::vector<sha256_digest> chunks{};  ///< one for each chunk; empty for a file of a single one
    bool cached = false;                  ///< the file was not read: the cache knew it
};

/// Reads files once from end to end, all cores busy, and hashes them as wholes and in chunks of `chunk_bytes`. `file_unreadable` also for
/// one that changes while it is read; `cancelled`. A cache that cannot be read or written costs time, never a failure: it is
/// believed only as far as its folder is this user's alone.
MODELSEC_DECL result<std::vector<file_digests>> hash_files(const std::vector<std::string>& paths, std::uint64_t chunk_bytes,
                                                           const hash_options& options = {});

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/hash_files.ipp>
#endif

#endif
