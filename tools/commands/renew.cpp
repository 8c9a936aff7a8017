// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../command_error.hpp"
#include "../command_line.hpp"
#include "../platform.hpp"
#include "../publish_arguments.hpp"
#include "../credentials.hpp"
#include "../proxy.hpp"
#include "../remote_findings.hpp"
#include "../source_arguments.hpp"
#include "../text.hpp"
#include "../trust_arguments.hpp"
#include "commands.hpp"

#include <memory>

namespace modelsec::tool {

namespace {

constexpr const char* examples =
    R"(  modelsec renew --key keys/release-2026.pem manifest.json --expires 30d --out manifest.json
  modelsec renew --key keys/release-2027.pem --pins keys/release-2026.pub.json manifest.json --expires 30d --check
                 --out manifest.json
)";

struct renew_arguments
{
    signing_arguments signing;
    trust_arguments signed_by;
    std::string manifest, expires, out, ca, credentials;
    std::optional<std::uint64_t> sequence;
    bool check = false;
    proxy_arguments proxy;
    source_arguments sources;
};

/// Whether every address serves what is signed, by status, length and ranges; a line for each that does not.
bool hosts_serve(const std::string& manifest, const renew_arguments& arguments, const control& handle, output& out)
{
    remote_options how;
    how.transport.tls.ca_file = arguments.ca;
    how.transport.proxy = arguments.proxy.options(out);
    how.transport.credentials = make_provider({}, arguments.credentials);
    how.sources = arguments.sources.options(arguments.credentials);
    check_files_of(how.transport);
    how.handle = handle;
    how.read_bodies = false;
    const remote_report report = check_remote(manifest, how).value();
    return tell_findings(report, out) == 0;
}

void renew(const renew_arguments& arguments, output& out)
{
    out.publishing();
    renewal change;
    change.sequence = arguments.sequence;
    change.issued_at = clock::system().now();
    change.expires_at = manifest_expiry(arguments.expires, change.issued_at);
    const trust_source known = arguments.signed_by.source({}, false);
    change.signed_by = std::get_if<pins>(&known);
    const std::vector<signing_key> keys = arguments.signing.keys();
    change.root_version = arguments.signing.root_version(keys);
    const bytes text = value_or_hint(read_local_file(arguments.manifest, limits{}.envelope_bytes),
                                     "MANIFEST: check that the file is there and may be read");
    // Made before hosts are asked: a manifest that nobody known has signed is no reason to ask anybody.
    auto renewed = renew_manifest(as_text(text), change, keys);
    if (renewed.has_error() && renewed.error().code() == errc::signature && !change.signed_by)
        throw command_error(renewed.error().why,
                            "MANIFEST is signed by none of the --key; if another key signed it, give that with --pins",
                            renewed.error().detail);
    const std::string manifest = std::move(renewed).value();
    if (arguments.check)
    {
        control handle;
        const interrupt_guard guard(handle);
        if (!hosts_serve(manifest, arguments, handle, out))
            throw command_error(reason::findings, "hosts do not serve what the manifest says; nothing was written");
    }
    const manifest_summary about = summarize_manifest(manifest).value();
    out.about(about.model_id);
    value_or_hint(replace_file(arguments.out, as_bytes(manifest)), "--out: the file cannot be written");
    out.succeed({{"version", about.version},
                 {"sequence", about.sequence.value_or(0)},
                 {"path", arguments.out},
                 {"expires", format_rfc3339(change.expires_at)}});
    out.say(about.model_id + ' ' + about.version + ": sequence " + std::to_string(about.sequence.value_or(0)) +
            " signed in " + arguments.out + ", valid until " + format_rfc3339(change.expires_at));
}

}  // namespace

void add_renew(command_line& line)
{
    CLI::App& command = add_subcommand(
        line, "renew", "Signs the same pack again with a new sequence and expiry; reads none of its files", examples);
    const auto arguments = std::make_shared<renew_arguments>();
    arguments->signing.add_to(command, "Signing");
    arguments->signed_by.add_keys_to(command, "Who signed MANIFEST, if none of the keys did");
    command.add_option("MANIFEST", arguments->manifest, "The manifest")->type_name("")->required();
    command.add_option("--expires", arguments->expires, "How long clients may take it: 12h, 30d, or a time in RFC 3339")
        ->type_name("30d")
        ->required();
    count_option(command, "--sequence", arguments->sequence, "The new sequence; default: one more than before");
    command.add_flag("--check", arguments->check, "Ask the hosts first: status, length, ranges; write nothing if one fails");
    command.add_option("--out", arguments->out, "The new manifest; replaced if it is there")->type_name("FILE")->required();
    command.add_option("--ca", arguments->ca, "The CA to trust in place of the system's")->type_name("FILE");
    command.add_option("--credentials", arguments->credentials, "Tokens by origin, in a 0600 file")->type_name("FILE");
    arguments->proxy.add_to(command, "Options");
    arguments->sources.add_to(command, "Access, with --check");
    command.callback([&line, arguments] { line.chosen = [arguments](output& out) { renew(*arguments, out); }; });
}

}  // namespace modelsec::tool
