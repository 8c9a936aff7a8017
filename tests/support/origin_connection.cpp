// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "origin_state.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <boost/beast/http/string_body.hpp>

#include <algorithm>
#include <charconv>

namespace support {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using tls_stream = asio::ssl::stream<tcp::socket>;

tcp::socket& socket_of(tcp::socket& s)
{
    return s;
}

tcp::socket& socket_of(tls_stream& s)
{
    return s.next_layer();
}

/// How a connection ends after an answer.
enum class then
{
    next,   ///< keep alive
    close,  ///< in order
    cut,    ///< without a word
    reset
};

/// An answer before it is sent: its header, and which bytes of the document follow.
struct outgoing
{
    unsigned status = 200;
    header_list headers;
    document body;
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    bool head_only = false;
};

std::string lower(std::string text)
{
    std::transform(text.begin(), text.end(), text.begin(),
                   [](unsigned char c) { return static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c); });
    return text;
}

std::optional<std::uint64_t> number(std::string_view text)
{
    std::uint64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size() || text.empty())
        return std::nullopt;
    return value;
}

/// RFC 9110 section 14.1.2, one range. Nothing: not a range that is understood. begin == end: not satisfiable.
std::optional<std::pair<std::uint64_t, std::uint64_t>> parse_range(std::string_view text, std::uint64_t size)
{
    if (text.rfind("bytes=", 0) != 0)
        return std::nullopt;
    text.remove_prefix(6);
    const auto dash = text.find('-');
    if (dash == std::string_view::npos)
        return std::nullopt;
    const auto first = number(text.substr(0, dash));
    const auto last = number(text.substr(dash + 1));
    if (dash == 0 && last)
        return std::pair(size - std::min(size, *last), size);
    if (!first || (dash + 1 < text.size() && !last))
        return std::nullopt;
    if (*first >= size)
        return std::pair(size, size);
    return std::pair(*first, last ? std::min(*last + 1, size) : size);
}

outgoing from_reply(const reply& r)
{
    outgoing made;
    made.status = r.status;
    made.headers = r.headers;
    made.body.memory = std::make_shared<const std::string>(r.body);
    made.body.size = made.end = r.body.size();
    return made;
}

outgoing from_document(const document& d, const seen_request& request, const fault& wrong)
{
    outgoing made;
    made.body = d;
    made.end = d.size;
    const auto etag = wrong.etag.empty() ? d.etag : wrong.etag;
    made.headers = {{"Content-Type", d.type}, {"ETag", etag}, {"Accept-Ranges", "bytes"}};
    auto range = parse_range(request.header("range"), d.size);
    if (const auto condition = request.header("if-range"); !condition.empty() && condition != etag)
        range.reset();
    if (!range || wrong.ignore_range)
        return made;
    if (range->first == range->second || wrong.refuse_range)
    {
        made = from_reply({416, {{"Content-Range", "bytes */" + std::to_string(d.size)}}, ""});
        return made;
    }
    made.status = 206;
    made.begin = range->first;
    made.end = range->second;
    made.headers.emplace_back("Content-Range", !wrong.content_range.empty()
                                                   ? wrong.content_range
                                                   : "bytes " + std::to_string(made.begin) + "-" +
                                                         std::to_string(made.end - 1) + "/" + std::to_string(d.size));
    return made;
}

outgoing decide(origin::state& s, const seen_request& request, const fault& wrong)
{
    outgoing made;
    const auto found = s.find(path_of(request.target));
    if (wrong.instead)
        made = from_reply(*wrong.instead);
    else if (!found)
        made = from_reply({404, {}, "not here\n"});
    else if (found->handler)
        made = from_reply(found->handler(request));
    else if (request.method != "GET" && request.method != "HEAD")
        made = from_reply({405, {{"Allow", "GET, HEAD"}}, ""});
    else
        made = from_document(*found, request, wrong);
    made.head_only = request.method == "HEAD";
    return made;
}

std::string header_text(const outgoing& out, const fault& wrong)
{
    std::string text = "HTTP/1.1 " + std::to_string(out.status);
    if (!wrong.bare_status)
        text += ' ' + std::string(http::obsolete_reason(static_cast<http::status>(out.status)));
    text += "\r\n";
    for (const auto& [name, value] : out.headers)
        text += name + ": " + value + "\r\n";
    if (wrong.endless || wrong.chunked)
        text += "Transfer-Encoding: chunked\r\n";
    else
        text += "Content-Length: " + std::to_string(wrong.announce.value_or(out.end - out.begin)) + "\r\n";
    if (wrong.gzip)
        text += "Content-Encoding: gzip\r\n";
    for (std::size_t made = 0, n = 0; made < wrong.header_bytes; made += 1000)
        text += "X-Filler-" + std::to_string(n++) + ": " + std::string(980, 'x') + "\r\n";
    return text + "\r\n";
}

template <class Stream>
class conversation
{
public:
    conversation(origin::state& s, Stream& stream, std::uint64_t number) : state_(s), stream_(stream), number_(number) {}

    /// Until one of the two has had enough.
    then run()
    {
        boost::beast::flat_buffer buffer;
        for (;;)
        {
            http::request_parser<http::string_body> parser;
            parser.body_limit(64u << 20);
            error_code ec;
            http::read(stream_, buffer, parser, ec);
            if (ec)
                return then::close;
            if (const auto what = answer_one(parser.get()); what != then::next)
                return what;
        }
    }

private:
    then answer_one(const http::request<http::string_body>& request)
    {
        seen_request seen;
        seen.method = std::string(request.method_string());
        seen.target = std::string(request.target());
        for (const auto& field : request)
            seen.headers[lower(std::string(field.name_string()))] = std::string(field.value());
        seen.body = request.body();
        seen.connection = number_;
        path_ = path_of(seen.target);

        const auto index = state_.begin_request(seen);
        const auto wrong = state_.next_fault(path_);
        const auto out = decide(state_, seen, wrong);
        seen.status = out.status;
        sent_ = 0;
        const auto what = send(out, wrong);
        seen.sent = sent_;
        state_.end_request(index, seen);
        return what == then::next && !request.keep_alive() ? then::close : what;
    }

    then send(const outgoing& out, const fault& wrong)
    {
        if (wrong.delay.count() > 0 && !state_.sleep(wrong.delay))
            return then::cut;
        if (!wrong.raw.empty())
        {
            if (write(wrong.raw))
                state_.wait_for_peer(socket_of(stream_).native_handle());
            return then::cut;
        }
        if (!send_header(header_text(out, wrong), wrong.slow_header))
            return then::cut;
        if (out.head_only)
            return then::next;
        if (wrong.endless)
            return send_endless();
        if (const auto what = send_body(out, wrong); what != then::next)
            return what;
        if (wrong.chunked && !write("0\r\n\r\n"))
            return then::cut;
        return wrong.announce || wrong.extra_bytes > 0 ? then::close : then::next;
    }

    bool send_header(const std::string& text, bool slowly)
    {
        if (!slowly)
            return write(text);
        for (const char c : text)
            if (!write(std::string_view(&c, 1)) || !state_.sleep(std::chrono::milliseconds(50)))
                return false;
        return true;
    }

    then send_body(const outgoing& out, const fault& wrong)
    {
        constexpr std::uint64_t piece_bytes = 1u << 20;
        const auto rate = wrong.bytes_per_second;
        const std::uint64_t paced = rate == 0 ? piece_bytes : std::max<std::uint64_t>(rate / 50, 1);
        std::string piece;
        bool all = false;
        for (auto at = out.begin;;)
        {
            if (wrong.cut_at == at)
                return then::cut;
            if (wrong.reset_at == at)
                return then::reset;
            if (wrong.stall_at == at)
                return state_.wait_for_peer(socket_of(stream_).native_handle()), then::cut;
            if (all)
                return then::next;
            auto until = std::min({out.end, at + piece_bytes, at + paced});
            for (const auto& stop : {wrong.cut_at, wrong.reset_at, wrong.stall_at})
                if (stop && *stop > at)
                    until = std::min(until, *stop);
            piece.resize(static_cast<std::size_t>(until - at));
            out.body.read(at, piece.data(), piece.size());
            if (wrong.flip_at && *wrong.flip_at >= at && *wrong.flip_at < until)
                piece[static_cast<std::size_t>(*wrong.flip_at - at)] ^= 1;
            all = until == out.end;
            // With the last byte, in one record: a client that waited long enough for more may believe that this is the end.
            if (all && wrong.extra_bytes > 0)
                piece += noise(static_cast<std::size_t>(wrong.extra_bytes));
            if (!piece.empty() && !write_piece(piece, wrong.chunked))
                return then::cut;
            if (rate > 0 && !state_.sleep(std::chrono::milliseconds(1000 * piece.size() / rate)))
                return then::cut;
            at = until;
        }
    }

    then send_endless()
    {
        const auto piece = noise(1u << 16);
        while (!state_.is_stopping() && write_piece(piece, true))
        {
        }
        return then::cut;
    }

    bool write_piece(const std::string& piece, bool chunked)
    {
        if (chunked)
        {
            char size[24];
            const auto end = std::to_chars(size, size + sizeof size, piece.size(), 16).ptr;
            if (!write(std::string(size, end) + "\r\n" + piece + "\r\n"))
                return false;
        }
        else if (!write(piece))
            return false;
        sent_ += piece.size();
        state_.count_sent(path_, piece.size());
        return true;
    }

    bool write(std::string_view text)
    {
        error_code ec;
        asio::write(stream_, asio::buffer(text.data(), text.size()), ec);
        return !ec;
    }

    origin::state& state_;
    Stream& stream_;
    std::uint64_t number_;
    std::string path_;
    std::uint64_t sent_ = 0;
};

void finish(tcp::socket& socket, then how)
{
    error_code ignored;
    if (how == then::reset)
    {
        socket.set_option(asio::socket_base::linger(true, 0), ignored);
        socket.close(ignored);  // sends RST; the destructor would take the linger back
    }
    else
        socket.shutdown(tcp::socket::shutdown_send, ignored);
}

}  // namespace

void serve_connection(origin::state& s, int raw, std::uint64_t number, void* tls_context)
{
    try
    {
        asio::io_context context(1);
        tcp::socket socket(context, tcp::v4(), raw);
        socket.set_option(tcp::no_delay(true));
        if (tls_context == nullptr)
        {
            const origin::state::registered_socket registered(s, raw);
            finish(socket, conversation(s, socket, number).run());
            return;
        }
        tls_stream stream(std::move(socket), *static_cast<asio::ssl::context*>(tls_context));
        const origin::state::registered_socket registered(s, raw);
        error_code ec;
        stream.handshake(asio::ssl::stream_base::server, ec);
        if (ec)
            return;
        const auto how = conversation(s, stream, number).run();
        if (how == then::close)
        {
            // Nothing more is read, so this sends close_notify and does not wait for the peer's.
            stream.next_layer().shutdown(tcp::socket::shutdown_receive, ec);
            stream.shutdown(ec);
        }
        finish(stream.next_layer(), how);
    }
    catch (const std::exception&)
    {
        // a peer that vanished in mid-setup: nobody is left to tell
    }
}

}  // namespace support
