// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_PROXY_IPP
#define MODELSEC_DETAIL_NET_PROXY_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/net/url.ipp>
#include <modelsec/detail/net/proxy.hpp>

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <charconv>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Where curl and all that follow it look for a proxy whose port is not said.
inline constexpr std::uint16_t proxy_default_port = 1080;

inline failure proxy_malformed(const char* what)
{
    return fail(reason::bad_proxy, what);
}

/// Percent-decoding of user or password (RFC 3986 section 2.1).
inline result<secret> proxy_decoded(std::string_view text)
{
    std::string out;
    out.reserve(text.size());  // in one place, so that no piece of a password stays behind
    bool good = true;
    while (!text.empty() && good)
    {
        unsigned byte = static_cast<unsigned char>(text[0]);
        std::size_t taken = 1;
        if (text[0] == '%')
        {
            const auto hex = from_hex(text.substr(1, 2));
            good = hex && hex->size() == 1;
            byte = good ? (*hex)[0] : 0;
            taken = 3;
        }
        out.push_back(static_cast<char>(byte));
        text.remove_prefix(std::min(taken, text.size()));
    }
    secret decoded{std::string_view(out)};
    wipe(out);
    if (!good)
        return proxy_malformed("a malformed user or password");
    return decoded;
}

inline result<void> proxy_set_user(proxy_server& to, std::string_view userinfo)
{
    const std::size_t colon = std::min(userinfo.find(':'), userinfo.size());
    MODELSEC_TRY(to.user, proxy_decoded(userinfo.substr(0, colon)));
    MODELSEC_TRY(to.password, proxy_decoded(userinfo.substr(std::min(colon + 1, userinfo.size()))));
    to.has_user = true;
    // RFC 7617 section 2: the first colon ends the user. RFC 1929 section 2: a length is one byte.
    if (to.kind == proxy_kind::http && to.user.reveal_text().find(':') != std::string_view::npos)
        return proxy_malformed("a user with a colon");
    if (to.kind == proxy_kind::socks5 &&
        (to.user.empty() || to.user.reveal().size() > 255 || to.password.reveal().size() > 255))
        return proxy_malformed("a user or password longer than SOCKS5 can say");
    return {};
}

inline result<proxy_server> proxy_parse(std::string_view text)
{
    if (!url_clean(text))
        return proxy_malformed("malformed");
    proxy_server out;
    if (const std::size_t slashes = text.find("://"); slashes != std::string_view::npos)
    {
        const std::string scheme = url_lower(text.substr(0, slashes));
        if (scheme == "socks5" || scheme == "socks5h")
            out.kind = proxy_kind::socks5;
        else if (scheme != "http")
            return proxy_malformed("it is an http, socks5 or socks5h address");
        text.remove_prefix(slashes + 3);
    }
    std::string_view authority = text.substr(0, text.find_first_of("/?#"));
    if (authority.size() != text.size() && text.substr(authority.size()) != "/")
        return proxy_malformed("an address with a path");
    if (const std::size_t at = authority.rfind('@'); at != std::string_view::npos)
    {
        MODELSEC_CHECK(proxy_set_user(out, authority.substr(0, at)));
        authority.remove_prefix(at + 1);
    }
    const auto place = url::parse("https://" + std::string(authority));
    if (place.has_error())
        return proxy_malformed("a malformed host or port");
    const std::size_t colon = authority.rfind(':');
    const bool port_said = colon != std::string_view::npos && authority.find(']', colon) == std::string_view::npos &&
                           colon + 1 != authority.size();
    out.host = place->host();
    out.port = port_said ? place->port() : proxy_default_port;
    return out;
}

/// The bytes of an address, 4 or 16; none for a name.
inline bytes proxy_address_bytes(const url& target)
{
    if (!target.host_is_address())
        return {};
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(target.host(), ec);
    const auto as_list = [](const auto& raw) { return bytes(raw.begin(), raw.end()); };
    return address.is_v4() ? as_list(address.to_v4().to_bytes()) : as_list(address.to_v6().to_bytes());
}

/// An IPv4 address in the clothes of IPv6 is an IPv4 address.
inline boost::asio::ip::address proxy_plain_address(const boost::asio::ip::address& address)
{
    using boost::asio::ip::make_address_v4;
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return make_address_v4(boost::asio::ip::v4_mapped, address.to_v6());
    return address;
}

template <class Bytes>
bool proxy_same_block(const Bytes& a, const Bytes& b, unsigned bits)
{
    if (bits > a.size() * 8)
        return false;
    const std::size_t whole = bits / 8;
    if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin()))
        return false;
    const unsigned mask = 0xff00u >> (bits % 8) & 0xffu;
    return bits % 8 == 0 || (a[whole] & mask) == (b[whole] & mask);
}

/// `entry`: an address, or a block of them as address/bits.
inline bool no_proxy_has_address(std::string_view entry, const std::string& host)
{
    boost::system::error_code ec;
    const std::size_t slash = std::min(entry.find('/'), entry.size());
    const auto block = boost::asio::ip::make_address(std::string(entry.substr(0, slash)), ec);
    if (ec)
        return false;
    const auto asked = proxy_plain_address(boost::asio::ip::make_address(host, ec));
    unsigned bits = block.is_v4() ? 32 : 128;
    if (slash != entry.size())
    {
        const std::string_view digits = entry.substr(slash + 1);
        const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
        if (problem != std::errc{} || end != digits.data() + digits.size())
            return false;
    }
    else if (asked == proxy_plain_address(block))
        return true;
    if (block.is_v4() != asked.is_v4())
        return false;
    return block.is_v4() ? proxy_same_block(block.to_v4().to_bytes(), asked.to_v4().to_bytes(), bits)
                         : proxy_same_block(block.to_v6().to_bytes(), asked.to_v6().to_bytes(), bits);
}

/// `entry`: a name, or, with a dot or a star before it, the same name: what is below it belongs to it.
inline bool no_proxy_has_name(std::string_view entry, std::string_view host)
{
    if (entry.starts_with("*."))
        entry.remove_prefix(1);
    if (entry.starts_with('.'))
        entry.remove_prefix(1);
    if (entry.ends_with('.'))
        entry.remove_suffix(1);
    if (entry.empty() || !host.ends_with(entry))
        return false;
    return host.size() == entry.size() || host[host.size() - entry.size() - 1] == '.';
}

inline bool no_proxy_has(std::string_view entry, const url& target)
{
    if (entry == "*")
        return true;
    // A port: after the bracket of an IPv6 address, or after the only colon.
    const std::size_t bracket = entry.starts_with('[') ? entry.find(']') : std::string_view::npos;
    const std::size_t colon = bracket != std::string_view::npos ? entry.find(':', bracket) : entry.find(':');
    if (colon != std::string_view::npos && (bracket != std::string_view::npos || entry.find(':', colon + 1) == entry.npos))
    {
        if (entry.substr(colon + 1) != std::to_string(target.port()))
            return false;
        entry = entry.substr(0, colon);
    }
    if (bracket != std::string_view::npos && entry.ends_with(']'))
        entry = entry.substr(1, entry.size() - 2);
    return target.host_is_address() ? no_proxy_has_address(entry, target.host())
                                    : no_proxy_has_name(entry, target.dns_name());
}

result<proxy_rules> proxy_rules::parse(const proxy_options& options)
{
    proxy_rules out;
    if (options.url().empty())
        return out;
    MODELSEC_TRY(out.server_, proxy_parse(options.url()));
    const std::string list = url_lower(options.no_proxy());
    for (std::size_t begin = 0; begin < list.size();)
    {
        const std::size_t end = std::min(list.find_first_of(", \t", begin), list.size());
        if (end != begin)
            out.direct_.push_back(list.substr(begin, end - begin));
        begin = end + 1;
    }
    return out;
}

const proxy_server* proxy_rules::on_the_way_to(const url& target) const
{
    if (!server_ || std::ranges::any_of(direct_, [&](const std::string& entry) { return no_proxy_has(entry, target); }))
        return nullptr;
    return &*server_;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
