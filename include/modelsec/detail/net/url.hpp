// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_URL_HPP
#define MODELSEC_DETAIL_NET_URL_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/error.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// An https URL (RFC 3986, RFC 9110 section 4.2.2), normalized. There is no other scheme here: `http:` does not parse
/// (`plain_http`), nor do userinfo, fragments, control characters or spaces, empty hosts, ports out of range (`bad_url`).
class url
{
public:
    MODELSEC_DECL static result<url> parse(std::string_view text);
    /// What a `Location` means here (RFC 3986 section 5.2): absolute, scheme-relative, path-absolute or relative.
    MODELSEC_DECL result<url> resolve(std::string_view reference) const;

    /// Lower case; an IPv6 address without brackets. `host.` and `host` are two hosts, of two origins: what one was given does not
    /// go to the other.
    const std::string& host() const noexcept { return host_; }
    /// The host without the root's dot: the name in certificates (RFC 6066 section 3: SNI has none either).
    MODELSEC_DECL std::string_view dns_name() const noexcept;
    bool host_is_address() const noexcept { return is_address_; }
    std::uint16_t port() const noexcept { return port_; }
    const std::string& target() const noexcept { return target_; }  ///< path and query, as sent; the query may be a secret
    MODELSEC_DECL std::string authority() const;                    ///< the Host header: port only where it is not 443
    MODELSEC_DECL std::string origin() const;                       ///< "https://host[:port]": what credentials are bound to
    /// Without the query: for the owner's messages.
    MODELSEC_DECL std::string display() const;
    /// All of it, query included.
    MODELSEC_DECL std::string str() const;

    friend bool operator==(const url&, const url&) = default;

private:
    url() = default;
    std::string host_;
    std::string target_;
    std::uint16_t port_ = 443;
    bool is_address_ = false;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/url.ipp>
#endif

#endif
