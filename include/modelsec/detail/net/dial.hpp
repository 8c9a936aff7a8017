// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_DIAL_HPP
#define MODELSEC_DETAIL_NET_DIAL_HPP

#include <modelsec/detail/net/awaitable.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

class look_ups;
class session;

/// All addresses of a host, in the order in which they are to be tried: families alternate (RFC 8305 section 4). Within the connect
/// time-out, however many names are being looked up.
MODELSEC_DECL awaitable<result<std::vector<boost::asio::ip::tcp::endpoint>>> resolve(session& owner, std::string host,
                                                                                     std::uint16_t port,
                                                                                     std::shared_ptr<look_ups> names);

/// A TCP connection to a host, by name or address, within the connect time-out: a further address is tried whenever one
/// fails or says nothing for 250 ms, and the first that answers wins (RFC 8305 section 5).
MODELSEC_DECL awaitable<result<boost::asio::ip::tcp::socket>> dial(session& owner, std::string host, std::uint16_t port);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/session.hpp>  // whose end holds the bodies
#endif

#endif
