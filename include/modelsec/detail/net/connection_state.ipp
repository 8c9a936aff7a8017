// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_CONNECTION_STATE_IPP
#define MODELSEC_DETAIL_NET_CONNECTION_STATE_IPP

#include <modelsec/detail/net/connection.hpp>
#include <modelsec/detail/net/session.hpp>
#include <modelsec/detail/net/tls_stream.hpp>

#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

namespace http = boost::beast::http;

/// How the end of a body is told (RFC 9112 section 6.3).
enum class body_framing
{
    length,
    chunked,
    until_close
};

struct connection::impl
{
    using parser = http::response_parser<http::buffer_body>;

    impl(session& s, url t, boost::asio::ip::tcp::socket socket, openssl_ptr<SSL, SSL_free> ssl)
        : owner(s), target(std::move(t)), origin(target.origin()),
          stream(std::move(socket), std::move(ssl), s.caps().tls_overhead_bytes), limit(s, [this] { close(); }),
          whole_body(s, [this] { close(); })
    {
    }

    ~impl()
    {
        if (idle)
            stream.say_goodbye();
    }

    session& owner;
    url target;
    std::string origin;
    tls_stream stream;
    watch limit;       // of the wait under way
    watch whole_body;  // of all waits for a header, or for a body that must end
    unsigned reads_without_wait = 0;
    bytes in;  // received and not used yet: [in_begin, in_end)
    std::size_t in_begin = 0;
    std::size_t in_end = 0;
    std::optional<parser> reader;
    std::size_t interim_bytes = 0;  // of the interim answers to this request
    body_framing framing = body_framing::length;
    std::uint64_t body_left = 0;
    bool body_ended = true;
    bool keep_alive = true;
    bool idle = true;         // nothing has gone wrong, no exchange is under way
    bool beside = false;      // this body is read on other threads
    bool elsewhere = false;   // a step is under way on another thread: nobody else touches the stream
    bool must_close = false;  // once that step is over, which waits for nothing

    void close() noexcept
    {
        must_close = elsewhere;
        if (elsewhere)
            return;
        boost::system::error_code ignored;
        stream.socket().close(ignored);
    }

    bytes_view pending() const noexcept { return bytes_view(in).subspan(in_begin, in_end - in_begin); }
    void consume(std::size_t n) noexcept { in_begin += n; }

    failure why_failed(failure problem) const;
    awaitable<result<void>> handshake();
    awaitable<result<void>> wait(tls_step::kind what);
    awaitable<result<void>> wait_for_either();
    result<void> waited(const boost::system::error_code& ec);
    awaitable<result<void>> write_all(bytes_view data, bool until_answered = false);
    awaitable<result<void>> write_body(const upload_body& body);
    result<void> take_interim();
    void forget_used();
    result<std::size_t> skip_interim(std::size_t searched);
    awaitable<result<std::size_t>> receive(std::span<std::uint8_t> space);
    awaitable<tls_step> read_elsewhere(std::span<std::uint8_t> space);
    awaitable<result<std::size_t>> receive_more(std::size_t cap);
    awaitable<result<response_head>> read_head();
    void complete_status_line();
    result<response_head> take_head();
    awaitable<result<std::size_t>> read_plain(std::span<std::uint8_t> space);
    awaitable<result<std::size_t>> read_chunked(std::span<std::uint8_t> space);
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
