// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../support/manual_clock.hpp"

#include <modelsec/detail/base/clock_timer.hpp>
#include <modelsec/detail/base/clock_wait.hpp>

#include <boost/asio/io_context.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <thread>

using modelsec::steady_time;
using modelsec::detail::clock_timer;
using modelsec::detail::clock_wait;
using support::manual_clock;
using namespace std::chrono_literals;

TEST_CASE("A moment beyond what a clock can say is the last one")
{
    CHECK(modelsec::detail::later(steady_time(1h), std::chrono::steady_clock::duration::max()) == steady_time::max());
    CHECK(modelsec::detail::later(steady_time(1h), 1h) == steady_time(2h));
}

TEST_CASE("The machine's clock says what is left until a moment, and never less than nothing")
{
    const modelsec::clock& machine = modelsec::clock::system();
    const steady_time now = machine.steady_now();
    CHECK(machine.sleep_time(now + 1h) <= 1h);
    CHECK(machine.sleep_time(now + 1h) > 59min);
    CHECK(machine.sleep_time(now - 1h) == 0s);
    CHECK(machine.on_change([] {}) == nullptr);
}

TEST_CASE("A wait ends when the clock is moved past its end, and not before")
{
    manual_clock time;
    std::atomic<int> ended{0};
    std::thread waiting([&] {
        clock_wait wait(time);
        CHECK_FALSE(wait.until(time.steady_now() + 10s, [] { return false; }));
        ended = 1;
    });
    REQUIRE(time.wait_for_sleeps(1));
    time.advance(9s);
    REQUIRE(time.wait_for_sleeps(2));
    CHECK(ended == 0);
    time.advance(1s);
    waiting.join();
    CHECK(ended == 1);
    CHECK(time.sleeps() == 2);
}

TEST_CASE("A wait ends early when it is told that it is done")
{
    manual_clock time;
    std::atomic<bool> done{false};
    clock_wait wait(time);
    std::thread waiting([&] { CHECK(wait.until(steady_time::max(), [&] { return done.load(); })); });
    REQUIRE(time.wait_for_sleeps(1));
    done = true;
    wait.wake();
    waiting.join();
}

TEST_CASE("A timer of an io_context goes by the injected clock")
{
    manual_clock time;
    boost::asio::io_context context;
    clock_timer timer(context.get_executor(), time);
    int ended = 0;
    boost::system::error_code how;
    const auto note = [&](boost::system::error_code ec) {
        ++ended;
        how = ec;
    };

    timer.expires_after(10s);
    timer.async_wait(note);
    context.poll();
    time.advance(9s);
    context.restart();
    context.poll();
    CHECK(ended == 0);
    time.advance(1s);
    context.restart();
    context.poll();
    CHECK(ended == 1);
    CHECK_FALSE(how);

    SUBCASE("cancelled")
    {
        timer.expires_after(10s);
        timer.async_wait(note);
        time.advance(1s);
        timer.cancel();
        context.restart();
        context.poll();
        CHECK(ended == 2);
        CHECK(how == boost::asio::error::operation_aborted);
    }
    SUBCASE("gone")
    {
        {
            clock_timer other(context.get_executor(), time);
            other.expires_after(1s);
            other.async_wait(note);
        }
        time.advance(5s);
        context.restart();
        context.poll();
        CHECK(ended == 2);
        CHECK(how == boost::asio::error::operation_aborted);
    }
}
