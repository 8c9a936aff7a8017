// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_SIGNER_ARGUMENTS_HPP
#define MODELSEC_TOOLS_SIGNER_ARGUMENTS_HPP

#include <modelsec/model_signing.hpp>

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace modelsec::tool {

/// Who may have signed a model: --key, certificates of a CA, or --identity or --identity-pattern with --issuer and --trusted-root.
class signer_arguments
{
public:
    /// `ca_option`: how certificates are given, "--ca,--ca-signing" or, where --ca is something else, "--ca-signing".
    void add_to(CLI::App& command, const std::string& group, const std::string& ca_option);

    bool given() const noexcept
    {
        return !(keys_.empty() && authorities_.empty() && identities_.empty() && patterns_.empty() && issuers_.empty() &&
                 trusted_root_.empty());
    }
    /// All of one kind, at least one; else a usage error.
    std::vector<model_signer> signers() const;

private:
    sigstore_root root() const;

    std::vector<std::string> keys_, authorities_, identities_, patterns_, issuers_;
    std::string trusted_root_;
    std::string ca_;   ///< how certificates are given
    std::string who_;  ///< how a signer is given, for people
};

}  // namespace modelsec::tool

#endif
