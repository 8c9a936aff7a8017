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

namespace modelsec::tool {

/// What `modelsec publish` was told about where the files go.
class upload_arguments
{
public:
    void add_to(CLI::App& command);

    /// Whether files are uploaded at all.
    bool wanted() const noexcept { return to_ || environment_ || sensitivity_ || !destination_.empty(); }
    /// By the table of place_model(); `placement` (50) for what it forbids.
    placement where() const;
    /// Whether addresses of files that were not given become those at the host.
    bool gives_addresses() const { return wanted() && where().target != upload_kind::dir; }
    /// `out`: the manifest's file, beside which uploads in progress are remembered.
    upload_options options(const std::string& out, output& told) const;

private:
    std::optional<upload_kind> target() const;
    std::string destination() const;

    std::optional<std::string> to_, environment_, sensitivity_;
    std::string destination_, endpoint_, kms_key_, credentials_;
    source_arguments sources_;
    proxy_arguments proxy_;
    tls_arguments tls_;
};

}  // namespace modelsec::tool

#endif
