// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_INSTANCE_KEYS_IPP
#define MODELSEC_DETAIL_SOURCE_INSTANCE_KEYS_IPP

#include <modelsec/detail/base/secret_json.hpp>
#include <modelsec/detail/net/awaitable.hpp>
#include <modelsec/detail/source/instance_keys.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>

#include <algorithm>
#include <array>
#include <charconv>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::size_t instance_answer_bytes = 64u << 10;

result<metadata_address> parse_metadata_address(std::string_view text)
{
    const auto refused = fail(reason::plain_http, "the metadata service has link-local addresses, or is on loopback");
    if (!text.starts_with("http://"))
        return refused;
    text.remove_prefix(7);
    metadata_address out;
    const std::size_t slash = std::min(text.find('/'), text.size());
    std::string_view authority = text.substr(0, slash);
    out.target = slash < text.size() ? std::string(text.substr(slash)) : "/";
    std::string_view port;
    if (authority.starts_with('['))
    {
        const std::size_t end = authority.find(']');
        if (end == std::string_view::npos)
            return refused;
        out.host = authority.substr(1, end - 1);
        port = authority.substr(end + 1);
    }
    else
    {
        const std::size_t colon = std::min(authority.find(':'), authority.size());
        out.host = authority.substr(0, colon);
        port = authority.substr(colon);
    }
    if (!port.empty())
    {
        const auto [end, error] = std::from_chars(port.data() + 1, port.data() + port.size(), out.port);
        if (port.front() != ':' || error != std::errc() || end != port.data() + port.size() || out.port == 0)
            return refused;
    }
    // CWE-918: no name is resolved, and nothing but these is asked without TLS.
    constexpr std::array<std::string_view, 7> known = {
        "169.254.169.254", "fd00:ec2::254", "169.254.170.2", "169.254.170.23", "fd00:ec2::23", "127.0.0.1", "::1"};
    if (std::find(known.begin(), known.end(), out.host) == known.end() ||
        std::any_of(out.target.begin(), out.target.end(),
                    [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; }))
        return refused;
    return out;
}

result<s3_credentials> parse_instance_keys(bytes_view body)
{
    const auto doc = secret_json::parse(body);
    const auto text = [&](std::string_view name) {
        return doc ? doc->root().string_at(name).value_or(std::string_view()) : std::string_view();
    };
    const std::string_view id = text("AccessKeyId"), key = text("SecretAccessKey"), token = text("Token");
    if (id.empty() || key.empty())
        return fail(reason::bad_response, "the metadata service's answer holds no keys");
    return s3_credentials{std::string(id), secret(key), token.empty() ? secret() : secret(token)};
}

/// One plain request to the service: its body, if the status is 200.
inline awaitable<result<secret_text>> ask_metadata(metadata_address to, boost::beast::http::verb method,
                                                   std::vector<http_header> headers)
{
    namespace http = boost::beast::http;
    using allocator = wiping_allocator<char>;  // tokens on their way out, keys on their way in
    boost::system::error_code ec;
    const auto address = boost::asio::ip::make_address(to.host, ec);
    if (ec)
        co_return fail(reason::bad_option, "the metadata service's address");
    boost::beast::tcp_stream stream(co_await boost::asio::this_coro::executor);
    auto [connected] = co_await stream.async_connect(boost::asio::ip::tcp::endpoint(address, to.port), use_tuple);
    if (connected)
        co_return fail(reason::connect_failed, "the metadata service does not answer");
    http::request<http::empty_body, http::basic_fields<allocator>> request{method, to.target, 11};
    request.set(http::field::host, to.host);
    request.set(http::field::connection, "close");
    request.set(http::field::content_length, "0");
    for (const http_header& h : headers)
        request.set(h.name, h.value.view());
    auto [sent, sent_bytes] = co_await http::async_write(stream, request, use_tuple);
    (void)sent_bytes;
    boost::beast::basic_flat_buffer<allocator> buffer;
    http::response_parser<http::vector_body<char, allocator>, allocator> parser;
    parser.body_limit(instance_answer_bytes);
    if (!sent)
    {
        auto [received, received_bytes] = co_await http::async_read(stream, buffer, parser, use_tuple);
        (void)received_bytes;
        sent = received;
    }
    if (sent)
        co_return fail(reason::connection_lost, "the metadata service hung up");
    if (parser.get().result_int() != 200)
        co_return fail(parser.get().result_int() == 404 ? reason::unauthorized : reason::forbidden,
                       "the metadata service gives no role: status " + std::to_string(parser.get().result_int()));
    const auto& body = parser.get().body();
    co_return secret_text(std::string_view(body.data(), body.size()));
}

inline awaitable<result<secret_text>> ask_for_role(const instance_role& role)
{
    using boost::beast::http::verb;
    if (!role.container.empty())
    {
        MODELSEC_CO_TRY(metadata_address address, parse_metadata_address(role.container));
        std::vector<http_header> headers;
        if (role.container_token)
        {
            MODELSEC_CO_TRY(const secret token, role.container_token());
            if (token.reveal_text().find_first_of("\r\n") != std::string_view::npos)
                co_return fail(reason::bad_option, "the container's token is no header");
            headers.push_back({"Authorization", token.reveal_text()});
        }
        co_return co_await ask_metadata(std::move(address), verb::get, std::move(headers));
    }
    std::string base = role.service;
    while (base.ends_with('/'))
        base.pop_back();
    MODELSEC_CO_TRY(metadata_address session, parse_metadata_address(base + "/latest/api/token"));
    std::vector<http_header> lifetime{{"X-aws-ec2-metadata-token-ttl-seconds", "300"}};
    MODELSEC_CO_TRY(secret_text token, co_await ask_metadata(std::move(session), verb::put, std::move(lifetime)));
    const std::vector<http_header> proof{{"X-aws-ec2-metadata-token", std::move(token)}};
    const std::string folder = "/latest/meta-data/iam/security-credentials/";
    MODELSEC_CO_TRY(metadata_address roles, parse_metadata_address(base + folder));
    MODELSEC_CO_TRY(const secret_text names, co_await ask_metadata(std::move(roles), verb::get, proof));
    const std::string name(names.view().substr(0, names.view().find_first_of("\r\n")));
    MODELSEC_CO_TRY(metadata_address keys, parse_metadata_address(base + folder + name));
    co_return co_await ask_metadata(std::move(keys), verb::get, proof);
}

result<s3_credentials> fetch_instance_keys(const instance_role& role)
{
    boost::asio::io_context context(1);
    std::optional<result<secret_text>> answer;
    boost::asio::co_spawn(
        context, [&]() -> awaitable<void> { answer.emplace(co_await ask_for_role(role)); }, boost::asio::detached);
    context.run_for(role.patience);
    if (!answer)
        return fail(reason::connect_timeout, "the metadata service does not answer in time");
    if (answer->has_error())
        return std::move(*answer).error();
    return parse_instance_keys(as_bytes((*answer)->view()));
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
