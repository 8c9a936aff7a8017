// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_TLS_STREAM_IPP
#define MODELSEC_DETAIL_NET_TLS_STREAM_IPP

#include <modelsec/detail/net/tls_stream.hpp>

#include <boost/asio/buffer.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What one step takes from the socket beside data: more than any handshake, tickets included, needs at once.
inline constexpr std::size_t tls_step_bytes = 64u << 10;
/// However much space there is, one step fills no more of it.
inline constexpr std::size_t tls_most_at_once = 1u << 20;

/// OpenSSL's way to the socket. Not its own socket BIO: that one writes without MSG_NOSIGNAL, and a peer that resets the
/// connection would end the process by SIGPIPE.
struct tls_stream::bio
{
    static tls_stream& self(BIO* b) { return *static_cast<tls_stream*>(BIO_get_data(b)); }

    static int finish(BIO* b, std::size_t size, const boost::system::error_code& ec, bool reading)
    {
        BIO_clear_retry_flags(b);
        if (!ec)
            return static_cast<int>(size);
        if (ec == boost::asio::error::would_block || ec == boost::asio::error::try_again)
            reading ? BIO_set_retry_read(b) : BIO_set_retry_write(b);
        else
            self(b).socket_error_ = ec;
        return -1;
    }

    static int read(BIO* b, char* data, int size)
    {
        // The system tells of a reset once and of an orderly end from then on; the bytes before it were handed out in
        // between.
        boost::system::error_code ec = self(b).socket_error_;
        if (!ec && self(b).step_left_ == 0)
            ec = boost::asio::error::would_block;  // whoever waits for the socket now looks at deadlines first
        if (ec)
            return finish(b, 0, ec, true);
        const std::size_t most = std::min(static_cast<std::size_t>(size), self(b).step_left_);
        const std::size_t n = self(b).socket_.read_some(boost::asio::buffer(data, most), ec);
        self(b).step_left_ -= n;
        self(b).overhead_ += n;
        if (ec == boost::asio::error::eof)
        {
            BIO_clear_retry_flags(b);
            self(b).ended_ = true;
            return 0;
        }
        return finish(b, n, ec, true);
    }

    static int write(BIO* b, const char* data, int size)
    {
        boost::system::error_code ec;
        const std::size_t n = self(b).socket_.write_some(boost::asio::buffer(data, static_cast<std::size_t>(size)), ec);
        return finish(b, n, ec, false);
    }

    static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

    static int create(BIO* b)
    {
        BIO_set_init(b, 1);
        return 1;
    }

    /// Made once, kept until the process ends, as the library context is.
    static const BIO_METHOD* method()
    {
        static BIO_METHOD* const made = [] {
            BIO_METHOD* m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "modelsec socket");
            if (m)
            {
                BIO_meth_set_read(m, &bio::read);
                BIO_meth_set_write(m, &bio::write);
                BIO_meth_set_ctrl(m, &bio::control);
                BIO_meth_set_create(m, &bio::create);
            }
            return m;
        }();
        return made;
    }
};

tls_stream::tls_stream(boost::asio::ip::tcp::socket socket, openssl_ptr<SSL, SSL_free> ssl, std::size_t overhead_cap)
    : socket_(std::move(socket)), ssl_(std::move(ssl)), overhead_cap_(overhead_cap)
{
    const BIO_METHOD* const method = bio::method();
    BIO* const link = method ? BIO_new(method) : nullptr;
    if (!link)
        throw std::bad_alloc();
    BIO_set_data(link, this);
    SSL_set_bio(ssl_.get(), link, link);
    SSL_set_connect_state(ssl_.get());
    socket_.non_blocking(true, socket_error_);
}

tls_stream::~tls_stream() = default;

inline void tls_stream::begin_step(std::size_t bytes) noexcept
{
    ERR_clear_error();
    step_left_ = bytes;
}

tls_step tls_stream::step(int returned)
{
    if (overhead_ > overhead_cap_)
    {
        broken_ = true;
        ERR_clear_error();
        return {tls_step::failed, 0,
                fail(reason::tls_flood, std::to_string(overhead_) + " bytes of TLS without data in them")};
    }
    switch (SSL_get_error(ssl_.get(), returned))
    {
    case SSL_ERROR_WANT_READ: return {tls_step::want_read, 0, {}};
    case SSL_ERROR_WANT_WRITE: return {tls_step::want_write, 0, {}};
    case SSL_ERROR_ZERO_RETURN: broken_ = true; return {tls_step::closed, 0, {}};
    case SSL_ERROR_SYSCALL:
        broken_ = true;
        ERR_clear_error();
        return {tls_step::failed, 0,
                fail(reason::connection_lost, socket_error_ ? socket_error_.message() : "the connection ended")};
    default: broken_ = true; return {tls_step::failed, 0, tls_failure(ssl_.get(), phase_)};
    }
}

tls_step tls_stream::handshake()
{
    begin_step(tls_step_bytes);
    const int returned = SSL_do_handshake(ssl_.get());
    if (returned == 1)
    {
        overhead_ = 0;
        phase_ = tls_phase::unanswered;
        return {tls_step::done, 0, {}};
    }
    tls_step out = step(returned);
    if (out.outcome == tls_step::closed)
        return {tls_step::failed, 0, fail(reason::connection_lost, "the server ended the handshake")};
    return out;
}

tls_step tls_stream::read(std::span<std::uint8_t> space)
{
    // As much as fits, and what TLS needs around it.
    begin_step(std::min(space.size(), tls_most_at_once) + tls_step_bytes);
    std::size_t filled = 0;
    drained_ = false;
    while (filled < space.size())
    {
        ERR_clear_error();
        std::size_t n = 0;
        const int returned = SSL_read_ex(ssl_.get(), space.data() + filled, space.size() - filled, &n);
        if (returned != 1)
        {
            // What is there goes first; the next call finds an end or an error again.
            drained_ = SSL_get_error(ssl_.get(), returned) == SSL_ERROR_WANT_READ;
            if (filled != 0)
                break;
            return step(returned);
        }
        filled += n;
        overhead_ = 0;
    }
    phase_ = tls_phase::open;
    return {tls_step::done, filled, {}};
}

tls_step tls_stream::write(bytes_view data)
{
    begin_step(tls_step_bytes);
    std::size_t n = 0;
    const int returned = SSL_write_ex(ssl_.get(), data.data(), data.size(), &n);
    return returned == 1 ? tls_step{tls_step::done, n, {}} : step(returned);
}

bool tls_stream::quiet()
{
    std::uint8_t byte = 0;
    std::size_t n = 0;
    begin_step(tls_step_bytes);
    const int returned = SSL_peek_ex(ssl_.get(), &byte, 1, &n);
    return returned != 1 && step(returned).outcome == tls_step::want_read;
}

void tls_stream::say_goodbye() noexcept
{
    if (!broken_ && phase_ != tls_phase::handshake)
        SSL_shutdown(ssl_.get());
    ERR_clear_error();
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
