// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_INSTANCE_KEYS_HPP
#define MODELSEC_DETAIL_SOURCE_INSTANCE_KEYS_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/source/s3.hpp>

#include <chrono>

MODELSEC_BEGIN_NAMESPACE

/// The temporary keys of the role that a machine or container in a cloud has. Its metadata service is the only thing that is ever asked
/// by plain http: at its well-known link-local addresses or on loopback, without proxy, without following a redirect.
struct instance_role
{
    std::string service = "http://169.254.169.254";  ///< IMDSv2 (a session token first); version 1 is not spoken (CWE-918)
    std::string container{};                         ///< the container's own address in place of it
    std::function<result<secret>()> container_token{};  ///< its Authorization header, if it wants one
    std::chrono::milliseconds patience{2'000};          ///< for all of it
};

namespace detail {

/// The document of either service: `AccessKeyId`, `SecretAccessKey`, `Token`. `bad_response`.
MODELSEC_DECL result<s3_credentials> parse_instance_keys(bytes_view body);
/// Host, port and target of an address that may be asked without TLS; `plain_http` for every other one.
struct metadata_address
{
    std::string host;
    std::uint16_t port = 80;
    std::string target;
};
MODELSEC_DECL result<metadata_address> parse_metadata_address(std::string_view text);

/// Asks for the role's keys. Blocks for at most `patience`. `connect_failed` where there is no such service, `unauthorized` where it gives
/// no role.
MODELSEC_DECL result<s3_credentials> fetch_instance_keys(const instance_role& role);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/source/instance_keys.ipp>
#endif

#endif
