// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_FETCH_ARGUMENTS_HPP
#define MODELSEC_TOOLS_FETCH_ARGUMENTS_HPP

#include "network_arguments.hpp"
#include "policy_arguments.hpp"
#include "trust_arguments.hpp"

#include <modelsec/client.hpp>

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace modelsec::tool {

/// What was said to `modelsec fetch`, and what it means to the library.
class fetch_arguments
{
public:
    void add_to(CLI::App& command);

    const std::string& model() const noexcept { return model_; }
    bool dry_run() const noexcept { return dry_run_; }
    client_options client() const;
    fetch_options fetch() const;
    /// Variables of --token-env, --header-env and --proxy-user-env that are not set: worth a word.
    std::vector<std::string> unset_variables() const;

private:
    manifest_source manifest() const;
    credential_provider credentials() const;

    std::string manifest_url_, manifest_file_, post_;
    std::vector<std::string> headers_, header_variables_;
    trust_arguments trust_;
    policy_arguments sharing_;
    std::string store_, model_, tier_;
    std::vector<std::string> platforms_;
    std::string format_ = "dsse";
    std::string token_variable_, credentials_file_;
    std::string profile_ = "server";
    network_arguments network_;
    std::uint64_t min_sequence_ = 0;
    bool require_order_ = false;
    bool offline_ = false;
    bool dry_run_ = false;
};

}  // namespace modelsec::tool

#endif
