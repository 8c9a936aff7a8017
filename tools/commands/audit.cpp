// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../policy_arguments.hpp"
#include "../text.hpp"
#include "commands.hpp"

#include <modelsec/client.hpp>

#include <algorithm>
#include <charconv>
#include <limits>
#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples = R"(  modelsec audit --store models --since 7d
  modelsec audit --store models --model llama3_1_8b --code 30 --json
)";

struct audit_arguments
{
    std::string store;
    std::string since;
    int code = -1;
    audit_filter filter;
    policy_arguments sharing;
};

/// "2026-01-02T03:04:05Z", or how long ago: "90m", "24h", "7d".
utc_time parse_since(const std::string& text)
{
    if (const auto time = parse_rfc3339(text))
        return *time;
    std::int64_t count = 0;
    const char* const end = text.data() + text.size();
    const auto [unit, error] = std::from_chars(text.data(), end, count);
    const auto now = clock::system().now();
    // A century at most: no clock goes further back.
    const bool whole = error == std::errc() && end - unit == 1 && count >= 0 && count <= 60 * 24 * 36'525;
    if (whole && *unit == 'm')
        return now - std::chrono::minutes(count);
    if (whole && *unit == 'h')
        return now - std::chrono::hours(std::min<std::int64_t>(count, 24 * 36'525));
    if (whole && *unit == 'd')
        return now - std::chrono::days(std::min<std::int64_t>(count, 36'525));
    usage("--since is a time (2026-01-02T03:04:05Z) or how long ago (90m, 24h, 7d)");
}

json describe(const audit_record& r)
{
    json::object out{{"time", format_rfc3339(r.time)},
                     {"operation", r.operation},
                     {"actor", r.actor},
                     {"process", r.process},
                     {"model_id", r.model_id},
                     {"version", r.version},
                     {"host", r.host},
                     {"sha256", r.digest},
                     {"bytes", r.bytes},
                     {"duration_ms", r.duration_ms},
                     {"code", static_cast<int>(r.code)},
                     {"name", std::string(to_string(r.code))},
                     {"reason", std::string(to_string(r.why))},
                     {"already_active", r.already_active},
                     {"stale", r.stale}};
    return out;
}

void audit(const audit_arguments& arguments, output& out)
{
    client_options owner;
    owner.store = arguments.store;
    owner.policy = arguments.sharing.policy();
    audit_filter filter = arguments.filter;
    if (!arguments.since.empty())
        filter.since = parse_since(arguments.since);
    if (arguments.code >= 0)
        filter.code = static_cast<errc>(arguments.code);
    const std::vector<audit_record> records = client(std::move(owner)).audit(filter);
    json::array lines;
    for (const audit_record& r : records)
        lines.push_back(describe(r));
    out.object({{"records", std::move(lines)}});
    for (const audit_record& r : records)
        out.say(format_rfc3339(r.time) + "  " + r.operation + "  " + printable(r.model_id) + ' ' + printable(r.version) +
                "  " +
                (r.code == errc::ok ? (r.already_active ? "already active" : "ok")
                                    : std::to_string(static_cast<int>(r.code)) + ' ' + std::string(to_string(r.why))) +
                (r.host.empty() ? "" : "  from " + printable(r.host)) + "  " + human_size(r.bytes));
    if (records.empty())
        out.say("Nothing is noted.");
}

}  // namespace

void add_audit(command_line& line)
{
    CLI::App& command = add_subcommand(line, "audit", "Who fetched what, when, from where, with what outcome", examples);
    const auto arguments = std::make_shared<audit_arguments>();
    command.add_option("--store", arguments->store, "The folder where models live")->type_name("DIR")->required();
    command.add_option("--model", arguments->filter.model_id, "Only this model")->type_name("ID");
    command.add_option("--since", arguments->since, "Only what came after")->type_name("TIME|7d");
    command.add_option("--code", arguments->code, "Only this outcome")->type_name("N")->check(CLI::Range(0, 60));
    arguments->sharing.add_to(command);
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { audit(*arguments, out); }; });
}

}  // namespace modelsec::tool
