// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_PROXY_HPP
#define MODELSEC_TOOLS_PROXY_HPP

#include <modelsec/options.hpp>

#include <CLI/CLI.hpp>

#include <optional>
#include <string>

namespace modelsec::tool {

class output;

/// The proxy that was asked for, by the rules of curl: --proxy, else the first that is set of https_proxy, HTTPS_PROXY, all_proxy and
/// ALL_PROXY; hosts that go past it from --no-proxy, else from no_proxy or NO_PROXY. `url` empty (not absent): no proxy at all.
/// User and password come with the variable, or from `user_variable` ("user:password"): an argument that holds them is refused.
proxy_options find_proxy(const std::optional<std::string>& url, const std::optional<std::string>& no_proxy,
                         const std::string& user_variable);

/// --proxy, --no-proxy and --proxy-user-env, as every command has them that asks a host.
class proxy_arguments
{
public:
    void add_to(CLI::App& command, const std::string& group);
    proxy_options options() const { return find_proxy(url_, no_proxy_, user_variable_); }
    /// The same, and says so if the variable of --proxy-user-env is not set.
    proxy_options options(output& out) const;
    /// That variable, if it is not set: worth a word.
    std::optional<std::string> unset_variable() const;

private:
    std::optional<std::string> url_, no_proxy_;
    std::string user_variable_;
};

}  // namespace modelsec::tool

#endif
