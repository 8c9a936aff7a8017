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

/// The name of a repository on the Hub, or of its owner.
inline bool is_hub_name(std::string_view text) noexcept
{
    const auto plain = [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
               c == '.';
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), plain) && text.find("..") == std::string_view::npos;
}

/// A file's path in a repository: segments of any characters but control characters, none of them empty, `.` or `..` (CWE-22).
inline bool is_hub_path(std::string_view text) noexcept
{
    const auto plain = [](char c) { return static_cast<unsigned char>(c) >= 0x20 && c != 0x7f; };
    if (!std::all_of(text.begin(), text.end(), plain))
        return false;
    for (std::size_t begin = 0; begin <= text.size();)
    {
        const std::size_t end = std::min(text.find('/', begin), text.size());
        const std::string_view segment = text.substr(begin, end - begin);
        if (segment.empty() || segment == "." || segment == "..")
            return false;
        begin = end + 1;
    }
    return true;
}

/// RFC 3986 section 2.1, of everything but unreserved characters and slashes. The path is the file's name as people write it: a
/// percent sign is one of its characters, as with the Hub's own clients.
inline std::string encode_hub_path(std::string_view path)
{
    constexpr std::string_view hex = "0123456789ABCDEF", marks = "-._~/";
    std::string out;
    for (const char c : path)
    {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           marks.find(c) != std::string_view::npos;
        if (plain)
            out.push_back(c);
        else
            out.append({'%', hex[byte >> 4], hex[byte & 15]});
    }
    return out;
}

inline result<url> resolve_hub(std::string_view rest, const locator_options& options)
{
    const std::size_t at = rest.find('@');
    const std::size_t slash = rest.find('/', at == std::string_view::npos ? 0 : at);
    if (at == std::string_view::npos || slash == std::string_view::npos || !is_commit(rest.substr(at + 1, slash - at - 1)))
        return fail(reason::mutable_revision);
    const std::string_view repo = rest.substr(0, at), commit = rest.substr(at + 1, slash - at - 1);
    const std::string_view path = rest.substr(slash + 1);
    const std::size_t owner_end = std::min(repo.find('/'), repo.size());
    if (!is_hub_name(repo.substr(0, owner_end)) || !is_hub_name(repo.substr(std::min(owner_end + 1, repo.size()))) ||
        !is_hub_path(path))
        return fail(reason::bad_url, "hf:// takes ORG/REPO@COMMIT/PATH");
    return url::parse(options.hugging_face + '/' + std::string(repo) + "/resolve/" + std::string(commit) + '/' +
                      encode_hub_path(path));
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

result<url> resolve_signed(std::string_view locator, const locator_options& options)
{
    auto address = resolve_locator(locator, options);
    if (address.has_error() && address.error().why == reason::bad_url)
        return fail(reason::manifest_malformed, "an address that is none: " + address.error().detail);
    return address;
}

result<std::vector<url>> resolve_mirrors(const std::vector<std::string>& mirrors,
                                         const std::function<void(const failure&)>& skipped, const locator_options& options)
{
    std::vector<url> out;
    for (const std::string& mirror : mirrors)
    {
        auto address = resolve_locator(mirror, options);
        if (address.has_value())
            out.push_back(std::move(*address));
        else if (address.error().why != reason::bad_url)
            return std::move(address).error();
        else if (skipped)
            skipped(fail(reason::bad_mirror, address.error().detail));
    }
    return out;
}

/// An address that a server names: malformed, it is the server's fault.
inline result<url> named_by_server(result<url> address)
{
    if (address.has_error() && address.error().why == reason::bad_url)
        return fail(reason::bad_response, "the endpoint's answer has a malformed URL");
    return address;
}

result<url> read_endpoint_answer(bytes_view body, const url& endpoint)
{
    const auto doc = parse_json(body);
    const auto absolute = doc ? doc->string_at("url") : std::nullopt;
    const auto relative = doc ? doc->string_at("signedURL") : std::nullopt;
    if (absolute)
        return named_by_server(url::parse(*absolute));
    if (relative && relative->starts_with('/') && !relative->starts_with("//"))
        return named_by_server(endpoint.resolve("/storage/v1" + std::string(*relative)));
    if (relative && relative->starts_with("https:"))
        return named_by_server(url::parse(*relative));
    return fail(reason::bad_response, "the endpoint's answer has no URL");
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
