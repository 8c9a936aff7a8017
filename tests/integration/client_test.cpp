// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// What an application has of a client beside fetch(): check, remove, several models, watching, its log, metrics; and what Asio's users expect.
#include "world.hpp"

#include <modelsec/modelsec.hpp>

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>
#include <stdexcept>
#include <thread>

#ifdef __linux__
#include <netinet/in.h>
#include <sys/socket.h>
#endif

using namespace integration;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

/// A second model beside "demo".
modelsec::fetch_options another(world& w, const std::string& content)
{
    auto m = w.manifest(content, "/other.bin");
    m.model_id = "other";
    w.web.serve("/other-manifest", support::dsse_envelope(m.json(), {w.key}));
    auto asked = w.request();
    asked.manifest.url = w.web.url("/other-manifest");
    asked.model_id = "other";
    return asked;
}

/// Long waits (of a watch) are over at once; others take their time, as in the system's clock.
class hasty_clock final : public modelsec::clock
{
public:
    explicit hasty_clock(std::function<void(int)> on_skip) : on_skip_(std::move(on_skip)) {}

    modelsec::utc_time now() const override { return modelsec::clock::system().now(); }
    modelsec::steady_time steady_now() const override
    {
        return modelsec::clock::system().steady_now() + std::chrono::hours(skipped_.load());
    }
    std::chrono::steady_clock::duration sleep_time(modelsec::steady_time due) const override
    {
        if (due - steady_now() < 5h)
            return modelsec::clock::sleep_time(due);
        skipped_ += 10;
        on_skip_(skipped_ / 10);
        return 0s;
    }

private:
    std::function<void(int)> on_skip_;
    mutable std::atomic<int> skipped_{0};
};

#ifdef __linux__
/// Sockets of this process that are connected to a port of this machine.
std::size_t connections_to(std::uint16_t port)
{
    std::size_t out = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    {
        ::sockaddr_in peer{};
        ::socklen_t size = sizeof peer;
        out +=
            ::getpeername(std::stoi(entry.path().filename().string()), reinterpret_cast<::sockaddr*>(&peer), &size) == 0 &&
            peer.sin_family == AF_INET && ntohs(peer.sin_port) == port;
    }
    return out;
}
#endif

/// Counts how often somebody went to sleep.
class counting_clock final : public modelsec::clock
{
public:
    modelsec::utc_time now() const override { return modelsec::clock::system().now(); }
    std::chrono::steady_clock::duration sleep_time(modelsec::steady_time due) const override
    {
        ++sleeps;
        return modelsec::clock::sleep_time(due);
    }
    mutable std::atomic<int> sleeps{0};
};

struct counted
{
    std::atomic<int> made{0}, freed{0};
};

template <class T>
struct counting_allocator
{
    using value_type = T;
    explicit counting_allocator(counted& c) : count(&c) {}
    template <class U>
    counting_allocator(const counting_allocator<U>& other) : count(other.count)
    {
    }
    T* allocate(std::size_t n)
    {
        ++count->made;
        return std::allocator<T>().allocate(n);
    }
    void deallocate(T* p, std::size_t n)
    {
        ++count->freed;
        std::allocator<T>().deallocate(p, n);
    }
    template <class U>
    bool operator==(const counting_allocator<U>& other) const
    {
        return count == other.count;
    }
    counted* count;
};

}  // namespace

TEST_CASE("a check tells what a fetch would do, changes nothing, and what it verified can be installed")
{
    world w;
    const std::string content = support::noise(100'000);
    w.release(content, 7, "2.0.0");
    modelsec::client client(w.options());
    const modelsec::check_result seen = client.check(w.request());
    CHECK(seen.model_id == "demo");
    CHECK(seen.version == "2.0.0");
    CHECK(seen.sequence == 7);
    REQUIRE(seen.files.size() == 1);
    CHECK(seen.files.front().size == content.size());
    CHECK(seen.files.front().sha256.hex() == support::sha256_hex(content));
    CHECK(seen.total_bytes == content.size());
    CHECK(seen.bytes_to_fetch == content.size());
    CHECK_FALSE(seen.already_active);
    CHECK_FALSE(std::filesystem::exists(w.store()));
    CHECK(w.web.count("/model.bin") == 0);

    auto given = w.request();
    given.manifest = {};
    given.manifest.content = seen.envelope;
    CHECK(client.fetch(given).version == "2.0.0");
    CHECK(w.web.count("/manifest") == 1);
    const modelsec::check_result again = client.async_check(w.request(), asio::use_future).get();
    CHECK(again.already_active);
    CHECK(again.bytes_to_fetch == 0);
    CHECK(again.active_version == "2.0.0");
}

TEST_CASE("a removed model is gone, and what was accepted of it stays known")
{
    world w;
    w.release("second", 2, "2.0.0");
    modelsec::client client(w.options());
    client.fetch(w.request());
    const modelsec::gc_report done = client.remove({.model_id = "demo"});
    CHECK_FALSE(done.removed.empty());
    CHECK(active_version(w).empty());
    CHECK_FALSE(std::filesystem::exists(w.store() + "/demo/2.0.0"));
    w.release("first", 1, "1.0.0");
    CHECK(fetch(w).why == reason::older_sequence);
    modelsec::error_code ec;
    client.remove({.model_id = "demo"}, ec);
    CHECK(ec == errc::none_active);
    CHECK_THROWS_AS(client.async_remove({.model_id = "demo"}, asio::use_future).get(), modelsec::error);
}

TEST_CASE("only what was downloaded so far is removed, if that is asked for")
{
    world w;
    w.release("first");
    modelsec::client client(w.options());
    client.fetch(w.request());
    w.release(support::noise(3'000'000), 2, "2.0.0");
    support::fault cut;
    cut.cut_at = 2'000'000;
    w.web.fail("/model.bin", cut);
    CHECK(fetch(w).code == errc::network);
    REQUIRE(client.status().front().partial_bytes > 0);
    CHECK(client.remove({.model_id = "demo", .partial = true}).bytes > 0);
    CHECK(client.status().front().partial_bytes == 0);
    CHECK(active_version(w) == "1.0.0");
}

TEST_CASE("several models have one progress, and each its own outcome")
{
    world w;
    const std::string content = support::noise(700'000);
    w.release(content);
    const auto other = another(w, support::noise(600'000, 2));
    auto absent = w.request();
    absent.manifest.url = w.web.url("/absent");
    absent.model_id = "absent";
    modelsec::ensure_all_options asked{.models = {w.request(), absent, other}};
    std::uint64_t bytes = 0, total = 0;
    int ends = 0;
    asked.operation.events = [&](const modelsec::event& e) {
        if (e.kind == event_kind::progress && e.stage == modelsec::stage::download)
        {
            CHECK(e.bytes >= bytes);
            bytes = e.bytes;
            total = e.total;
        }
        ends += e.kind == event_kind::done;
    };
    modelsec::client client(w.options());
    const auto out = client.ensure_all(asked);
    REQUIRE(out.size() == 3);
    CHECK(out[0].result.version == "1.0.0");
    CHECK(out[1].ec == errc::http_status);
    CHECK(out[1].diag.why != reason::none);
    CHECK(out[2].result.model_id == "other");
    CHECK(total == 1'300'000);
    CHECK(bytes == total);
    CHECK(ends == 1);
}

TEST_CASE("a watch tells each new version once, installs it if asked, and asks only for what changed")
{
    world w;
    w.release("first", 1, "1.0.0");
    auto options = w.options();
    modelsec::watch_options asked{.models = {w.request()}, .jitter = 0, .install = true};
    options.clock = std::make_shared<hasty_clock>([&](int round) {
        if (round == 2)
            w.release("second", 2, "2.0.0");
        if (round == 4)
            asked.operation.control.cancel();
    });
    std::vector<std::string> told;
    asked.on_update = [&](const modelsec::check_result& found) { told.push_back(found.version); };
    std::vector<std::string> events;
    asked.operation.events = [&](const modelsec::event& e) {
        if (e.kind == event_kind::update)
            events.push_back(e.detail);
    };
    modelsec::client client(options);
    modelsec::error_code ec;
    client.watch(asked, ec);
    CHECK(ec == errc::cancelled);
    CHECK(told == std::vector<std::string>{"1.0.0", "2.0.0"});
    CHECK(events == told);
    CHECK(active_content(w) == "second");

    // A deadline ends it as well, with the number of updates; and without `install` nothing is.
    w.release("third", 3, "3.0.0");
    modelsec::watch_options once{.models = {w.request()}, .jitter = 0};
    once.operation.deadline = 2s;
    CHECK(modelsec::client(w.options()).async_watch(once, asio::use_future).get() == 1);
    CHECK(active_version(w) == "2.0.0");
    once.interval = 1ms;
    client.watch(once, ec);
    CHECK(ec == errc::usage);
}

#ifdef __linux__
TEST_CASE("a watch that sleeps keeps no connection open that its host's next check would not use")
{
    world w;
    w.release("first", 1, "1.0.0");
    auto options = w.options();
    modelsec::watch_options asked{.models = {w.request(), another(w, "other")}, .jitter = 0, .install = true};
    std::vector<std::size_t> open;
    options.clock = std::make_shared<hasty_clock>([&](int round) {
        open.push_back(connections_to(w.web.port()));
        if (round == 2)
            asked.operation.control.cancel();
    });
    modelsec::client client(options);
    modelsec::error_code ec;
    client.watch(asked, ec);
    CHECK(ec == errc::cancelled);
    CHECK(open == std::vector<std::size_t>{0, 0});
    CHECK(active_content(w) == "first");
}
#endif

TEST_CASE("an application's log gets a line for what happens, from its level up, and no secret")
{
    world w;
    w.release(support::noise(600'000));
    std::mutex mutex;
    std::vector<std::pair<modelsec::log_level, std::string>> lines;
    auto options = w.options();
    options.log.least = modelsec::log_level::debug;
    options.log.write = [&](modelsec::log_level level, std::string_view text) {
        const std::lock_guard lock(mutex);
        lines.emplace_back(level, text);
    };
    const auto has = [&](modelsec::log_level level, std::string_view part) {
        return std::ranges::any_of(
            lines, [&](const auto& l) { return l.first == level && l.second.find(part) != std::string::npos; });
    };
    auto asked = w.request();
    asked.manifest.url += std::string("?token=") + planted_secret;
    {
        modelsec::client client(options);
        client.fetch(asked);
        CHECK(has(modelsec::log_level::info, "fetch demo: stage manifest"));
        CHECK(has(modelsec::log_level::debug, "fetch demo: download 600000 of 600000 bytes"));
        CHECK(has(modelsec::log_level::info, "fetch demo: done, 600000 bytes fetched"));
        (void)client.async_open("demo", asio::use_future).get();
        CHECK(has(modelsec::log_level::info, "open demo: done"));
        modelsec::error_code ec;
        client.open({"a\nb\x1b[31m", {}}, ec);
        CHECK(has(modelsec::log_level::error, "open a?b?[31m: failed"));
    }
    for (const auto& [level, text] : lines)
    {
        expect_no_secret(text);
        CHECK(text.find("token") == std::string::npos);
        CHECK(text.find(w.store()) == std::string::npos);
        CHECK(std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; }));
    }

    // Below its level nothing is made; what the application throws fails nothing.
    lines.clear();
    options.log.least = modelsec::log_level::warning;
    modelsec::client(options).fetch(w.request());
    CHECK(lines.empty());
    auto gone = w.request();
    gone.manifest.url = w.web.url("/absent");
    modelsec::error_code ec;
    modelsec::client(options).fetch(gone, ec);
    REQUIRE(lines.size() == 1);
    CHECK(lines.front().first == modelsec::log_level::error);
    options.log.least = modelsec::log_level::debug;
    options.log.write = [](modelsec::log_level, std::string_view) { throw std::runtime_error("no room for the log"); };
    CHECK(modelsec::client(options).fetch(w.request()).already_active);
}

TEST_CASE("an attempt tells which source brought what, and where its time went")
{
    world w;
    const std::string content = support::noise(900'000);
    auto m = w.manifest(content);
    w.web.serve("/copy", content);
    m.artifacts.front().mirrors = {w.web.url("/copy", "localhost")};
    w.publish(m);
    w.web.fail("/model.bin", support::answer(404));
    const outcome o = fetch(w);
    REQUIRE(o.code == errc::ok);
    const modelsec::attempt_metrics& seen = o.result.metrics;
    REQUIRE(seen.sources.size() == 2);
    CHECK(seen.sources[0].origin == w.web.url(""));
    CHECK(seen.sources[0].failures == seen.sources[0].requests);
    CHECK(code_of(seen.sources[0].last_failure) == errc::http_status);
    CHECK(seen.sources[1].origin == w.web.url("", "localhost"));
    CHECK(seen.sources[1].bytes >= content.size());
    CHECK(seen.sources[1].failures == 0);
    CHECK(seen.bytes == o.result.bytes_fetched);
    CHECK(seen.bytes == seen.sources[0].bytes + seen.sources[1].bytes);
    CHECK(seen.total() >= seen.download);
    REQUIRE(o.events.back().metrics);
    CHECK(o.events.back().metrics->bytes == seen.bytes);

    // Of a failed attempt as well.
    w.web.fail("/copy", support::answer(404));
    w.release(support::noise(900'000, 2), 2, "2.0.0");
    const outcome failed = fetch(w);
    CHECK(failed.code == errc::http_status);
    REQUIRE(failed.events.back().metrics);
    REQUIRE(failed.events.back().metrics->sources.size() == 1);
    CHECK(failed.events.back().metrics->sources[0].failures >= 1);
}

TEST_CASE("a cancelled operation is what Asio and the standard call cancelled, as conditions")
{
    world w;
    modelsec::client client(w.options());
    auto asked = w.request();
    asked.operation.events = [&](const modelsec::event&) { asked.operation.control.cancel(); };
    const auto code = [&] {
        modelsec::error_code ec;
        client.fetch(asked, ec);
        return ec;
    }();
    CHECK(code == errc::cancelled);
    CHECK(code == boost::system::errc::make_error_condition(boost::system::errc::operation_canceled));
    CHECK(code == asio::error::make_error_code(asio::error::operation_aborted).default_error_condition());
    CHECK(std::error_code(code) == std::errc::operation_canceled);
    CHECK(modelsec::reason_of(code) == reason::cancelled);
    CHECK(modelsec::error_code(errc::network) !=
          boost::system::errc::make_error_condition(boost::system::errc::operation_canceled));
}

TEST_CASE("a handler's allocator makes what waits for the end of its operation, and gets all of it back")
{
    world w;
    w.release("content");
    fetch(w);
    counted memory;
    {
        asio::io_context context;
        modelsec::client client(w.options(), context);
        int calls = 0;
        client.async_open("demo",
                          asio::bind_allocator(counting_allocator<int>(memory),
                                               [&](modelsec::error_code ec, const modelsec::open_pack&) { calls += !ec; }));
        context.run();
        CHECK(calls == 1);
    }
    CHECK(memory.made > 0);
    CHECK(memory.made == memory.freed);
}

TEST_CASE("without an executor, or with an empty one, handlers run on a thread of the library, after the call has returned")
{
    world w;
    w.release("content");
    for (const bool empty : {false, true})
    {
        modelsec::client client =
            empty ? modelsec::client(w.options(), asio::any_io_executor()) : modelsec::client(w.options());
        CHECK(modelsec::detail::is_system_executor(client.get_executor()));
        std::promise<std::thread::id> ran;
        client.async_fetch(w.request(), [&](modelsec::error_code ec, const modelsec::fetch_result&) {
            CHECK(!ec);
            ran.set_value(std::this_thread::get_id());
        });
        CHECK(ran.get_future().get() != std::this_thread::get_id());
    }
}

TEST_CASE("without a token an operation is made that begins when it is given one")
{
    world w;
    w.release("content");
    asio::io_context context;
    modelsec::client client(w.options(), context);
    auto operation = client.async_fetch(w.request());
    CHECK(w.web.count() == 0);
    bool done = false;
    std::move(operation)([&](std::exception_ptr failed, const modelsec::fetch_result& r) {
        CHECK(!failed);
        CHECK(r.version == "1.0.0");
        done = true;
    });
    context.run();
    CHECK(done);
}

TEST_CASE("a client that is idle, stalled or paused wakes for nothing but its next deadline")
{
    world w;
    w.release(support::noise(3'000'000));
    const auto time = std::make_shared<counting_clock>();
    auto options = w.options();
    options.clock = time;
    modelsec::client client(options);
    auto asked = w.request();
    const auto wakes = [&](std::chrono::milliseconds wait) {
        const int before = time->sleeps;
        std::this_thread::sleep_for(wait);
        return time->sleeps - before;
    };
    client.status();
    CHECK(wakes(300ms) == 0);

    support::fault silent;
    silent.stall_at = 1'000'000;
    w.web.fail("/model.bin", silent);
    std::promise<void> half;
    std::atomic<bool> told{false};
    asked.operation.events = [&](const modelsec::event& e) {
        if (e.kind == event_kind::progress && e.bytes >= 700'000 && !told.exchange(true))
            half.set_value();
    };
    auto running = client.async_fetch(asked, asio::use_future);
    half.get_future().get();
    std::this_thread::sleep_for(1500ms);  // what has arrived is on its way to the disk for a second at most
    CHECK(wakes(1500ms) <= 3);
    asked.operation.control.pause();
    std::this_thread::sleep_for(200ms);
    CHECK(wakes(500ms) == 0);
    asked.operation.control.cancel();
    CHECK_THROWS_AS(running.get(), modelsec::error);
}
