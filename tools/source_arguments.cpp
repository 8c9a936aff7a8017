// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "source_arguments.hpp"

#include "command_error.hpp"
#include "command_line.hpp"
#include "platform.hpp"

#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/net/url.hpp>
#include <modelsec/detail/source/instance_keys.hpp>

namespace modelsec::tool {

namespace {

s3_credentials copy_of(const s3_credentials& keys)
{
    return {keys.access_key_id, keys.secret_access_key.clone(), keys.session_token.clone()};
}

/// Amazon's own storage hosts, and the one that the environment names in their place: what keys of the environment are for.
bool is_storage_origin(const std::string& origin)
{
    for (const char* variable : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"})
        if (const auto endpoint = environment(variable))
        {
            const auto address = url::parse(*endpoint);
            return address && address->origin() == origin;
        }
    const auto address = url::parse(origin);
    const std::string host = address ? address->host() : std::string();
    return host.ends_with(".amazonaws.com") && (host.starts_with("s3.") || host.find(".s3.") != std::string::npos);
}

std::optional<s3_credentials> keys_of_environment()
{
    auto id = environment("AWS_ACCESS_KEY_ID");
    auto key = environment("AWS_SECRET_ACCESS_KEY");
    if (!id || !key)
        return std::nullopt;
    s3_credentials out{*id, secret(*key)};
    wipe(*key);
    if (auto token = environment("AWS_SESSION_TOKEN"))
        out.session_token = secret(*token);
    return out;
}

/// `"s3": {"access_key_id": …, "secret_access_key": …, "session_token": …}` of an origin in the credentials file.
result<std::optional<s3_credentials>> keys_of_file(const std::string& path, const std::string& origin)
{
    using none = std::optional<s3_credentials>;
    MODELSEC_TRY(const secret text, read_secret_file(path));
    MODELSEC_TRY(const json doc, parse_json(text.reveal()));
    if (!doc.as_object())
        return none();
    for (const auto& [name, entry] : *doc.as_object())
    {
        const auto address = url::parse(name);
        const json* keys = entry.find("s3");
        if (!keys || !address || address->origin() != origin)
            continue;
        const auto id = keys->string_at("access_key_id"), key = keys->string_at("secret_access_key"), token = keys->string_at("session_token");
        if (!id || !key)
            return fail(reason::bad_option, "the credentials file: s3 takes access_key_id and secret_access_key");
        return none(s3_credentials{std::string(*id), secret(*key), token ? secret(*token) : secret()});
    }
    return none();
}

instance_role role_of_environment()
{
    instance_role out;
    if (const auto service = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT"))
        out.service = *service;
    if (const auto relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"))
        out.container = "http://169.254.170.2" + *relative;
    else if (const auto full = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
        out.container = *full;
    if (const auto file = environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))
        out.container_token = [path = *file] { return read_secret_file(path); };
    else if (environment("AWS_CONTAINER_AUTHORIZATION_TOKEN"))
        out.container_token = []() -> result<secret> { return secret(environment("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("")); };
    return out;
}

/// The role's keys are asked for once in five minutes: the service hands out the same ones for hours, and new ones well before these end.
class role_keys
{
public:
    result<s3_credentials> get()
    {
        const utc_time now = clock::system().now();
        if (!keys_ || now - at_ > std::chrono::minutes(5))
        {
            MODELSEC_TRY(keys_, fetch_instance_keys(role_of_environment()));
            at_ = now;
        }
        return copy_of(*keys_);
    }

private:
    std::optional<s3_credentials> keys_;
    utc_time at_{};
};

}  // namespace

void source_arguments::add_to(CLI::App& c, const char* group)
{
    repeatable(c, "--auth-realm", realms_, "A host that may issue the tokens of an OCI registry", "HOST")->group(group);
    c.add_flag("--allow-endpoint", allow_endpoint_, "Send the stored Hugging Face token to HF_ENDPOINT")->group(group);
    c.add_flag("--s3-role", s3_role_, "Keys to S3 from this machine's metadata service")->group(group);
}

source_options source_arguments::options(const std::string& credentials_file) const
{
    source_options out;
    auto hub = hub_options::from_environment([](const std::string& name) { return environment(name); }, allow_endpoint_);
    if (hub.has_error())
        throw command_error(hub.error().why, "HF_ENDPOINT is an https address", hub.error().detail);
    out.hub = std::move(*hub);
    out.registries.allowed_realms = realms_;
    if (const auto folder = environment("DOCKER_CONFIG"))
        out.registries.docker_config = *folder + "/config.json";
    else if (const auto home = environment("HOME"))
        out.registries.docker_config = *home + "/.docker/config.json";
    if (const auto region = environment("AWS_REGION"))
        out.s3.region = *region;
    else if (const auto fallback = environment("AWS_DEFAULT_REGION"))
        out.s3.region = *fallback;
    auto role = s3_role_ ? std::make_shared<role_keys>() : nullptr;
    out.s3.credentials = [credentials_file, role](const std::string& origin) -> result<std::optional<s3_credentials>> {
        if (!credentials_file.empty())
        {
            MODELSEC_TRY(auto keys, keys_of_file(credentials_file, origin));
            if (keys)
                return keys;
        }
        if (!is_storage_origin(origin))
            return std::optional<s3_credentials>();
        if (auto keys = keys_of_environment())
            return keys;
        if (!role)
            return std::optional<s3_credentials>();
        MODELSEC_TRY(s3_credentials keys, role->get());
        return std::optional(std::move(keys));
    };
    return out;
}

}  // namespace modelsec::tool
