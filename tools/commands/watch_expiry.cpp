// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../text.hpp"
#include "commands.hpp"

#include <modelsec/publish.hpp>

#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples = R"(  modelsec publish --watch-expiry 14d manifest.json other.json
  exit code 60 if any of them ends sooner
)";

utc_time expiry_of(const std::string& path)
{
    const bytes raw = read_local_file(path, limits{}.envelope_bytes).value();
    const manifest_summary about = value_or_hint(summarize_manifest(as_text(raw)), "--watch-expiry: that is no manifest");
    // One that never ends does not end sooner.
    return about.expires_at.value_or(utc_time::max());
}

void watch(const std::string& horizon, const std::vector<std::string>& manifests, output& out)
{
    out.publishing();
    const utc_time now = clock::system().now();
    const utc_time until = expiry_option(horizon, now, "--watch-expiry takes 12h or 14d");
    std::size_t soon = 0;
    for (const std::string& path : manifests)
    {
        const utc_time at = expiry_of(path);
        const bool ends = at < until;
        soon += ends ? 1 : 0;
        const json::value when = at == utc_time::max() ? json::value() : json::value(format_rfc3339(at));
        json::object told{{"type", ends ? "finding" : "manifest"}, {"path", printable(path)}, {"expires_at", when}};
        if (ends)
            told["kind"] = "expiry";
        out.object(told);
        out.say(printable(path) + ": " +
                (at == utc_time::max() ? "never expires" : (ends ? "ends at " : "good until ") + format_rfc3339(at)));
    }
    if (soon != 0)
        throw command_error(reason::expires_soon, "renew it before it ends",
                            std::to_string(soon) + " of " + std::to_string(manifests.size()));
    out.succeed({{"manifests", manifests.size()}, {"findings", 0}});
}

}  // namespace

void add_watch_expiry(command_line& line)
{
    CLI::App& command = add_subcommand(line, watch_expiry_name, "Tells which manifests end soon", examples);
    command.group("");  // people say `publish --watch-expiry`
    const auto horizon = std::make_shared<std::string>();
    const auto manifests = std::make_shared<std::vector<std::string>>();
    command.add_option("--watch-expiry", *horizon, "How far to look ahead: 14d")->type_name("14d")->required();
    command.add_option("manifests", *manifests, "Signed manifests")->type_name("MANIFEST")->required();
    command.callback([&line, horizon, manifests] { line.chosen = [=](output& out) { watch(*horizon, *manifests, out); }; });
}

}  // namespace modelsec::tool
