// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_CONNECTION_READ_IPP
#define MODELSEC_DETAIL_NET_CONNECTION_READ_IPP

#include <modelsec/detail/net/connection_state.ipp>
#include <modelsec/detail/net/http_message.ipp>

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// "HTTP/1.1 200"
inline constexpr std::size_t status_line_bytes = 12;

/// Forgets what is used already.
inline void connection::impl::forget_used()
{
    if (in_begin == 0)
        return;
    std::memmove(in.data(), in.data() + in_begin, in_end - in_begin);
    in_end -= in_begin;
    in_begin = 0;
}

/// Adds to what is pending, which never grows over `cap`.
inline awaitable<result<std::size_t>> connection::impl::receive_more(std::size_t cap)
{
    forget_used();
    if (in_end >= cap)
        co_return fail(reason::bad_response, "a header over the limit");
    if (in_end == in.size())
        in.resize(std::min(cap, in.size() + (16u << 10)));
    MODELSEC_CO_TRY(const std::size_t n, co_await receive(std::span(in).subspan(in_end)));
    in_end += n;
    co_return n;
}

/// RFC 9112 section 4 wants a blank after the status, also where no reason follows. Servers leave it out, and curl, browsers and
/// proxies take it.
inline void connection::impl::complete_status_line()
{
    const std::string_view line = as_text(pending()).substr(0, status_line_bytes + 1);
    if (line.size() > status_line_bytes && line.starts_with("HTTP/1.") && line[8] == ' ' && line[status_line_bytes] == '\r')
    {
        in.insert(in.begin() + static_cast<std::ptrdiff_t>(in_begin + status_line_bytes), ' ');
        ++in_end;
    }
}

/// Leaves out the first interim answer of what is pending: its length; 0 while it may become one and is not whole yet. `connection_lost`
/// for what is the beginning of the answer itself. Its end does not begin within the first `searched` bytes of that.
inline result<std::size_t> connection::impl::skip_interim(std::size_t searched)
{
    constexpr std::string_view start = "HTTP/1.1 1";
    complete_status_line();
    const std::string_view text = as_text(pending());
    if (!start.starts_with(text.substr(0, start.size())))
        return fail(reason::connection_lost, "the server did not wait for all of the body");
    const auto end = text.find("\r\n\r\n", searched);
    if (end == std::string_view::npos)
        return std::size_t{0};
    reader.emplace();
    reader->header_limit(static_cast<std::uint32_t>(text.size()));
    boost::system::error_code ec;
    const std::size_t used = reader->put(boost::asio::buffer(text.data(), end + 4), ec);
    if (ec || !reader->is_header_done() || reader->get().result_int() == 101)
        return fail(reason::bad_response, ec ? ec.message() : "nobody asked to switch protocols");
    consume(used);
    return used;
}

/// What the server says while a body is sent to it, as far as it is there: interim answers are left out (RFC 9110 section 15.2).
inline result<void> connection::impl::take_interim()
{
    const std::size_t cap = owner.caps().response_header_bytes;
    constexpr std::size_t record = 16u << 10, line_ends = 4;
    forget_used();
    const std::size_t before = in_end;
    in.resize(before + record);
    tls_step step = stream.read(std::span(in).subspan(before));
    in_end = before + (step.outcome == tls_step::done ? step.size : 0);
    in.resize(in_end);
    if (step.outcome == tls_step::closed)
        return fail(reason::connection_lost, "the server closed the connection");
    if (step.outcome == tls_step::failed)
        return why_failed(std::move(step.problem));
    if (step.outcome != tls_step::done)
        return {};
    // What was pending before is part of one answer without its end, but for the last bytes. Each of them again for every record, however
    // short, would be CWE-407.
    std::size_t searched = before - std::min(before, line_ends - 1);
    while (in_begin != in_end)
    {
        MODELSEC_TRY(const std::size_t skipped, skip_interim(std::exchange(searched, 0)));
        interim_bytes += skipped;
        // However it is divided: CWE-400.
        if (interim_bytes > cap || pending().size() > cap)
            return fail(reason::bad_response, "interim answers without end");
        if (skipped == 0)
            break;
    }
    return {};
}

inline awaitable<result<response_head>> connection::impl::read_head()
{
    const std::size_t cap =
        std::min<std::size_t>(owner.caps().response_header_bytes, std::numeric_limits<std::uint32_t>::max());
    std::chrono::milliseconds first_byte_left = owner.caps().first_byte_timeout;
    while (true)
    {
        // One deadline until the answer begins, however many interim answers come before it; another for the rest of each.
        bool begun = in_begin != in_end, line_complete = false;
        limit.expect(begun ? owner.caps().stall_timeout : first_byte_left,
                     begun ? reason::stall : reason::first_byte_timeout);
        reader.emplace();
        reader->header_limit(static_cast<std::uint32_t>(cap));
        reader->body_limit(boost::none);
        while (!reader->is_header_done())
        {
            boost::system::error_code ec;
            if (!line_complete && pending().size() > status_line_bytes)
            {
                complete_status_line();
                line_complete = true;
            }
            if (line_complete && in_begin != in_end)
            {
                const std::size_t used = reader->put(boost::asio::buffer(in.data() + in_begin, in_end - in_begin), ec);
                consume(used);
                interim_bytes += used;
            }
            if (ec && ec != http::error::need_more)
                co_return fail(reason::bad_response, ec.message());
            if (reader->is_header_done())
                break;
            MODELSEC_CO_TRY(const std::size_t n, co_await receive_more(cap));
            if (n == 0)
                co_return fail(reason::connection_lost, "the server closed the connection before it answered");
            if (!begun)
            {
                first_byte_left = limit.left();
                limit.expect(owner.caps().stall_timeout, reason::stall);
                begun = true;
            }
        }
        // RFC 9110 section 15.2: interim answers may come first; nobody asked to switch protocols.
        if (reader->get().result_int() >= 200)
            break;
        if (reader->get().result_int() == 101 || interim_bytes > cap)
            co_return fail(reason::bad_response, "interim answers without end");
    }
    co_return take_head();
}

/// Checks the framing of the body and readies it for reading.
inline result<response_head> connection::impl::take_head()
{
    const auto& message = reader->get();
    response_head head;
    head.status = message.result_int();
    std::size_t codings = 0;
    for (const auto& field : message)
    {
        head.headers.push_back(
            {std::string(field.name_string()), std::string_view(field.value().data(), field.value().size())});
        if (field.name() == http::field::transfer_encoding)
            ++codings;
    }
    // RFC 9112 sections 6.1 and 6.3, CWE-444: one framing only, and no transfer coding but chunked. (Beast refuses chunked
    // beside Content-Length, and lengths that differ.)
    if (codings > 1 || (codings == 1 && !header_is(*head.find("transfer-encoding"), "chunked")))
        return fail(reason::bad_response, "a transfer coding that was not asked for");

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

inline awaitable<result<std::size_t>> connection::impl::read_plain(std::span<std::uint8_t> space)
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

inline awaitable<result<std::size_t>> connection::impl::read_chunked(std::span<std::uint8_t> space)
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

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
