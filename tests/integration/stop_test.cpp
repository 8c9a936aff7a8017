// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// One coroutine of an operation is stopped, as a lane is whose range others have fetched: whatever it waits for ends at once.
#include <modelsec/detail/net/dial.hpp>
#include <modelsec/detail/net/http_client.hpp>
#include <modelsec/detail/net/session.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <doctest/doctest.h>

#include <list>

using namespace std::chrono_literals;
using modelsec::reason;
using modelsec::result;
using modelsec::detail::awaitable;
using modelsec::detail::session;
using modelsec::detail::use_tuple;
using tcp = boost::asio::ip::tcp;

namespace {

/// A port of this machine that answers nobody: its queue of connections is full.
class black_hole
{
public:
    black_hole()
    {
        listener_.open(tcp::v4());
        listener_.bind({boost::asio::ip::address_v4::loopback(), 0});
        listener_.listen(0);
        for (int i = 0; i < 4; ++i)
        {
            fillers_.emplace_back(context_).async_connect(listener_.local_endpoint(), [](boost::system::error_code) {});
            context_.poll();
        }
        context_.run_for(50ms);
    }

    std::uint16_t port() const { return listener_.local_endpoint().port(); }

private:
    boost::asio::io_context context_;
    tcp::acceptor listener_{context_};
    std::list<tcp::socket> fillers_;
};

struct stopped_work
{
    modelsec::transport_options options;
    modelsec::limits caps;
    reason why = reason::none;

    /// Runs `work` in a coroutine that is stopped after 50 ms; how long it went on.
    template <class Work>
    std::chrono::steady_clock::duration run(Work work)
    {
        modelsec::detail::http_environment env;
        env.options = &options;
        env.caps = &caps;
        env.time = &modelsec::clock::system();
        session s(env);
        const auto start = std::chrono::steady_clock::now();
        REQUIRE(s.run(supervise(s, work)).has_value());
        return std::chrono::steady_clock::now() - start;
    }

private:
    template <class Work>
    awaitable<result<void>> supervise(session& s, Work& work)
    {
        boost::asio::cancellation_signal stop;
        bool gone = false;
        boost::asio::co_spawn(s.context(), body(s, work),
                              boost::asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr) { gone = true; }));
        boost::asio::steady_timer timer(s.context(), 50ms);
        co_await timer.async_wait(use_tuple);
        stop.emit(boost::asio::cancellation_type::terminal);
        while (!gone)
        {
            timer.expires_after(5ms);
            co_await timer.async_wait(use_tuple);
        }
        co_return result<void>();
    }

    template <class Work>
    awaitable<void> body(session& s, Work& work)
    {
        co_await boost::asio::this_coro::throw_if_cancelled(false);
        why = co_await work(s);
    }
};

awaitable<reason> slept(session& s)
{
    const auto r = co_await s.sleep(30s);
    co_return r.has_error() ? r.error().why : reason::none;
}

awaitable<reason> dialled(session& s, std::uint16_t port)
{
    const auto r = co_await modelsec::detail::dial(s, "127.0.0.1", port);
    co_return r.has_error() ? r.error().why : reason::none;
}

}  // namespace

TEST_CASE("a back-off ends when its lane is stopped")
{
    stopped_work w;
    CHECK(w.run([](session& s) { return slept(s); }) < 5s);
    CHECK((w.why == reason::cancelled));
}

TEST_CASE("a dial into nowhere ends when its lane is stopped")
{
    const black_hole nowhere;
    stopped_work w;
    w.caps.connect_timeout = 30s;
    CHECK(w.run([&](session& s) { return dialled(s, nowhere.port()); }) < 5s);
    CHECK((w.why == reason::cancelled));
}

TEST_CASE("what begins to wait after its lane was stopped does not wait at all")
{
    const black_hole nowhere;
    for (const int what : {0, 1, 2})
    {
        CAPTURE(what);
        stopped_work w;
        w.caps.connect_timeout = 30s;
        const auto took = w.run([&](session& s) -> awaitable<reason> {
            co_await s.sleep(30s);  // the stop ends this, and the signal is gone
            if (what == 0)
                co_return co_await slept(s);
            if (what == 1)
                co_return co_await dialled(s, nowhere.port());
            co_return (co_await s.gate()).error().why;
        });
        CHECK(took < 5s);
        CHECK((w.why == reason::cancelled));
    }
}

TEST_CASE("a dial into nowhere ends with the connect time-out")
{
    const black_hole nowhere;
    stopped_work w;
    w.caps.connect_timeout = 300ms;
    modelsec::detail::http_environment env;
    env.options = &w.options;
    env.caps = &w.caps;
    env.time = &modelsec::clock::system();
    session s(env);
    const auto r = s.run(modelsec::detail::dial(s, "127.0.0.1", nowhere.port()));
    REQUIRE(r.has_error());
    CHECK((r.error().why == reason::connect_timeout));
}
