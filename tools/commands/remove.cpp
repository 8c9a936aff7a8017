// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../audit_arguments.hpp"
#include "../command_line.hpp"
#include "../platform.hpp"
#include "../policy_arguments.hpp"
#include "../store_option.hpp"
#include "../text.hpp"
#include "commands.hpp"

#include <modelsec/client.hpp>

#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples = R"(  modelsec remove llama3_1_8b
  modelsec remove --store models llama3_1_8b --partial      only what was downloaded so far of a version that is not active yet
)";

struct remove_arguments
{
    std::string store, model;
    bool partial = false;
    policy_arguments sharing;
    audit_arguments audit;
};

void remove(const remove_arguments& arguments, output& out)
{
    out.about(arguments.model);
    client_options owner;
    owner.store = arguments.store;
    owner.policy = arguments.sharing.policy();
    arguments.audit.apply_to(owner);
    remove_options options;
    options.model_id = arguments.model;
    options.partial = arguments.partial;
    options.operation.trace_parent = arguments.audit.trace_parent();
    const interrupt_guard guard(options.operation.control);
    const gc_report report = client(std::move(owner)).remove(options);
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
    add_store(command, arguments->store);
    command.add_option("MODEL", arguments->model, "The model")->type_name("")->required();
    command.add_flag("--partial", arguments->partial, "Only what was downloaded so far of a version that is not active yet");
    arguments->sharing.add_to(command);
    arguments->audit.add_to(command);
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { remove(*arguments, out); }; });
}

}  // namespace modelsec::tool
