// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "command_line.hpp"

#include "command_error.hpp"
#include "commands/commands.hpp"
#include "platform.hpp"

#include <modelsec/version.hpp>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>
#include <new>
#include <sstream>

namespace modelsec::tool {

namespace {

constexpr const char* tool_purpose = "Gets signed models from an untrusted network onto this machine, and publishes them.";

constexpr const char* tool_footer = R"(modelsec SUBCOMMAND --help shows its options and examples.

Exit codes: 0 ok, 1 internal, 2 usage, 3 cancelled, 10 network, 11 tls, 12 http_status, 13 rate_limited,
  14 unauthorized, 20 signature, 21 expired, 22 rollback, 23 mismatch, 24 malformed, 25 no_artifact, 26 clock,
  30 digest, 31 unsafe, 40 disk_full, 41 store, 42 busy, 43 none_active, 50 policy,
  60 findings
With MODELSEC_DEBUG=1 in the environment errors also say what is for the owner of the machine: it may hold paths.
)";

/// CLI11 puts two empty lines between groups of options.
std::string single_spaced(std::string text)
{
    for (std::size_t at = 0; (at = text.find("\n\n\n", at)) != std::string::npos;)
        text.erase(at, 1);
    return text;
}

/// What CLI11 says, without the values that were given: they may be secrets in the wrong place.
std::string hint_of(const CLI::ParseError& e)
{
    std::string text = e.what();
    if (dynamic_cast<const CLI::ExtrasError*>(&e))
    {
        const std::size_t option = text.find(" --");
        if (option == std::string::npos)
            return "there is an argument that is not understood";
        const std::size_t end = text.find_first_of(" =", option + 1);
        return "there is no option " + text.substr(option + 1, end - option - 1);
    }
    if (dynamic_cast<const CLI::ConversionError*>(&e))
        return text.substr(0, text.find(" = "));
    if (dynamic_cast<const CLI::RequiredError*>(&e) || dynamic_cast<const CLI::ArgumentMismatch*>(&e))
        return text;
    return {};
}

output_mode mode_of(bool json, bool quiet)
{
    return json ? output_mode::json : quiet ? output_mode::quiet : output_mode::people;
}

int guarded(output& out, const std::function<void(output&)>& work)
{
    const auto failed = [&](reason why, std::string_view hint, std::string_view detail) {
        out.fail(why, hint, detail);
        return static_cast<int>(code_of(why));
    };
    try
    {
        work(out);
        return std::fflush(stdout) == 0 && !std::ferror(stdout)
                   ? 0
                   : failed(reason::internal_error, "standard output cannot be written", {});
    }
    catch (const command_error& e)
    {
        return failed(e.get_diagnostics().why, e.hint(), e.get_diagnostics().detail);
    }
    catch (const error& e)
    {
        return failed(e.get_diagnostics().why, {}, e.get_diagnostics().detail);
    }
    catch (const std::bad_alloc&)
    {
        return failed(reason::out_of_memory, {}, {});
    }
    catch (const std::exception& e)
    {
        return failed(reason::internal_error, {}, e.what());
    }
}

}  // namespace

command_line::command_line() : app(tool_purpose, "modelsec")
{
    app.require_subcommand(1);
    app.set_version_flag("--version", "modelsec " MODELSEC_VERSION_STRING, "The version");
    app.set_help_flag("-h,--help", "This");
    app.footer(tool_footer);
    app.get_formatter()->column_width(32);
#define MODELSEC_SUBCOMMAND(name) add_##name(*this);
    MODELSEC_SUBCOMMANDS(MODELSEC_SUBCOMMAND)
#undef MODELSEC_SUBCOMMAND
}

CLI::App& add_subcommand(command_line& line, const std::string& name, const std::string& purpose,
                         const std::string& examples, CLI::App* parent)
{
    CLI::App& command = *(parent ? *parent : line.app).add_subcommand(name, purpose);
    command.footer("Examples:\n" + examples);
    command.add_flag("--json", line.json, "One JSON object a line on stdout, nothing else");
    command.add_flag("--quiet", line.quiet, "Only errors");
    return command;
}

CLI::Option* repeatable(CLI::App& command, const std::string& name, std::vector<std::string>& values,
                        const std::string& purpose, const std::string& type)
{
    return command.add_option(name, values, purpose)->allow_extra_args(false)->type_name(type);
}

int run(int argc, char** argv)
{
    tell_file_limit();
    command_line line;
    std::vector<const char*> arguments(argv, argv + argc);
    const auto watches = [](std::string_view a) { return a == "--watch-expiry" || a.starts_with("--watch-expiry="); };
    if (argc > 2 && std::string_view(argv[1]) == "publish" && std::any_of(argv + 2, argv + argc, watches))
        arguments[1] = watch_expiry_name;
    try
    {
        line.app.parse(argc, arguments.data());
    }
    catch (const CLI::Success& e)  // --help, --version
    {
        std::ostringstream text;
        line.app.exit(e, text, text);
        std::cout << single_spaced(text.str()) << std::flush;
        return std::cout ? 0 : static_cast<int>(errc::internal);
    }
    catch (const CLI::ParseError& e)
    {
        // The flag may stand behind what was not understood.
        const bool json = std::find(argv, argv + argc, std::string_view("--json")) != argv + argc;
        output out(mode_of(json, false));
        const auto used = line.app.get_subcommands();
        const std::string help = "see modelsec " + (used.empty() ? "" : used.front()->get_name() + ' ') + "--help";
        const std::string what = hint_of(e);
        out.fail(reason::bad_option, what.empty() ? help : what + "; " + help, {});
        return static_cast<int>(errc::usage);
    }
    output out(mode_of(line.json, line.quiet));
    return guarded(out, line.chosen);
}

}  // namespace modelsec::tool
