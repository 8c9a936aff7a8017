// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_TRUST_ARGUMENTS_HPP
#define MODELSEC_TOOLS_TRUST_ARGUMENTS_HPP

#include <modelsec/options.hpp>

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace modelsec::tool {

/// Who may sign: --pin, --pins or --root; and the repository of --tuf, which takes the place of a manifest.
class trust_arguments
{
public:
    void add_to(CLI::App& command);
    /// Only pinned keys.
    void add_keys_to(CLI::App& command, const std::string& group);
    void add_repository_to(CLI::App& command, const std::string& group);

    bool repository() const noexcept { return !metadata_url_.empty(); }
    const std::string& metadata_url() const noexcept { return metadata_url_; }
    /// What was given; nothing if nothing was. Roots lie beside the manifest unless --root-url says otherwise. `online` is off where
    /// nobody is asked for further roots.
    trust_source source(const std::string& manifest_url, bool online = true) const;

private:
    trust_source keys() const;
    std::string root_folder(const std::string& manifest_url) const;

    std::vector<std::string> pins_;
    std::string pins_file_, root_file_, root_url_;
    std::string metadata_url_, target_;
    std::vector<std::string> target_urls_;
};

}  // namespace modelsec::tool

#endif
