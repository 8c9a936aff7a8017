// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_TUNNEL_IPP
#define MODELSEC_DETAIL_NET_TUNNEL_IPP

#include <modelsec/detail/net/dial.hpp>
#include <modelsec/detail/net/proxy_fsm.hpp>
#include <modelsec/detail/net/session.hpp>
#include <modelsec/detail/net/tunnel.hpp>

#include <boost/asio/write.hpp>

#include <array>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Lets the proxy at the other end of `socket` pass everything on to `target`.
inline awaitable<result<void>> open_tunnel(session& owner, tcp::socket& socket, const proxy_server& via, const url& target)
{
    proxy_fsm talk(via, target, owner.env().options->user_agent, owner.caps().response_header_bytes);
    watch limit(owner, [&socket] {
        boost::system::error_code ignored;
        socket.close(ignored);
    });
    limit.expect(owner.caps().connect_timeout, reason::proxy_failed);
    std::array<std::uint8_t, 4096> space;
    std::size_t got = 0;
    while (true)
    {
        MODELSEC_CO_TRY(const auto next, talk.resume({space.data(), std::exchange(got, 0)}));
        if (next == proxy_fsm::then::open)
            co_return result<void>();
        MODELSEC_CO_CHECK(co_await owner.going_on());
        boost::system::error_code ec;
        if (next == proxy_fsm::then::send)
            std::tie(ec, std::ignore) = co_await boost::asio::async_write(
                socket, boost::asio::buffer(talk.to_send().data(), talk.to_send().size()), use_tuple);
        else
            std::tie(ec, got) = co_await socket.async_read_some(boost::asio::buffer(space), use_tuple);
        if (auto why = limit.verdict())
            co_return *why;
        if (ec)
            co_return fail(reason::proxy_failed, via.host + ": " + ec.message());
    }
}

awaitable<result<tcp::socket>> reach(session& owner, url target)
{
    MODELSEC_CO_TRY(const proxy_server* const via, owner.proxy_for(target));
    if (!via)
        co_return co_await dial(owner, target.host(), target.port());
    auto socket = co_await dial(owner, via->host, via->port);
    if (socket.has_error())
    {
        failure why = std::move(socket).error();
        if (why.why == reason::resolve_failed || why.why == reason::connect_failed || why.why == reason::connect_timeout)
            why.why = reason::proxy_failed;
        co_return why;
    }
    MODELSEC_CO_CHECK(co_await open_tunnel(owner, *socket, *via, target));
    co_return std::move(*socket);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
