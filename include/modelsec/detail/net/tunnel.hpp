// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_TUNNEL_HPP
#define MODELSEC_DETAIL_NET_TUNNEL_HPP

#include <modelsec/detail/net/awaitable.hpp>
#include <modelsec/detail/net/url.hpp>

#include <boost/asio/ip/tcp.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

class session;

/// A way to a host on which TLS can begin: a TCP connection to it, or one to a proxy that passes everything on. The proxy has the
/// connect time-out for all that it says (so slow headers end, too); what goes wrong between here and it is `proxy_failed`.
MODELSEC_DECL awaitable<result<boost::asio::ip::tcp::socket>> reach(session& owner, url target);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/session.hpp>  // whose end holds the bodies
#endif

#endif
