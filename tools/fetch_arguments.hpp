// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_FETCH_ARGUMENTS_HPP
#define MODELSEC_TOOLS_FETCH_ARGUMENTS_HPP

#include "audit_arguments.hpp"
#include "policy_arguments.hpp"
#include "proxy.hpp"
#include "source_arguments.hpp"
#include "trust_arguments.hpp"
#include "tls_arguments.hpp"

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
    /// `with_store`: whether the model goes into a store, with all that is said of one; else it is only carried elsewhere.
    void add_to(CLI::App& command, bool with_store = true);

    const std::string& model() const noexcept { return model_; }
    bool dry_run() const noexcept { return dry_run_; }
    /// Where the network fails, what is active will do.
    bool lenient() const noexcept { return fallback_after_.has_value(); }
    client_options client() const;
    fetch_options fetch() const;
    /// Whether the files of --ca, --cert and --cert-key can be used: a failure names the one that cannot, which the caller has named.
    void check_files(const client_options& options) const;
    /// Variables of --token-env, --header-env and --proxy-user-env that are not set: worth a word.
    std::vector<std::string> unset_variables() const;

private:
    manifest_source manifest() const;
    std::string document_url() const;
    credential_provider credentials() const;
    ocsp_policy ocsp() const;

    std::string manifest_url_, manifest_file_, bundle_, post_;
    std::string decrypt_variable_, decrypt_file_;
    std::vector<std::string> headers_, header_variables_;
    trust_arguments trust_;
    policy_arguments sharing_;
    audit_arguments audit_;
    source_arguments sources_;
    std::string store_, model_, tier_;
    std::vector<std::string> platforms_;
    std::string format_ = "dsse";
    std::string token_variable_, credentials_file_;
    std::string profile_ = "server";
    tls_arguments tls_;
    bool with_store_ = true;
    std::optional<std::uint64_t> first_byte_;
    std::optional<std::uint64_t> fallback_after_;
    std::string digest_ = "automatic";
    std::string verity_ = "off";
    std::string min_rate_;
    std::vector<std::string> spki_pins_;
    std::string ocsp_ = "check";
    proxy_arguments proxy_;
    std::string limit_rate_;
    std::string max_bytes_;
    std::optional<unsigned> connections_;
    std::uint64_t min_sequence_ = 0;
    bool require_order_ = false;
    bool offline_ = false;
    bool dry_run_ = false;
    bool cache_tag_ = false;
};

}  // namespace modelsec::tool

#endif
