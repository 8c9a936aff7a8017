// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "source_arguments.hpp"

#include "command_error.hpp"
#include "command_line.hpp"
#include "platform.hpp"

#include <modelsec/s3_environment.hpp>

namespace modelsec::tool {

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
    s3_environment keys;
    keys.get = [](const std::string& name) { return environment(name); };
    keys.credentials_file = credentials_file;
    keys.role = s3_role_;
    out.s3 = s3_options_from(keys);
    return out;
}

}  // namespace modelsec::tool
