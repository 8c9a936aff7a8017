// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_line.hpp"
#include "../fetch_arguments.hpp"
#include "../platform.hpp"
#include "../text.hpp"
#include "commands.hpp"

#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples =
    R"(  modelsec check --manifest https://models.example/llama.json --pins pins.json
  modelsec check --manifest https://models.example/llama.json --root root.json --store models --json
)";

void check(const fetch_arguments& arguments, output& out)
{
    out.initializing();
    out.about(arguments.model());
    client_options how = arguments.client();
    out.in_store(how.store);
    fetch_options what = arguments.fetch();
    for (const std::string& variable : arguments.unset_variables())
        out.unset(variable);
    what.operation.events = [&out](const event& e) { out.observe(e); };
    const interrupt_guard guard(what.operation.control);
    if (!what.offline)
        arguments.check_files(how);
    const check_result r = client(std::move(how)).check(what);
    out.about(r.model_id);
    json::array files;
    for (const check_result::file& f : r.files)
        files.push_back(json::object{{"path", f.path}, {"size_bytes", f.size}, {"sha256", f.sha256.hex()}});
    out.succeed({{"version", r.version},
                 {"sequence", r.sequence},
                 {"already_active", r.already_active},
                 {"path", r.active_path.empty() ? json::value() : json::value(r.active_path)},
                 {"platform", r.platform},
                 {"active_version", r.active_version.empty() ? json::value() : json::value(r.active_version)},
                 {"bytes", r.total_bytes},
                 {"bytes_to_fetch", r.bytes_to_fetch},
                 {"files", std::move(files)}});
    const std::string what_it_is = r.model_id + ' ' + r.version;
    if (r.already_active)
        return out.say(what_it_is + " is active: " + r.active_path);
    out.say(what_it_is + " (sequence " + std::to_string(r.sequence) +
            ") would be fetched: " + counted(r.files.size(), "file") + ", " + human_size(r.total_bytes) + ", of which " +
            human_size(r.bytes_to_fetch) + " would travel" +
            (r.active_version.empty() ? "" : "; active is " + printable(r.active_version)));
}

}  // namespace

void add_check(command_line& line)
{
    CLI::App& command =
        add_subcommand(line, "check", "What would be fetched: version, sizes, bytes to travel; changes nothing", examples);
    const auto arguments = std::make_shared<fetch_arguments>();
    arguments->add_to(command);
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { check(*arguments, out); }; });
}

}  // namespace modelsec::tool
