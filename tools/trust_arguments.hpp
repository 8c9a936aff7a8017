// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_TRUST_ARGUMENTS_HPP
#define MODELSEC_TOOLS_TRUST_ARGUMENTS_HPP

#include "signer_arguments.hpp"

#include <modelsec/options.hpp>

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace modelsec::tool {

/// Who may sign: --pin, --pins or --root; what takes the place of a manifest: the repository of --tuf, or the --signature of a model, by
/// --key, --ca-signing or --identity.
class trust_arguments
{
public:
    /// `with_signers`: also who may sign models without a manifest.
    void add_to(CLI::App& command, bool with_signers = true);
    /// Only pinned keys.
    void add_keys_to(CLI::App& command, const std::string& group);
    void add_root_url_to(CLI::App& command);
    void add_repository_to(CLI::App& command, const std::string& group);
    void add_signature_to(CLI::App& command, const std::string& group);

    bool repository() const noexcept { return !metadata_url_.empty(); }
    const std::string& metadata_url() const noexcept { return metadata_url_; }
    /// Where the signature of a model is: a URL or a file; empty if none was given.
    const std::string& signature() const noexcept { return signature_; }
    bool signature_is_url() const { return signature_.find("://") != std::string::npos; }
    const std::vector<std::string>& bases() const noexcept { return bases_; }
    /// What was given; nothing if nothing was. Roots lie beside the manifest unless --root-url says otherwise. `online` is off where
    /// nobody is asked for further roots.
    trust_source source(const std::string& manifest_url, bool online = true) const;

private:
    trust_source keys() const;
    trust_source model_signers(bool online) const;
    std::string root_folder(const std::string& manifest_url) const;

    std::vector<std::string> pins_;
    std::string pins_file_, root_file_, root_url_;
    std::string metadata_url_, target_;
    std::vector<std::string> target_urls_;
    signer_arguments signers_;
    std::string signature_, max_age_;
    std::vector<std::string> bases_;
};

}  // namespace modelsec::tool

#endif
