// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_PUBLISH_ARGUMENTS_HPP
#define MODELSEC_TOOLS_PUBLISH_ARGUMENTS_HPP

#include "publish.hpp"

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace modelsec::tool {

/// Reads a private key; errors say what to do about them.
signing_key read_signing_key(const std::string& path);

/// What was said to `modelsec publish`.
class publish_arguments
{
public:
    void add_to(CLI::App& command);

    publication what(utc_time now) const;
    std::vector<signing_key> keys() const;
    /// The version of the root, if one was given, whose targets role must hold these keys: else nobody who trusts it would take what
    /// they sign.
    std::optional<std::uint64_t> root_version(const std::vector<signing_key>& keys) const;
    const std::string& out_file() const noexcept { return out_; }
    /// Files with the public keys of those who may read the model.
    const std::vector<std::string>& encrypt_for() const noexcept { return encrypt_for_; }

private:
    std::vector<artifact_to_publish> artifacts() const;
    std::optional<utc_time> expiry(utc_time now) const;

    CLI::App* command_ = nullptr;
    std::vector<std::string> keys_, platforms_, files_, urls_, mirrors_, encrypt_for_;
    std::string model_, version_, tier_, expires_, root_, chunk_size_ = "4MiB", format_ = "dsse", out_;
    std::optional<std::uint64_t> sequence_;
    int zips_ = 0;
};

}  // namespace modelsec::tool

#endif
