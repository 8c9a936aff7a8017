// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../credentials.hpp"
#include "../hints.hpp"
#include "../pack_arguments.hpp"
#include "../platform.hpp"
#include "../proxy.hpp"
#include "../text.hpp"
#include "commands.hpp"

#include <modelsec/client.hpp>
#include <modelsec/publish.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples = R"(  modelsec doctor
  modelsec doctor --store models --manifest https://models.example/llama.json --ca company.pem
  exits with 60 if something is wrong, and says what to do about it
)";

struct doctor_arguments
{
    std::string store, manifest, profile = "server", ca, credentials;
    policy_arguments sharing;
    proxy_arguments proxy;
};

/// Looks at one thing after the other, and tells what it finds.
class examination
{
public:
    explicit examination(output& out) : out_(out) {}

    void good(std::string_view check, const std::string& fact)
    {
        out_.object({{"type", "event"}, {"event", "check"}, {"check", check}, {"ok", true}, {"fact", fact}});
        out_.say("ok       " + padded(check) + fact);
    }

    void finding(std::string_view check, reason why, const std::string& fact, const std::string& advice)
    {
        ++findings_;
        out_.object({{"type", "event"},
                     {"event", "check"},
                     {"check", check},
                     {"ok", false},
                     {"reason", to_string(why)},
                     {"fact", fact},
                     {"advice", advice}});
        out_.say(out_.painted("wrong    ", paint::bad) + padded(check) + fact + " (" + std::string(to_string(why)) +
                 "): " + advice);
    }
    void finding(std::string_view check, const diagnostics& d, const std::string& fact)
    {
        finding(check, d.why, fact, std::string(command_hint(d.why)));
    }

    std::size_t findings() const noexcept { return findings_; }

private:
    static std::string padded(std::string_view check)
    {
        static constexpr std::size_t width = 14;
        return std::string(check) + std::string(width - std::min(width, check.size()), ' ');
    }

    output& out_;
    std::size_t findings_ = 0;
};

/// The nearest folder on the way to `path` that is there.
std::string existing_part(const std::string& path)
{
    std::error_code failed;
    std::filesystem::path at = std::filesystem::absolute(path, failed);
    while (at.has_relative_path() && !std::filesystem::exists(at, failed))
        at = at.parent_path();
    return at.string();
}

void examine_store(const doctor_arguments& a, examination& e)
{
    const std::string& store = checked_store(a.store);
    client_options options;
    options.store = store;
    options.policy = a.sharing.policy();
    error_code ec;
    diagnostics diag;
    const std::vector<model_status> models = client(std::move(options)).status(ec, diag);
    if (ec)
        return e.finding("store", diag, store);
    std::error_code failed;
    const bool there = std::filesystem::exists(store, failed);
    e.good("store", store + (there ? ", " + counted(models.size(), "model") : ", not made yet: the first fetch does it"));
}

void examine_disk(const doctor_arguments& a, examination& e)
{
    static constexpr std::uintmax_t little = std::uintmax_t{1} << 30;
    std::error_code failed;
    const auto space = std::filesystem::space(existing_part(checked_store(a.store)), failed);
    if (failed)
        e.finding("disk", reason::store_io, failed.message(), "check that the store's folder can be reached");
    else if (space.available < little)
        e.finding("disk", reason::disk_full, human_size(space.available) + " free",
                  "free some space, or give another --store");
    else
        e.good("disk", human_size(space.available) + " free");
}

void examine_policy(const doctor_arguments& a, examination& e)
{
    if (a.profile == "client")
        for (const char* variable : {"HF_TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"})
            if (environment(variable))
                return e.finding("policy", reason::storage_credentials, std::string(variable) + " is set",
                                 "a client holds no storage credentials: unset it, or this is a server");
    e.good("policy", "profile " + a.profile + ", https only, TLS 1.2 or newer");
}

void examine_clock(const std::optional<utc_time>& server, examination& e)
{
    // Clients refuse what was issued more than 10 minutes ahead; certificates fail with a clock far off.
    static constexpr std::chrono::minutes tolerated{5};
    const utc_time now = clock::system().now();
    const utc_time first = *parse_rfc3339("2025-01-01T00:00:00Z");
    if (now < first)
        return e.finding("clock", reason::clock_went_back, format_rfc3339(now), "set the clock of this machine");
    if (!server)
        return e.good("clock", format_rfc3339(now) + (server ? "" : ", held against no server"));
    const auto off = now > *server ? now - *server : *server - now;
    if (off > tolerated)
        e.finding("clock", reason::issued_in_future, format_rfc3339(now) + ", the server says " + format_rfc3339(*server),
                  "set the clock of this machine, or ask the server's owner to set that one");
    else
        e.good("clock", format_rfc3339(now) + ", as the server's");
}

void examine_network(const doctor_arguments& a, const remote_options& how, examination& e)
{
    const std::string_view proxy = how.transport.proxy.url();
    transport_options without_proxy = how.transport;
    without_proxy.proxy = {};
    transport_options without_tls = how.transport;
    without_tls.tls = {};
    const auto proxy_usable = check_transport(without_tls);
    if (proxy_usable.has_error() && proxy_usable.error().why == reason::bad_proxy)
        e.finding("proxy", {proxy_usable.error().why, {}}, "the setting cannot be understood");
    else
        e.good("proxy", proxy.empty() ? "none" : "one is set");
    if (const auto usable = check_transport(without_proxy); usable.has_error())
        e.finding("trust roots", {usable.error().why, {}}, "no server can be authenticated");
    else
        e.good("trust roots", how.transport.tls.ca_file.empty() ? "the system's" : "those of --ca");

    std::optional<utc_time> server;
    if (a.manifest.empty())
        e.good("reachability", "not tried: give --manifest URL");
    else if (const auto answer = probe_address(a.manifest, how); answer.has_error())
        e.finding("reachability", {answer.error().why, {}}, "no answer from the manifest's server");
    else
    {
        server = answer->date;
        // A POST endpoint may refuse a plain GET; that it answers in good TLS is what counts here.
        if (answer->status == 404)
            e.finding("reachability", reason::not_found, "status 404", "check the address of the manifest");
        else if (answer->status >= 500)
            e.finding("reachability", reason::server_error, "status " + std::to_string(answer->status), "try again later");
        else
            e.good("reachability", printable(answer->host) + " answers with status " + std::to_string(answer->status));
    }
    examine_clock(server, e);
}

void doctor(const doctor_arguments& a, output& out)
{
    out.publishing();
    if (a.profile != "server" && a.profile != "client")
        usage("--profile is server or client");
    refuse_userinfo(a.manifest);
    control handle;
    const interrupt_guard guard(handle);
    remote_options how;
    how.transport.tls.ca_file = a.ca;
    how.transport.proxy = a.proxy.options(out);
    how.transport.credentials = make_provider({}, a.credentials);
    how.handle = handle;
    how.read_bodies = false;
    examination e(out);
    examine_store(a, e);
    examine_disk(a, e);
    examine_policy(a, e);
    examine_network(a, how, e);
    if (handle.cancelled())
        throw error(fail(reason::cancelled));
    if (e.findings() != 0)
        throw command_error(reason::findings, counted(e.findings(), "thing") + " to look after, see above");
    out.succeed({{"findings", 0}});
}

}  // namespace

void add_doctor(command_line& line)
{
    CLI::App& command = add_subcommand(
        line, "doctor", "Looks at store, disk, policy, proxy, trust roots, clock and server: what is wrong, and what to do",
        examples);
    const auto arguments = std::make_shared<doctor_arguments>();
    add_store(command, arguments->store);
    arguments->sharing.add_to(command);
    command.add_option("--manifest", arguments->manifest, "A manifest whose server is asked")->type_name("URL");
    command.add_option("--profile", arguments->profile, "server (default) or client")->type_name("server|client");
    command.add_option("--ca", arguments->ca, "The CA to trust in place of the system's")->type_name("FILE");
    arguments->proxy.add_to(command, "Options");
    command.add_option("--credentials", arguments->credentials, "Tokens by origin, in a 0600 file")->type_name("FILE");
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { doctor(*arguments, out); }; });
}

}  // namespace modelsec::tool
