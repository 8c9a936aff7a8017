// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Through real proxies, and through ones that lie.
#include "world.hpp"

#include <loopback.hpp>
#include <proxies.hpp>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include <thread>

using namespace integration;
using namespace std::chrono_literals;
using tcp = boost::asio::ip::tcp;

namespace {

const support::proxy_login login{"user", planted_secret};

std::string at(const char* scheme, std::uint16_t port, const std::string& user = {})
{
    return std::string(scheme) + "://" + (user.empty() ? "" : user + "@") + "127.0.0.1:" + std::to_string(port);
}

std::string at(const char* scheme, std::uint16_t port, const support::proxy_login& who)
{
    return at(scheme, port, who.user + ":" + who.password);
}

/// A world that is reached through a proxy.
struct behind_proxy
{
    world w;

    behind_proxy() { w.release("content"); }

    outcome ask(const std::string& proxy, const std::string& no_proxy = {}, const std::string& host = "127.0.0.1")
    {
        auto options = w.options();
        options.transport.proxy = modelsec::proxy_options(proxy, no_proxy);
        options.caps.connect_timeout = 2s;
        modelsec::client client(options);
        auto request = w.request();
        request.manifest.url = w.web.url("/manifest", host);
        return fetch(client, request);
    }
};

/// A "proxy" that gives everybody this answer, piece by piece, and then waits for the end.
class lying_proxy
{
public:
    explicit lying_proxy(std::vector<std::string> pieces, std::chrono::milliseconds between = 0ms, bool hang_up = false)
        : thread_([this, pieces, between, hang_up] { serve(pieces, between, hang_up); })
    {
    }
    ~lying_proxy()
    {
        over_ = true;
        boost::asio::io_context context;
        boost::system::error_code ignored;
        tcp::socket(context).connect(listener_.local_endpoint(), ignored);  // wakes it up
        thread_.join();
    }

    std::uint16_t port() const { return listener_.local_endpoint().port(); }
    unsigned asked() const { return asked_; }

private:
    void serve(const std::vector<std::string>& pieces, std::chrono::milliseconds between, bool hang_up)
    {
        while (!over_)
        {
            boost::system::error_code ec;
            tcp::socket peer(context_);
            listener_.accept(peer, ec);
            if (over_ || ec)
                return;
            ++asked_;
            char request[1024];
            peer.read_some(boost::asio::buffer(request), ec);
            for (const auto& piece : pieces)
            {
                if (over_ || ec)
                    break;
                boost::asio::write(peer, boost::asio::buffer(piece), ec);
                std::this_thread::sleep_for(between);
            }
            while (!hang_up && !ec)
                peer.read_some(boost::asio::buffer(request), ec);
        }
    }

    boost::asio::io_context context_;
    tcp::acceptor listener_{context_, {boost::asio::ip::address_v4::loopback(), 0}};
    std::atomic<bool> over_{false};
    std::atomic<unsigned> asked_{0};
    std::thread thread_;
};

}  // namespace

TEST_CASE("through squid with user and password")
{
    const support::squid proxy(login);
    behind_proxy b;
    const auto o = b.ask(at("http", proxy.port(), login));
    CHECK_MESSAGE(o.code == errc::ok, o.detail);
    CHECK(active_content(b.w) == "content");
    CHECK(proxy.times_logged("CONNECT 127.0.0.1:" + std::to_string(b.w.web.port()), 1) == 1);
    CHECK(proxy.access_log().find("manifest") == std::string::npos);
    for (const auto& request : b.w.web.requests())
        CHECK(request.headers.count("proxy-authorization") == 0);
}

TEST_CASE("squid without, or with a wrong password: one 407, its own error, not tried again")
{
    const support::squid proxy(login);
    behind_proxy b;
    for (const auto& user : {std::string(), std::string("user:wrong-") + planted_secret})
    {
        const auto o = b.ask(at("http", proxy.port(), user));
        CHECK(o.why == reason::proxy_auth);
        CHECK(o.code == errc::unauthorized);
    }
    CHECK(proxy.times_logged("/407 ", 2) == 2);
    CHECK(b.w.web.connections() == 0);
}

TEST_CASE("the proxy resolves the name, and the certificate still has to be for it")
{
    const support::squid proxy(login);
    const std::string via = at("http", proxy.port(), login);
    world w;
    support::certificate_wish wish;
    wish.hosts = {"models.test"};
    support::origin_options options;
    options.server = w.ca.issue(wish);
    support::origin named(options);
    auto m = w.manifest("content");
    m.artifacts.front().url = named.url("/model.bin", "models.test");
    named.serve("/model.bin", "content");
    named.serve("/manifest", support::dsse_envelope(m.json(), {w.key}));
    const auto ask = [&](const char* host) {
        auto owner = w.options();
        owner.transport.proxy = modelsec::proxy_options(via);
        modelsec::client client(owner);
        auto request = w.request();
        request.manifest.url = named.url("/manifest", host);
        return fetch(client, request);
    };
    CHECK(ask("models.test").code == errc::ok);
    // A proxy that leads somewhere else, by mistake or on purpose, is found out (RFC 9110 section 4.3.4).
    CHECK(ask("other.test").why == reason::host_mismatch);
    CHECK(ask("blocked.test").why == reason::proxy_denied);
}

TEST_CASE("squid that cannot reach the host is tried again, and then it is the proxy that failed")
{
    const support::squid proxy(login);
    behind_proxy b;
    auto options = b.w.options();
    options.transport.proxy = modelsec::proxy_options(at("http", proxy.port(), login));
    modelsec::client client(options);
    auto request = b.w.request();
    request.manifest.url = "https://127.0.0.1:" + std::to_string(support::free_port()) + "/manifest";
    const auto o = fetch(client, request);
    CHECK(o.why == reason::proxy_failed);
    CHECK(o.code == errc::network);
    CHECK(std::count_if(o.events.begin(), o.events.end(), [](const auto& e) { return e.kind == event_kind::retry; }) == 1);
}

TEST_CASE("through tinyproxy, with and without a password")
{
    behind_proxy b;
    const support::tinyproxy open;
    CHECK(b.ask(at("http", open.port())).code == errc::ok);
    const support::tinyproxy closed(login);
    CHECK(b.ask(at("http", closed.port(), login)).code == errc::ok);
    CHECK(b.ask(at("http", closed.port(), "user:wrong")).why == reason::proxy_auth);
    CHECK(b.ask(at("http", closed.port())).why == reason::proxy_auth);
}

TEST_CASE("through microsocks, with and without a password, by address and by name")
{
    behind_proxy b;
    const support::microsocks open;
    CHECK(b.ask(at("socks5", open.port())).code == errc::ok);
    CHECK(b.ask(at("socks5h", open.port(), login), "", "localhost").code == errc::ok);
    CHECK(open.log().find("localhost") != std::string::npos);
    const support::microsocks closed(login);
    CHECK(b.ask(at("socks5h", closed.port(), login)).code == errc::ok);
    CHECK(b.ask(at("socks5h", closed.port(), "user:wrong")).why == reason::proxy_auth);
    CHECK(b.ask(at("socks5h", closed.port())).why == reason::proxy_auth);
    // The wrong kind of proxy is no proxy.
    CHECK(b.ask(at("http", open.port())).why == reason::proxy_failed);
}

TEST_CASE("hosts on the list go past the proxy; without it a dead proxy is the proxy's failure")
{
    behind_proxy b;
    const std::string dead = at("http", support::free_port());
    CHECK(b.ask(dead).why == reason::proxy_failed);
    CHECK(b.w.web.connections() == 0);
    CHECK(b.ask(dead, "127.0.0.0/8").code == errc::ok);
    CHECK(b.ask("http://proxy.invalid:3128").why == reason::proxy_failed);
    CHECK(b.ask(std::string("ftp://user:") + planted_secret + "@127.0.0.1").code == errc::usage);
}

TEST_CASE("a proxy that answers nonsense, too much, too slowly or not at all ends as a failed proxy, in time")
{
    behind_proxy b;
    const std::string ok = "HTTP/1.1 200 OK\r\n\r\n";
    struct lie
    {
        const char* name;
        std::vector<std::string> pieces;
        std::chrono::milliseconds between = 0ms;
        bool hang_up = false;
    };
    for (const auto& [name, pieces, between, hang_up] :
         std::vector<lie>{{"nonsense", {"220 mail.example ESMTP\r\n"}},
                          {"silence", {}},
                          {"hangs up", {}, 0ms, true},
                          {"half a header", {"HTTP/1.1 200"}, 0ms, true},
                          {"a header bomb", std::vector<std::string>(40, "X: " + std::string(4096, 'x') + "\r\n")},
                          {"a real header bomb", {"HTTP/1.1 200 OK\r\n" + std::string(200'000, 'x')}},
                          {"a slow header", std::vector<std::string>(200, "HTTP/1.1 200 OK\r\nX: y\r\n"), 100ms},
                          {"bytes after the header", {ok + "\x16\x03\x03"}},
                          {"a redirect", {"HTTP/1.1 302 Found\r\nLocation: https://evil.example/\r\n\r\n"}}})
    {
        CAPTURE(name);
        const lying_proxy liar(pieces, between, hang_up);
        const auto start = std::chrono::steady_clock::now();
        CHECK(b.ask(at("http", liar.port(), login)).why == reason::proxy_failed);
        CHECK(std::chrono::steady_clock::now() - start < 15s);
        CHECK(liar.asked() == 2);  // once more is the budget of this world
    }
    CHECK(b.w.web.connections() == 0);
}

TEST_CASE("who waits for a silent proxy can be cancelled at any time")
{
    behind_proxy b;
    const lying_proxy silent({});
    auto options = b.w.options();
    options.transport.proxy = modelsec::proxy_options(at("socks5", silent.port()));
    options.caps.connect_timeout = 60s;
    modelsec::client client(options);
    auto request = b.w.request();
    std::thread canceller([&, handle = request.operation.control]() mutable {
        while (silent.asked() == 0)
            std::this_thread::sleep_for(1ms);
        handle.cancel();
    });
    const auto start = std::chrono::steady_clock::now();
    CHECK(fetch(client, request).why == reason::cancelled);
    CHECK(std::chrono::steady_clock::now() - start < 5s);
    canceller.join();
}
