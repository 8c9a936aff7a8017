// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "upload_arguments.hpp"

#include "command_error.hpp"
#include "credentials.hpp"

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
    c.add_option("--to", to_, "Upload there: KIND, or KIND://PLACE (dir:PATH)")
        ->type_name("dir|s3|supabase|hf|oci")
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
    c.add_option("--endpoint", endpoint_, "The address of the project (supabase), or of a server that is not Amazon's (s3)")
        ->type_name("URL")
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

std::optional<upload_kind> upload_arguments::target() const
{
    if (!to_)
        return std::nullopt;
    const auto kind = parse_upload_kind(kind_of(*to_));
    if (!kind)
        usage(forms);
    return kind;
}

std::string upload_arguments::destination() const
{
    if (!to_ || to_->find(':') == std::string::npos)
        return destination_;
    if (!destination_.empty())
        usage("the place stands in --to or in --destination, not in both");
    std::string place = to_->substr(to_->find(':') + 1);
    if (place.starts_with("//"))
        place.erase(0, 2);
    return place;
}

placement upload_arguments::where() const
{
    const deployment purpose = parse_deployment(environment_.value_or(""));
    const sensitivity secrecy = parse_sensitivity(sensitivity_.value_or(""));
    std::optional<upload_kind> wanted = target();
    // "A private registry or a folder": which of them, the place tells.
    if (const std::string place = destination();
        !wanted && secrecy == sensitivity::high && (place.empty() || place.front() == '/' || place.front() == '.'))
        wanted = upload_kind::dir;
    return value_or_hint(place_model(purpose, secrecy, wanted),
                         "--to: this model may not go there; see the table in publish --help");
}

upload_options upload_arguments::options(const std::string& out, output& told) const
{
    upload_options how;
    how.where = where();
    how.destination = destination();
    const std::filesystem::path manifest(out);
    if (how.destination.empty() && how.where.target == upload_kind::dir)
        how.destination = manifest.has_parent_path() ? manifest.parent_path().string() : ".";
    if (how.destination.empty())
        usage("where in " + std::string(to_string(how.where.target)) + "? " + forms);
    if (how.endpoint.empty() && endpoint_.empty() && how.where.target == upload_kind::supabase)
        usage("supabase: --endpoint https://PROJECT.supabase.co");
    refuse_userinfo(endpoint_);
    how.endpoint = endpoint_;
    how.kms_key = kms_key_;
    how.manifest_name = manifest.filename().string();
    how.sources = sources_.options(credentials_);
    how.transport.tls = tls_.options();
    how.transport.proxy = proxy_.options(told);
    how.transport.credentials = make_provider({}, credentials_);
    how.state_file = out + ".upload";
    return how;
}

}  // namespace modelsec::tool
