// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_MODEL_HPP
#define MODELSEC_DETAIL_MANIFEST_MODEL_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/detail/manifest/encryption.hpp>

#include <optional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// Digests of the consecutive chunks of one file; all of `size_bytes` but the last.
struct chunk_digests
{
    std::uint64_t size_bytes = 0;
    std::vector<sha256_digest> sha256;
};

/// Where the list of a file's content-defined chunks may be had (docs/manifest.md, Index): a hint which bytes need not travel, since
/// they are in the store already. Nothing is believed because of it.
struct index_reference
{
    std::string url;  ///< https
    sha256_digest sha256;
    std::uint64_t size_bytes = 0;
};

/// One file to download: what its bytes are, and where they may be had. The digest decides, never the place.
struct artifact_file
{
    std::uint64_t size_bytes = 0;
    sha256_digest sha256;
    std::string url;  ///< a locator; empty if only the endpoint knows
    std::vector<std::string> mirrors;
    std::optional<chunk_digests> chunks;
    std::optional<encryption_info> encryption{};  ///< what the bytes are the cipher text of
    std::optional<index_reference> index{};
    std::optional<relative_path> name;  ///< the file's place in the pack; none for an archive
    /// No SHA-256 of the bytes was signed: all `chunks` decide, of any size, or `sha512` where there are none; `sha256` stands for these then.
    bool stands_in = false;
    bytes sha512{};  ///< 64 bytes if this digest is signed too (TUF targets); else empty
};

/// A POST endpoint that hands out a short-lived URL.
struct url_endpoint
{
    std::string url;
    std::string body;  ///< JSON, sent verbatim
};

/// What one platform gets: one file, an archive, or several files that become active together.
struct artifact
{
    std::string platform;
    std::vector<artifact_file> files;  ///< at least one; exactly one for an archive
    bool is_zip = false;
    std::optional<std::uint64_t> extracted_bytes;
    std::optional<url_endpoint> endpoint;
    std::string oci;  ///< `oci://…` of a whole artifact whose layers are the files; else empty

    std::uint64_t total_bytes() const noexcept
    {
        std::uint64_t sum = 0;
        for (const auto& f : files)
            sum += f.size_bytes;
        return sum;
    }
    /// Identifies the bytes: the file's digest, or for several files the SHA-256 over their paths and digests.
    MODELSEC_DECL sha256_digest content_digest() const;
};

struct device_needs
{
    std::uint64_t min_ram_mb = 0;
    std::uint64_t min_free_disk_mb = 0;
};

/// What a publisher said, parsed from the very bytes whose signatures were verified.
struct manifest
{
    identifier model_id;
    identifier version;
    std::optional<std::uint64_t> sequence;
    std::optional<std::uint64_t> root_version;
    std::optional<utc_time> issued_at;
    std::optional<utc_time> expires_at;
    std::string tier;
    device_needs needs;
    std::vector<artifact> artifacts;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/manifest/model.ipp>
#endif

#endif
