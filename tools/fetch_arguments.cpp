// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fetch_arguments.hpp"

#include "command_error.hpp"
#include "command_line.hpp"
#include "credentials.hpp"
#include "pack_arguments.hpp"
#include "platform.hpp"

namespace modelsec::tool {

void fetch_arguments::add_to(CLI::App& c)
{
    static const char* const source = "Manifest";
    c.add_option("--manifest", manifest_url_, "Where the signed manifest is")->type_name("URL")->group(source);
    c.add_option("--manifest-file", manifest_file_, "The signed manifest as a file")->type_name("FILE")->group(source);
    c.add_option("--format", format_, "Its envelope: dsse (default) or pack")->type_name("dsse|pack")->group(source);
    c.add_option("--post", post_, "POST this JSON instead of GET")->type_name("JSON")->group(source);
    repeatable(c, "--header", headers_, "A header for the manifest's origin; no secrets here", "'K: V'")->group(source);
    repeatable(c, "--header-env", header_variables_, "The same, its value from a variable", "NAME=VAR")->group(source);

    static const char* const who = "Trust";
    trust_.add_to(c);
    trust_.add_repository_to(c, source);
    c.add_option("--min-sequence", min_sequence_, "Refuse what is older")->type_name("N")->group(who);
    c.add_flag("--require-order", require_order_, "Refuse manifests that have neither sequence nor issued_at")->group(who);

    static const char* const what = "Model";
    add_store(c, store_, what);
    sharing_.add_to(c, what);
    c.add_option("--model", model_, "The model expected")->type_name("ID")->group(what);
    c.add_option("--tier", tier_, "The tier expected")->type_name("TIER")->group(what);
    repeatable(c, "--platform", platforms_, "What runs here, the best first", "NAME")->group(what);
    c.add_flag("--offline", offline_, "Ask nobody: is the model active?")->group(what);
    c.add_flag("--dry-run", dry_run_, "Check everything, change and download nothing")->group(what);

    static const char* const access = "Access";
    c.add_option("--token-env", token_variable_, "The variable with a bearer token for the manifest's origin")
        ->type_name("VAR")
        ->group(access);
    c.add_option("--credentials", credentials_file_, "Tokens by origin, in a 0600 file")->type_name("FILE")->group(access);
    c.add_option("--profile", profile_, "server (default), or client: holds no storage credentials")
        ->type_name("server|client")
        ->group(access);

    network_.add_to(c);
}

client_options fetch_arguments::client() const
{
    client_options out;
    out.store = checked_store(store_);
    out.policy = sharing_.policy();
    if (profile_ != "server" && profile_ != "client")
        usage("--profile is server or client");
    out.profile = profile_ == "server" ? profile::server : profile::client;
    if (manifest_url_.empty() && !trust_.repository() && network_.is_for_one_origin())
        usage("--cert and --spki-pin are for the origin of --manifest");
    out.transport = network_.transport();
    out.transport.credentials = credentials();
    return out;
}

fetch_options fetch_arguments::fetch() const
{
    fetch_options out;
    if (format_ != "dsse" && format_ != "pack")
        usage("--format is dsse or pack");
    out.format = format_ == "dsse" ? envelope_format::dsse : envelope_format::pack;
    out.manifest = manifest();
    out.trust = trust_.source(manifest_url_, !offline_);
    out.model_id = model_;
    out.tier = tier_;
    out.platforms = platforms_;
    out.min_sequence = min_sequence_;
    out.require_order = require_order_;
    out.offline = offline_;
    out.dry_run = dry_run_;
    return out;
}

manifest_source fetch_arguments::manifest() const
{
    if (!manifest_url_.empty() && !manifest_file_.empty())
        usage("--manifest or --manifest-file, not both");
    if (trust_.repository() && !(manifest_url_.empty() && manifest_file_.empty()))
        usage("--tuf takes the place of a manifest");
    if (manifest_url_.empty() && manifest_file_.empty() && !trust_.repository() && !offline_)
        usage("say where the manifest is: --manifest URL or --manifest-file FILE");
    refuse_userinfo(manifest_url_);
    manifest_source out;
    out.url = manifest_url_;
    out.file = manifest_file_;
    if (!post_.empty())
        out.post_body = post_;
    for (const std::string& text : headers_)
        out.headers.push_back(parse_header(text));
    for (const std::string& text : header_variables_)
        if (http_header h = header_from_environment(text); !h.name.empty())
            out.headers.push_back(std::move(h));
    if (manifest_url_.empty() && (!manifest_file_.empty() || trust_.repository()) &&
        (out.post_body || !headers_.empty() || !header_variables_.empty()))
        usage("--post and headers are for --manifest URL");
    return out;
}

credential_provider fetch_arguments::credentials() const
{
    origin_headers fixed;
    if (!token_variable_.empty())
    {
        const std::string& from = trust_.repository() ? trust_.metadata_url() : manifest_url_;
        if (from.empty())
            usage("--token-env is for the origin of --manifest; see --credentials");
        const auto token = environment(token_variable_);
        const auto origin = origin_of(from);
        if (token && origin)
            fixed[*origin] = {{"Authorization", "Bearer " + *token}};
    }
    return make_provider(std::move(fixed), credentials_file_);
}

std::vector<std::string> fetch_arguments::unset_variables() const
{
    std::vector<std::string> out;
    if (!token_variable_.empty() && !environment(token_variable_))
        out.push_back(token_variable_);
    if (const std::string& variable = network_.proxy_user_variable(); !variable.empty() && !environment(variable))
        out.push_back(variable);
    for (const std::string& text : header_variables_)
        if (const std::string variable = text.substr(text.find('=') + 1); !environment(variable))
            out.push_back(variable);
    return out;
}

}  // namespace modelsec::tool
