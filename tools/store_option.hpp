// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_STORE_OPTION_HPP
#define MODELSEC_TOOLS_STORE_OPTION_HPP

#include "platform.hpp"

#include <CLI/CLI.hpp>

#include <string>

namespace modelsec::tool {

/// The store if --store is not given: $XDG_DATA_HOME/modelsec, for root /var/lib/modelsec, on macOS
/// ~/Library/Application Support/modelsec, else ~/.local/share/modelsec. Empty where there is no home.
inline std::string default_store()
{
    // XDG Base Directory Specification: a relative path is invalid and ignored.
    if (const auto data = environment("XDG_DATA_HOME"); data && data->front() == '/')
        return *data + "/modelsec";
    if (is_superuser())
        return "/var/lib/modelsec";
    const auto home = environment("HOME");
    return home ? *home + user_data_folder() + "/modelsec" : std::string();
}

/// `--store DIR` as every command has it; required only where there is no home to find a default in.
inline CLI::Option* add_store(CLI::App& command, std::string& store)
{
    store = default_store();
    return command
        .add_option("--store", store, "The folder where models live; default: the user's own, for root /var/lib/modelsec")
        ->type_name("DIR")
        ->required(store.empty());
}

}  // namespace modelsec::tool

#endif
