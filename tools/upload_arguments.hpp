// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_UPLOAD_ARGUMENTS_HPP
#define MODELSEC_TOOLS_UPLOAD_ARGUMENTS_HPP

#include "proxy.hpp"
#include "source_arguments.hpp"
#include "tls_arguments.hpp"

#include <modelsec/publish.hpp>

#include <CLI/CLI.hpp>

#include <optional>
#include <string>
#include <vector>

namespace modelsec::tool {

/// What `modelsec publish` was told about where the files go.
class upload_arguments
{
public:
    void add_to(CLI::App& command);

    /// Whether files are uploaded at all.
    bool wanted() const noexcept { return !to_.empty() || environment_ || sensitivity_ || !destination_.empty(); }
    /// Whether addresses of files that were not given become those at a host. `placement` (50) for what the table forbids.
    bool gives_addresses() const;
    /// One for each host. `out`: the manifest's file, beside which uploads in progress are remembered.
    std::vector<upload_options> options(const std::string& out, output& told) const;

private:
    /// A host by the table of place_model(), and the place there; empty: the kind's default.
    struct goal
    {
        placement where;
        std::string destination;
    };
    std::vector<goal> goals() const;
    goal goal_of(const std::string& to) const;
    std::string endpoint_of(upload_kind kind) const;

    std::vector<std::string> to_, endpoints_;
    std::optional<std::string> environment_, sensitivity_;
    std::string destination_, kms_key_, credentials_;
    source_arguments sources_;
    proxy_arguments proxy_;
    tls_arguments tls_;
};

}  // namespace modelsec::tool

#endif
