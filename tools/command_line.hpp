// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_COMMAND_LINE_HPP
#define MODELSEC_TOOLS_COMMAND_LINE_HPP

#include "output.hpp"

#include <CLI/CLI.hpp>

#include <charconv>
#include <concepts>
#include <cstdint>
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

/// An option that takes a count, into an unsigned number or an optional one: decimal digits of 64 bits at most and nothing else. (CLI11 reads
/// "-1" and what is too large as the largest of 64 bits, and "0100" as 64.)
template <count_value T>
CLI::Option* count_option(CLI::App& command, const std::string& name, T& value, const std::string& purpose,
                          const std::string& type = "N")
{
    const auto is_count = [](const std::string& text) {
        std::uint64_t number = 0;
        const char* const last = text.data() + text.size();
        const auto [end, error] = std::from_chars(text.data(), last, number);
        const bool decimal = error == std::errc() && end == last && (text.size() == 1 || text.front() != '0');
        return decimal ? std::string() : std::string("a whole number, not below zero and without zeros in front");
    };
    return command.add_option(name, value, purpose)->type_name(type)->check(CLI::Validator(is_count, ""));
}

/// Parses the arguments, runs the command, tells of errors. The exit code: an errc.
int run(int argc, char** argv);

}  // namespace modelsec::tool

#endif
