// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_COMMAND_LINE_HPP
#define MODELSEC_TOOLS_COMMAND_LINE_HPP

#include "output.hpp"

#include <CLI/CLI.hpp>

#include <concepts>
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

template <class T>
concept count_value = std::unsigned_integral<T> || std::unsigned_integral<typename T::value_type>;

/// An option that takes a count, into an unsigned number or an optional one: digits and nothing else. (CLI11 reads "-1" as the largest of
/// 64 bits.)
template <count_value T>
CLI::Option* count_option(CLI::App& command, const std::string& name, T& value, const std::string& purpose,
                          const std::string& type = "N")
{
    const auto is_count = [](const std::string& text) {
        const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
        return digits ? std::string() : std::string("a whole number, and not below zero");
    };
    return command.add_option(name, value, purpose)->type_name(type)->check(CLI::Validator(is_count, ""));
}

/// Parses the arguments, runs the command, tells of errors. The exit code: an errc.
int run(int argc, char** argv);

}  // namespace modelsec::tool

#endif
