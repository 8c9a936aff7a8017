// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_POLICY_ARGUMENTS_HPP
#define MODELSEC_TOOLS_POLICY_ARGUMENTS_HPP

#include <modelsec/options.hpp>

#include <CLI/CLI.hpp>

#include <string>

namespace modelsec::tool {

/// Who beside its owner may use the store: `--shared-read`, `--volume`.
struct policy_arguments
{
    bool shared_read = false;
    bool volume = false;

    void add_to(CLI::App& command, const std::string& group = "Options")
    {
        auto* const readers =
            command.add_flag("--shared-read", shared_read, "The store is its owner's, and read by others too (0755, 0644)");
        auto* const mine =
            command.add_flag("--volume", volume, "The volume is this application's alone, whoever owns its topmost folder");
        readers->group(group)->excludes(mine);
        mine->group(group);
    }

    store_policy policy() const
    {
        return shared_read ? store_policy::shared_read : volume ? store_policy::volume : store_policy::owner_only;
    }
};

}  // namespace modelsec::tool

#endif
