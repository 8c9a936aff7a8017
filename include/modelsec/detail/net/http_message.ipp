// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_HTTP_MESSAGE_IPP
#define MODELSEC_DETAIL_NET_HTTP_MESSAGE_IPP

#include <modelsec/detail/base/secret.hpp>
#include <modelsec/detail/net/connection.hpp>

#include <boost/beast/core/string.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// RFC 9110 section 5.6.2.
inline bool header_is_token(std::string_view text) noexcept
{
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               marks.find(c) != std::string_view::npos;
    });
}

inline bool header_is_value(std::string_view text) noexcept
{
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t'; });
}

inline bool header_is(std::string_view a, std::string_view b) noexcept
{
    return boost::beast::iequals(boost::beast::string_view(a.data(), a.size()),
                                 boost::beast::string_view(b.data(), b.size()));
}

std::optional<std::string_view> response_head::find(std::string_view name) const noexcept
{
    for (const http_header& h : headers)
        if (header_is(h.name, name))
            return h.value;
    return std::nullopt;
}

std::string content_coding(const std::vector<http_header>& headers)
{
    std::string out;
    for (const http_header& h : headers)
        if (header_is(h.name, "content-encoding") && !h.value.empty() && !header_is(h.value, "identity"))
            out.append(out.empty() ? "" : ", ")
                .append(h.value.size() <= 32 && header_is_token(h.value) ? h.value.view() : "unreadable");
    return out.size() <= 64 ? out : "unreadable";
}

/// The text of a request (RFC 9112 section 3). No header can end its line early (CWE-113), none can contradict the framing.
inline result<secret_text> request_text(const request_head& request, const std::string& user_agent)
{
    constexpr std::string_view own[] = {"host",   "connection", "content-length", "transfer-encoding",
                                        "te",     "trailer",    "upgrade",        "accept-encoding",
                                        "expect", "range"};
    bool has_agent = false, has_type = false;
    secret_text lines;  // values are secrets, in every copy of them
    for (const http_header& h : request.headers)
    {
        if (!header_is_token(h.name) || !header_is_value(h.value) ||
            std::any_of(std::begin(own), std::end(own), [&](std::string_view n) { return header_is(n, h.name); }))
            return fail(reason::bad_option, "a request header that may not be set, or is malformed");
        has_agent = has_agent || header_is(h.name, "user-agent");
        has_type = has_type || header_is(h.name, "content-type");
        lines.append(h.name).append(": ").append(h.value).append("\r\n");
    }
    if (!has_agent && !user_agent.empty() && header_is_value(user_agent))
        lines.append("User-Agent: ").append(user_agent).append("\r\n");
    if (request.range)
        lines.append("Range: bytes=")
            .append(std::to_string(request.range->first))
            .append("-")
            .append(std::to_string(request.range->last))
            .append("\r\n");
    if (request.upload)
        lines.append("Content-Length: ").append(std::to_string(request.upload->size_bytes)).append("\r\n");
    else if (request.post_body)
    {
        if (!has_type)
            lines.append("Content-Type: application/json\r\n");
        lines.append("Content-Length: ").append(std::to_string(request.post_body->size())).append("\r\n");
    }
    if (!request.method.empty() && !header_is_token(request.method))
        return fail(reason::bad_option, "a request method that is no token");
    secret_text text = !request.method.empty() ? std::string_view(request.method) : request.post_body ? "POST" : "GET";
    text.append(" ").append(request.target.target()).append(" HTTP/1.1\r\nHost: ").append(request.target.authority());
    text.append("\r\nAccept-Encoding: identity\r\n").append(lines).append("\r\n");
    if (!request.upload && request.post_body)
        text.append(*request.post_body);
    return text;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
