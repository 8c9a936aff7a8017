// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_PROXY_HPP
#define MODELSEC_DETAIL_NET_PROXY_HPP

#include <modelsec/detail/net/options.hpp>
#include <modelsec/detail/net/url.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

enum class proxy_kind
{
    http,   ///< CONNECT (RFC 9110 section 9.3.6)
    socks5  ///< RFC 1928, with user and password by RFC 1929
};

struct proxy_server
{
    proxy_kind kind = proxy_kind::http;
    std::string host;  ///< as url::host()
    std::uint16_t port = 0;
    bool has_user = false;
    secret user;
    secret password;
};

/// Which way a host is asked.
class proxy_rules
{
public:
    /// `bad_proxy` for what is no address of a proxy. The failure never repeats it: it may hold a password.
    MODELSEC_DECL static result<proxy_rules> parse(const proxy_options& options);

    /// The proxy on the way to a host; null: none, it is asked directly.
    MODELSEC_DECL const proxy_server* on_the_way_to(const url& target) const;

private:
    std::optional<proxy_server> server_;
    std::vector<std::string> direct_;  // lower case
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/proxy.ipp>
#endif

#endif
