// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_S3_IPP
#define MODELSEC_DETAIL_SOURCE_S3_IPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/net/url.hpp>
#include <modelsec/detail/source/percent.hpp>
#include <modelsec/detail/source/s3.hpp>

#include <sodium.h>

#include <algorithm>
#include <map>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// RFC 2104 with SHA-256; the key is wiped by its owner.
inline bytes hmac_sha256(bytes_view key, std::string_view message)
{
    crypto_auth_hmacsha256_state state;
    bytes out(crypto_auth_hmacsha256_BYTES);
    crypto_auth_hmacsha256_init(&state, key.data(), key.size());
    crypto_auth_hmacsha256_update(&state, reinterpret_cast<const unsigned char*>(message.data()), message.size());
    crypto_auth_hmacsha256_final(&state, out.data());
    sodium_memzero(&state, sizeof state);
    return out;
}

/// The query's parameters, sorted; those without a value get an empty one.
inline std::string sigv4_query(std::string_view query)
{
    std::vector<std::string> parts;
    while (!query.empty())
    {
        const std::size_t end = std::min(query.find('&'), query.size());
        std::string part(query.substr(0, end));
        if (!part.empty())
            parts.push_back(part.find('=') == std::string::npos ? part + '=' : part);
        query.remove_prefix(std::min(end + 1, query.size()));
    }
    std::sort(parts.begin(), parts.end());
    std::string out;
    for (const std::string& part : parts)
        out += (out.empty() ? "" : "&") + part;
    return out;
}

/// "20260102T030405Z" of RFC 3339's "2026-01-02T03:04:05Z".
inline std::string sigv4_time(utc_time now)
{
    std::string out = format_rfc3339(now);
    std::erase_if(out, [](char c) { return c == '-' || c == ':'; });
    return out;
}

std::vector<http_header> sigv4_headers(const sigv4_request& request, const s3_credentials& keys, const std::string& region,
                                       utc_time now)
{
    const std::string time = sigv4_time(now), day = time.substr(0, 8);
    std::vector<http_header> added{{"x-amz-content-sha256", request.payload_sha256}, {"x-amz-date", time}};
    if (!keys.session_token.empty())
        added.push_back({"x-amz-security-token", keys.session_token.reveal_text()});

    std::map<std::string, secret_text> canonical{{"host", request.authority}};  // a session token is among them
    for (const std::vector<http_header>* list : {&request.headers, static_cast<const std::vector<http_header>*>(&added)})
        for (const http_header& h : *list)
        {
            std::string name = h.name;
            std::transform(name.begin(), name.end(), name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
            canonical[name] = h.value;
        }
    secret_text header_lines;
    std::string names;
    for (const auto& [name, value] : canonical)
    {
        header_lines.append(name).append(":").append(value).append("\n");
        names += (names.empty() ? "" : ";") + name;
    }
    const std::size_t mark = std::min(request.target.find('?'), request.target.size());
    const std::string query =
        mark < request.target.size() ? sigv4_query(std::string_view(request.target).substr(mark + 1)) : std::string();
    const secret_text text = secret_text(request.method + '\n' + request.target.substr(0, mark) + '\n' + query + '\n')
                                 .append(header_lines)
                                 .append('\n' + names + '\n' + request.payload_sha256);
    const std::string scope = day + '/' + region + "/s3/aws4_request";
    const std::string to_sign = "AWS4-HMAC-SHA256\n" + time + '\n' + scope + '\n' + sha256(as_bytes(text.view())).hex();

    const secret_text first = secret_text("AWS4").append(keys.secret_access_key.reveal_text());
    bytes key = hmac_sha256(as_bytes(first.view()), day);
    for (const std::string_view part : {std::string_view(region), std::string_view("s3"), std::string_view("aws4_request")})
    {
        bytes next = hmac_sha256(key, part);
        wipe(key.data(), key.size());
        key = std::move(next);
    }
    const std::string signature = to_hex(hmac_sha256(key, to_sign));
    wipe(key.data(), key.size());
    added.push_back({"Authorization", "AWS4-HMAC-SHA256 Credential=" + keys.access_key_id + '/' + scope +
                                          ",SignedHeaders=" + names + ",Signature=" + signature});
    return added;
}

std::string s3_region_of(std::string_view host)
{
    constexpr std::string_view end = ".amazonaws.com";
    const std::size_t begin = host.starts_with("s3.") ? 0 : host.find(".s3.");
    if (begin != std::string_view::npos && host.ends_with(end))
    {
        const std::size_t from = begin + (begin == 0 && host.starts_with("s3.") ? 3 : 4);
        if (host.size() > from + end.size())
        {
            std::string_view region = host.substr(from, host.size() - end.size() - from);
            if (region.starts_with("dualstack."))
                region.remove_prefix(10);
            return std::string(region);
        }
    }
    return "us-east-1";
}

bool s3_source::takes(std::string_view locator) const
{
    if (!options_.credentials || locator.find("X-Amz-Signature=") != std::string_view::npos)
        return false;
    const auto address = url::parse(locator);
    if (!address)
        return false;
    const auto keys = options_.credentials(address->origin());
    return keys.has_error() || keys->has_value();
}

result<source_request> s3_source::locate(std::string_view locator, const source_exchange&)
{
    MODELSEC_TRY(const url address, url::parse(locator));
    MODELSEC_TRY(const auto keys, options_.credentials(address.origin()));
    source_request out{address.str()};
    if (keys)
        out.headers = sigv4_headers({"GET", address.authority(), address.target(), {}}, *keys,
                                    options_.region.empty() ? s3_region_of(address.host()) : options_.region, time_->now());
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
