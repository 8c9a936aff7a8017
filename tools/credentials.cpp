// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "credentials.hpp"

#include "command_error.hpp"
#include "platform.hpp"
#include "text.hpp"

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/net/url.hpp>

#include <algorithm>
#include <array>
#include <memory>

namespace modelsec::tool {

namespace {

// RFC 9110 section 5.1: a field name is a token.
bool is_token(std::string_view text)
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
    });
}

// RFC 9110 section 5.5: no CR, LF or NUL, else one header becomes two (CWE-113).
bool is_field_value(std::string_view text)
{
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto u = static_cast<unsigned char>(c);
        return c == '\t' || (u >= 0x20 && u != 0x7f);
    });
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

failure not_credentials(std::string what)
{
    return fail(reason::bad_option, "the credentials file: " + std::move(what));
}

result<std::vector<http_header>> headers_of(const json& entry)
{
    std::vector<http_header> out;
    const auto bearer = entry.string_at("bearer"), basic = entry.string_at("basic");
    const json* headers = entry.find("headers");
    const auto* members = headers ? headers->as_object() : nullptr;
    const json* s3 = entry.find("s3");  // keys to buckets: source_arguments.cpp
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
        for (const auto& [name, value] : *members)
        {
            if (!value.as_string() || (same_ignoring_case(name, "Authorization") && !out.empty()))
                return not_credentials("headers are texts, and there is one Authorization");
            out.push_back({name, *value.as_string()});
        }
    for (const http_header& h : out)
        if (!is_token(h.name) || !is_field_value(h.value))
            return not_credentials("something that is no header");
    return out;
}

result<origin_headers> read_credentials(const std::string& path)
{
    MODELSEC_TRY(const secret text, read_secret_file(path));
    return parse_credentials(text);
}

}  // namespace

void refuse_userinfo(std::string_view text)
{
    const std::size_t scheme = text.find("//");
    const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 2;
    if (text.substr(begin, text.find_first_of("/?#", begin) - begin).find('@') != std::string_view::npos)
        throw command_error(reason::secret_in_argument, "no user or password in a URL; use --token-env or --credentials");
}

http_header parse_header(std::string_view text)
{
    const std::size_t colon = text.find(':');
    http_header out{std::string(text.substr(0, colon)),
                    colon == std::string_view::npos ? std::string_view() : trimmed(text.substr(colon + 1))};
    if (colon == std::string_view::npos || !is_token(out.name) || !is_field_value(out.value))
        usage("--header takes 'Name: value'");
    for (const std::string_view secret_name : {"Authorization", "Proxy-Authorization", "Cookie", "apikey", "X-API-Key"})
        if (same_ignoring_case(out.name, secret_name))
            throw command_error(reason::secret_in_argument,
                                "--header shows the secret to everybody; use --header-env, --token-env or --credentials");
    return out;
}

http_header header_from_environment(std::string_view text)
{
    const std::size_t split = text.find('=');
    const std::string name(text.substr(0, split));
    if (split == std::string_view::npos || split + 1 == text.size() || !is_token(name))
        usage("--header-env takes NAME=VARIABLE");
    auto value = environment(std::string(text.substr(split + 1)));
    if (!value)
        return {};
    if (!is_field_value(*value))
        usage("a variable of --header-env holds what no header can");
    return {name, std::move(*value)};
}

result<origin_headers> parse_credentials(const secret& text)
{
    MODELSEC_TRY(const json doc, parse_json(text.reveal()));
    if (!doc.as_object())
        return not_credentials("not an object");
    origin_headers out;
    for (const auto& [key, entry] : *doc.as_object())
    {
        const auto address = url::parse(key);
        if (!address || address->target() != "/")
            return not_credentials("a key is an origin, https://host[:port]");
        MODELSEC_TRY(auto headers, headers_of(entry));
        if (!out.emplace(address->origin(), std::move(headers)).second)
            return not_credentials("an origin stands twice");
    }
    return out;
}

credential_provider make_provider(origin_headers fixed, std::string path)
{
    if (path.empty() && fixed.empty())
        return {};
    auto last = std::make_shared<origin_headers>();
    if (!path.empty())
    {
        auto first = read_credentials(path);
        if (first.has_error())
        {
            const reason why = first.error().why;
            const bool general = why == reason::secret_file_exposed || why == reason::file_unreadable;
            throw command_error(
                general ? why : reason::bad_option,
                general ? "" : "--credentials takes a JSON object: for each origin its bearer, basic or headers",
                first.error().detail);
        }
        *last = std::move(*first);
        for (const auto& [origin, headers] : fixed)
            if (last->contains(origin))
                usage("--token-env and --credentials both name the manifest's origin");
    }
    return [fixed = std::move(fixed), path = std::move(path), last](std::string_view origin) {
        if (const auto found = fixed.find(origin); found != fixed.end())
            return found->second;
        if (!path.empty())
            if (auto now = read_credentials(path))
                *last = std::move(*now);
        const auto found = last->find(origin);
        return found == last->end() ? std::vector<http_header>() : found->second;
    };
}

}  // namespace modelsec::tool
