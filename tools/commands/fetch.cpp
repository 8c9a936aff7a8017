// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_line.hpp"
#include "../fetch_arguments.hpp"
#include "../platform.hpp"
#include "../text.hpp"
#include "commands.hpp"

#include <cmath>
#include <chrono>
#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples =
    R"(  modelsec fetch --manifest https://models.example/llama.json --pins pins.json --store ~/models
  modelsec fetch --manifest-file llama.json --pin release-2026=BASE64 --store models --platform macos_coreml_zip
  modelsec fetch --manifest https://x.example/functions/v1/get-manifest --post '{"tier": "llama8b", "platform": "macos"}'
                 --header-env apikey=ANON_KEY --format pack --model llama3_1_8b --pin v1=BASE64 --store models
  modelsec fetch --manifest https://models.example/llama.json --root root.json --store models
  modelsec fetch --tuf https://models.example/metadata --target llama/model.gguf --root root.json --model llama3_1_8b
                 --store models
  modelsec fetch --signature model.sig --base hf://org/llama@0123456789abcdef0123456789abcdef01234567/ --key publisher.pub
                 --model llama3_1_8b --store models
  modelsec fetch --offline --model llama3_1_8b --store models
)";

std::string summary(const fetch_result& r, bool dry_run, std::chrono::duration<double> took)
{
    const std::string what = r.model_id + ' ' + r.version;
    if (r.already_active)
        return what + " is active: " + r.path;
    if (dry_run)
        return what + " (sequence " + std::to_string(r.sequence) + ") would be fetched: " + human_size(r.total_bytes) +
               ", of which " + human_size(r.bytes_to_fetch) + " would travel; nothing was changed";
    const auto tenths = std::lround(took.count() * 10);
    return what + " is active now: " + r.path + " (" + human_size(r.bytes_fetched) + " in " + std::to_string(tenths / 10) +
           '.' + std::to_string(tenths % 10) + " s)";
}

void fetch(const fetch_arguments& arguments, output& out)
{
    const auto begin = std::chrono::steady_clock::now();
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
    client by(std::move(how));
    const fetch_result r = arguments.lenient() ? by.ensure(what) : by.fetch(what);
    out.about(r.model_id);
    json::object members{{"version", r.version}, {"sequence", r.sequence},
                         {"path", r.path},       {"already_active", r.already_active},
                         {"stale", r.stale},     {"bytes_fetched", r.bytes_fetched}};
    if (r.stale)
    {
        members["stale_reason"] = std::string(to_string(r.stale_why));
        out.notice("warning: no newer model could be asked for (" + std::string(to_string(r.stale_why)) +
                   "): what is active has to do");
    }
    if (arguments.dry_run())
    {
        members["bytes"] = r.total_bytes;
        members["bytes_to_fetch"] = r.bytes_to_fetch;
    }
    out.succeed(members);
    out.say(summary(r, arguments.dry_run(), std::chrono::steady_clock::now() - begin));
}

}  // namespace

void add_fetch(command_line& line)
{
    CLI::App& command = add_subcommand(
        line, "fetch", "Downloads, verifies and activates a model; at once if it is active already", examples);
    const auto arguments = std::make_shared<fetch_arguments>();
    arguments->add_to(command);
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { fetch(*arguments, out); }; });
}

}  // namespace modelsec::tool
