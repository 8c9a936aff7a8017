// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_S3_ENVIRONMENT_IPP
#define MODELSEC_DETAIL_SOURCE_S3_ENVIRONMENT_IPP

#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/base/secret_json.hpp>
#include <modelsec/detail/net/url.hpp>
#include <modelsec/detail/source/instance_keys.hpp>
#include <modelsec/detail/source/s3_environment.hpp>

#include <mutex>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Keys to buckets, from wherever one has them.
class s3_key_ring
{
public:
    explicit s3_key_ring(s3_environment environment) : environment_(std::move(environment)) {}

    result<std::optional<s3_credentials>> find(const std::string& origin)
    {
        if (!environment_.credentials_file.empty())
        {
            MODELSEC_TRY(auto keys, keys_of_file(origin));
            if (keys)
                return keys;
        }
        if (!is_storage(origin))
            return std::optional<s3_credentials>();
        if (auto keys = keys_of_variables())
            return keys;
        if (!environment_.role)
            return std::optional<s3_credentials>();
        MODELSEC_TRY(s3_credentials keys, keys_of_role());
        return std::optional(std::move(keys));
    }

    std::optional<std::string> variable(const std::string& name) const
    {
        return environment_.get ? environment_.get(name) : std::nullopt;
    }

private:
    /// Amazon's own storage hosts, and the one that the environment names in their place: what keys of the environment are for.
    bool is_storage(const std::string& origin) const
    {
        for (const char* name : {"AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL"})
            if (const auto endpoint = variable(name))
            {
                const auto address = url::parse(*endpoint);
                return address && address->origin() == origin;
            }
        const auto address = url::parse(origin);
        const std::string host = address ? address->host() : std::string();
        return host.ends_with(".amazonaws.com") && (host.starts_with("s3.") || host.find(".s3.") != std::string::npos);
    }

    result<std::optional<s3_credentials>> keys_of_file(const std::string& origin) const
    {
        using none = std::optional<s3_credentials>;
        MODELSEC_TRY(const secret text, read_secret_file(environment_.credentials_file));
        MODELSEC_TRY(const secret_json doc, secret_json::parse(text.reveal()));
        const auto origins = doc.root().as_object();
        if (!origins)
            return none();
        for (const auto [name, entry] : *origins)
        {
            const auto address = url::parse(name);
            const auto keys = entry.find("s3");
            if (!keys || !address || address->origin() != origin)
                continue;
            const auto id = keys->string_at("access_key_id"), key = keys->string_at("secret_access_key"),
                       token = keys->string_at("session_token");
            if (!id || !key)
                return fail(reason::bad_option, "the credentials file: s3 takes access_key_id and secret_access_key");
            return none(s3_credentials{std::string(*id), secret(*key), token ? secret(*token) : secret()});
        }
        return none();
    }

    std::optional<s3_credentials> keys_of_variables() const
    {
        auto id = variable("AWS_ACCESS_KEY_ID");
        auto key = variable("AWS_SECRET_ACCESS_KEY");
        if (!id || !key)
            return std::nullopt;
        s3_credentials out{*id, secret(*key)};
        wipe(*key);
        if (auto token = variable("AWS_SESSION_TOKEN"))
        {
            out.session_token = secret(*token);
            wipe(*token);
        }
        return out;
    }

    instance_role role() const
    {
        instance_role out;
        if (const auto service = variable("AWS_EC2_METADATA_SERVICE_ENDPOINT"))
            out.service = *service;
        if (const auto relative = variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"))
            out.container = "http://169.254.170.2" + *relative;
        else if (const auto full = variable("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
            out.container = *full;
        if (const auto file = variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"))
            out.container_token = [path = *file] { return read_secret_file(path); };
        else if (variable("AWS_CONTAINER_AUTHORIZATION_TOKEN"))
            out.container_token = [get = environment_.get]() -> result<secret> {
                std::string text = get("AWS_CONTAINER_AUTHORIZATION_TOKEN").value_or("");
                secret token(text);
                wipe(text);
                return token;
            };
        return out;
    }

    /// The role's keys are asked for once in five minutes: the service hands out the same ones for hours, and new ones well before these end.
    result<s3_credentials> keys_of_role()
    {
        const std::lock_guard lock(mutex_);
        const utc_time now = environment_.time->now();
        if (!role_keys_ || now - role_time_ > std::chrono::minutes(5))
        {
            MODELSEC_TRY(role_keys_, fetch_instance_keys(role()));
            role_time_ = now;
        }
        return s3_credentials{role_keys_->access_key_id, role_keys_->secret_access_key.clone(),
                              role_keys_->session_token.clone()};
    }

    s3_environment environment_;
    std::mutex mutex_;  // guards what follows: downloads on several threads ask
    std::optional<s3_credentials> role_keys_;
    utc_time role_time_{};
};

}  // namespace detail

s3_options s3_options_from(const s3_environment& environment)
{
    s3_options out;
    auto keys = std::make_shared<detail::s3_key_ring>(environment);
    for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"})
        if (const auto region = out.region.empty() ? keys->variable(name) : std::nullopt)
            out.region = *region;
    out.credentials = [keys](const std::string& origin) { return keys->find(origin); };
    return out;
}

MODELSEC_END_NAMESPACE

#endif
