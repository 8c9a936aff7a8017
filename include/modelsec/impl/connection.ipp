// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_IMPL_CONNECTION_IPP
#define MODELSEC_IMPL_CONNECTION_IPP

#include <modelsec/transport/connection.hpp>
#include <modelsec/transport/dial.hpp>
#include <modelsec/transport/session.hpp>
#include <modelsec/transport/tls_stream.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>
#include <cstring>

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

/// RFC 9110 section 5.6.2.
inline bool header_is_token(std::string_view text) noexcept
{
    constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               marks.find(c) != std::string_view::npos;
    });
}

inline bool header_is_value(std::string_view text) noexcept
{
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f) || c == '\t';
    });
}

inline bool header_is(std::string_view a, std::string_view b) noexcept
{
    return boost::beast::iequals(boost::beast::string_view(a.data(), a.size()), boost::beast::string_view(b.data(), b.size()));
}

std::optional<std::string_view> response_head::find(std::string_view name) const noexcept
{
    for (const http_header& h : headers)
        if (header_is(h.name, name))
            return h.value;
    return std::nullopt;
}

/// The text of a request (RFC 9112 section 3). No header can end its line early (CWE-113), none can contradict the framing.
inline result<std::string> request_text(const request_head& request, const std::string& user_agent)
{
    constexpr std::string_view own[] = {"host",    "connection", "content-length",      "transfer-encoding", "te",
                                        "trailer", "upgrade",    "accept-encoding", "expect",            "range"};
    bool has_agent = false, has_type = false;
    std::string lines;
    for (const http_header& h : request.headers)
    {
        if (!header_is_token(h.name) || !header_is_value(h.value) ||
            std::any_of(std::begin(own), std::end(own), [&](std::string_view n) { return header_is(n, h.name); }))
        {
            wipe(lines);
            return fail(reason::bad_option, "a request header that may not be set, or is malformed");
        }
        has_agent = has_agent || header_is(h.name, "user-agent");
        has_type = has_type || header_is(h.name, "content-type");
        lines.append(h.name).append(": ").append(h.value).append("\r\n");
    }
    if (!has_agent && !user_agent.empty() && header_is_value(user_agent))
        lines.append("User-Agent: ").append(user_agent).append("\r\n");
    if (request.range)
        lines.append("Range: bytes=").append(std::to_string(request.range->first)).append("-").append(
            std::to_string(request.range->last)).append("\r\n");
    if (request.post_body)
    {
        if (!has_type)
            lines.append("Content-Type: application/json\r\n");
        lines.append("Content-Length: ").append(std::to_string(request.post_body->size())).append("\r\n");
    }
    std::string text = request.post_body ? "POST " : "GET ";
    text.append(request.target.target()).append(" HTTP/1.1\r\nHost: ").append(request.target.authority());
    text.append("\r\nAccept-Encoding: identity\r\n").append(lines).append("\r\n");
    if (request.post_body)
        text.append(*request.post_body);
    wipe(lines);
    return text;
}

struct connection::impl
{
    using parser = http::response_parser<http::buffer_body>;

    impl(session& s, url t, boost::asio::ip::tcp::socket socket, openssl_ptr<SSL, SSL_free> ssl)
        : owner(s), target(std::move(t)), origin(target.origin()), stream(std::move(socket), std::move(ssl)),
          limit(s, [this] { close(); })
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
    watch limit;
    bytes in;                  // received and not used yet: [in_begin, in_end)
    std::size_t in_begin = 0;
    std::size_t in_end = 0;
    std::optional<parser> reader;
    body_framing framing = body_framing::length;
    std::uint64_t body_left = 0;
    bool body_ended = true;
    bool keep_alive = true;
    bool idle = true;  // nothing has gone wrong, no exchange is under way

    void close() noexcept
    {
        boost::system::error_code ignored;
        stream.socket().close(ignored);
    }

    bytes_view pending() const noexcept { return bytes_view(in).subspan(in_begin, in_end - in_begin); }
    void consume(std::size_t n) noexcept { in_begin += n; }

    awaitable<result<void>> handshake();
    awaitable<result<void>> wait(tls_step::kind what);
    awaitable<result<void>> write_all(bytes_view data);
    awaitable<result<std::size_t>> receive(std::span<std::uint8_t> space);
    awaitable<result<std::size_t>> receive_more(std::size_t cap);
    awaitable<result<response_head>> read_head();
    result<response_head> take_head();
    awaitable<result<std::size_t>> read_plain(std::span<std::uint8_t> space);
    awaitable<result<std::size_t>> read_chunked(std::span<std::uint8_t> space);
};

/// Waits for the socket. The watch closes it when the time is over; its verdict goes first.
awaitable<result<void>> connection::impl::wait(tls_step::kind what)
{
    using socket = boost::asio::ip::tcp::socket;
    const auto [ec] = co_await stream.socket().async_wait(
        what == tls_step::want_write ? socket::wait_write : socket::wait_read, use_tuple);
    if (auto why = limit.verdict())
        co_return *why;
    if (ec)
        co_return fail(reason::connection_lost, ec.message());
    co_return result<void>();
}

awaitable<result<void>> connection::impl::handshake()
{
    limit.expect(owner.caps().handshake_timeout, reason::handshake_timeout);
    while (true)
    {
        tls_step step = stream.handshake();
        if (step.outcome == tls_step::done)
            break;
        if (step.outcome == tls_step::failed)
            co_return std::move(step.problem);
        MODELSEC_CO_CHECK(co_await wait(step.outcome));
    }
    limit.idle();
    co_return result<void>();
}

awaitable<result<void>> connection::impl::write_all(bytes_view data)
{
    while (!data.empty())
    {
        tls_step step = stream.write(data);
        if (step.outcome == tls_step::done)
            data = data.subspan(step.size);
        else if (step.outcome == tls_step::closed)
            co_return fail(reason::connection_lost, "the server closed the connection");
        else if (step.outcome == tls_step::failed)
            co_return std::move(step.problem);
        else
            MODELSEC_CO_CHECK(co_await wait(step.outcome));
    }
    co_return result<void>();
}

/// Some bytes, or 0 where the server has ended the connection as TLS wants it.
awaitable<result<std::size_t>> connection::impl::receive(std::span<std::uint8_t> space)
{
    while (true)
    {
        tls_step step = stream.read(space);
        if (step.outcome == tls_step::done)
            co_return step.size;
        if (step.outcome == tls_step::closed)
            co_return std::size_t{0};
        if (step.outcome == tls_step::failed)
            co_return std::move(step.problem);
        MODELSEC_CO_CHECK(co_await wait(step.outcome));
    }
}

/// Adds to what is pending, which never grows over `cap`.
awaitable<result<std::size_t>> connection::impl::receive_more(std::size_t cap)
{
    if (in_begin != 0)
    {
        std::memmove(in.data(), in.data() + in_begin, in_end - in_begin);
        in_end -= in_begin;
        in_begin = 0;
    }
    if (in_end >= cap)
        co_return fail(reason::bad_response, "a header over the limit");
    if (in_end == in.size())
        in.resize(std::min(cap, in.size() + (16u << 10)));
    MODELSEC_CO_TRY(const std::size_t n, co_await receive(std::span(in).subspan(in_end)));
    in_end += n;
    co_return n;
}

awaitable<result<response_head>> connection::impl::read_head()
{
    const std::size_t cap = owner.caps().response_header_bytes;
    std::size_t seen = 0;
    while (true)
    {
        reader.emplace();
        reader->header_limit(static_cast<std::uint32_t>(cap));
        reader->body_limit(boost::none);
        while (!reader->is_header_done())
        {
            boost::system::error_code ec;
            if (in_begin != in_end)
            {
                const std::size_t used = reader->put(boost::asio::buffer(in.data() + in_begin, in_end - in_begin), ec);
                consume(used);
                seen += used;
            }
            if (ec && ec != http::error::need_more)
                co_return fail(reason::bad_response, ec.message());
            if (reader->is_header_done())
                break;
            MODELSEC_CO_TRY(const std::size_t n, co_await receive_more(cap));
            if (n == 0)
                co_return fail(reason::connection_lost, "the server closed the connection before it answered");
        }
        // RFC 9110 section 15.2: interim answers may come first; nobody asked to switch protocols.
        if (reader->get().result_int() >= 200)
            break;
        if (reader->get().result_int() == 101 || seen > cap)
            co_return fail(reason::bad_response, "interim answers without end");
    }
    co_return take_head();
}

/// Checks the framing of the body and readies it for reading.
result<response_head> connection::impl::take_head()
{
    const auto& message = reader->get();
    response_head head;
    head.status = message.result_int();
    std::size_t codings = 0;
    for (const auto& field : message)
    {
        head.headers.push_back({std::string(field.name_string()), std::string(field.value())});
        if (field.name() == http::field::transfer_encoding)
            ++codings;
    }
    // RFC 9112 sections 6.1 and 6.3, CWE-444: one framing only, and no transfer coding but chunked. (Beast refuses chunked
    // beside Content-Length, and lengths that differ.)
    if (codings > 1 || (codings == 1 && !header_is(*head.find("transfer-encoding"), "chunked")))
        return fail(reason::bad_response, "a transfer coding that was not asked for");
    // Digests and ranges are of the bytes as they are; a coding that expands them would be a bomb (CWE-409).
    const auto coding = head.find("content-encoding");
    if (coding && !coding->empty() && !header_is(*coding, "identity") && head.status >= 200 && head.status <= 299)
        return fail(reason::bad_response, "a content coding that was not asked for");

    keep_alive = reader->keep_alive();
    body_left = 0;
    if (head.status == 204 || head.status == 304)
        framing = body_framing::length;
    else if (reader->chunked())
        framing = body_framing::chunked;
    else if (const auto length = reader->content_length())
    {
        framing = body_framing::length;
        body_left = *length;
    }
    else
        framing = body_framing::until_close;
    body_ended = framing == body_framing::length && body_left == 0;
    if (framing == body_framing::length)
        head.content_length = body_left;
    return head;
}

awaitable<result<std::size_t>> connection::impl::read_plain(std::span<std::uint8_t> space)
{
    if (framing == body_framing::length)
        space = space.first(static_cast<std::size_t>(std::min<std::uint64_t>(space.size(), body_left)));
    std::size_t n = std::min(space.size(), pending().size());
    if (n != 0)
    {
        std::memcpy(space.data(), pending().data(), n);
        consume(n);
    }
    else
    {
        MODELSEC_CO_TRY(n, co_await receive(space));
    }
    if (framing == body_framing::length)
    {
        if (n == 0)
            co_return fail(reason::truncated, std::to_string(body_left) + " bytes are missing");
        body_left -= n;
        body_ended = body_left == 0;
    }
    else if (n == 0)
    {
        // Only because TLS vouches for the end (close_notify): without it, an attacker could cut the body anywhere.
        body_ended = true;
        keep_alive = false;
    }
    co_return n;
}

awaitable<result<std::size_t>> connection::impl::read_chunked(std::span<std::uint8_t> space)
{
    // No chunk header, with its extensions, and no trailer needs more.
    constexpr std::size_t cap = 16u << 10;
    while (true)
    {
        if (in_begin != in_end)
        {
            auto& body = reader->get().body();
            body.data = space.data();
            body.size = space.size();
            boost::system::error_code ec;
            consume(reader->put(boost::asio::buffer(in.data() + in_begin, in_end - in_begin), ec));
            const std::size_t n = space.size() - body.size;
            if (ec && ec != http::error::need_more && ec != http::error::need_buffer)
                co_return fail(reason::bad_response, ec.message());
            if (n != 0)
                co_return n;
            if (reader->is_done())
            {
                body_ended = true;
                co_return std::size_t{0};
            }
            if (!ec)
                continue;
        }
        MODELSEC_CO_TRY(const std::size_t got, co_await receive_more(std::max(cap, in.size())));
        if (got == 0)
            co_return fail(reason::truncated, "the last chunk is missing");
    }
}

connection::connection(std::unique_ptr<impl> self) : impl_(std::move(self)) {}
connection::~connection() = default;

awaitable<result<std::unique_ptr<connection>>> connection::open(session& owner, url target)
{
    MODELSEC_CO_CHECK(co_await owner.gate());
    MODELSEC_CO_TRY(const tls_context* const tls, owner.tls_for(target.origin()));
    MODELSEC_CO_TRY(auto ssl, tls->open(target, owner.env().time->now()));
    MODELSEC_CO_TRY(auto socket, co_await dial(owner, target.host(), target.port()));
    auto self = std::make_unique<impl>(owner, std::move(target), std::move(socket), std::move(ssl));
    MODELSEC_CO_CHECK(co_await self->handshake());
    MODELSEC_CO_CHECK(tls->check_pins(self->stream.ssl()));
    co_return std::unique_ptr<connection>(new connection(std::move(self)));
}

awaitable<result<response_head>> connection::send(request_head request)
{
    impl& self = *impl_;
    MODELSEC_CO_TRY(std::string text, request_text(request, self.owner.env().options->user_agent));
    self.idle = false;
    self.limit.expect(self.owner.caps().stall_timeout, reason::stall);
    const auto sent = co_await self.write_all(as_bytes(text));
    wipe(text);
    MODELSEC_CO_CHECK(sent);
    auto head = co_await self.read_head();
    self.limit.idle();
    self.idle = head.has_value() && self.body_ended;
    co_return head;
}

awaitable<result<std::size_t>> connection::read_some(std::span<std::uint8_t> space)
{
    impl& self = *impl_;
    session& owner = self.owner;
    if (self.body_ended)
        co_return std::size_t{0};
    if (owner.env().handle.paused() || owner.stopped())
        MODELSEC_CO_CHECK(co_await owner.gate());
    if (owner.env().options->limit_rate != 0)
    {
        MODELSEC_CO_TRY(const std::size_t granted, co_await owner.grant(space.size()));
        space = space.first(granted);
    }
    self.limit.expect(owner.caps().stall_timeout, reason::stall);
    auto reading = self.framing == body_framing::chunked ? self.read_chunked(space) : self.read_plain(space);
    const auto n = co_await std::move(reading);
    self.limit.idle();
    self.idle = n.has_value() && self.body_ended;
    if (n.has_value())
        owner.spend(*n);
    co_return n;
}

bool connection::reusable() const
{
    // Bytes after the end of an answer belong to no request (CWE-444).
    return impl_->idle && impl_->keep_alive && impl_->in_begin == impl_->in_end && impl_->stream.quiet();
}

bool connection::body_done() const noexcept
{
    return impl_->body_ended;
}

const std::string& connection::origin() const noexcept
{
    return impl_->origin;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
