// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../pack_arguments.hpp"
#include "../platform.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace modelsec::tool {

namespace {

constexpr const char* examples = R"(  modelsec remove llama3_1_8b
  modelsec remove --store models llama3_1_8b --partial      only what was downloaded so far of a version that is not active yet
)";

struct remove_arguments : pack_arguments
{
    bool partial = false;
};

gc_report removed_by(client by, const remove_options& options)
{
    try
    {
        return by.remove(options);
    }
    catch (const error& e)
    {
        if (e.get_diagnostics().why != reason::none_active)
            throw;
        throw command_error(reason::none_active, "the store has no such model; modelsec status names those that are there",
                            e.get_diagnostics().detail);
    }
}

void remove(const remove_arguments& arguments, output& out)
{
    out.about(arguments.model);
    remove_options options;
    options.model_id = arguments.model;
    options.partial = arguments.partial;
    options.operation.trace_parent = arguments.audit.trace_parent();
    const interrupt_guard guard(options.operation.control);
    const gc_report report = removed_by(arguments.client(out), options);
    json::array removed(report.removed.begin(), report.removed.end());
    out.succeed({{"removed", std::move(removed)}, {"bytes", report.bytes}});
    for (const std::string& path : report.removed)
        out.say(printable(path));
    out.say(report.removed.empty() ? "There is nothing to remove."
                                   : counted(report.removed.size(), "thing") + ", " + human_size(report.bytes) + " removed");
}

}  // namespace

void add_remove(command_line& line)
{
    CLI::App& command =
        add_subcommand(line, "remove", "Removes a model; what is remembered against older manifests stays", examples);
    const auto arguments = std::make_shared<remove_arguments>();
    arguments->add_to(command);
    arguments->add_model_to(command, "The model")->required();
    command.add_flag("--partial", arguments->partial, "Only what was downloaded so far of a version that is not active yet");
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { remove(*arguments, out); }; });
}

}  // namespace modelsec::tool
