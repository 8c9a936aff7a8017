// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../pack_arguments.hpp"
#include "../text.hpp"
#include "commands.hpp"

#include <modelsec/client.hpp>

#include <algorithm>
#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples = R"(  modelsec audit --store models --since 7d
  modelsec audit --store models --model llama3_1_8b --code 30 --json
)";

struct shown_records
{
    std::string store;
    std::string since;
    int code = -1;
    audit_filter filter;
    policy_arguments sharing;
};

/// "2026-01-02T03:04:05Z", or how long ago: "60s", "90m", "24h", "7d".
utc_time parse_since(const std::string& text)
{
    if (const auto time = parse_rfc3339(text))
        return *time;
    const utc_time zero{};
    const auto ago =
        expiry_option(text, zero, "--since is a time (2026-01-02T03:04:05Z) or how long ago (60s, 90m, 24h, 7d)");
    // A century at most: no clock goes further back.
    return clock::system().now() - std::min<utc_time::duration>(ago - zero, std::chrono::days(36'525));
}

std::string outcome_of(const audit_record& r)
{
    std::string out = r.code != errc::ok ? std::to_string(static_cast<int>(r.code)) + ' ' + std::string(to_string(r.why))
                      : r.stale          ? "stale (" + std::string(to_string(r.why)) + ')'
                      : r.already_active ? "already active"
                                         : "ok";
    for (const reason why : r.alerts)
        out += "  ! " + std::string(to_string(why));
    return out;
}

void audit(const shown_records& arguments, output& out)
{
    client_options owner;
    owner.store = checked_store(arguments.store);
    owner.policy = arguments.sharing.policy();
    audit_filter filter = arguments.filter;
    if (!arguments.since.empty())
        filter.since = parse_since(arguments.since);
    if (arguments.code >= 0)
        filter.code = static_cast<errc>(arguments.code);
    const std::vector<audit_record> records = client(std::move(owner)).audit(filter);
    for (const audit_record& r : records)
    {
        out.object(json::parse(to_json_line(r)).as_object());
        out.say(format_rfc3339(r.time) + "  " + r.operation + (r.dry_run && r.operation != "check" ? " (dry run)" : "") +
                (r.model_id.empty() ? "" : "  " + printable(r.model_id)) +
                (r.version.empty() ? "" : ' ' + printable(r.version)) + "  " + outcome_of(r) +
                (r.host.empty() ? "" : "  from " + printable(r.host)) + "  " + human_size(r.bytes) + "  by " +
                printable(r.actor.empty() ? r.user : r.actor));
    }
    out.succeed({{"records", records.size()}});
    if (records.empty())
        out.say("Nothing is noted.");
}

}  // namespace

void add_audit(command_line& line)
{
    CLI::App& command = add_subcommand(line, "audit", "Who fetched what, when, from where, with what outcome", examples);
    const auto arguments = std::make_shared<shown_records>();
    add_store(command, arguments->store);
    command.add_option("--model", arguments->filter.model_id, "Only this model")->type_name("ID");
    command.add_option("--since", arguments->since, "Only what came after")->type_name("TIME|7d");
    command.add_option("--code", arguments->code, "Only this outcome")->type_name("N")->check(CLI::Range(0, 60));
    arguments->sharing.add_to(command);
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { audit(*arguments, out); }; });
}

}  // namespace modelsec::tool
