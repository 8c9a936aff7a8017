// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_LOCATOR_IPP
#define MODELSEC_DETAIL_SOURCE_LOCATOR_IPP

#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/source/locator.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline bool is_commit(std::string_view text) noexcept
{
    return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Parts of a Hub address: what can stand in a repository's or file's name there.
inline bool is_hub_path(std::string_view text) noexcept
{
    const auto plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
               c == '.' || c == '/' || c == '+';
    };
    return !text.empty() && text.front() != '/' && std::all_of(text.begin(), text.end(), plain) &&
           text.find("..") == std::string_view::npos && text.find("//") == std::string_view::npos;
}

inline result<url> resolve_hub(std::string_view rest, const locator_options& options)
{
    const std::size_t at = rest.find('@');
    const std::size_t slash = rest.find('/', at == std::string_view::npos ? 0 : at);
    if (at == std::string_view::npos || slash == std::string_view::npos || !is_commit(rest.substr(at + 1, slash - at - 1)))
        return fail(reason::mutable_revision);
    const std::string_view repo = rest.substr(0, at), commit = rest.substr(at + 1, slash - at - 1);
    const std::string_view path = rest.substr(slash + 1);
    if (!is_hub_path(repo) || std::count(repo.begin(), repo.end(), '/') != 1 || !is_hub_path(path))
        return fail(reason::bad_url, "hf:// takes ORG/REPO@COMMIT/PATH");
    return url::parse(options.hugging_face + '/' + std::string(repo) + "/resolve/" + std::string(commit) + '/' +
                      std::string(path));
}

result<url> resolve_locator(std::string_view locator, const locator_options& options)
{
    if (locator.starts_with("hf://"))
        return resolve_hub(locator.substr(5), options);
    const std::size_t colon = locator.find(':');
    const std::string_view scheme = locator.substr(0, colon == std::string_view::npos ? 0 : colon);
    const auto is = [&](std::string_view known) {
        return std::equal(scheme.begin(), scheme.end(), known.begin(), known.end(),
                          [](char a, char b) { return (a | 0x20) == b; });
    };
    if (!scheme.empty() && !is("https") && !is("http"))
        return fail(reason::scheme_not_allowed);
    return url::parse(locator);
}

result<url> read_endpoint_answer(bytes_view body, const url& endpoint)
{
    const auto doc = parse_json(body);
    const auto absolute = doc ? doc->string_at("url") : std::nullopt;
    const auto relative = doc ? doc->string_at("signedURL") : std::nullopt;
    if (absolute)
        return url::parse(*absolute);
    if (relative && relative->starts_with('/') && !relative->starts_with("//"))
        return endpoint.resolve("/storage/v1" + std::string(*relative));
    if (relative && relative->starts_with("https:"))
        return url::parse(*relative);
    return fail(reason::bad_response, "the endpoint's answer has no URL");
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
