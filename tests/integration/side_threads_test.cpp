// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Bodies that are deciphered beside the session's thread end as all others do, whatever the line or the caller does.
#include <modelsec/detail/net/http_client.hpp>
#include <modelsec/detail/net/session.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <doctest/doctest.h>
#include <origin.hpp>
#include <shown_names.hpp>
#include <talker.hpp>
#include <temp_dir.hpp>

#include <cstdlib>
#include <functional>
#include <future>
#include <manual_clock.hpp>
#include <modelsec/detail/base/guarded.hpp>
#include <new>
#include <thread>

namespace {
thread_local bool no_memory = false;
}

// One thread has no memory left, the others do.
void* operator new(std::size_t size)
{
    void* const memory = no_memory ? nullptr : std::malloc(std::max<std::size_t>(size, 1));
    return memory ? memory : throw std::bad_alloc();
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t) noexcept
{
    std::free(memory);
}

using namespace std::chrono_literals;
using modelsec::reason;
using modelsec::result;
using modelsec::detail::awaitable;
using modelsec::detail::session;
using modelsec::detail::url;
using std::chrono::steady_clock;

namespace {

constexpr std::size_t piece = 128u << 10;  // more than is read at once on the session's own thread

struct scene
{
    support::throwaway_ca ca;
    support::temp_dir place;
    support::origin_options server;
    modelsec::transport_options options;
    modelsec::limits caps;
    modelsec::control handle;

    scene()
    {
        server.server = ca.issue();
        options.tls.ca_file = place.write("ca.pem", ca.certificate());
        caps.connect_timeout = caps.handshake_timeout = caps.stall_timeout = caps.first_byte_timeout = 30s;
    }

    modelsec::detail::http_environment environment()
    {
        modelsec::detail::http_environment env;
        env.options = &options;
        env.caps = &caps;
        env.time = &modelsec::clock::system();
        env.handle = handle;
        return env;
    }
};

/// A body that ends with the connection, which does not.
void body_without_end(support::talk& t, unsigned)
{
    const std::string data(200'000, 'x');
    if (t.handshake() && !t.read_request().empty() && t.write("HTTP/1.1 200 OK\r\n\r\n"))
        while (t.write(data))
            continue;
}

/// Reads a body beside the session's thread; tells after each piece how much there is.
awaitable<result<std::string>> read_beside(session& s, url from, std::function<void(std::size_t)> heard = {})
{
    std::string out;
    MODELSEC_CO_TRY(auto answer, co_await s.follow(modelsec::detail::request_head(from)));
    answer.link->read_beside();
    modelsec::bytes space(piece);
    while (true)
    {
        MODELSEC_CO_TRY(const std::size_t n, co_await answer.link->read_some(space));
        if (n == 0)
            break;
        out.append(reinterpret_cast<const char*>(space.data()), n);
        if (heard)
            heard(out.size());
    }
    s.release(std::move(answer.link));
    co_return out;
}

/// How a body ends that is read so.
reason end_of(scene& s, const std::string& address, std::function<void(std::size_t)> heard = {})
{
    modelsec::detail::http_client client(s.environment());
    client.get().side().grow(2);
    const auto out = client.get().run(read_beside(client.get(), *url::parse(address), std::move(heard)));
    return out.has_error() ? out.error().why : reason::none;
}

awaitable<result<std::size_t>> read_many(session& s, url from, std::size_t many, const std::string& body)
{
    std::size_t right = 0, ended = 0;
    modelsec::detail::wakeup all(s);
    for (std::size_t i = 0; i < many; ++i)
        boost::asio::co_spawn(
            s.context(),
            [&]() -> awaitable<void> {
                const auto got = co_await read_beside(s, from);
                right += got.has_value() && *got == body ? 1 : 0;
                ++ended;
                all.notify();
            },
            boost::asio::detached);
    while (ended < many)
        MODELSEC_CO_CHECK(co_await all.wait());
    co_return right;
}

}  // namespace

TEST_CASE("many bodies that are deciphered beside the session's thread arrive whole, and their connections serve again")
{
    scene s;
    support::origin web(s.server);
    const std::string body = support::noise(3'000'077);
    web.serve("/body", body);
    modelsec::detail::http_client client(s.environment());
    client.get().side().grow(3);
    CHECK(client.get().run(read_many(client.get(), *url::parse(web.url("/body")), 6, body)).value() == 6);
    const auto connections = web.connections();
    CHECK(client.get().run(read_many(client.get(), *url::parse(web.url("/body")), 6, body)).value() == 6);
    CHECK(web.connections() == connections);
    support::fault chunked;
    chunked.chunked = true;
    web.fail("/body", chunked);
    CHECK(client.get().run(read_many(client.get(), *url::parse(web.url("/body")), 2, body)).value() == 2);
}

TEST_CASE("where no thread can be had beside, the session's own takes the steps")
{
    scene s;
    support::origin web(s.server);
    web.serve("/body", support::noise(3'000'077));
    modelsec::detail::http_client client(s.environment());
    const auto out = client.get().run(read_beside(client.get(), *url::parse(web.url("/body"))));
    REQUIRE(out.has_value());
    CHECK(out->size() == 3'000'077);
}

TEST_CASE("a body that is deciphered beside breaks off with the reason that it would have here")
{
    scene s;
    support::origin web(s.server);
    web.serve("/body", support::noise(2'000'000));
    const auto with = [&](auto set) {
        support::fault f;
        set(f);
        web.heal("/body");
        web.fail("/body", f);
        return end_of(s, web.url("/body"));
    };
    using support::fault;
    CHECK(with([](fault& f) { f.cut_at = 1'000'000; }) == reason::truncated);
    CHECK(with([](fault& f) { f.reset_at = 1'000'000; }) == reason::connection_lost);
    s.caps.stall_timeout = 300ms;
    CHECK(with([](fault& f) { f.stall_at = 1'000'000; }) == reason::stall);
}

TEST_CASE("a body without end that is deciphered beside ends promptly when it is cancelled, and at its deadline")
{
    scene s;
    support::origin web(s.server);
    support::fault endless;
    endless.endless = true;
    web.serve("/body", "x");
    web.fail("/body", endless);
    // Chunks are taken apart here; a body until the connection closes goes as it is into the caller's space.
    const support::talker plain(s.ca.issue(), body_without_end);
    for (const std::string& address : {web.url("/body"), plain.url("/x")})
    {
        steady_clock::time_point cancelled;
        CHECK(end_of(s, address, [&](std::size_t got) {
                  if (got > 4u << 20 && !s.handle.cancelled())
                  {
                      cancelled = steady_clock::now();
                      s.handle.cancel();
                  }
              }) == reason::cancelled);
        CHECK(steady_clock::now() - cancelled < 1s);
        s.handle = {};
        auto env = s.environment();
        env.deadline = steady_clock::now() + 300ms;
        modelsec::detail::http_client client(std::move(env));
        client.get().side().grow(2);
        const auto out = client.get().run(read_beside(client.get(), *url::parse(address)));
        REQUIRE(out.has_error());
        CHECK(out.error().why == reason::deadline);
    }
}

TEST_CASE("TLS messages without end that come within a body are cut off beside as well")
{
    scene s;
    const support::talker server(s.ca.issue(), [](support::talk& t, unsigned) {
        if (t.handshake() && !t.read_request().empty() && t.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nabc"))
            while (t.ticket())
                continue;
    });
    CHECK(end_of(s, server.url("/x")) == reason::tls_flood);
    s.caps.tls_overhead_bytes = std::numeric_limits<std::size_t>::max();
    s.caps.stall_timeout = 300ms;
    const auto begun = steady_clock::now();
    CHECK(end_of(s, server.url("/x")) == reason::stall);
    CHECK(steady_clock::now() - begun < 300ms + 1s);
}

TEST_CASE("a thread beside that has no memory left fails the one operation at most, and not the process")
{
    scene s;
    support::origin web(s.server);
    web.serve("/body", support::noise(3'000'077));
    const auto read = [&](const std::string& address) {
        std::size_t had = 0;
        modelsec::detail::http_client client(s.environment());
        client.get().side().grow(1);
        const auto out = modelsec::detail::guarded([&] {
            return client.get().run(read_beside(client.get(), *url::parse(address), [&](std::size_t size) {
                if (std::exchange(had, size) == 0)
                    boost::asio::post(client.get().side().context(), [] { no_memory = true; });
            }));
        });
        return std::pair(out.has_value() ? reason::none : out.error().why, had);
    };
    // The steps themselves need none of C++, and neither does the way back.
    CHECK(read(web.url("/body")) == std::pair(reason::none, std::size_t{3'000'077}));
    const support::talker flood(s.ca.issue(), [](support::talk& t, unsigned) {
        if (t.handshake() && !t.read_request().empty() && t.write("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nabc"))
            while (t.ticket())
                continue;
    });
    CHECK(read(flood.url("/x")).first == reason::out_of_memory);  // what the flood would be told by
}

TEST_CASE("a stall that is over while a step is under way beside is told as a stall, also if the step brought something")
{
    scene s;
    const auto time = std::make_shared<support::manual_clock>(modelsec::clock::system().now());
    const support::talker server(s.ca.issue(), body_without_end);
    auto env = s.environment();
    env.time = time.get();
    modelsec::detail::http_client client(std::move(env));
    session& here = client.get();
    here.side().grow(1);
    std::promise<void> over;
    std::unique_ptr<modelsec::detail::watch> last;  // looked at after the connection's, which is older
    std::size_t before = 0;
    bool held = false;
    const auto out = here.run(read_beside(here, *url::parse(server.url("/x")), [&](std::size_t size) {
        const bool full = size - std::exchange(before, size) == piece;  // so the next step does not wait for the socket
        if (!full || std::exchange(held, true))
            return;
        last = std::make_unique<modelsec::detail::watch>(here, [&] { over.set_value(); });
        last->expect(30s, reason::stall);
        boost::asio::post(here.side().context(), [&] { over.get_future().wait(); });
        boost::asio::post(here.context(), [&] { time->advance(31s); });
    }));
    REQUIRE(held);
    REQUIRE(out.has_error());
    CHECK(out.error().why == reason::stall);
}

TEST_CASE("a session may go while steps are under way beside it")
{
    scene s;
    const support::talker server(s.ca.issue(), body_without_end);
    for (std::size_t most = 1; most < 20; ++most)
    {
        modelsec::detail::http_client client(s.environment());
        session& here = client.get();
        here.side().grow(2);
        std::size_t pieces = 0;
        modelsec::detail::wakeup enough(here);
        for (int i = 0; i < 4; ++i)
            boost::asio::co_spawn(here.context(),
                                  read_beside(here, *url::parse(server.url("/x")),
                                              [&](std::size_t) {
                                                  if (++pieces >= most)
                                                      enough.notify();
                                              }),
                                  boost::asio::detached);
        const auto waits = [](modelsec::detail::wakeup& w) -> awaitable<result<void>> { co_return co_await w.wait(); };
        CHECK(here.run(waits(enough)).has_value());
    }
}
