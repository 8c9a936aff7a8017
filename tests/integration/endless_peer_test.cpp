// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// A peer that never stops talking: every deadline and every cancel ends an operation within a second, whatever it sends.
#include <modelsec/detail/net/http_client.hpp>
#include <modelsec/detail/net/session.hpp>
#include <modelsec/detail/publish/upload_host.hpp>

#include <doctest/doctest.h>
#include <manual_clock.hpp>
#include <shown_names.hpp>
#include <talker.hpp>
#include <temp_dir.hpp>

#include <limits>
#include <thread>

using namespace std::chrono_literals;
using modelsec::reason;
using modelsec::detail::url;
using std::chrono::steady_clock;
using support::talk;
using support::talker;

namespace {

constexpr auto promptly = 1s;
constexpr std::size_t no_cap = std::numeric_limits<std::size_t>::max();

// TLS records in plain text: a HelloRequest (RFC 5246 section 7.4.1.1), which a client in a handshake skips.
std::string hello_requests()
{
    std::string out;
    for (int i = 0; i < 1000; ++i)
        out.append("\x16\x03\x03\x00\x04\x00\x00\x00\x00", 9);
    return out;
}

void greet_without_end(talk& t, unsigned)
{
    const std::string piece = hello_requests();
    while (t.raw(piece))
        continue;
}

void tickets_without_end(talk& t, unsigned)
{
    if (t.handshake() && !t.read_request().empty())
        while (t.ticket())
            continue;
}

void tickets_within_a_body(talk& t, unsigned)
{
    if (t.handshake() && !t.read_request().empty() && t.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"))
        while (t.ticket())
            continue;
}

talker::script answers(const std::string& head, const std::string& piece, std::chrono::milliseconds pause = 0ms)
{
    return [=](talk& t, unsigned) {
        if (!t.handshake() || t.read_request().empty() || !t.write(head))
            return;
        while (t.write(piece))
            std::this_thread::sleep_for(pause);
    };
}

struct scene
{
    support::throwaway_ca ca;
    support::temp_dir place;
    modelsec::transport_options options;
    modelsec::limits caps;
    modelsec::control handle;
    std::optional<steady_clock::time_point> deadline;
    steady_clock::duration took{};

    scene()
    {
        options.tls.ca_file = place.write("ca.pem", ca.certificate());
        caps.retries = 0;
        caps.connect_timeout = caps.handshake_timeout = caps.stall_timeout = caps.first_byte_timeout = 60s;
        caps.document_start_time = 60s;
    }

    reason ask(const talker& server, std::size_t cap = 1u << 20)
    {
        modelsec::detail::http_environment env;
        env.options = &options;
        env.caps = &caps;
        env.time = &modelsec::clock::system();
        env.handle = handle;
        env.deadline = deadline;
        modelsec::detail::http_client client(std::move(env));
        const auto begun = steady_clock::now();
        const auto answer = client.exchange({*url::parse(server.url("/x")), std::nullopt, {}, cap});
        took = steady_clock::now() - begun;
        return answer.has_error() ? answer.error().why : reason::none;
    }

    /// The status of a PUT of so many bytes, or of a second one by the same link; 0 and `refused` for a failure.
    unsigned put(const talker& server, std::uint64_t size, bool again = false)
    {
        modelsec::upload_options how;
        how.transport = options;
        how.caps = caps;
        how.handle = handle;
        modelsec::detail::upload_link link(how);
        auto body = std::make_shared<modelsec::detail::upload_body>();
        body->size_bytes = size;
        body->read = [](std::uint64_t, std::span<std::uint8_t> space) -> modelsec::result<void> {
            std::fill(space.begin(), space.end(), std::uint8_t{'x'});
            return {};
        };
        auto answer = link.ask({"PUT", server.url("/x"), {}, body});
        if (answer && again)
            answer = link.ask({"PUT", server.url("/x"), {}, body});
        refused = answer.has_error() ? answer.error().why : reason::none;
        return answer ? answer->status : 0;
    }
    reason refused = reason::none;

    /// The operation ends soon after somebody else has cancelled it.
    void check_cancel(const talker::script& what)
    {
        const talker server(ca.issue(), what);
        steady_clock::time_point cancelled;
        std::thread owner([&] {
            std::this_thread::sleep_for(300ms);
            cancelled = steady_clock::now();
            handle.cancel();
        });
        const reason why = ask(server);
        const auto ended = steady_clock::now();
        owner.join();
        CHECK(why == reason::cancelled);
        CHECK(ended - cancelled < promptly);
        handle = {};
    }

    void check_deadline(const talker::script& what)
    {
        const talker server(ca.issue(), what);
        deadline = steady_clock::now() + 300ms;
        CHECK(ask(server) == reason::deadline);
        CHECK(took < 300ms + promptly);
        deadline.reset();
    }
};

}  // namespace

TEST_CASE("TLS messages without end are cut off by number, before and after the handshake")
{
    scene s;
    CHECK(s.ask(talker(s.ca.issue(), greet_without_end)) == reason::tls_flood);
    CHECK(s.took < 10s);
    CHECK(s.ask(talker(s.ca.issue(), tickets_without_end)) == reason::tls_flood);
    CHECK(s.ask(talker(s.ca.issue(), tickets_within_a_body)) == reason::tls_flood);
}

TEST_CASE("while TLS messages come without end, cancel, deadline and every time-out keep their time")
{
    scene s;
    s.caps.tls_overhead_bytes = no_cap;
    for (const auto& what : {greet_without_end, tickets_without_end, tickets_within_a_body})
    {
        s.check_cancel(what);
        s.check_deadline(what);
    }
    const auto ended_by = [&](const talker::script& what, std::chrono::milliseconds& limit) {
        const auto before = std::exchange(limit, 300ms);
        const reason why = s.ask(talker(s.ca.issue(), what));
        CHECK(s.took < 300ms + promptly);
        limit = before;
        return why;
    };
    CHECK(ended_by(greet_without_end, s.caps.handshake_timeout) == reason::handshake_timeout);
    CHECK(ended_by(tickets_without_end, s.caps.first_byte_timeout) == reason::first_byte_timeout);
    CHECK(ended_by(tickets_within_a_body, s.caps.stall_timeout) == reason::stall);
    CHECK(ended_by(tickets_within_a_body, s.caps.document_start_time) == reason::too_slow);
}

TEST_CASE("HTTP that never comes to an end is cut off by number, and keeps nobody past a cancel or a deadline")
{
    const std::string ok = "HTTP/1.1 200 OK\r\n", interim = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    const std::string chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
    const std::pair<talker::script, reason> fast[] = {
        {answers("", interim), reason::bad_response},
        {answers(ok, "A: b\r\n"), reason::bad_response},
        {answers(chunked + "5;", "extension"), reason::bad_response},
        {answers(chunked + "0\r\n", "A: b\r\n"), reason::bad_response},
    };
    std::string many_chunks;
    for (int i = 0; i < 1000; ++i)
        many_chunks += "1\r\nx\r\n";
    scene s;
    CHECK(s.ask(talker(s.ca.issue(), answers(chunked, many_chunks)), 20'000) == reason::too_large);
    for (const auto& [script, why] : fast)
        CHECK(s.ask(talker(s.ca.issue(), script)) == why);
    const talker::script slow[] = {
        answers("", interim, 10ms),           answers(ok, "A", 10ms),
        answers(chunked + "5;", "e", 10ms),   answers(chunked + "0\r\n", "A: b\r\n", 10ms),
        answers(chunked, "1\r\nx\r\n", 10ms),
    };
    for (const auto& script : slow)
    {
        s.check_cancel(script);
        s.check_deadline(script);
    }
}

TEST_CASE("interim answers do not put off the time in which the answer must begin")
{
    scene s;
    s.caps.first_byte_timeout = 400ms;
    const talker server(s.ca.issue(), answers("", "HTTP/1.1 102 Processing\r\n\r\n", 50ms));
    CHECK(s.ask(server) == reason::first_byte_timeout);
    CHECK(s.took < 400ms + promptly);
}

TEST_CASE("interim answers that nobody asked for end no upload: before the body, within it and after it")
{
    constexpr std::size_t part = 4u << 20, size = 4 * part;  // more than the system keeps on the way
    const std::string hints = "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n",
                      go_on = "HTTP/1.1 100 Continue\r\n\r\n";
    const std::string created = "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n";
    scene s;
    const talker patient(s.ca.issue(), [&](talk& t, unsigned) {
        if (!t.handshake())
            return;
        // The second upload has the connection of the first.
        while (!t.read_request().empty() && t.write(go_on) && t.read_body(part) && t.write(hints + go_on) &&
               t.read_body(part) &&
               // One that comes in pieces, and without a blank after its status.
               t.write("HTT") && t.read_body(part) && t.write("P/1.1 102\r\nServer: x\r") && t.read_body(part) &&
               t.write("\n\r\n") && t.write(go_on + created))
            continue;
    });
    CHECK(s.put(patient, size, true) == 201);
    CHECK(s.refused == reason::none);
    CHECK(patient.connections() == 1);

    // Wherever TLS records divide them, also within the blank line at their end.
    const talker sparing(s.ca.issue(), [&](talk& t, unsigned) {
        if (!t.handshake() || t.read_request().empty())
            return;
        const std::string said = "HTTP/1.1 102\r\nServer: x\r\n\r\n" + hints + go_on;
        constexpr std::size_t piece = 16384;
        for (const char c : said)
            if (!t.write(std::string(1, c)) || !t.read_body(piece))
                return;
        if (t.read_body(size - piece * said.size()))
            t.write(created);
    });
    CHECK(s.put(sparing, size) == 201);
    CHECK(s.refused == reason::none);

    // The answer itself is heard at once, whatever came before it.
    const talker unwilling(s.ca.issue(), [&](talk& t, unsigned) {
        if (t.handshake() && !t.read_request().empty() && t.read_body(part) &&
            t.write(go_on + "HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n"))
            while (t.read_body(16384))  // what is on the way already
                continue;
    });
    CHECK(s.put(unwilling, 16 * size) == 413);

    const auto within = [&](const std::string& said) {
        const talker server(s.ca.issue(), [&](talk& t, unsigned) {
            if (t.handshake() && !t.read_request().empty() && t.read_body(part))
                while (t.write(said))
                    continue;
        });
        s.put(server, 16 * size);
        return s.refused;
    };
    CHECK(within(hints) == reason::bad_response);
    CHECK(within("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n") == reason::bad_response);
    CHECK(within("HTTP/1.1 103 Early Hints\r\n" + std::string(1000, 'A')) == reason::bad_response);
    CHECK(within("HTTP/1.1 103 Early Hints\r\nno colon\r\n\r\n") == reason::bad_response);
}

TEST_CASE("an answer that begins late has a time of its own, apart from the stall")
{
    const talker::script late = [](talk& t, unsigned) {
        if (!t.handshake() || t.read_request().empty())
            return;
        std::this_thread::sleep_for(600ms);
        t.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
        t.stays_open(2s);
    };
    scene s;
    s.caps.stall_timeout = 200ms;
    CHECK(s.ask(talker(s.ca.issue(), late)) == reason::none);
    s.caps.first_byte_timeout = 300ms;
    CHECK(s.ask(talker(s.ca.issue(), late)) == reason::first_byte_timeout);
}

TEST_CASE("bytes that a server sends late, beyond an answer, are no answer to the next request")
{
    scene s;
    // The stray bytes come when the second request is there already: nothing could be seen of them before.
    for (const std::string stray :
         {std::string("\x01\x02 nothing that is HTTP\r\n\r\n"), std::string("garbage without a line end")})
    {
        const talker server(s.ca.issue(), [&](talk& t, unsigned connection) {
            if (!t.handshake())
                return;
            for (unsigned request = 1; !t.read_request().empty(); ++request)
            {
                if (connection == 1 && request == 2 && !t.write(stray))
                    return;
                if (!t.write("HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\ncontent"))
                    return;
            }
        });
        modelsec::detail::http_environment env;
        env.options = &s.options;
        env.caps = &s.caps;
        env.time = &modelsec::clock::system();
        modelsec::detail::http_client client(std::move(env));
        for (int i = 0; i < 3; ++i)
        {
            const auto answer = client.exchange({*url::parse(server.url("/x")), std::nullopt, {}, 100});
            REQUIRE(answer.has_value());
            CHECK(std::string(answer->body.begin(), answer->body.end()) == "content");
        }
        CHECK(server.connections() == 2);
    }
}

TEST_CASE("an idle, a stalled and a paused operation wake at their next deadline only")
{
    scene s;
    s.caps.stall_timeout = 1s;
    const talker silent(s.ca.issue(), [](talk& t, unsigned) {
        if (t.handshake() && !t.read_request().empty() && t.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"))
            t.stays_open(30s);
    });
    const auto wakeups = [&](auto... during) {
        modelsec::detail::http_environment env;
        env.options = &s.options;
        env.caps = &s.caps;
        env.time = &modelsec::clock::system();
        env.handle = s.handle;
        modelsec::detail::http_client client(std::move(env));
        (during(), ...);
        const auto answer = client.exchange({*url::parse(silent.url("/x")), std::nullopt, {}, 1u << 20});
        CHECK(answer.error().why == reason::stall);
        return client.get().wakeups();
    };
    CHECK(wakeups() < 25);  // connect, handshake, request, answer and the end of the wait; every 20 ms would make 50 more
    std::thread owner;
    CHECK(wakeups([&] {
              owner = std::thread([handle = s.handle]() mutable {
                  std::this_thread::sleep_for(200ms);
                  handle.pause();
                  std::this_thread::sleep_for(1500ms);
                  handle.resume();
              });
          }) < 30);
    owner.join();
}

TEST_CASE("time in which an operation was paused is no part of what hosts are measured by")
{
    scene s;
    support::manual_clock time;
    modelsec::detail::http_environment env;
    env.options = &s.options;
    env.caps = &s.caps;
    env.time = &time;
    env.handle = s.handle;
    modelsec::detail::http_client client(std::move(env));
    modelsec::detail::session& session = client.get();
    const auto begin = session.running_time();
    const auto after = [&](std::chrono::seconds passed) {
        time.advance(passed);
        session.context().poll();
        return session.running_time() - begin;
    };
    CHECK(after(3s) == 3s);
    s.handle.pause();
    CHECK(after(0s) == 3s);  // seen by now
    CHECK(after(60s) == 3s);
    s.handle.resume();
    CHECK(after(0s) == 3s);
    CHECK(after(2s) == 5s);
}

TEST_CASE("connections that nobody uses are few over all origins, and are closed after a time")
{
    scene s;
    s.caps.idle_connections = 2;
    const auto polite = [](talk& t, unsigned) {
        if (!t.handshake())
            return;
        while (!t.read_request().empty() && t.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"))
            continue;
    };
    std::list<talker> origins;
    for (int i = 0; i < 6; ++i)
        origins.emplace_back(s.ca.issue(), polite);
    const auto environment = [&] {
        modelsec::detail::http_environment env;
        env.options = &s.options;
        env.caps = &s.caps;
        env.time = &modelsec::clock::system();
        return env;
    };
    const auto ask = [](modelsec::detail::http_client& client, const talker& server) {
        CHECK(client.exchange({*url::parse(server.url("/x")), std::nullopt, {}, 100}).has_value());
    };
    modelsec::detail::http_client client(environment());
    for (const talker& server : origins)
    {
        ask(client, server);
        CHECK(client.get().idle_connections() <= 2);
    }
    ask(client, origins.back());  // still open
    CHECK(origins.back().connections() == 1);
    ask(client, origins.front());  // was the longest unused
    CHECK(origins.front().connections() == 2);

    s.caps.idle_timeout = 50ms;
    modelsec::detail::http_client hasty(environment());
    ask(hasty, origins.front());
    CHECK(hasty.get().idle_connections() == 1);
    CHECK(hasty.get().run(hasty.get().sleep(200ms)).has_value());
    CHECK(hasty.get().idle_connections() == 0);
    ask(hasty, origins.front());
    CHECK(origins.front().connections() == 4);

    // Also while the operation is paused: however long that is, nobody is kept waiting for it.
    modelsec::detail::http_environment held = environment();
    modelsec::detail::http_client paused(held);
    ask(paused, origins.front());
    CHECK(paused.get().idle_connections() == 1);
    std::optional<std::size_t> left;
    boost::asio::steady_timer look(paused.get().context(), 200ms);
    look.async_wait([&](auto) {
        left = paused.get().idle_connections();
        held.handle.resume();
    });
    held.handle.pause();
    CHECK(paused.get().run(paused.get().sleep(1ms)).has_value());
    CHECK(left == 0);
}
