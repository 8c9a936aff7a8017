// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_ENCRYPT_PUBLICATION_HPP
#define MODELSEC_DETAIL_PUBLISH_ENCRYPT_PUBLICATION_HPP

#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/manifest/encryption_keys.hpp>
#include <modelsec/detail/publish/publication.hpp>

#include <cstdint>
#include <functional>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

struct encryption_options
{
    std::uint32_t chunk_bytes = 64u << 10;  ///< of plain text that are opened at once; at most 64 MiB
    control handle{};                       ///< keep a copy to cancel
    /// Bytes encrypted so far of all that will be. On the calling thread.
    std::function<void(std::uint64_t bytes, std::uint64_t total)> on_progress{};
};

/// Encrypts every file of a publication for these targets, FILE into FILE.enc beside it (0600; replaced if it is there), under a fresh key
/// for each, and lets the publication be about those: make_manifest() comes next. The ids must stand in `content`: they are what binds
/// a file to its model and version (docs/manifest.md, "Encryption"). A FILE.enc that is itself in the publication, beside FILE, is taken
/// for what an earlier run wrote, and leaves it. `bad_option` for an archive, which would be unpacked, and for no target;
/// `file_unreadable`, `disk_full`, `cancelled`.
MODELSEC_DECL result<void> encrypt_publication(publication& content, const std::vector<encryption_target>& targets,
                                               const encryption_options& options = {});

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/publish/encrypt_publication.ipp>
#endif

#endif
