// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_PUBLISH_HPP
#define MODELSEC_TOOLS_PUBLISH_HPP

#include "keys.hpp"

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/base/json.hpp>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace modelsec::tool {

/// A local file and where it will be had.
struct file_to_publish
{
    std::string path;
    std::string url;
    std::vector<std::string> mirrors;
    std::string name{};  ///< in the manifest; empty: the last part of `path`
    json encryption{};   ///< the manifest's member, if the file is the cipher text of another; else null
};

struct artifact_to_publish
{
    std::string platform;
    std::vector<file_to_publish> files;
    bool is_zip = false;
};

struct publication
{
    envelope_format format = envelope_format::dsse;
    std::string model_id;
    std::string version;
    std::string tier;
    std::optional<std::uint64_t> sequence;
    std::optional<std::uint64_t> root_version;  ///< clients that know no root so new refuse it
    utc_time issued_at;
    std::optional<utc_time> expires_at;
    std::uint64_t chunk_bytes = 4u << 20;  ///< enlarged until all chunk digests fit into a manifest
    std::vector<artifact_to_publish> artifacts;
};

/// What was published, for telling.
struct published
{
    std::string manifest;     ///< the signed envelope
    std::uint64_t bytes = 0;  ///< of all files
    std::uint64_t chunk_bytes = 0;
};

/// Refuses what must not stand in a manifest that anybody can read: user or query in a URL, tokens, a home folder
/// (`secret_in_metadata`; CWE-200).
result<void> check_public(const std::string& text);

/// Hashes the files and signs what is to be said about them. The envelope is then verified and parsed like clients will do it:
/// what they would refuse is not published.
result<published> make_manifest(const publication& what, const std::vector<signing_key>& keys,
                                const std::function<void(std::uint64_t, std::uint64_t)>& progress, const control& handle);

/// Adds one more signature to a DSSE manifest; false if this key has signed it already.
result<bool> add_signature(std::string& manifest, const signing_key& key);

}  // namespace modelsec::tool

#endif
