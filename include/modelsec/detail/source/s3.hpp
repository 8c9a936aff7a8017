// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_S3_HPP
#define MODELSEC_DETAIL_SOURCE_S3_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/secret.hpp>
#include <modelsec/detail/source/source.hpp>

MODELSEC_BEGIN_NAMESPACE

/// Keys to S3 or a server that speaks its protocol. Storage credentials: for servers, never for clients (50).
struct s3_credentials
{
    std::string access_key_id;
    secret secret_access_key;
    secret session_token{};  ///< of temporary keys; else empty
};

struct s3_options
{
    /// The keys for an origin ("https://host[:port]"); nothing: requests to it are not signed. Asked before every locate(), so that keys
    /// can change at any time.
    std::function<result<std::optional<s3_credentials>>(const std::string& origin)> credentials{};
    std::string region{};  ///< empty: as the host's name says (`s3.REGION.amazonaws.com`), else us-east-1
};

namespace detail {

/// One request to be signed by AWS Signature Version 4.
struct sigv4_request
{
    std::string method;                ///< "GET", "PUT", …
    std::string authority;             ///< the Host header
    std::string target;                ///< path and query, as sent
    std::vector<http_header> headers;  ///< those that are signed beside Host and `x-amz-…` of the result; any case
    std::string payload_sha256 = "UNSIGNED-PAYLOAD";
};

/// The headers that sign the request: x-amz-date, x-amz-content-sha256, x-amz-security-token if the keys have one, Authorization (AWS
/// General Reference, "Signature Version 4", as S3 has it: the path is encoded once).
MODELSEC_DECL std::vector<http_header> sigv4_headers(const sigv4_request& request, const s3_credentials& keys,
                                                     const std::string& region, utc_time now);

/// `bucket.s3.eu-west-1.amazonaws.com`, `s3.eu-west-1.amazonaws.com` → eu-west-1; else us-east-1.
MODELSEC_DECL std::string s3_region_of(std::string_view host);

/// https addresses of buckets that the caller has keys to. Presigned ones are left alone.
class s3_source final : public model_source
{
public:
    s3_source(s3_options options, const clock& time) : options_(std::move(options)), time_(&time) {}

    MODELSEC_DECL bool takes(std::string_view locator) const override;
    MODELSEC_DECL result<source_request> locate(std::string_view locator, const source_exchange& ask) override;

private:
    s3_options options_;
    const clock* time_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/source/s3.ipp>
#endif

#endif
