// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_line.hpp"
#include "../hints.hpp"
#include "../pack_arguments.hpp"
#include "../platform.hpp"
#include "../text.hpp"
#include "../trust_arguments.hpp"
#include "commands.hpp"

namespace modelsec::tool {

namespace {

constexpr const char* examples = R"(  modelsec repair --store models
  modelsec repair --store models llama3_1_8b --pins pins.json
)";

struct repair_arguments : pack_arguments
{
    trust_arguments trust;
};

json::object describe(const model_repair& m)
{
    json::array aside(m.set_aside.begin(), m.set_aside.end());
    json::array candidates(m.candidates.begin(), m.candidates.end());
    return {{"model_id", m.model_id},
            {"found", std::string(to_string(m.found))},
            {"reason", std::string(to_string(m.why))},
            {"forgotten_changes", m.forgotten_changes},
            {"sequence", m.sequence},
            {"active", m.active ? json::value(m.active->version) : json::value()},
            {"adopted", m.adopted},
            {"set_aside", std::move(aside)},
            {"candidates", std::move(candidates)}};
}

void tell(const model_repair& m, output& out)
{
    const std::string model = printable(m.model_id);
    if (m.why != reason::none)
        return out.say(model + ": not repaired (" + std::string(to_string(m.why)) +
                       "): " + std::string(command_hint(m.why)));
    if (m.found == reason::none && m.set_aside.empty() && m.candidates.empty())
        return out.say(model + ": nothing to repair");
    if (m.found == reason::state_damaged)
        out.say(
            model + ": " + counted(m.forgotten_changes, "newer state") +
            " could not be read; what was changed by then may be forgotten: what was activated, rejected or accepted last");
    if (m.found == reason::memory_lost)
        out.say(model + ": there was no state; what was accepted or rejected before may be forgotten");
    out.say(model + ": remembers sequence " + std::to_string(m.sequence) + " as the highest accepted; " +
            (m.active ? printable(m.active->version) + (m.adopted ? " was adopted and is active" : " is active")
                      : std::string("nothing is active")));
    for (const std::string& what : m.set_aside)
        out.say(model + ": set aside " + printable(what) + " (gc removes it)");
    for (const std::string& what : m.candidates)
        out.say(model + ": left " + printable(what) + " where it is: a fetch adopts what its manifest proves");
}

void repair(const repair_arguments& arguments, output& out)
{
    repair_options options;
    options.model_id = arguments.model;
    options.trust = arguments.trust.source({}, false);
    options.operation.events = [&out](const event& e) { out.observe(e); };
    const interrupt_guard guard(options.operation.control);
    options.operation.trace_parent = arguments.audit.trace_parent();
    const repair_report report = arguments.client(out).repair(options);
    json::array models;
    for (const model_repair& m : report.models)
        models.push_back(describe(m));
    out.succeed({{"models", std::move(models)}});
    for (const model_repair& m : report.models)
        tell(m, out);
    if (report.models.empty())
        out.say("The store holds no model.");
    for (const model_repair& m : report.models)
        if (m.why != reason::none)
            throw error(fail(m.why, m.model_id));
}

}  // namespace

void add_repair(command_line& line)
{
    CLI::App& command =
        add_subcommand(line, "repair", "Adopts or sets aside what has no state, and says what may be forgotten", examples);
    const auto arguments = std::make_shared<repair_arguments>();
    arguments->add_to(command);
    arguments->add_model_to(command, "Only this model");
    arguments->trust.add_to(command);  // asked about the manifest under which files are adopted
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { repair(*arguments, out); }; });
}

}  // namespace modelsec::tool
