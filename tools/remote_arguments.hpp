// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_REMOTE_ARGUMENTS_HPP
#define MODELSEC_TOOLS_REMOTE_ARGUMENTS_HPP

#include "network_arguments.hpp"
#include "output.hpp"

#include <modelsec/publish.hpp>

#include <string>
#include <string_view>

namespace modelsec::tool {

/// How a publisher asks hosts: the network's options and credentials by origin.
class remote_arguments
{
public:
    void add_to(CLI::App& command);
    remote_options options() const;

private:
    network_arguments network_;
    std::string credentials_file_;
};

/// check_remote(), with progress and a line for each finding.
remote_report ask_hosts(std::string_view manifest, const remote_arguments& arguments, bool read_bodies,
                        const control& handle, output& out);

}  // namespace modelsec::tool

#endif
