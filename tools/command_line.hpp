// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_COMMAND_LINE_HPP
#define MODELSEC_TOOLS_COMMAND_LINE_HPP

#include "output.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>
#include <vector>

namespace modelsec::tool {

/// The options of the whole command and what was chosen by them.
struct command_line
{
    command_line();

    CLI::App app;
    bool json = false;
    bool quiet = false;
    std::function<void(output&)> chosen;  ///< the subcommand's work; errors are thrown
};

/// Adds a subcommand with the flags that all have, to another one if `parent` is given. `examples` end its help.
CLI::App& add_subcommand(command_line& line, const std::string& name, const std::string& purpose,
                         const std::string& examples, CLI::App* parent = nullptr);

/// An option that may come several times, with one value each.
CLI::Option* repeatable(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                        const std::string& purpose, const std::string& type);

/// For numbers of 64 bits: CLI11 reads "-1" as the largest of them.
inline const CLI::Validator not_negative(
    [](const std::string& text) {
        return text.starts_with('-') ? std::string("a number, and not below zero") : std::string();
    },
    "");

/// Parses the arguments, runs the command, tells of errors. The exit code: an errc.
int run(int argc, char** argv);

}  // namespace modelsec::tool

#endif
