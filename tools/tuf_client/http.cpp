// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "http.hpp"

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <array>
#include <chrono>

namespace tuf_tool {

namespace ms = modelsec;
namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;

namespace {

struct address
{
    std::string authority;
    std::string host;
    std::string port = "80";
    std::string target;
};

ms::result<address> parse_url(const std::string& url)
{
    static constexpr std::string_view scheme = "http://";
    if (!url.starts_with(scheme))
        return ms::fail(ms::reason::bad_url, "this tool speaks http:// only");
    const auto path = std::min(url.find('/', scheme.size()), url.size());
    address out;
    out.authority = url.substr(scheme.size(), path - scheme.size());
    out.target = path == url.size() ? "/" : url.substr(path);
    const auto colon = out.authority.find(':', out.authority.starts_with('[') ? out.authority.find(']') : 0);
    out.host = out.authority.substr(0, colon);
    if (colon != std::string::npos)
        out.port = out.authority.substr(colon + 1);
    if (out.host == "[::1]")
        out.host = "::1";
    // Plain http leaves the machine nowhere: whoever is between would choose the bytes.
    if (out.host != "127.0.0.1" && out.host != "::1" && out.host != "localhost")
        return ms::fail(ms::reason::host_not_allowed, out.host);
    return out;
}

/// One asynchronous step at a time, waited for: so that the stream's time limit counts.
class exchange
{
public:
    ms::result<void> connect(const address& to)
    {
        asio::ip::tcp::resolver resolver(io_);
        boost::system::error_code ec;
        const auto found = resolver.resolve(to.host, to.port, ec);
        if (ec)
            return ms::fail(ms::reason::resolve_failed, ec.message());
        wait(
            [&](auto done) { stream_.async_connect(found, [done](boost::system::error_code e, const auto&) { done(e); }); });
        return ec_ ? ms::result<void>(ms::fail(ms::reason::connect_failed, ec_.message())) : ms::result<void>();
    }

    ms::result<void> ask(const address& to)
    {
        http::request<http::empty_body> request(http::verb::get, to.target, 11);
        request.set(http::field::host, to.authority);
        request.set(http::field::connection, "close");
        request.set(http::field::user_agent, "modelsec-tuf-client");
        wait([&](auto done) {
            http::async_write(stream_, request, [done](boost::system::error_code e, std::size_t) { done(e); });
        });
        return ec_ ? ms::result<void>(ms::fail(ms::reason::connection_lost, ec_.message())) : ms::result<void>();
    }

    ms::result<void> take(std::uint64_t cap, const std::function<ms::result<void>(ms::bytes_view)>& sink)
    {
        parser_.body_limit(cap);
        parser_.header_limit(16u << 10);
        wait([&](auto done) {
            http::async_read_header(stream_, buffer_, parser_,
                                    [done](boost::system::error_code e, std::size_t) { done(e); });
        });
        if (!parser_.is_header_done())
            return failure_of_read();
        if (parser_.get().result() == http::status::not_found)
            return ms::fail(ms::reason::not_found);
        if (parser_.get().result() != http::status::ok)
            return ms::fail(ms::reason::http_status, std::to_string(parser_.get().result_int()));
        if (ec_)
            return failure_of_read();
        while (!parser_.is_done())
        {
            std::array<std::uint8_t, 64u << 10> piece;
            parser_.get().body().data = piece.data();
            parser_.get().body().size = piece.size();
            wait([&](auto done) {
                http::async_read_some(stream_, buffer_, parser_,
                                      [done](boost::system::error_code e, std::size_t) { done(e); });
            });
            if (ec_ && ec_ != http::error::need_buffer)
                return failure_of_read();
            MODELSEC_CHECK(sink({piece.data(), piece.size() - parser_.get().body().size}));
        }
        return {};
    }

private:
    template <class Start>
    void wait(Start start)
    {
        stream_.expires_after(std::chrono::seconds(20));
        start([this](boost::system::error_code e) { ec_ = e; });
        io_.restart();
        io_.run();
    }

    ms::failure failure_of_read() const
    {
        if (ec_ == http::error::body_limit)
            return ms::fail(ms::reason::too_large, "more bytes than were asked for");
        return ms::fail(ec_ == beast::error::timeout ? ms::reason::stall : ms::reason::truncated, ec_.message());
    }

    asio::io_context io_;
    beast::tcp_stream stream_{io_};
    beast::flat_buffer buffer_;
    http::response_parser<http::buffer_body> parser_;
    boost::system::error_code ec_;
};

}  // namespace

ms::result<void> http_get(const ms::tuf_request& request, const ms::tuf_sink& sink)
{
    MODELSEC_TRY(const address to, parse_url(request.url));
    exchange x;
    MODELSEC_CHECK(x.connect(to));
    MODELSEC_CHECK(x.ask(to));
    return x.take(request.cap, sink);
}

}  // namespace tuf_tool
