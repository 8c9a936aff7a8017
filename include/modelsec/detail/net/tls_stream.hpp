// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_TLS_STREAM_HPP
#define MODELSEC_DETAIL_NET_TLS_STREAM_HPP

#include <modelsec/detail/net/tls.hpp>

#include <boost/asio/ip/tcp.hpp>

#include <memory>
#include <span>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What a step of a TLS stream came to.
struct tls_step
{
    enum kind
    {
        done,        ///< `size` bytes were moved (none in a handshake)
        want_read,   ///< again, once the socket can be read
        want_write,  ///< again, once it can be written
        closed,      ///< the peer ended the stream as TLS wants it: close_notify
        failed       ///< `problem`
    };

    kind outcome = failed;
    std::size_t size = 0;
    failure problem;
};

/// TLS over a TCP socket, by non-blocking steps: whoever calls does the waiting. A step takes a bounded number of bytes from the
/// socket: messages that bring no data keep OpenSSL within one call for as long as there are more of them (CWE-400, CWE-835). OpenSSL reads from the socket itself, so
/// that bytes are copied once, from its record buffer to the caller, and several records come in by one system call. (Asio's
/// ssl::stream copies them through a pair of memory BIOs and returns after each record of 16 KiB.)
class tls_stream
{
public:
    /// `overhead_cap`: more bytes that bring no data, in the handshake or later between two pieces of data, are `tls_flood`.
    MODELSEC_DECL tls_stream(boost::asio::ip::tcp::socket socket, openssl_ptr<SSL, SSL_free> ssl, std::size_t overhead_cap);
    MODELSEC_DECL ~tls_stream();
    tls_stream(const tls_stream&) = delete;
    tls_stream& operator=(const tls_stream&) = delete;

    MODELSEC_DECL tls_step handshake();
    /// Fills `space` (not empty) as far as bytes are there.
    MODELSEC_DECL tls_step read(std::span<std::uint8_t> space);
    MODELSEC_DECL tls_step write(bytes_view data);
    /// True if there is neither a byte nor an end to be read: an idle connection that can be used again.
    MODELSEC_DECL bool quiet();
    /// Tells the peer that nothing more comes, as far as that goes without waiting.
    MODELSEC_DECL void say_goodbye() noexcept;

    boost::asio::ip::tcp::socket& socket() noexcept { return socket_; }
    SSL* ssl() noexcept { return ssl_.get(); }
    /// The last read() took all that was there, and neither an end nor an error: the next has nothing to do before the socket can be read.
    bool drained() const noexcept { return drained_; }
    /// The peer closed the TCP connection, with or without notice.
    bool ended() const noexcept { return ended_; }

private:
    struct bio;
    MODELSEC_DECL tls_step step(int returned);
    void begin_step(std::size_t bytes) noexcept;

    boost::asio::ip::tcp::socket socket_;
    boost::system::error_code socket_error_;
    openssl_ptr<SSL, SSL_free> ssl_;
    tls_phase phase_ = tls_phase::handshake;
    std::size_t step_left_ = 0;  // what this step may still take from the socket
    std::size_t overhead_ = 0;   // what has come since the last piece of data
    const std::size_t overhead_cap_;
    bool ended_ = false;
    bool drained_ = false;
    bool broken_ = false;  // RFC 8446 section 6.2: nothing is sent after a fatal error
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/tls_stream.ipp>
#endif

#endif
