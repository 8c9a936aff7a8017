// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../check_remote.hpp"
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../credentials.hpp"
#include "../platform.hpp"
#include "../proxy.hpp"
#include "../source_arguments.hpp"
#include "../text.hpp"
#include "commands.hpp"

#include <modelsec/detail/base/local_file.hpp>

#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples =
    R"(  modelsec check-remote manifest.json
  modelsec check-remote manifest.json --private --credentials tokens.json
  modelsec publish --watch-expiry 14d manifest.json other.json
  exit code 60 if there is anything to mend
)";

struct check_remote_arguments
{
    std::string manifest, ca, credentials;
    source_arguments sources;
    bool expect_private = false;
};

void check(const check_remote_arguments& a, output& out)
{
    out.publishing();
    const bytes raw = value_or_hint(read_local_file(a.manifest, limits{}.envelope_bytes), "check-remote takes a manifest's file");
    remote_check what;
    what.how.transport.tls.ca_file = a.ca;
    what.how.transport.proxy = find_proxy({}, {}, {});
    what.how.transport.credentials = make_provider({}, a.credentials);
    what.how.sources = a.sources.options(a.credentials);
    what.expect_private = a.expect_private;
    what.progress = [&out](std::uint64_t bytes, std::uint64_t total) { out.progress("check", bytes, total); };
    const interrupt_guard guard(what.handle);
    const auto found = check_remote(raw, what).value();
    for (const remote_finding& f : found)
    {
        out.object({{"type", "finding"}, {"kind", f.kind}, {"platform", printable(f.platform)}, {"file", printable(f.file)}, {"place", f.place}, {"text", f.text}});
        out.say(f.kind + ": " + printable(f.file) + (f.place.empty() ? "" : " (" + f.place + ")") + ": " + f.text);
    }
    if (!found.empty())
        throw command_error(reason::findings, "clients would stumble over this", std::to_string(found.size()) + " findings");
    out.succeed({{"findings", 0}});
    out.say("everything is there, as it was signed");
}

}  // namespace

void add_check_remote(command_line& line)
{
    CLI::App& command = add_subcommand(line, "check-remote", "Fetches again what a manifest points at, and compares", examples);
    const auto a = std::make_shared<check_remote_arguments>();
    command.add_option("manifest", a->manifest, "The signed manifest")->type_name("MANIFEST")->required();
    command.add_flag("--private", a->expect_private, "Nothing of it may be had without credentials");
    command.add_option("--ca", a->ca, "The CA to trust in place of the system's")->type_name("FILE");
    command.add_option("--credentials", a->credentials, "Tokens by origin, in a 0600 file")->type_name("FILE");
    a->sources.add_to(command, "Access");
    command.callback([&line, a] { line.chosen = [a](output& out) { check(*a, out); }; });
}

}  // namespace modelsec::tool
