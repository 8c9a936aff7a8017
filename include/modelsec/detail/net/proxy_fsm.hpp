// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_PROXY_FSM_HPP
#define MODELSEC_DETAIL_NET_PROXY_FSM_HPP

#include <modelsec/detail/net/proxy.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Speaks with a proxy until it passes everything on to the target, without sending anything itself. Names go to the proxy as they
/// are. Failures: `proxy_auth` (user and password are wanted, or are wrong), `proxy_denied` (it may, but does not want to),
/// `proxy_failed` (all else; text of the proxy is in none of them).
class proxy_fsm
{
public:
    enum class then
    {
        send,  ///< all of to_send(), then resume()
        read,  ///< some bytes, then resume() with them
        open   ///< the next byte belongs to the target
    };

    /// `via` must outlive this. `answer_cap`: a longer header of a CONNECT answer is refused while it arrives.
    MODELSEC_DECL proxy_fsm(const proxy_server& via, const url& target, const std::string& user_agent,
                            std::size_t answer_cap);
    MODELSEC_DECL ~proxy_fsm();
    proxy_fsm(const proxy_fsm&) = delete;
    proxy_fsm& operator=(const proxy_fsm&) = delete;

    MODELSEC_DECL result<then> resume(bytes_view arrived = {});
    /// May hold the password: wiped by the next resume().
    bytes_view to_send() const noexcept { return out_; }

private:
    enum class stage
    {
        begin,
        connect_answer,
        socks_method,
        socks_login,
        socks_reply
    };

    then send(bytes what, stage next);
    bytes connect_request() const;
    bytes socks_request() const;
    bytes socks_login() const;
    result<then> read_connect_answer();
    static result<then> connect_verdict(const std::string& status, bool more_bytes);
    result<then> read_socks_method();
    result<then> read_socks_login();
    result<then> read_socks_reply() const;

    const proxy_server& via_;
    const url target_;
    const std::string& user_agent_;
    const std::size_t cap_;
    stage stage_ = stage::begin;
    bytes out_;
    bytes in_;
    std::size_t seen_ = 0;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/proxy_fsm.ipp>
#endif

#endif
