// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_LOCATOR_IPP
#define MODELSEC_DETAIL_SOURCE_LOCATOR_IPP

#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/source/hub.hpp>
#include <modelsec/detail/source/locator.hpp>
#include <modelsec/detail/source/oci.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// RFC 3986 section 3.1.
inline bool is_scheme(std::string_view text) noexcept
{
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
    return !text.empty() && letter(text.front()) && std::all_of(text.begin(), text.end(), [&](char c) {
        return letter(c) || (c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.';
    });
}

result<url> resolve_locator(std::string_view locator, const locator_options& options)
{
    if (locator.starts_with("hf://"))
    {
        MODELSEC_TRY(const std::string address, hub_address(locator.substr(5), options.hugging_face));
        return url::parse(address);
    }
    if (locator.starts_with("oci://"))
    {
        MODELSEC_TRY(const oci_locator blob, oci_locator::parse(locator));
        return url::parse(blob.origin + "/v2/" + blob.repository + "/blobs/sha256:" + blob.digest.hex());
    }
    const std::size_t colon = locator.find(':');
    const std::string_view scheme = locator.substr(0, colon == std::string_view::npos ? 0 : colon);
    if (!is_scheme(scheme))
        return fail(reason::bad_url, "an address begins with https://");
    const auto is = [&](std::string_view known) {
        return std::equal(scheme.begin(), scheme.end(), known.begin(), known.end(),
                          [](char a, char b) { return (a | 0x20) == b; });
    };
    if (!is("https") && !is("http"))
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

bool is_bad_mirror(const failure& problem) noexcept
{
    return problem.why == reason::bad_url || problem.why == reason::scheme_not_allowed ||
           problem.why == reason::mutable_revision || code_of(problem.why) == errc::malformed;
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
