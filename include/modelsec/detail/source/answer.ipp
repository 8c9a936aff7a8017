// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_ANSWER_IPP
#define MODELSEC_DETAIL_SOURCE_ANSWER_IPP

#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/net/expiry.hpp>
#include <modelsec/detail/net/retry_fsm.hpp>
#include <modelsec/detail/source/answer.hpp>

#include <charconv>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The code of an error document of S3 and its kin: `<Error><Code>…</Code>`.
inline std::string_view xml_error_code(std::string_view body) noexcept
{
    const std::size_t error = body.find("<Error>");
    const std::size_t code = error == std::string_view::npos ? error : body.find("<Code>", error);
    if (code == std::string_view::npos)
        return {};
    const std::size_t end = body.find("</Code>", code);
    return end == std::string_view::npos ? std::string_view() : body.substr(code + 6, end - code - 6);
}

inline std::optional<reason> meaning_of_s3(std::string_view code, unsigned status, std::string_view body)
{
    if (code.empty())
        return std::nullopt;
    if (code == "ExpiredToken" || code == "ExpiredRequest" || code == "RequestTimeTooSkewed" ||
        code == "TokenRefreshRequired")
        return reason::url_expired;
    if (code == "AccessDenied" && body.find("Request has expired") != std::string_view::npos)
        return reason::url_expired;
    if (code == "SignatureDoesNotMatch" || code == "AccessDenied" || code == "InvalidAccessKeyId" || code == "InvalidToken")
        return reason::forbidden;
    if (code == "NoSuchKey" || code == "NoSuchBucket" || code == "NoSuchVersion")
        return reason::not_found;
    if (code == "SlowDown" || code == "RequestLimitExceeded")
        return reason::rate_limited;
    if (status == 400 && code == "RequestTimeout")
        return reason::server_error;
    return std::nullopt;
}

/// Supabase's storage: HTTP 400, `{"statusCode": "404", "error": "not_found", "message": …}`.
inline std::optional<reason> meaning_of_supabase(const source_answer& answer)
{
    if (answer.status != 400)
        return std::nullopt;
    const auto doc = parse_json(answer.body);
    if (!doc)
        return std::nullopt;
    const std::string_view error = doc->string_at("error").value_or("");
    const std::string_view code = doc->string_at("statusCode").value_or("");
    if (error == "InvalidJWT" || error == "ExpiredToken")
        return reason::url_expired;
    if (error == "InvalidSignature")
        return reason::forbidden;
    unsigned status = 0;
    if (std::from_chars(code.data(), code.data() + code.size(), status).ec == std::errc() && status > 400 && status < 600)
        return status_failure(status).why;
    return std::nullopt;
}

std::optional<reason> known_meaning(const source_answer& answer)
{
    if (answer.status < 400)
        return std::nullopt;
    const std::string_view body = as_text(answer.body);
    if (const auto s3 = meaning_of_s3(xml_error_code(body), answer.status, body))
        return s3;
    if (const auto supabase = meaning_of_supabase(answer))
        return supabase;
    if (says_expired(answer.status, body))
        return reason::url_expired;
    return std::nullopt;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
