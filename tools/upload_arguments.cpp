// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "upload_arguments.hpp"

#include "command_error.hpp"
#include "command_line.hpp"
#include "credentials.hpp"

#include <algorithm>
#include <filesystem>

namespace modelsec::tool {

namespace {

constexpr const char* forms =
    "--to takes dir, s3, supabase, hf or oci, with the place behind it or in --destination: dir:/srv/models, "
    "s3://BUCKET/PREFIX, "
    "supabase://BUCKET/PREFIX, hf://ORG/REPO, oci://HOST/REPOSITORY";

/// "s3" of "s3", "s3://bucket/prefix" and "s3:bucket".
std::string kind_of(const std::string& to)
{
    return to.substr(0, to.find(':'));
}

}  // namespace

void upload_arguments::add_to(CLI::App& c)
{
    static const char* const group = "Upload";
    repeatable(c, "--to", to_, "Upload there: KIND, or KIND://PLACE (dir:PATH); again for each further host",
               "dir|s3|supabase|hf|oci")
        ->group(group);
    c.add_option("--destination", destination_,
                 "The place: a folder (default: the manifest's), BUCKET/PREFIX, ORG/REPO, or HOST/REPOSITORY")
        ->type_name("PLACE")
        ->group(group);
    c.add_option("--env", environment_, "What it is for; production unless it is said")
        ->type_name("development|staging|production")
        ->group(group);
    c.add_option("--sensitivity", sensitivity_, "Who may have it; high unless it is said")
        ->type_name("public|internal|high")
        ->group(group);
    repeatable(
        c, "--endpoint", endpoints_,
        "The address of the project (supabase), or of a server that is not Amazon's (s3); of both: supabase=URL, s3=URL",
        "[KIND=]URL")
        ->group(group);
    c.add_option("--kms-key", kms_key_, "s3: the key that encrypts it there; default: the bucket's")
        ->type_name("ID")
        ->group(group);
    tls_.add_to(c, group);
    tls_.add_certificate_to(c, group, "A client certificate, for the host it is uploaded to");
    c.add_option("--credentials", credentials_, "Keys and tokens by origin, in a 0600 file")
        ->type_name("FILE")
        ->group(group);
    proxy_.add_to(c, group);
    sources_.add_to(c, group);
}

upload_arguments::goal upload_arguments::goal_of(const std::string& to) const
{
    const deployment purpose = parse_deployment(environment_.value_or(""));
    const sensitivity secrecy = parse_sensitivity(sensitivity_.value_or(""));
    std::string place = destination_;
    if (const std::size_t colon = to.find(':'); colon != std::string::npos)
    {
        if (!destination_.empty())
            usage("the place stands in --to or in --destination, not in both");
        place = to.substr(colon + 1);
        if (place.starts_with("//"))
            place.erase(0, 2);
    }
    std::optional<upload_kind> kind;
    if (!to.empty() && !(kind = parse_upload_kind(kind_of(to))))
        usage(forms);
    // "A private registry or a folder": which of them, the place tells.
    if (!kind && secrecy == sensitivity::high && (place.empty() || place.front() == '/' || place.front() == '.'))
        kind = upload_kind::dir;
    return {value_or_hint(place_model(purpose, secrecy, kind),
                          "--to: this model may not go there; see the table in publish --help"),
            std::move(place)};
}

std::vector<upload_arguments::goal> upload_arguments::goals() const
{
    if (to_.size() > 1 && !destination_.empty())
        usage("--destination is for one --to; of several, each has its place behind it");
    std::vector<goal> out;
    for (const std::string& to : to_)
    {
        if (to.empty())
            usage(forms);
        out.push_back(goal_of(to));
    }
    if (out.empty())
        out.push_back(goal_of({}));
    return out;
}

bool upload_arguments::gives_addresses() const
{
    if (!wanted())
        return false;
    const std::vector<goal> all = goals();  // what the table forbids of any ends it
    return std::any_of(all.begin(), all.end(), [](const goal& g) { return g.where.target != upload_kind::dir; });
}

std::string upload_arguments::endpoint_of(upload_kind kind) const
{
    std::string out, own;
    for (const std::string& given : endpoints_)
    {
        const std::size_t equals = given.find('=');
        const auto named = equals == std::string::npos ? std::nullopt : parse_upload_kind(given.substr(0, equals));
        std::string& address = named ? own : out;
        if (named && named != kind)
            continue;
        if (!address.empty())
            usage("--endpoint: one for each kind of host: supabase=URL, s3=URL");
        address = named ? given.substr(equals + 1) : given;
        refuse_userinfo(address);
    }
    return own.empty() ? out : own;
}

std::vector<upload_options> upload_arguments::options(const std::string& out, output& told) const
{
    upload_options common;
    common.kms_key = kms_key_;
    const std::filesystem::path manifest(out);
    common.manifest_name = manifest.filename().string();
    common.sources = sources_.options(credentials_);
    common.transport.tls = tls_.options();
    common.transport.proxy = proxy_.options(told);
    common.transport.credentials = make_provider({}, credentials_);
    common.state_file = out + ".upload";
    std::vector<upload_options> all;
    for (goal& one : goals())
    {
        upload_options how = common;
        how.where = one.where;
        how.destination = std::move(one.destination);
        if (how.destination.empty() && how.where.target == upload_kind::dir)
            how.destination = manifest.has_parent_path() ? manifest.parent_path().string() : ".";
        if (how.destination.empty())
            usage("where in " + std::string(to_string(how.where.target)) + "? " + forms);
        how.endpoint = endpoint_of(how.where.target);
        if (how.endpoint.empty() && how.where.target == upload_kind::supabase)
            usage("supabase: --endpoint https://PROJECT.supabase.co");
        all.push_back(std::move(how));
    }
    return all;
}

}  // namespace modelsec::tool
