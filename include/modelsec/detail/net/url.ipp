// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_URL_IPP
#define MODELSEC_DETAIL_NET_URL_IPP

#include <modelsec/detail/net/url.hpp>

#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Presigned URLs with session tokens come to 3 KiB; servers take 8 KiB.
inline constexpr std::size_t url_max_bytes = 8192;

inline bool url_is_digit(char c) noexcept
{
    return c >= '0' && c <= '9';
}

inline bool url_is_alpha(char c) noexcept
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

inline std::string url_lower(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    return out;
}

/// The scheme of a reference that has one (RFC 3986 section 3.1), lower case; else empty.
inline std::string url_scheme(std::string_view text)
{
    if (text.empty() || !url_is_alpha(text[0]))
        return {};
    const auto end = std::find_if(text.begin(), text.end(), [](char c) {
        return !url_is_alpha(c) && !url_is_digit(c) && c != '+' && c != '-' && c != '.';
    });
    if (end == text.end() || *end != ':')
        return {};
    return url_lower(text.substr(0, static_cast<std::size_t>(end - text.begin())));
}

/// No control characters, spaces or backslashes: what one reader takes for a separator and another for data (CWE-20,
/// CWE-93).
inline bool url_clean(std::string_view text) noexcept
{
    return text.size() <= url_max_bytes && std::all_of(text.begin(), text.end(), [](char c) {
               return static_cast<unsigned char>(c) > 0x20 && c != 0x7f && c != '\\';
           });
}

/// Other bytes that may not stand in a URL but do in real ones are percent-encoded; existing encodings stay as they are,
/// because a signature may cover them.
inline std::string url_encode(std::string_view text)
{
    constexpr std::string_view hex = "0123456789ABCDEF", bad = " \"<>^`{|}";
    std::string out;
    out.reserve(text.size());
    for (const char c : text)
    {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80 || bad.find(c) != std::string_view::npos)
            out.append({'%', hex[byte >> 4], hex[byte & 15]});
        else
            out.push_back(c);
    }
    return out;
}

/// RFC 3986 section 5.2.4, for a path that begins with a slash.
inline std::string url_remove_dots(std::string_view path)
{
    std::string out;
    while (!path.empty())
    {
        const std::size_t end = std::min(path.find('/', 1), path.size());
        const std::string_view segment = path.substr(0, end);
        path.remove_prefix(end);
        if (segment == "/." || segment == "/..")
        {
            if (segment == "/..")
                out.erase(std::min(out.rfind('/'), out.size()));
            if (path.empty())
                out.push_back('/');
        }
        else
        {
            out.append(segment);
        }
    }
    return out;
}

/// A name may end with the root's dot (RFC 1034 section 3.1), an address may not.
inline std::string_view url_without_dot(std::string_view host) noexcept
{
    return host.ends_with('.') ? host.substr(0, host.size() - 1) : host;
}

/// A registered name in the letters of DNS. Names in other scripts come as A-labels (RFC 5890).
inline bool url_is_name(std::string_view host) noexcept
{
    if (host.empty() || host.size() > 253)
        return false;
    std::size_t label = 0;
    for (const char c : host)
    {
        if (c == '.' ? label == 0 : !url_is_alpha(c) && !url_is_digit(c) && c != '-' && c != '_')
            return false;
        label = c == '.' ? 0 : label + 1;
        if (label > 63)
            return false;
    }
    return label != 0;
}

/// A last label of digits, or of `0x…`, makes an IPv4 address to some resolvers, in octal, hex or fewer parts (WHATWG URL
/// section 3.5): such a host must be one in plain dotted decimals.
inline bool url_ends_in_number(std::string_view host) noexcept
{
    const std::string_view last = host.substr(host.rfind('.') + 1);
    return last.starts_with("0x") || std::all_of(last.begin(), last.end(), url_is_digit);
}

result<url> url::parse(std::string_view text)
{
    if (!url_clean(text))
        return fail(reason::bad_url, "a URL with blanks, control characters or backslashes, or too long");
    const std::string scheme = url_scheme(text);
    if (scheme == "http")
        return fail(reason::plain_http, "a URL with http:");
    if (scheme != "https" || !text.substr(6).starts_with("//"))
        return fail(reason::bad_url, "a URL that does not begin with https://");
    text.remove_prefix(8);
    if (text.find('#') != text.npos)
        return fail(reason::bad_url, "a URL with a fragment");

    const std::size_t authority_end = std::min(text.find_first_of("/?"), text.size());
    std::string_view authority = text.substr(0, authority_end);
    // Userinfo is a secret in a place that gets logged, and makes hosts look like others (RFC 9110 section 4.2.4).
    if (authority.find('@') != authority.npos)
        return fail(reason::bad_url, "a URL with a user name in it");

    url out;
    boost::system::error_code ec;
    if (authority.starts_with('['))
    {
        const std::size_t close = authority.find(']');
        const std::string address(authority.substr(1, close == authority.npos ? 0 : close - 1));
        const auto parsed = boost::asio::ip::make_address_v6(address, ec);
        if (ec || address.find('%') != address.npos)
            return fail(reason::bad_url, "a URL with a malformed IPv6 address");
        out.host_ = parsed.to_string();
        out.is_address_ = true;
        authority.remove_prefix(close + 1);
    }
    else
    {
        const std::size_t end = std::min(authority.find(':'), authority.size());
        out.host_ = url_lower(authority.substr(0, end));
        if (!url_is_name(url_without_dot(out.host_)))
            return fail(reason::bad_url, "a URL with a malformed host");
        if (url_ends_in_number(url_without_dot(out.host_)))
        {
            out.host_ = boost::asio::ip::make_address_v4(out.host_, ec).to_string();
            out.is_address_ = true;
            if (ec || authority.substr(0, end) != out.host_)
                return fail(reason::bad_url, "a URL with a malformed IPv4 address");
        }
        authority.remove_prefix(end);
    }
    if (!authority.empty())
    {
        const std::string_view digits = authority.substr(1);
        if (authority[0] != ':' || digits.size() > 5 || !std::all_of(digits.begin(), digits.end(), url_is_digit))
            return fail(reason::bad_url, "a URL with a malformed port");
        unsigned port = 0;
        for (const char c : digits)
            port = port * 10 + static_cast<unsigned>(c - '0');
        if (digits.empty())
            port = 443;
        if (port == 0 || port > 65535)
            return fail(reason::bad_url, "a URL with a port out of range");
        out.port_ = static_cast<std::uint16_t>(port);
    }

    const std::string_view rest = text.substr(authority_end);
    const std::size_t path_end = std::min(rest.find('?'), rest.size());
    out.target_ = url_remove_dots(rest.substr(0, path_end));
    if (out.target_.empty())
        out.target_ = "/";
    out.target_ = url_encode(out.target_.append(rest.substr(path_end)));
    return out;
}

result<url> url::resolve(std::string_view reference) const
{
    // The fragment of a Location is for a reader of documents (RFC 9110 section 10.2.2).
    reference = reference.substr(0, std::min(reference.find('#'), reference.size()));
    // Servers send blanks in a Location as they are, and every browser follows them. Around it they mean nothing (RFC 9110 section
    // 5.5): part of a path, the address behind them would lead elsewhere than it does for others.
    reference.remove_prefix(std::min(reference.find_first_not_of(' '), reference.size()));
    reference = reference.substr(0, reference.find_last_not_of(' ') + 1);
    std::string without_blanks;
    if (reference.find(' ') != reference.npos)
    {
        without_blanks = url_encode(reference);
        reference = without_blanks;
    }
    if (reference.empty() || !url_clean(reference))
        return fail(reason::bad_url, "an empty or malformed reference");
    if (!url_scheme(reference).empty())
        return parse(reference);
    if (reference.starts_with("//"))
        return parse("https:" + std::string(reference));
    if (reference.starts_with('/'))
        return parse(origin().append(reference));
    const std::string path = target_.substr(0, target_.find('?'));
    if (reference.starts_with('?'))
        return parse((origin() + path).append(reference));
    return parse((origin() + path.substr(0, path.rfind('/') + 1)).append(reference));
}

std::string_view url::dns_name() const noexcept
{
    return url_without_dot(host_);
}

std::string url::authority() const
{
    std::string out = is_address_ && host_.find(':') != host_.npos ? "[" + host_ + "]" : host_;
    if (port_ != 443)
        out.append(":").append(std::to_string(port_));
    return out;
}

std::string url::origin() const
{
    return "https://" + authority();
}

std::string url::display() const
{
    return origin().append(target_, 0, target_.find('?'));
}

std::string url::str() const
{
    return origin() + target_;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
