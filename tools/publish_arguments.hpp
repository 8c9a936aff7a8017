// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_PUBLISH_ARGUMENTS_HPP
#define MODELSEC_TOOLS_PUBLISH_ARGUMENTS_HPP

#include <modelsec/publish.hpp>

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace modelsec::tool {

/// Reads a private key; errors say what to do about them.
signing_key read_signing_key(const std::string& path);

/// The keys of `--key F …` and the root that trusts them: the options of every command that signs manifests.
class signing_arguments
{
public:
    void add_to(CLI::App& command, const std::string& group);

    std::vector<signing_key> keys() const;
    std::size_t key_count() const noexcept { return key_files_.size(); }
    /// The version of the root, if one was given, whose targets role must hold these keys: else nobody who trusts it would take what
    /// they sign.
    std::optional<std::uint64_t> root_version(const std::vector<signing_key>& keys) const;

private:
    std::vector<std::string> key_files_;
    std::string root_;
};

/// When a manifest of `--expires` ends.
utc_time manifest_expiry(const std::string& text, utc_time now);

/// What is in the file now; empty if there is none.
std::string manifest_at(const std::string& path);
/// Whoever has seen the manifest that is at `path` takes no lower sequence of that model: a usage error where one would replace it.
void refuse_lower_sequence(const std::string& path, const std::string& model_id, std::optional<std::uint64_t> sequence);

/// What was said to `modelsec publish`.
class publish_arguments
{
public:
    void add_to(CLI::App& command);

    /// `addresses_follow`: files need no address, where they are uploaded gives it.
    publication content(utc_time now, bool addresses_follow = false) const;
    const signing_arguments& signing() const noexcept { return signing_; }
    const std::string& out_file() const noexcept { return out_; }
    /// Where digests of files are kept from one run to the next; empty: nowhere.
    std::string digest_cache() const;
    bool rehash() const noexcept { return rehash_; }
    /// Files with the public keys of those who may read the model.
    const std::vector<std::string>& encrypt_for() const noexcept { return encrypt_for_; }

private:
    std::vector<artifact_to_publish> artifacts(bool addresses_follow) const;
    publication described(utc_time now) const;

    CLI::App* command_ = nullptr;
    signing_arguments signing_;
    std::vector<std::string> indexes_, index_urls_;
    std::string index_dir_;
    std::vector<std::string> platforms_, files_, urls_, mirrors_, folders_, base_urls_, mirror_bases_, excludes_,
        encrypt_for_;
    std::string model_, version_, tier_, expires_, chunk_size_, format_, out_, from_, watch_expiry_;
    std::optional<std::uint64_t> sequence_;
    std::optional<std::string> digest_cache_;
    bool follow_links_ = false;
    bool rehash_ = false;
    int zips_ = 0;
};

}  // namespace modelsec::tool

#endif
