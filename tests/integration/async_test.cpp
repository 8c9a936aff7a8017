// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The asynchronous side: completion tokens, executors, cancellation, pause.
#include "world.hpp"

#include <zip_writer.hpp>

#include <modelsec/detail/store/store.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include <thread>

using namespace integration;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// Long enough for a thread to get somewhere, short enough for a test.
constexpr auto a_moment = std::chrono::milliseconds(60);

support::fault slow(std::uint64_t bytes_per_second)
{
    support::fault f;
    f.bytes_per_second = bytes_per_second;
    return f;
}

}  // namespace

TEST_CASE("a callback is called once, on its own executor")
{
    world w;
    w.release("content");
    asio::io_context context;
    modelsec::client client(w.options(), context.get_executor());
    int calls = 0;
    client.async_fetch(w.request(), [&](modelsec::error_code ec, modelsec::fetch_result r) {
        ++calls;
        CHECK(!ec);
        CHECK(r.version == "1.0.0");
        CHECK(context.get_executor().running_in_this_thread());
    });
    context.run();  // has work until the operation completes
    CHECK(calls == 1);
}

TEST_CASE("a handler bound to another executor runs there")
{
    world w;
    w.release("content");
    asio::io_context own;
    asio::io_context other;
    modelsec::client client(w.options(), own.get_executor());
    bool called = false;
    client.async_fetch(w.request(), asio::bind_executor(other, [&](modelsec::error_code ec, modelsec::fetch_result) {
                           called = true;
                           CHECK(!ec);
                           CHECK(other.get_executor().running_in_this_thread());
                       }));
    other.run();
    CHECK(called);
}

TEST_CASE("a future holds the result or throws the error")
{
    world w;
    w.release("content");
    auto client = w.client();
    CHECK(client.async_fetch(w.request(), asio::use_future).get().version == "1.0.0");
    auto other = w.request();
    other.model_id = "other";
    auto failing = client.async_fetch(other, asio::use_future);
    try
    {
        failing.get();
        FAIL("no error");
    }
    catch (const boost::system::system_error& e)
    {
        CHECK(e.code() == errc::mismatch);
        expect_clean(e.what());
    }
}

TEST_CASE("what only the store is asked for comes asynchronously as well")
{
    world w;
    w.release("content");
    modelsec::client client(w.options());
    const auto r = client.async_fetch(w.request(), asio::use_future).get();
    CHECK(r.artifact.hex() == support::sha256_hex("content"));
    const auto seen = client.async_status(asio::use_future).get();
    REQUIRE(seen.size() == 1);
    CHECK(seen.front().active->artifact == r.artifact);
    unsigned told = 0;
    const auto count = [&](const modelsec::event&) { ++told; };
    CHECK(client.async_verify({"demo", {count}}, asio::use_future).get().version == "1.0.0");
    CHECK(told > 0);
    CHECK(client.async_gc({}, asio::use_future).get().removed.empty());
    modelsec::diagnostics diag;
    CHECK_THROWS_AS(client.async_rollback({"demo", {}}, diag, asio::use_future).get(), boost::system::system_error);
    CHECK(diag.why == reason::no_last_good);
}

TEST_CASE("a coroutine awaits fetch and open")
{
    world w;
    w.release("content");
    asio::io_context context;
    modelsec::client client(w.options(), context.get_executor());
    bool done = false;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void> {
            const auto r = co_await client.async_fetch(w.request(), asio::use_awaitable);
            CHECK(r.version == "1.0.0");
            const auto pack = co_await client.async_open("demo", asio::use_awaitable);
            CHECK(pack.only_file() != nullptr);
            const auto again = co_await client.async_ensure(w.request(), asio::use_awaitable);
            CHECK(again.already_active);
            done = true;
        },
        [](std::exception_ptr e) {
            if (e)
                std::rethrow_exception(e);
        });
    context.run();
    CHECK(done);
}

TEST_CASE("the throwing form throws modelsec::error with code and reason")
{
    world w;
    auto client = w.client();
    try
    {
        client.open("demo");
        FAIL("no error");
    }
    catch (const modelsec::error& e)
    {
        CHECK(e.code_value() == errc::none_active);
        CHECK(e.get_diagnostics().why == reason::none_active);
    }
    auto options = w.request();
    options.manifest.url = "http://localhost/";
    CHECK_THROWS_AS(client.fetch(options), modelsec::error);
}

TEST_CASE("a client may go while its operations run: they finish")
{
    world w;
    w.release(support::noise(200'000));
    w.web.fail("/model.bin", slow(1'000'000));
    std::future<modelsec::fetch_result> future;
    {
        auto client = w.client();
        future = client.async_fetch(w.request(), asio::use_future);
    }
    CHECK(future.get().version == "1.0.0");
}

TEST_CASE("a cancellation signal ends an operation with code 3, and the next one succeeds")
{
    using kind = asio::cancellation_type;
    for (const auto type : {kind::terminal, kind::partial, kind::total})
    {
        world w;
        w.release(support::noise(4'000'000));
        w.web.fail("/model.bin", slow(4'000'000), 1);
        asio::io_context context;
        modelsec::client client(w.options(), context.get_executor());
        asio::cancellation_signal signal;
        int calls = 0;
        modelsec::error_code got;
        client.async_fetch(w.request(), asio::bind_cancellation_slot(signal.slot(), [&](modelsec::error_code ec, auto&&) {
                               ++calls;
                               got = ec;
                           }));
        asio::post(context, [&] {
            std::this_thread::sleep_for(a_moment);
            signal.emit(type);
        });
        context.run();
        CHECK(calls == 1);
        CHECK(got == errc::cancelled);
        CHECK(fetch(w).code == errc::ok);
    }
}

TEST_CASE("a rollback and a gc that wait for another's work can be cancelled")
{
    world w;
    w.release("content");
    REQUIRE(fetch(w).code == errc::ok);
    const auto model = modelsec::identifier::parse("demo").value();
    const auto disk = modelsec::detail::store::open({.path = w.store(), .caps = {}}).value();
    const auto lock = disk.lock(model, 0ms, {}).value();
    modelsec::client client(w.options());
    modelsec::rollback_options back{"demo", {}};
    modelsec::gc_options sweep;
    auto first = client.async_rollback(back, asio::use_future);
    auto second = client.async_gc(sweep, asio::use_future);
    CHECK(first.wait_for(a_moment) == std::future_status::timeout);
    CHECK(second.wait_for(0ms) == std::future_status::timeout);
    back.operation.control.cancel();
    sweep.operation.control.cancel();
    CHECK_THROWS_AS(first.get(), boost::system::system_error);
    CHECK_THROWS_AS(second.get(), boost::system::system_error);
}

TEST_CASE("cancelled at each event, the old model stays; the next attempt brings the new one")
{
    for (const bool zip : {false, true})
    {
        world w;
        w.release("first");
        REQUIRE(fetch(w).code == errc::ok);
        std::string before = "first";
        std::size_t cancelled = 0;
        for (std::size_t at = 0;; ++at)
        {
            CAPTURE(at);
            const auto sequence = at + 2;
            const auto content = support::noise(1'500'000, sequence);
            auto m = w.manifest(zip ? support::zip_of({{"model.bin", content}}) : content, "/next", sequence,
                                std::to_string(sequence));
            m.artifacts[0].is_zip = zip;
            w.publish(m);
            std::size_t seen = 0;
            auto options = w.request();
            options.operation.events = [&, handle = options.operation.control](const modelsec::event&) mutable {
                if (seen++ == at)
                    handle.cancel();
            };
            const auto o = fetch(w, options);
            if (o.code == errc::ok)
                CHECK((active_content(w) == content));
            else
            {
                ++cancelled;
                REQUIRE(o.code == errc::cancelled);
                CHECK((active_content(w) == before));
                CHECK(fetch(w).code == errc::ok);
                CHECK((active_content(w) == content));
            }
            before = content;
            if (seen <= at)
                break;  // there was no such event: all were tried
        }
        CHECK(cancelled >= 5);
    }
}

TEST_CASE("cancelling does not wait for a silent server")
{
    world w;
    w.release(support::noise(1'000'000));
    support::fault silent;
    silent.delay = std::chrono::seconds(30);
    support::fault stalling;
    stalling.stall_at = 500'000;
    const std::vector<std::pair<std::string, support::fault>> places = {
        {"/manifest", silent}, {"/model.bin", silent}, {"/model.bin", stalling}};
    for (const auto& [path, fault] : places)
    {
        w.web.fail(path, fault);
        auto options = w.request();
        std::thread canceller([handle = options.operation.control]() mutable {
            std::this_thread::sleep_for(3 * a_moment);
            handle.cancel();
        });
        const auto start = std::chrono::steady_clock::now();
        CHECK(fetch(w, options).code == errc::cancelled);
        CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(3));
        canceller.join();
        w.web.heal(path);
    }
    CHECK(fetch(w).code == errc::ok);
}

TEST_CASE("an operation that is cancelled before it starts asks nobody")
{
    world w;
    w.release("content");
    auto options = w.request();
    options.operation.control.cancel();
    CHECK(fetch(w, options).code == errc::cancelled);
    CHECK(w.web.count("/model.bin") == 0);
    CHECK(active_version(w).empty());
}

TEST_CASE("paused, nothing arrives; resumed, everything does")
{
    world w;
    constexpr std::size_t size = 40u << 20;  // more than the buffers on the way can hold
    w.release(support::noise(size));
    auto options = w.request();
    bool paused = false;
    std::thread waiter;
    std::uint64_t while_paused = 0;
    options.operation.events = [&](const modelsec::event& e) {
        if (e.kind != event_kind::progress || e.bytes == 0 || paused)
            return;
        paused = true;
        options.operation.control.pause();
        waiter = std::thread([&] {
            std::this_thread::sleep_for(8 * a_moment);
            while_paused = w.web.sent("/model.bin");
            std::this_thread::sleep_for(4 * a_moment);
            CHECK(w.web.sent("/model.bin") == while_paused);
            options.operation.control.resume();
        });
    };
    const auto o = fetch(w, options);
    REQUIRE(paused);
    waiter.join();
    CHECK(o.code == errc::ok);
    CHECK(while_paused < size);
}

TEST_CASE("an attempt ends at its deadline")
{
    world w;
    w.release(support::noise(1'000'000));
    support::fault stalling;
    stalling.stall_at = 500'000;
    w.web.fail("/model.bin", stalling);
    auto options = w.request();
    options.operation.deadline = std::chrono::milliseconds(400);
    const auto start = std::chrono::steady_clock::now();
    CHECK(fetch(w, options).why == reason::deadline);
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(3));
}

TEST_CASE("a silent download ends by the stall timeout")
{
    world w;
    w.release(support::noise(1'000'000));
    support::fault stalling;
    stalling.stall_at = 500'000;
    w.web.fail("/model.bin", stalling);
    auto options = w.options();
    options.caps.stall_timeout = std::chrono::milliseconds(200);
    modelsec::client client(options);
    CHECK(fetch(client, w.request()).why == reason::stall);
}
