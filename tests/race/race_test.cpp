// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// What must be impossible by design: use after free where operations, contexts, clients, clocks and the process end in any order.
#include "world.hpp"

#include <modelsec/detail/net/http_client.hpp>

#include <process.hpp>
#include <talker.hpp>
#include <temp_dir.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>

#include <atomic>
#include <cstdlib>
#include <random>
#include <thread>

using namespace integration;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

int rounds()
{
    const char* given = std::getenv("MODELSEC_RACE_ROUNDS");
    return given ? std::max(1, std::atoi(given)) : 200;
}

/// Moments of 0 to 3 ms, by a seed that is told.
class moments
{
public:
    moments()
    {
        const char* given = std::getenv("MODELSEC_RACE_SEED");
        const unsigned seed = given ? static_cast<unsigned>(std::atoi(given)) : std::random_device()();
        engine_.seed(seed);
        MESSAGE("MODELSEC_RACE_SEED=" << seed);
    }
    std::chrono::microseconds next()
    {
        return std::chrono::microseconds(std::uniform_int_distribution<int>(0, 3000)(engine_));
    }

private:
    std::mt19937 engine_;
};

/// A model that takes a second to arrive.
struct slow_world : world
{
    slow_world()
    {
        release(support::noise(200'000));
        support::fault slow;
        slow.bytes_per_second = 200'000;
        web.fail("/model.bin", slow);
    }
};

}  // namespace

TEST_CASE("an io_context that is stopped and destroyed ends the operations that its clients run")
{
    slow_world w;
    moments when;
    for (int i = 0; i < rounds(); ++i)
    {
        const bool from_handler = i % 2 != 0;
        auto held = std::make_shared<int>(0);
        auto context = std::make_unique<asio::io_context>();
        modelsec::client client(w.options(), context->get_executor());
        client.async_fetch(w.request(), [held](modelsec::error_code, const modelsec::fetch_result&) { ++*held; });
        client.async_status([held](modelsec::error_code, const std::vector<modelsec::model_status>&) { ++*held; });
        if (from_handler)
            asio::post(*context, [&] {
                std::this_thread::sleep_for(when.next());
                context->stop();
            });
        context->run_for(when.next());
        context->stop();
        context.reset();
        CHECK(held.use_count() == 1);  // no handler is left, called or not
        CHECK(*held <= 2);
    }
}

TEST_CASE("a handler's context may go before the client's, and the client's before the handler's")
{
    slow_world w;
    moments when;
    for (int i = 0; i < rounds(); ++i)
    {
        auto own = std::make_unique<asio::io_context>();
        auto other = std::make_unique<asio::io_context>();
        auto held = std::make_shared<int>(0);
        modelsec::client client(w.options(), own->get_executor());
        client.async_fetch(w.request(), asio::bind_executor(*other, [held](modelsec::error_code,
                                                                           const modelsec::fetch_result&) { ++*held; }));
        other->run_for(when.next());
        if (i % 2 == 0)
        {
            own.reset();
            other.reset();
        }
        else
        {
            other.reset();
            own.reset();
        }
        CHECK(held.use_count() == 1);
    }
}

TEST_CASE("a client may be destroyed by its own event handler and by another thread")
{
    world w;
    w.release("content");
    moments when;
    for (int i = 0; i < rounds(); ++i)
    {
        auto client = std::make_unique<modelsec::client>(w.options());
        std::mutex mutex;
        const auto drop = [&] {
            const std::lock_guard lock(mutex);
            client.reset();
        };
        auto options = w.request();
        if (i % 2 == 0)
            options.operation.events = [&](const modelsec::event&) { drop(); };
        std::future<modelsec::fetch_result> got;
        {
            const std::lock_guard lock(mutex);
            got = client->async_fetch(options, asio::use_future);
        }
        if (i % 2 != 0)
            std::thread([&] {
                std::this_thread::sleep_for(when.next());
                drop();
            }).join();
        CHECK(got.get().version == "1.0.0");
    }
}

TEST_CASE("a signal may be emitted while the operation completes")
{
    world w;
    w.release("content");
    REQUIRE(fetch(w).code == errc::ok);
    modelsec::client client(w.options());
    for (int i = 0; i < rounds(); ++i)
    {
        asio::cancellation_signal signal;
        std::promise<void> done;
        client.async_open("demo",
                          asio::bind_cancellation_slot(signal.slot(), [&](modelsec::error_code ec, modelsec::open_pack) {
                              CHECK((!ec || ec == errc::cancelled));
                              done.set_value();
                          }));
        auto ended = done.get_future();
        while (ended.wait_for(0s) != std::future_status::ready)
            signal.emit(asio::cancellation_type::total);
        signal.emit(asio::cancellation_type::terminal);
    }
}

TEST_CASE("a clock lasts for as long as an operation needs it")
{
    struct watched_clock final : modelsec::clock
    {
        explicit watched_clock(std::shared_ptr<std::atomic<bool>> flag) : gone(std::move(flag)) {}
        ~watched_clock() override { *gone = true; }
        modelsec::utc_time now() const override
        {
            CHECK_FALSE(*gone);
            return modelsec::clock::system().now();
        }
        std::shared_ptr<std::atomic<bool>> gone;
    };
    world w;
    w.release("content");
    for (int i = 0; i < rounds(); ++i)
    {
        auto gone = std::make_shared<std::atomic<bool>>(false);
        std::future<modelsec::fetch_result> got;
        {
            auto options = w.options();
            options.clock = std::make_shared<watched_clock>(gone);
            modelsec::client client(options);
            options.clock.reset();
            got = client.async_fetch(w.request(), asio::use_future);
        }
        (void)got.get();
    }
}

TEST_CASE("run() of the client's context does not return while an operation runs, whoever its handler belongs to")
{
    world w;
    w.release("content");
    REQUIRE(fetch(w).code == errc::ok);
    for (int i = 0; i < rounds(); ++i)
    {
        asio::io_context own;
        asio::io_context other;
        modelsec::client client(w.options(), own.get_executor());
        bool called = false;
        client.async_open("demo",
                          asio::bind_executor(other, [&](modelsec::error_code, modelsec::open_pack) { called = true; }));
        own.run();
        CHECK(other.poll() == 1);  // handed over by then
        CHECK(called);
    }
}

TEST_CASE("a ranged parallel group goes on in the client's context")
{
    world w;
    w.release("content");
    REQUIRE(fetch(w).code == errc::ok);
    for (int i = 0; i < rounds(); ++i)
    {
        asio::io_context context;
        modelsec::client client(w.options(), context.get_executor());
        using operation = decltype(client.async_open("demo", asio::deferred));
        std::vector<operation> all;
        all.push_back(client.async_open("demo", asio::deferred));
        all.push_back(client.async_open("demo", asio::deferred));
        bool called = false;
        asio::experimental::make_parallel_group(std::move(all))
            .async_wait(asio::experimental::wait_for_all(),
                        [&](const std::vector<std::size_t>&, std::vector<modelsec::error_code> codes,
                            std::vector<modelsec::open_pack>) {
                            called = true;
                            CHECK(context.get_executor().running_in_this_thread());
                            CHECK(codes == std::vector<modelsec::error_code>(2));
                        });
        context.run();
        CHECK(called);
    }
}

TEST_CASE("a client that is shut down has no operation left, and begins none")
{
    slow_world w;
    moments when;
    for (int i = 0; i < rounds(); ++i)
    {
        modelsec::client client(w.options());
        std::atomic<int> ended{0};
        for (int n = 0; n < 3; ++n)
            client.async_fetch(w.request(), [&](modelsec::error_code ec, const modelsec::fetch_result&) {
                CHECK(ec == errc::cancelled);
                ++ended;
            });
        std::this_thread::sleep_for(when.next());
        CHECK(client.shutdown(30s));
        CHECK(ended == 3);
        modelsec::error_code ec;
        client.fetch(w.request(), ec);
        CHECK(ec == errc::cancelled);
    }
}

TEST_CASE("bytes after an answer belong to none, however late they come")
{
    const support::throwaway_ca ca;
    const support::temp_dir place;
    modelsec::transport_options options;
    options.tls.ca_file = place.write("ca.pem", ca.certificate());
    modelsec::limits caps;
    caps.retries = 0;
    moments when;
    std::atomic<std::int64_t> late{0};
    const support::talker server(ca.issue(), [&](support::talk& t, unsigned) {
        if (!t.handshake())
            return;
        while (!t.read_request().empty() && t.write("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ncontent"))
        {
            std::this_thread::sleep_for(std::chrono::microseconds(late.load()));
            if (!t.write("\x01\x02 nothing that is HTTP\r\n\r\n"))
                return;
        }
    });
    modelsec::detail::http_environment env;
    env.options = &options;
    env.caps = &caps;
    env.time = &modelsec::clock::system();
    modelsec::detail::http_client client(std::move(env));
    for (int i = 0; i < rounds(); ++i)
    {
        late = when.next().count();
        const auto answer = client.exchange({*modelsec::detail::url::parse(server.url("/x")), std::nullopt, {}, 100});
        REQUIRE(answer.has_value());
        CHECK(std::string(answer->body.begin(), answer->body.end()) == "content");
        // Before the stray bytes, with them, or after them.
        std::this_thread::sleep_for(when.next());
    }
}

TEST_CASE("a process may end at any moment of an operation")
{
    slow_world w;
    for (int i = 0; i < std::max(160, rounds()); ++i)
    {
        support::process child({MODELSEC_RACE_CHILD, w.place / ("store-" + std::to_string(i)), w.web.url("/manifest"),
                                std::to_string(3 + i % 10)});
        const auto end = child.wait();
        CAPTURE(i);
        CHECK(end.signal == 0);
        CHECK(end.exit_code == 0);
    }
}
