// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_DECLARATIONS_HPP
#define MODELSEC_TOOLS_DECLARATIONS_HPP

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace modelsec::tool {

// What the subcommands declare, taken apart for whoever makes something of it: manual pages, completions.

struct declared_option
{
    std::string name;   ///< "--store", or of an argument "MODEL"
    std::string value;  ///< "DIR"; empty for a flag
    std::string purpose;
    std::string group;
    bool argument = false;  ///< stands without a name
    bool required = false;
    bool repeatable = false;
};

struct declared_command
{
    std::string name;  ///< "fetch", "root init"
    std::string purpose;
    std::string examples;
    std::vector<declared_option> options;
};

/// Every subcommand that can be run, also those of subcommands, in the order of the help.
std::vector<declared_command> declared_commands(const CLI::App& whole);

/// The page of the whole command, or of one subcommand, in the man macros of man(7).
std::string manual_page(const std::vector<declared_command>& all, const std::string& purpose, const std::string& footer);
std::string manual_page(const declared_command& command);

std::string bash_completion(const std::vector<declared_command>& all);
std::string zsh_completion(const std::vector<declared_command>& all);
std::string fish_completion(const std::vector<declared_command>& all);

}  // namespace modelsec::tool

#endif
