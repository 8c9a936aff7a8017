// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_line.hpp"
#include "../pack_arguments.hpp"
#include "../platform.hpp"
#include "../text.hpp"
#include "commands.hpp"

namespace modelsec::tool {

namespace {

constexpr const char* examples = R"(  modelsec verify
  modelsec verify --store models llama3_1_8b
  modelsec verify --whole llama3_1_8b
)";

struct verify_arguments : pack_arguments
{
    bool whole = false;
};

void verify_one(modelsec::client& from, const std::string& model, const verify_arguments& arguments, output& out)
{
    out.about(model);
    control handle;
    const interrupt_guard guard(handle);
    model_options what(model, {[&out](const event& e) { out.observe(e); }, handle, {}, arguments.audit.trace_parent()});
    what.whole = arguments.whole;
    const pack_info pack = from.verify(what);
    out.succeed(members_of(pack));
    out.say(model + ' ' + pack.version + " is what was signed (" + human_size(pack.bytes) + ")");
}

void verify(const verify_arguments& arguments, output& out)
{
    modelsec::client from = arguments.client(out);
    if (!arguments.model.empty())
        return verify_one(from, arguments.model, arguments, out);
    bool any = false;
    for (const model_status& m : from.status())
        if (m.active)
        {
            verify_one(from, m.model_id, arguments, out);
            any = true;
        }
    if (!any)
        throw error(fail(reason::none_active));
}

}  // namespace

void add_verify(command_line& line)
{
    CLI::App& command = add_subcommand(line, "verify", "Hashes again what is active", examples);
    const auto arguments = std::make_shared<verify_arguments>();
    arguments->add_to(command);
    arguments->add_model_to(command, "Only this model");
    command.add_flag("--whole", arguments->whole, "Also where the digests of a file's chunks have said that it is good");
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { verify(*arguments, out); }; });
}

}  // namespace modelsec::tool
