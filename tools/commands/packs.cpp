// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// What is done with packs that are there: path, verify, rollback, gc.
#include "../audit_arguments.hpp"
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../store_option.hpp"
#include "../platform.hpp"
#include "../policy_arguments.hpp"
#include "../text.hpp"
#include "../trust_arguments.hpp"
#include "commands.hpp"

#include <modelsec/client.hpp>

#include <memory>

namespace modelsec::tool {

namespace {

struct pack_arguments
{
    std::string store;
    std::string model;
    bool file = false;
    unsigned keep = 0;
    bool dry_run = false;
    trust_arguments trust;
    policy_arguments sharing;
    audit_arguments audit;

    modelsec::client client() const
    {
        client_options options;
        options.store = store;
        options.policy = sharing.policy();
        audit.apply_to(options);
        return modelsec::client(std::move(options));
    }
};

json::object members_of(const pack_info& pack)
{
    return {{"version", pack.version}, {"sequence", pack.sequence}, {"path", pack.path}, {"already_active", true}};
}

void path(const pack_arguments& arguments, output& out)
{
    out.about(arguments.model);
    const open_pack pack = arguments.client().open(arguments.model);
    std::string where = pack.info().path;
    if (arguments.file)
    {
        if (!pack.only_file())
            usage("--file is for packs of one file; this one has " + counted(pack.files().size(), "file"));
        where += '/' + pack.only_file()->path;
    }
    json::object members = members_of(pack.info());
    members.emplace_back("path", where);
    out.succeed(members);
    out.say(where);
}

void verify_one(modelsec::client& from, const std::string& model, const std::string& trace_parent, output& out)
{
    out.about(model);
    control handle;
    const interrupt_guard guard(handle);
    const pack_info pack = from.verify({model, {[&out](const event& e) { out.observe(e); }, handle, {}, trace_parent}});
    out.succeed(members_of(pack));
    out.say(model + ' ' + pack.version + " is what was signed (" + human_size(pack.bytes) + ")");
}

void verify(const pack_arguments& arguments, output& out)
{
    modelsec::client from = arguments.client();
    if (!arguments.model.empty())
        return verify_one(from, arguments.model, arguments.audit.trace_parent(), out);
    bool any = false;
    for (const model_status& m : from.status())
        if (m.active)
        {
            verify_one(from, m.model_id, arguments.audit.trace_parent(), out);
            any = true;
        }
    if (!any)
        throw error(fail(reason::none_active));
}

void rollback(const pack_arguments& arguments, output& out)
{
    out.about(arguments.model);
    rollback_options options;
    options.model_id = arguments.model;
    options.trust = arguments.trust.source({}, false);
    options.operation.trace_parent = arguments.audit.trace_parent();
    const pack_info pack = arguments.client().rollback(options);
    out.succeed(members_of(pack));
    out.say(arguments.model + ' ' + pack.version + " is active again: " + pack.path);
}

void gc(const pack_arguments& arguments, output& out)
{
    gc_options options;
    options.keep = arguments.keep;
    options.dry_run = arguments.dry_run;
    options.operation.trace_parent = arguments.audit.trace_parent();
    const gc_report report = arguments.client().gc(options);
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

using work = void (*)(const pack_arguments&, output&);

CLI::App& add_pack_command(command_line& line, const char* name, const char* purpose, const char* examples, work what,
                           const std::shared_ptr<pack_arguments>& arguments)
{
    CLI::App& command = add_subcommand(line, name, purpose, examples);
    add_store(command, arguments->store);
    arguments->sharing.add_to(command);
    arguments->audit.add_to(command);
    command.callback([&line, arguments, what] { line.chosen = [=](output& out) { what(*arguments, out); }; });
    return command;
}

CLI::Option* add_model(CLI::App& command, pack_arguments& arguments, const char* purpose)
{
    return command.add_option("MODEL", arguments.model, purpose)->type_name("");
}

}  // namespace

void add_path(command_line& line)
{
    const auto arguments = std::make_shared<pack_arguments>();
    CLI::App& command =
        add_pack_command(line, "path", "Where the active model is; checked before it is said",
                         "  llama-server --model \"$(modelsec path --store models llama3_1_8b --file)\"\n", path, arguments);
    add_model(command, *arguments, "The model")->required();
    command.add_flag("--file", arguments->file, "The one file of the pack instead of its folder");
}

void add_verify(command_line& line)
{
    const auto arguments = std::make_shared<pack_arguments>();
    CLI::App& command = add_pack_command(line, "verify", "Hashes again what is active",
                                         "  modelsec verify --store models\n  modelsec verify --store models llama3_1_8b\n",
                                         verify, arguments);
    add_model(command, *arguments, "Only this model");
}

void add_rollback(command_line& line)
{
    const auto arguments = std::make_shared<pack_arguments>();
    CLI::App& command = add_pack_command(line, "rollback",
                                         "Makes the last good version active again, and remembers the left one as rejected",
                                         "  modelsec rollback --store models llama3_1_8b\n"
                                         "  modelsec rollback --store models llama3_1_8b --pins pins.json\n",
                                         rollback, arguments);
    add_model(command, *arguments, "The model")->required();
    arguments->trust.add_to(command);  // asked again about the version that comes back
}

void add_gc(command_line& line)
{
    const auto arguments = std::make_shared<pack_arguments>();
    CLI::App& command =
        add_pack_command(line, "gc", "Removes what nothing needs any more; never what is active or last good",
                         "  modelsec gc --store models --dry-run\n  modelsec gc --store models --keep 1\n", gc, arguments);
    command.add_option("--keep", arguments->keep, "So many more versions stay")->type_name("N");
    command.add_flag("--dry-run", arguments->dry_run, "Only say what would go");
}

}  // namespace modelsec::tool
