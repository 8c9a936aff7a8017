// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_S3_ENVIRONMENT_HPP
#define MODELSEC_DETAIL_SOURCE_S3_ENVIRONMENT_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/source/s3.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>

MODELSEC_BEGIN_NAMESPACE

/// Where a server finds its keys to S3, for whoever opts in.
struct s3_environment
{
    /// The value of a variable; nothing if it is not set. Asked again whenever keys are needed.
    std::function<std::optional<std::string>(const std::string& name)> get{};
    /// A file as load_credentials() reads it, whose `"s3": {"access_key_id", "secret_access_key", "session_token"}` are the keys of its
    /// origin; asked first. Empty: none.
    std::string credentials_file{};
    /// Whether the role that this machine or container has in its cloud is asked for keys, where nothing else has any.
    bool role = false;
    std::shared_ptr<const clock> time = clock::shared_system();
};

/// The settings of Amazon's own tools: AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, AWS_REGION, else
/// AWS_DEFAULT_REGION; with `role` also the metadata service and AWS_CONTAINER_… . Keys of variables and of the role go to Amazon's storage
/// hosts alone, or to the one that AWS_ENDPOINT_URL_S3 or AWS_ENDPOINT_URL names in their place (CWE-522).
MODELSEC_DECL s3_options s3_options_from(const s3_environment& environment);

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/source/s3_environment.ipp>
#endif

#endif
