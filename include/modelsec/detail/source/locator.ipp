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
