// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../credentials.hpp"
#include "../platform.hpp"
#include "../proxy.hpp"
#include "../remote_findings.hpp"
#include "../source_arguments.hpp"
#include "../text.hpp"
#include "commands.hpp"

#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples =
    R"(  modelsec check-remote manifest.json
  modelsec check-remote manifest.json --quick                asks for one byte of each file
  modelsec check-remote manifest.json --private --credentials tokens.json
  modelsec publish --watch-expiry 14d manifest.json other.json
  exit code 60 if there is anything to mend
)";

struct check_remote_arguments
{
    std::string manifest, ca, credentials;
    source_arguments sources;
    proxy_arguments proxy;
    bool expect_private = false;
    bool quick = false;
};

void check(const check_remote_arguments& a, output& out)
{
    out.publishing();
    const bytes raw =
        value_or_hint(read_local_file(a.manifest, limits{}.envelope_bytes), "check-remote takes a manifest's file");
    remote_options how;
    how.transport.tls.ca_file = a.ca;
    how.transport.proxy = a.proxy.options(out);
    how.transport.credentials = make_provider({}, a.credentials);
    how.sources = a.sources.options(a.credentials);
    how.read_bodies = !a.quick;
    how.expect_private = a.expect_private;
    how.expires_within = std::chrono::hours(14 * 24);
    how.on_progress = [&out](std::uint64_t bytes, std::uint64_t total) { out.progress("remote", bytes, total); };
    check_files_of(how.transport);
    const interrupt_guard guard(how.handle);
    const remote_report report = check_remote(as_text(raw), how).value();
    out.about(report.model_id);
    if (const std::size_t found = tell_findings(report, out); found != 0)
        throw command_error(reason::findings, "clients would stumble over this", counted(found, "finding"));
    out.succeed({{"version", report.version}, {"path", a.manifest}, {"addresses", report.files.size()}, {"findings", 0}});
    out.say(report.model_id + ' ' + report.version + ": " + std::to_string(report.files.size()) +
            (a.quick ? " addresses asked, by status, length and ranges: nothing is wrong"
                     : " addresses asked: everything is there, as it was signed"));
}

}  // namespace

void add_check_remote(command_line& line)
{
    CLI::App& command =
        add_subcommand(line, "check-remote", "Fetches again what a manifest points at, and compares", examples);
    const auto a = std::make_shared<check_remote_arguments>();
    command.add_option("manifest", a->manifest, "The signed manifest")->type_name("MANIFEST")->required();
    command.add_flag("--quick", a->quick, "Only status, length and ranges: one byte of each file");
    command.add_flag("--private", a->expect_private, "Nothing of it may be had without credentials");
    command.add_option("--ca", a->ca, "The CA to trust in place of the system's")->type_name("FILE");
    command.add_option("--credentials", a->credentials, "Tokens by origin, in a 0600 file")->type_name("FILE");
    a->proxy.add_to(command, "Options");
    a->sources.add_to(command, "Access");
    command.callback([&line, a] { line.chosen = [a](output& out) { check(*a, out); }; });
}

}  // namespace modelsec::tool
