// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_line.hpp"
#include "../pack_arguments.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace modelsec::tool {

namespace {

constexpr const char* examples = R"(  modelsec gc --dry-run
  modelsec gc --store models --keep 1
)";

struct gc_arguments : pack_arguments
{
    unsigned keep = 0;
    bool dry_run = false;
};

void gc(const gc_arguments& arguments, output& out)
{
    gc_options options;
    options.keep = arguments.keep;
    options.dry_run = arguments.dry_run;
    options.operation.trace_parent = arguments.audit.trace_parent();
    const gc_report report = arguments.client(out).gc(options);
    json::array removed(report.removed.begin(), report.removed.end());
    json::array skipped(report.skipped.begin(), report.skipped.end());
    out.succeed({{"removed", std::move(removed)}, {"bytes", report.bytes}, {"skipped", std::move(skipped)}});
    for (const std::string& model : report.skipped)
        out.say(printable(model) + " was left alone: its state cannot be used; see modelsec repair");
    for (const std::string& what : report.removed)
        out.say(printable(what));
    const std::string sum = counted(report.removed.size(), "thing") + ", " + human_size(report.bytes);
    out.say(report.removed.empty() ? "There is nothing to remove."
                                   : sum + (arguments.dry_run ? " would be removed" : " removed"));
}

}  // namespace

void add_gc(command_line& line)
{
    CLI::App& command =
        add_subcommand(line, "gc", "Removes what nothing needs any more; never what is active or last good", examples);
    const auto arguments = std::make_shared<gc_arguments>();
    arguments->add_to(command);
    count_option(command, "--keep", arguments->keep, "So many more versions stay");
    command.add_flag("--dry-run", arguments->dry_run, "Only say what would go");
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { gc(*arguments, out); }; });
}

}  // namespace modelsec::tool
