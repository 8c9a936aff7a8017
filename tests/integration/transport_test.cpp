// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The transport against a real origin: connections, framings, deadlines, cancel and pause. What TLS refuses is in tls_test.
#include <modelsec/detail/net/dial.hpp>
#include <modelsec/detail/net/http_client.hpp>
#include <modelsec/detail/net/look_ups.hpp>
#include <modelsec/detail/net/session.hpp>

#include <doctest/doctest.h>
#include <origin.hpp>
#include <temp_dir.hpp>
#include <shown_names.hpp>

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>

#ifndef _WIN32
#include <sys/wait.h>
#include <unistd.h>
#endif

using namespace std::chrono_literals;
using modelsec::event_kind;
using modelsec::http_header;
using modelsec::reason;
using modelsec::result;
using modelsec::detail::awaitable;
using modelsec::detail::url;

namespace {

/// One operation on an origin with short deadlines.
struct line
{
    support::throwaway_ca ca;
    support::origin web{server()};
    support::temp_dir place;
    modelsec::transport_options options;
    modelsec::limits caps;
    modelsec::control handle;
    std::optional<std::chrono::steady_clock::time_point> deadline;
    std::vector<modelsec::event> events;

    support::origin_options server() const
    {
        support::origin_options what;
        what.server = ca.issue();
        return what;
    }

    line()
    {
        place.write("ca.pem", ca.certificate());
        options.tls.ca_file = place / "ca.pem";
        caps.retries = 0;
        caps.connect_timeout = 2s;
        caps.handshake_timeout = 300ms;
        caps.stall_timeout = caps.first_byte_timeout = 300ms;
    }

    modelsec::detail::http_environment environment()
    {
        modelsec::detail::http_environment env;
        env.options = &options;
        env.caps = &caps;
        env.time = &modelsec::clock::system();
        env.handle = handle;
        env.deadline = deadline;
        env.observe = [this](const modelsec::event& e) { events.push_back(e); };
        return env;
    }

    result<modelsec::detail::http_answer> get(const std::string& path, std::size_t cap = 1u << 20,
                                              std::vector<http_header> headers = {})
    {
        modelsec::detail::http_client client(environment());
        return client.exchange({*url::parse(web.url(path)), std::nullopt, std::move(headers), cap});
    }

    reason why(const std::string& path, std::size_t cap = 1u << 20)
    {
        const auto answer = get(path, cap);
        return answer.has_error() ? answer.error().why : reason::none;
    }
};

std::string text(const modelsec::bytes& body)
{
    return {body.begin(), body.end()};
}

/// Reads all of an answer in pieces of `piece` bytes, through the interface that downloads use.
awaitable<result<std::string>> stream(modelsec::detail::session& s, url from, std::size_t piece)
{
    std::string out;
    MODELSEC_CO_TRY(auto answer, co_await s.follow(modelsec::detail::request_head(from)));
    modelsec::bytes space(piece);
    while (true)
    {
        MODELSEC_CO_TRY(const std::size_t n, co_await answer.link->read_some(space));
        if (n == 0)
            break;
        out.append(reinterpret_cast<const char*>(space.data()), n);
    }
    s.release(std::move(answer.link));
    co_return out;
}

}  // namespace

TEST_CASE("a document arrives whole, by length and in chunks, in pieces of any size")
{
    line l;
    const std::string body = support::noise(300'000);
    l.web.serve("/doc", body);
    l.web.serve("/chunked", body);
    support::fault chunked;
    chunked.chunked = true;
    l.web.fail("/chunked", chunked);
    for (const char* path : {"/doc", "/chunked"})
    {
        CAPTURE(path);
        const auto answer = l.get(path);
        REQUIRE(answer.has_value());
        CHECK(text(answer->body) == body);
        for (const std::size_t piece : {1'000u, 16'384u, 1u << 20})
        {
            modelsec::detail::http_client client(l.environment());
            const auto streamed = client.get().run(stream(client.get(), *url::parse(l.web.url(path)), piece));
            REQUIRE(streamed.has_value());
            CHECK((*streamed == body));
        }
    }
}

TEST_CASE("a connection is used again for the next request of the operation")
{
    line l;
    l.web.serve("/doc", "content");
    modelsec::detail::http_client client(l.environment());
    for (int i = 0; i < 5; ++i)
        REQUIRE(client.exchange({*url::parse(l.web.url("/doc")), std::nullopt, {}, 100}).has_value());
    CHECK(l.web.connections() == 1);
    CHECK(l.web.count("/doc") == 5);
}

TEST_CASE("a POST sends its body as it is, as JSON")
{
    line l;
    l.web.handle("/f", [](const support::seen_request& r) {
        return support::reply{200, {}, r.method + " " + r.header("content-type") + " " + r.body};
    });
    modelsec::detail::http_client client(l.environment());
    const auto answer = client.exchange({*url::parse(l.web.url("/f")), R"({"tier": "x"})", {}, 100});
    REQUIRE(answer.has_value());
    CHECK(text(answer->body) == R"(POST application/json {"tier": "x"})");
}

TEST_CASE("a body over the cap is refused, announced or not")
{
    line l;
    l.web.serve("/doc", std::string(1001, 'x'));
    CHECK(l.why("/doc", 1001) == reason::none);
    CHECK(l.why("/doc", 1000) == reason::too_large);
    support::fault endless;
    endless.endless = true;
    l.web.fail("/doc", endless);
    CHECK(l.why("/doc", 100'000) == reason::too_large);
}

TEST_CASE("what the line does wrong has its own reason")
{
    line l;
    l.web.serve("/doc", support::noise(100'000));
    const auto with = [&](auto set) {
        support::fault f;
        set(f);
        l.web.heal("/doc");
        l.web.fail("/doc", f);
        return l.why("/doc");
    };
    using fault = support::fault;
    CHECK(with([](fault& f) { f.cut_at = 50'000; }) == reason::truncated);
    CHECK(with([](fault& f) { f.reset_at = 50'000; }) == reason::connection_lost);
    CHECK(with([](fault& f) { f.stall_at = 50'000; }) == reason::stall);
    CHECK(with([](fault& f) { f.delay = 2s; }) == reason::first_byte_timeout);
    CHECK(with([](fault& f) { f.gzip = true; }) == reason::content_encoding);
    CHECK(with([](fault& f) { f.header_bytes = 100'000; }) == reason::bad_response);
    CHECK(with([](fault& f) { f.slow_header = true; }) == reason::stall);
    CHECK(with([](fault& f) {
              f.announce = 100'001;
              f.cut_at = 100'000;
          }) == reason::truncated);
}

TEST_CASE("bytes after an answer belong to none: the connection is not used again")
{
    line l;
    l.web.serve("/doc", "content");
    support::fault extra;
    extra.extra_bytes = 20;
    l.web.fail("/doc", extra, 1);
    modelsec::detail::http_client client(l.environment());
    for (int i = 0; i < 2; ++i)
    {
        const auto answer = client.exchange({*url::parse(l.web.url("/doc")), std::nullopt, {}, 100});
        REQUIRE(answer.has_value());
        CHECK(text(answer->body) == "content");
    }
    CHECK(l.web.connections() == 2);
}

TEST_CASE("failures are retried with the budget, told to the observer, and stop at the deadline")
{
    line l;
    l.caps.retries = 2;
    l.web.serve("/doc", "content");
    l.web.fail("/doc", support::answer(503), 2);
    CHECK(l.why("/doc") == reason::none);
    CHECK(l.web.count("/doc") == 3);
    CHECK(std::count_if(l.events.begin(), l.events.end(), [](const auto& e) {
              return e.kind == event_kind::retry && e.why == reason::server_error && e.wait_ms >= 50;
          }) == 2);
    l.web.fail("/doc", support::answer(429, {{"Retry-After", "60"}}));
    l.deadline = std::chrono::steady_clock::now() + 2s;
    const auto start = std::chrono::steady_clock::now();
    CHECK(l.why("/doc") == reason::rate_limited);
    CHECK(std::chrono::steady_clock::now() - start < 1s);
}

TEST_CASE("what a server always answers is not asked for again as if the network had failed")
{
    line l;
    l.caps.retries = 5;
    l.web.serve("/doc", "x");
    support::fault coded;
    coded.gzip = true;
    l.web.fail("/doc", coded);
    CHECK(l.why("/doc") == reason::content_encoding);
    CHECK(l.web.count("/doc") == 1);
    l.web.heal("/doc");
    l.web.forget_requests();
    support::fault nonsense;
    nonsense.raw = "SSH-2.0-OpenSSH\r\n\r\n";
    l.web.fail("/doc", nonsense);
    CHECK(l.why("/doc") == reason::bad_response);
    CHECK(l.web.count("/doc") == 2);  // the first may have been an accident
    l.web.heal("/doc");
    l.web.fail("/doc", nonsense, 1);
    CHECK(l.why("/doc") == reason::none);
}

TEST_CASE("bytes with a signed digest are those bytes whatever coding a label claims, and a refusal is read by its status")
{
    line l;
    l.web.serve("/doc", "content");
    support::fault coded;
    coded.gzip = true;
    l.web.fail("/doc", coded);
    modelsec::detail::http_client client(l.environment());
    modelsec::detail::http_request request{*url::parse(l.web.url("/doc")), std::nullopt, {}, 100};
    CHECK(client.exchange(request).error().why == reason::content_encoding);
    request.digest_signed = true;
    const auto answer = client.exchange(request);
    REQUIRE_MESSAGE(answer.has_value(), answer.error().detail);
    CHECK(text(answer->body) == "content");
    CHECK(answer->coding == "gzip");
    request.body_cap = 3;  // encoded bytes may be more than those that were signed
    const auto longer = client.exchange(request);
    CHECK(longer.error().why == reason::too_large);
    CHECK(longer.error().detail.find("gzip") != std::string::npos);

    // Who asks a registry for its challenge does not read what is written below it.
    modelsec::detail::http_request door{*url::parse(l.web.url("/door")), std::nullopt, {}, 100};
    l.web.handle("/door", [](const support::seen_request&) {
        return support::reply{401, {{"Content-Encoding", "br"}, {"WWW-Authenticate", "Bearer realm=x"}}, "encoded"};
    });
    door.any_status = true;
    const auto refused = client.exchange(door);
    REQUIRE_MESSAGE(refused.has_value(), refused.error().detail);
    CHECK(refused->status == 401);
}

TEST_CASE("a status line without a reason, and without the blank before it, is read as every browser reads it")
{
    line l;
    for (const char* head : {"HTTP/1.1 200\r\n", "HTTP/1.1 200 \r\n", "HTTP/1.0 200\r\n"})
    {
        support::fault bare;
        bare.raw = std::string(head) + "Content-Length: 7\r\n\r\ncontent";
        l.web.serve("/doc", "x");
        l.web.heal("/doc");
        l.web.fail("/doc", bare);
        const auto answer = l.get("/doc");
        REQUIRE(answer.has_value());
        CHECK(text(answer->body) == "content");
    }
    for (const char* head : {"HTTP/1.1 20\r\n", "HTTP/1.1 200OK\r\n", "HTTP/1.1  200\r\n", "HTTP/2 200\r\nA: b\r\n"})
    {
        support::fault odd;
        odd.raw = std::string(head) + "Content-Length: 7\r\n\r\ncontent";
        l.web.heal("/doc");
        l.web.fail("/doc", odd);
        CHECK(l.why("/doc") == reason::bad_response);
    }
}

TEST_CASE("a Location with blanks is followed as browsers follow it")
{
    line l;
    l.web.serve("/my%20model", "content");
    l.web.fail("/doc", support::redirect(l.web.url("/my model")));
    CHECK(l.why("/doc") == reason::none);
    l.web.heal("/doc");
    l.web.fail("/doc", support::redirect("my model"));
    CHECK(l.why("/doc") == reason::none);
    CHECK(l.web.count("/my%20model") == 2);
}

TEST_CASE("a document that drips is given up, however often a byte comes")
{
    line l;
    l.caps.document_start_bytes = 4096;
    l.caps.document_start_time = 500ms;
    l.caps.document_min_rate = 100'000;
    l.web.serve("/doc", support::noise(60'000));
    support::fault pace;
    pace.bytes_per_second = 20'000;
    l.web.fail("/doc", pace);
    const auto begun = std::chrono::steady_clock::now();
    CHECK(l.why("/doc") == reason::too_slow);
    CHECK(std::chrono::steady_clock::now() - begun < 2s);
    l.web.heal("/doc");
    pace.bytes_per_second = 200'000;
    l.web.fail("/doc", pace);
    CHECK(l.why("/doc") == reason::none);
}

TEST_CASE("numbers at their extremes are times and sizes like others")
{
    using ms = std::chrono::milliseconds;
    const auto set = [](modelsec::limits& caps, ms time, std::size_t size) {
        caps.connect_timeout = caps.handshake_timeout = caps.stall_timeout = caps.first_byte_timeout = time;
        caps.first_retry_wait = caps.document_start_time = caps.idle_timeout = time;
        caps.response_header_bytes = caps.error_body_bytes = caps.endpoint_answer_bytes = caps.tls_overhead_bytes = size;
        caps.document_start_bytes = caps.idle_connections = size;
        caps.document_min_rate = size;
    };
    line l;
    l.web.serve("/doc", support::noise(100'000));
    l.web.fail("/moved", support::redirect("/doc"));
    l.options.limit_rate = std::numeric_limits<std::uint64_t>::max();
    l.options.connections = std::numeric_limits<unsigned>::max();
    set(l.caps, ms::max(), std::numeric_limits<std::size_t>::max());
    l.caps.redirects = l.caps.retries = std::numeric_limits<unsigned>::max();
    l.deadline = std::chrono::steady_clock::time_point::max();
    const std::size_t no_cap = std::numeric_limits<std::size_t>::max();
    CHECK(l.get("/moved", no_cap).has_value());
    modelsec::detail::retry_fsm retries(l.caps.retries, l.caps.first_retry_wait);
    modelsec::detail::retry_fsm::input lost{modelsec::fail(reason::connection_lost), {}, {}, 0.999};
    for (int i = 0; i < 40; ++i)
        CHECK(retries.next(lost).value() <= 30s);
    lost.server_wait = std::chrono::hours(24);
    CHECK(retries.next(lost).has_error());
    for (const ms time : {ms::min(), ms(-1), ms(0)})
    {
        set(l.caps, time, 0);
        CHECK(l.get("/doc", 0).has_error());
    }
    l.deadline = std::chrono::steady_clock::time_point::min();
    CHECK(l.why("/doc") == reason::deadline);
}

TEST_CASE("a deadline that is the end of time is not put off by a pause")
{
    line l;
    l.web.serve("/doc", support::noise(100'000));
    support::fault late;
    late.delay = 200ms;
    l.web.fail("/doc", late);
    l.deadline = std::chrono::steady_clock::time_point::max();
    l.caps.first_byte_timeout = std::chrono::milliseconds::max();
    std::thread owner([&] {
        while (l.web.connections() == 0)
            std::this_thread::yield();
        l.handle.pause();
        l.handle.resume();
    });
    CHECK(l.why("/doc") == reason::none);
    owner.join();
}

TEST_CASE("connections that nobody would use again before their time-out are closed at once")
{
    line l;
    l.web.serve("/doc", "x");
    l.caps.idle_timeout = 1h;
    modelsec::detail::http_client client(l.environment());
    const auto ask = [&] { return client.exchange({*url::parse(l.web.url("/doc")), std::nullopt, {}, 10}).has_value(); };
    REQUIRE(ask());
    const auto now = std::chrono::steady_clock::now();
    client.get().close_unused_until(now + 30min);
    CHECK(client.get().idle_connections() == 1);
    REQUIRE(ask());
    CHECK(l.web.connections() == 1);
    client.get().close_unused_until(now + 2h);
    CHECK(client.get().idle_connections() == 0);
    REQUIRE(ask());
    CHECK(l.web.connections() == 2);
}

TEST_CASE("a refusal is not asked again")
{
    line l;
    l.caps.retries = 5;
    for (const auto& [status, why] : {std::pair(401u, reason::unauthorized), std::pair(403u, reason::forbidden),
                                      std::pair(404u, reason::not_found), std::pair(402u, reason::quota)})
    {
        l.web.forget_requests();
        l.web.serve("/doc", "x");
        l.web.heal("/doc");
        l.web.fail("/doc", support::answer(status));
        CHECK(l.why("/doc") == why);
        CHECK(l.web.count("/doc") == 1);
    }
}

TEST_CASE("an operation ends when it is cancelled, wherever it waits")
{
    for (const bool stalled : {true, false})
    {
        line l;
        l.caps.stall_timeout = 30s;
        l.caps.retries = 100;
        l.web.serve("/doc", support::noise(100'000));
        support::fault f;
        f.stall_at = 1000;
        l.web.fail("/doc", stalled ? f : support::answer(503, {{"Retry-After", "30"}}));
        std::thread canceller([&] {
            while (l.web.count("/doc") == 0)
                std::this_thread::sleep_for(1ms);
            l.handle.cancel();
        });
        const auto start = std::chrono::steady_clock::now();
        CHECK(l.why("/doc") == reason::cancelled);
        CHECK(std::chrono::steady_clock::now() - start < 5s);
        canceller.join();
    }
}

TEST_CASE("an operation that was cancelled before it began asks nobody")
{
    line l;
    l.web.serve("/doc", "x");
    l.handle.cancel();
    CHECK(l.why("/doc") == reason::cancelled);
    CHECK(l.web.connections() == 0);
}

TEST_CASE("the deadline of the operation ends any wait")
{
    line l;
    l.caps.stall_timeout = 30s;
    l.web.serve("/doc", "x");
    support::fault late;
    late.delay = 3s;
    l.web.fail("/doc", late);
    l.deadline = std::chrono::steady_clock::now() + 300ms;
    CHECK(l.why("/doc") == reason::deadline);
    CHECK(std::chrono::steady_clock::now() < *l.deadline + 2s);
}

TEST_CASE("while an operation is paused no deadline passes")
{
    line l;
    l.web.serve("/doc", support::noise(100'000));
    support::fault late;
    late.delay = 600ms;  // twice the stall time-out
    l.web.fail("/doc", late);
    l.deadline = std::chrono::steady_clock::now() + 900ms;
    std::thread owner([&] {
        while (l.web.connections() == 0)
            std::this_thread::sleep_for(1ms);
        l.handle.pause();
        std::this_thread::sleep_for(1s);
        l.handle.resume();
    });
    CHECK(l.why("/doc") == reason::none);
    owner.join();
}

TEST_CASE("the rate limit is kept")
{
    line l;
    l.options.limit_rate = 500'000;
    l.web.serve("/doc", support::noise(500'000));
    const auto start = std::chrono::steady_clock::now();
    CHECK(l.why("/doc") == reason::none);
    const auto taken = std::chrono::steady_clock::now() - start;
    CHECK(taken > 700ms);
    CHECK(taken < 5s);
}

TEST_CASE("credentials go to their origin and are gone for good after another one")
{
    line l;
    support::origin other(l.server());
    l.options.credentials = [](std::string_view) { return std::vector<http_header>{{"Authorization", "Bearer t0ken"}}; };
    l.web.serve("/last", "content");
    l.web.fail("/first", support::redirect("/second"));
    l.web.fail("/second", support::redirect(other.url("/there")));
    other.fail("/there", support::redirect(l.web.url("/last")));
    const auto answer = l.get("/first", 100, {{"apikey", "k3y"}});
    REQUIRE(answer.has_value());
    CHECK(answer->url.str() == l.web.url("/last"));
    for (const auto& r : l.web.requests())
    {
        CHECK(r.header("authorization") == (r.target == "/last" ? "" : "Bearer t0ken"));
        CHECK(r.header("apikey") == (r.target == "/last" ? "" : "k3y"));
    }
    REQUIRE(other.count() == 1);
    CHECK(other.requests()[0].header("authorization").empty());
    CHECK(other.requests()[0].header("apikey").empty());
}

TEST_CASE("a token that was replaced while a request was under way is asked for again, once")
{
    line l;
    unsigned asked = 0;
    bool rotates = true;
    l.options.credentials = [&](std::string_view) {
        ++asked;
        return std::vector<http_header>{{"Authorization", rotates && asked > 1 ? "Bearer new" : "Bearer old"}};
    };
    l.web.handle("/doc", [](const support::seen_request& r) {
        return r.header("authorization") == "Bearer new" ? support::reply{200, {}, "content"}
                                                         : support::reply{401, {}, "no"};
    });
    CHECK(l.why("/doc") == reason::none);
    CHECK(l.web.count("/doc") == 2);
    CHECK(l.web.connections() == 1);

    rotates = false;
    l.web.forget_requests();
    CHECK(l.why("/doc") == reason::unauthorized);
    CHECK(l.web.count("/doc") == 1);

    // Another token that is no good either: the answer stands.
    l.web.forget_requests();
    l.options.credentials = [&](std::string_view) {
        return std::vector<http_header>{{"Authorization", "Bearer " + std::to_string(++asked)}};
    };
    CHECK(l.why("/doc") == reason::unauthorized);
    CHECK(l.web.count("/doc") == 2);
}

TEST_CASE("a header that would break the request is refused before anything is sent")
{
    line l;
    l.web.serve("/doc", "x");
    for (const http_header& h :
         {http_header{"X", "a\r\nY: b"}, http_header{"X Y", "a"}, http_header{"", "a"}, http_header{"Content-Length", "5"},
          http_header{"transfer-encoding", "chunked"}, http_header{"Host", "evil"}, http_header{"Range", "bytes=0-1"}})
        CHECK(l.get("/doc", 100, {h}).error().why == reason::bad_option);
    CHECK(l.web.count() == 0);
}

TEST_CASE("only hosts on the list are asked")
{
    line l;
    l.web.serve("/doc", "x");
    l.options.allowed_hosts = {"cdn.example"};
    CHECK(l.why("/doc") == reason::host_not_allowed);
    CHECK(l.web.connections() == 0);
    l.options.allowed_hosts = {"127.0.0.1"};
    CHECK(l.why("/doc") == reason::none);
}

TEST_CASE("a port where nobody listens and a name that nobody has are told apart")
{
    line l;
    modelsec::detail::http_client client(l.environment());
    CHECK(client.exchange({*url::parse("https://127.0.0.1:1/"), std::nullopt, {}, 1}).error().why == reason::connect_failed);
    CHECK(client.exchange({*url::parse("https://no-such-host.invalid/"), std::nullopt, {}, 1}).error().why ==
          reason::resolve_failed);
}

TEST_CASE("names are looked up by few threads, whatever is asked, and whoever asks waits no longer than its own time")
{
    using namespace modelsec::detail;
    struct gate  // the threads' own: they may outlive this test
    {
        std::mutex mutex;
        std::condition_variable changed;
        bool open = false;
        int asked = 0;
    };
    const auto resolver = std::make_shared<gate>();
    const auto names = std::make_shared<look_ups>(2, [resolver](const std::string&, std::uint16_t port) {
        std::unique_lock lock(resolver->mutex);
        ++resolver->asked;
        resolver->changed.wait(lock, [&] { return resolver->open; });
        return look_up_answer{{}, {{boost::asio::ip::make_address("127.0.0.1"), port}}};
    });
    line l;
    l.caps.connect_timeout = 50ms;
    const auto ask = [&](const char* host) {
        session s(l.environment());
        const auto found = s.run(resolve(s, host, 443, names));
        return found.has_value() ? reason::none : found.error().why;
    };
    for (const char* host : {"a.example", "b.example", "c.example", "a.example", "d.example"})
        CHECK(ask(host) == reason::connect_timeout);
    CHECK(names->running() == 2);  // getaddrinfo cannot be ended
    CHECK(ask("127.0.0.1") == reason::none);

    // One more waits until another ends, one for the same name has that one's answer.
    l.caps.connect_timeout = std::chrono::minutes(5);
    std::thread opener([&] {
        const std::lock_guard lock(resolver->mutex);
        resolver->open = true;
        resolver->changed.notify_all();
    });
    CHECK(ask("c.example") == reason::none);
    opener.join();
    const std::lock_guard lock(resolver->mutex);
    CHECK(resolver->asked == 3);
}

#ifndef _WIN32
TEST_CASE("a process that was forked waits for no look-up whose thread stayed in its parent")
{
    using modelsec::detail::look_ups;
    const auto ours = look_ups::of_process();
    CHECK(look_ups::of_process() == ours);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0)
        ::_exit(look_ups::of_process() != ours ? 0 : 1);
    int status = -1;
    REQUIRE(::waitpid(child, &status, 0) == child);
    CHECK(status == 0);
}
#endif
