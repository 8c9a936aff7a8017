// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_CREDENTIAL_FILE_IPP
#define MODELSEC_DETAIL_NET_CREDENTIAL_FILE_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/base/secret_json.hpp>
#include <modelsec/detail/net/credential_file.hpp>
#include <modelsec/detail/net/url.hpp>

#include <algorithm>
#include <memory>

MODELSEC_BEGIN_NAMESPACE

namespace detail {

// RFC 9110 section 5.1: a field name is a token.
inline bool is_field_name(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

// RFC 9110 section 5.5: no CR, LF or NUL, else one header becomes two (CWE-113).
inline bool is_field_value(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return c == '\t' || (u >= 0x20 && u != 0x7f);
    });
}

/// Field names, which have no case (RFC 9110 section 5.1).
inline bool equal_names(std::string_view a, std::string_view b) noexcept
{
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

inline failure not_credentials(std::string rule)
{
    return fail(reason::bad_option, "the credentials file: " + std::move(rule));
}

inline result<std::vector<http_header>> headers_of_origin(json_view entry)
{
    std::vector<http_header> out;
    const auto bearer = entry.string_at("bearer"), basic = entry.string_at("basic");
    const auto headers = entry.find("headers");
    const auto members = headers ? headers->as_object() : std::nullopt;
    const auto s3 = entry.find("s3");  // keys to buckets: s3_environment.ipp
    if ((bearer && basic) || (!bearer && !basic && !members && !s3) || (headers && !members) || (s3 && !s3->as_object()))
        return not_credentials("an origin has bearer, basic or s3, headers, or both");
    if (bearer)
        out.push_back({"Authorization", secret_text("Bearer ").append(*bearer)});
    if (basic)
    {
        std::string encoded = to_base64(as_bytes(*basic));
        out.push_back({"Authorization", secret_text("Basic ").append(encoded)});
        wipe(encoded);
    }
    if (members)
        for (const auto [name, value] : *members)
        {
            const auto text = value.as_string();
            if (!text || (equal_names(name, "Authorization") && !out.empty()))
                return not_credentials("headers are texts, and there is one Authorization");
            out.push_back({std::string(name), *text});
        }
    for (const http_header& h : out)
        if (!is_header_field(h.name, h.value))
            return not_credentials("something that is no header");
    return out;
}

}  // namespace detail

std::optional<std::string> origin_of(std::string_view url)
{
    const auto parsed = detail::url::parse(url);
    return parsed ? std::optional(parsed->origin()) : std::nullopt;
}

bool is_header_field(std::string_view name, std::string_view value) noexcept
{
    return detail::is_field_name(name) && detail::is_field_value(value);
}

result<origin_headers> parse_credentials(const secret& text)
{
    MODELSEC_TRY(const detail::secret_json doc, detail::secret_json::parse(text.reveal()));
    const auto origins = doc.root().as_object();
    if (!origins)
        return detail::not_credentials("not an object");
    origin_headers out;
    for (const auto [key, entry] : *origins)
    {
        const auto address = detail::url::parse(key);
        if (!address || address->target() != "/")
            return detail::not_credentials("a key is an origin, https://host[:port]");
        MODELSEC_TRY(auto headers, detail::headers_of_origin(entry));
        if (!out.emplace(address->origin(), std::move(headers)).second)
            return detail::not_credentials("an origin stands twice");
    }
    return out;
}

result<origin_headers> load_credentials(const std::string& path)
{
    MODELSEC_TRY(const secret text, read_secret_file(path));
    return parse_credentials(text);
}

result<credential_provider> make_credential_provider(origin_headers fixed, const std::string& path)
{
    if (path.empty() && fixed.empty())
        return credential_provider();
    auto last = std::make_shared<origin_headers>();
    if (!path.empty())
    {
        MODELSEC_TRY(*last, load_credentials(path));
        for (const auto& [origin, headers] : fixed)
            if (last->contains(origin))
                return detail::not_credentials("an origin that has a token from elsewhere stands in it too");
    }
    return credential_provider([fixed = std::move(fixed), path, last](std::string_view origin) {
        if (const auto found = fixed.find(origin); found != fixed.end())
            return found->second;
        if (!path.empty())
            if (auto now = load_credentials(path))
                *last = std::move(*now);
        const auto found = last->find(origin);
        return found == last->end() ? std::vector<http_header>() : found->second;
    });
}

MODELSEC_END_NAMESPACE

#endif
