// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "origin_state.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cctype>
#include <stdexcept>
#include <thread>

namespace support {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

std::optional<asio::ssl::context> make_tls(const origin_options& options)
{
    if (!options.server)
        return std::nullopt;
    asio::ssl::context made(asio::ssl::context::tls_server);
    SSL_CTX* raw = made.native_handle();
    SSL_CTX_set_min_proto_version(raw, options.min_tls);
    SSL_CTX_set_max_proto_version(raw, options.max_tls);
    if (options.max_tls < TLS1_2_VERSION)  // OpenSSL's default security level knows no SHA-1 signatures
        SSL_CTX_set_cipher_list(raw, "ALL:@SECLEVEL=0");
    if (!options.ciphers.empty() && SSL_CTX_set_cipher_list(raw, options.ciphers.c_str()) != 1)
        throw std::runtime_error("no such cipher list");
    made.use_certificate_chain(asio::buffer(options.server->certificate));
    made.use_private_key(asio::buffer(options.server->private_key), asio::ssl::context::pem);
    static const unsigned char session_context[] = "origin";
    SSL_CTX_set_session_id_context(raw, session_context, sizeof session_context);
    if (!options.client_ca.empty())
    {
        made.add_certificate_authority(asio::buffer(options.client_ca));
        made.set_verify_mode(asio::ssl::verify_peer | asio::ssl::verify_fail_if_no_peer_cert);
    }
    return made;
}

/// A connection's thread, and whether it has come to its end.
struct worker
{
    std::shared_ptr<std::atomic<bool>> done;
    std::thread thread;
};

/// Accepts until the origin stops or its lifetime is over.
void listen_and_serve(const std::shared_ptr<origin::state>& s, asio::io_context& context, tcp::acceptor& acceptor,
                      std::optional<asio::ssl::context>& tls)
{
    std::vector<worker> workers;
    asio::steady_timer lifetime(context, s->options.lifetime);
    lifetime.async_wait([&](boost::system::error_code ec) {
        if (!ec)
            s->stop();
    });

    std::function<void()> accept_next = [&] {
        acceptor.async_accept([&](boost::system::error_code ec, tcp::socket socket) {
            if (ec)
                return lifetime.cancel(), void();
            std::erase_if(workers, [](worker& w) {
                if (!*w.done)
                    return false;
                w.thread.join();
                return true;
            });
            auto done = std::make_shared<std::atomic<bool>>(false);
            std::uint64_t number = 0;
            {
                const std::lock_guard guard(s->mutex);
                number = ++s->connections;
            }
            void* context_of_tls = tls ? &*tls : nullptr;
            workers.push_back({done, std::thread([s, done, number, context_of_tls, raw = socket.release()] {
                                   serve_connection(*s, raw, number, context_of_tls);
                                   *done = true;
                               })});
            accept_next();
        });
    };
    accept_next();
    context.run();
    for (auto& w : workers)
        w.thread.join();
}

std::string field_of(const std::string& json, const std::string& name)
{
    auto at = json.find("\"" + name + "\"");
    if (at == std::string::npos || (at = json.find('"', json.find(':', at))) == std::string::npos)
        return {};
    return json.substr(at + 1, json.find('"', at + 1) - at - 1);
}

reply edge_error(unsigned status, const char* text)
{
    return {status, {{"Content-Type", "application/json"}}, std::string("{\"error\": \"") + text + "\"}"};
}

}  // namespace

std::string seen_request::header(const std::string& lower_case_name) const
{
    const auto found = headers.find(lower_case_name);
    return found == headers.end() ? std::string() : found->second;
}

fault answer(unsigned status, header_list headers, std::string body)
{
    fault f;
    f.instead = reply{status, std::move(headers), std::move(body)};
    return f;
}

fault redirect(std::string location, unsigned status)
{
    return answer(status, {{"Location", std::move(location)}});
}

origin::origin(origin_options options) : state_(std::make_shared<state>(std::move(options)))
{
    auto context = std::make_shared<asio::io_context>(1);
    auto acceptor = std::make_shared<tcp::acceptor>(*context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    auto tls = std::make_shared<std::optional<asio::ssl::context>>(make_tls(state_->options));
    state_->port = acceptor->local_endpoint().port();
    state_->end_listening = [context, acceptor] { asio::post(*context, [acceptor] { acceptor->close(); }); };
    listener_ = std::thread([s = state_, context, acceptor, tls] { listen_and_serve(s, *context, *acceptor, *tls); });
}

origin::~origin()
{
    state_->stop();
    listener_.join();
}

std::uint16_t origin::port() const noexcept
{
    return state_->port;
}

std::string origin::url(std::string_view path, std::string_view host) const
{
    return (state_->options.server ? "https://" : "http://") + std::string(host) + ":" + std::to_string(port()) +
           std::string(path);
}

void origin::serve(const std::string& path, std::string body, std::string content_type)
{
    document made;
    made.size = body.size();
    made.memory = std::make_shared<const std::string>(std::move(body));
    made.type = std::move(content_type);
    state_->put(path, std::move(made));
}

void origin::serve_file(const std::string& path, const std::string& file)
{
    const int raw = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat about
    {
    };
    if (raw < 0 || ::fstat(raw, &about) != 0)
        throw std::runtime_error("cannot serve " + file);
    document made;
    made.descriptor = std::shared_ptr<const int>(new int(raw), [](const int* d) {
        ::close(*d);
        delete d;
    });
    made.size = static_cast<std::uint64_t>(about.st_size);
    made.type = "application/octet-stream";
    state_->put(path, std::move(made));
}

void origin::handle(const std::string& path, std::function<reply(const seen_request&)> handler)
{
    document made;
    made.handler = std::move(handler);
    state_->put(path, std::move(made));
}

void origin::remove(const std::string& path)
{
    const std::lock_guard guard(state_->mutex);
    state_->documents.erase(path);
}

void origin::edge_function(const std::string& path, std::string apikey, std::map<std::string, std::string> envelopes)
{
    handle(path, [apikey = std::move(apikey), envelopes = std::move(envelopes)](const seen_request& request) {
        if (request.method != "POST")
            return edge_error(405, "Method not allowed");
        if (request.header("apikey") != apikey)
            return edge_error(401, "Invalid API key");
        const auto tier = field_of(request.body, "tier");
        const auto platform = field_of(request.body, "platform");
        if (tier.empty() || platform.empty())
            return edge_error(400, "Missing tier or platform");
        const auto found = envelopes.find(tier + "/" + platform);
        if (found == envelopes.end())
            return edge_error(404, "No manifest");
        return reply{200, {{"Content-Type", "application/json"}}, found->second};
    });
}

void origin::fail(const std::string& path, fault what, unsigned times)
{
    const std::lock_guard guard(state_->mutex);
    state_->faults[path].emplace_back(std::move(what), times);
}

void origin::heal(const std::string& path)
{
    const std::lock_guard guard(state_->mutex);
    state_->faults.erase(path);
}

std::vector<seen_request> origin::requests() const
{
    const std::lock_guard guard(state_->mutex);
    return state_->requests;
}

std::size_t origin::count(std::string_view path) const
{
    const std::lock_guard guard(state_->mutex);
    std::size_t sum = 0;
    for (const auto& request : state_->requests)
        sum += path.empty() || path_of(request.target) == path;
    return sum;
}

std::uint64_t origin::connections() const
{
    const std::lock_guard guard(state_->mutex);
    return state_->connections;
}

std::uint64_t origin::sent(std::string_view path) const
{
    const std::lock_guard guard(state_->mutex);
    const auto found = state_->sent.find(std::string(path));
    return found == state_->sent.end() ? 0 : found->second;
}

void origin::forget_requests()
{
    const std::lock_guard guard(state_->mutex);
    state_->requests.clear();
    state_->sent.clear();
    state_->connections = 0;
}

std::string noise(std::size_t size, std::uint64_t seed)
{
    std::string made(size, '\0');
    std::uint64_t x = seed * 0x9E3779B97F4A7C15u + 1;
    for (auto& c : made)
    {
        x ^= x << 13;  // xorshift64, Marsaglia
        x ^= x >> 7;
        x ^= x << 17;
        c = static_cast<char>(x >> 24);
    }
    return made;
}

}  // namespace support
