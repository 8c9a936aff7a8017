// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../platform.hpp"
#include "../remote_arguments.hpp"
#include "../text.hpp"
#include "commands.hpp"

#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples = R"(  modelsec check-remote manifest.json           exits with 60 if something is wrong
  modelsec check-remote manifest.json --quick   asks for one byte of each file
)";

struct check_arguments
{
    std::string manifest;
    bool quick = false;
    remote_arguments remote;
};

void check_remote_files(const check_arguments& arguments, output& out)
{
    const bytes text = value_or_hint(read_file(arguments.manifest, limits{}.envelope_bytes),
                                     "MANIFEST: check that the file is there and may be read");
    control handle;
    const interrupt_guard guard(handle);
    const remote_report report = ask_hosts(as_text(text), arguments.remote, !arguments.quick, handle, out);
    out.about(report.model_id);
    std::size_t findings = 0;
    for (const remote_file& f : report.files)
        findings += f.findings.size();
    if (findings != 0)
        throw command_error(reason::findings,
                            counted(findings, "finding") + " in " + counted(report.files.size(), "address"));
    out.succeed(
        {{"version", report.version}, {"path", arguments.manifest}, {"addresses", report.files.size()}, {"findings", 0}});
    out.say(report.model_id + ' ' + report.version + ": all " + std::to_string(report.files.size()) +
            " addresses serve what is signed" + (arguments.quick ? ", by status, length and ranges" : ""));
}

}  // namespace

void add_check_remote(command_line& line)
{
    CLI::App& command = add_subcommand(
        line, "check-remote", "Asks every address in a manifest, and holds what comes against what is signed", examples);
    const auto arguments = std::make_shared<check_arguments>();
    command.add_option("MANIFEST", arguments->manifest, "The manifest")->type_name("")->required();
    command.add_flag("--quick", arguments->quick, "Only status, length and ranges: one byte of each file");
    arguments->remote.add_to(command);
    command.callback(
        [&line, arguments] { line.chosen = [arguments](output& out) { check_remote_files(*arguments, out); }; });
}

}  // namespace modelsec::tool
