// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_NETWORK_ARGUMENTS_HPP
#define MODELSEC_TOOLS_NETWORK_ARGUMENTS_HPP

#include <modelsec/options.hpp>

#include <CLI/CLI.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace modelsec::tool {

/// How servers are reached: the options of every command that asks some.
class network_arguments
{
public:
    void add_to(CLI::App& command);

    /// Without credentials. Reads the variables that name a proxy.
    transport_options transport() const;
    /// Whether something was given that only one origin gets or shows: a client certificate, pinned keys.
    bool is_for_one_origin() const noexcept { return !certificate_.empty() || !spki_pins_.empty(); }
    const std::string& proxy_user_variable() const noexcept { return proxy_user_variable_; }

private:
    ocsp_policy ocsp() const;

    std::string ca_, certificate_, certificate_key_;
    std::vector<std::string> spki_pins_;
    std::string ocsp_ = "check";
    std::optional<std::string> proxy_, no_proxy_;
    std::string proxy_user_variable_;
    std::string limit_rate_;
    std::optional<unsigned> connections_;
};

}  // namespace modelsec::tool

#endif
