// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_line.hpp"
#include "../pack_arguments.hpp"
#include "../trust_arguments.hpp"
#include "commands.hpp"

namespace modelsec::tool {

namespace {

constexpr const char* examples = R"(  modelsec rollback llama3_1_8b
  modelsec rollback --store models llama3_1_8b --pins pins.json
)";

struct rollback_arguments : pack_arguments
{
    trust_arguments trust;
};

void rollback(const rollback_arguments& arguments, output& out)
{
    out.about(arguments.model);
    rollback_options options;
    options.model_id = arguments.model;
    options.trust = arguments.trust.source({}, false);
    options.operation.trace_parent = arguments.audit.trace_parent();
    const pack_info pack = arguments.client(out).rollback(options);
    out.succeed(members_of(pack));
    out.say(arguments.model + ' ' + pack.version + " is active again: " + pack.path);
}

}  // namespace

void add_rollback(command_line& line)
{
    CLI::App& command = add_subcommand(
        line, "rollback", "Makes the last good version active again, and remembers the left one as rejected", examples);
    const auto arguments = std::make_shared<rollback_arguments>();
    arguments->add_to(command);
    arguments->add_model_to(command, "The model")->required();
    arguments->trust.add_to(command);  // asked again about the version that comes back
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { rollback(*arguments, out); }; });
}

}  // namespace modelsec::tool
