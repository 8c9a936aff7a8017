// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/transport/connection.hpp>
#include <modelsec/transport/range_answer.hpp>
#include <modelsec/transport/range_fsm.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

using namespace modelsec;
using namespace modelsec::detail;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t mib = 1u << 20;
using then = range_fsm::then;

/// A download that is played by hand: time, lanes, and which bytes came in.
struct play
{
    play(std::uint64_t size, unsigned connections, std::size_t sources = 1, range_set missing = {})
        : mirrors(sources), fsm(size, missing.empty() ? range_set({0, size}) : missing, connections, mirrors)
    {
    }

    std::optional<range_fsm::order> next() { return fsm.next(now); }
    /// The lane delivers up to `bytes` of what it is to deliver from `at` on; where it stands then.
    std::uint64_t deliver(range_fsm::lane_id lane, std::uint64_t at, std::uint64_t bytes)
    {
        auto want = fsm.wanted(lane, at);
        want.end = std::min(want.end, want.begin + bytes);
        if (want.empty())
            return at;
        fsm.arrived(lane, want.size(), now);
        fsm.put(lane, want);
        CHECK(got.missing_of(want).size() == want.size());  // nobody delivers a byte twice
        got.add(want);
        return want.end;
    }
    void deliver_all(const range_fsm::order& o)
    {
        std::uint64_t at = o.ask ? o.ask->begin : 0;
        while (!fsm.wanted(o.lane, at).empty())
            at = deliver(o.lane, at, mib);
    }

    mirror_fsm mirrors;
    range_fsm fsm;
    range_set got;
    range_fsm::time_point now = range_fsm::time_point() + 1h;
};

response_head head(unsigned status, std::string content_range = {}, std::optional<std::uint64_t> length = {})
{
    response_head out;
    out.status = status;
    out.content_length = length;
    if (!content_range.empty())
        out.headers.push_back({"Content-Range", std::move(content_range)});
    return out;
}

reason why(const response_head& h, std::optional<byte_range> asked)
{
    const auto r = check_range_answer(h, asked, 1000);
    return r ? reason::none : r.error().why;
}

}  // namespace

TEST_CASE("a range counts only as 206 with exactly what was asked and the signed size")
{
    const byte_range asked{100, 200};
    const auto good = check_range_answer(head(206, "bytes 100-199/1000", 100), asked, 1000);
    REQUIRE(good.has_value());
    CHECK_FALSE(good->whole);
    CHECK(good->bytes == asked);
    CHECK(why(head(206, "bytes 100-199/1000"), asked) == reason::none);

    CHECK(why(head(206, "bytes 100-199/1001", 100), asked) == reason::size_mismatch);
    for (const auto* odd : {"bytes 100-198/1000", "bytes 101-199/1000", "bytes 0-99/1000", "bytes 100-199/*", "bytes */1000",
                            "100-199/1000", "bytes 100-199/1000x", "bytes=100-199/1000", "bytes 199-100/1000", "Bytes",
                            "bytes -100-199/1000", "bytes 100-99999999999999999999/1000", ""})
        CHECK_MESSAGE(why(head(206, odd), asked) == reason::range_mismatch, odd);
    CHECK(why(head(206, "bytes 100-199/1000", 99), asked) == reason::range_mismatch);
    CHECK(why(head(206, "bytes 0-999/1000", 1000), std::nullopt) == reason::range_mismatch);  // nobody asked
}

TEST_CASE("200 is the whole file from its first byte, if its length is the signed one")
{
    const auto whole = check_range_answer(head(200, {}, 1000), byte_range{100, 200}, 1000);
    REQUIRE(whole.has_value());
    CHECK(whole->whole);
    CHECK(whole->bytes == byte_range{0, 1000});
    CHECK(why(head(200), std::nullopt) == reason::none);
    CHECK(why(head(200, {}, 999), std::nullopt) == reason::size_mismatch);
    CHECK(why(head(200, {}, 1001), byte_range{100, 200}) == reason::size_mismatch);
}

TEST_CASE("416 and other statuses have reasons of their own")
{
    CHECK(why(head(416), byte_range{1, 2}) == reason::range_mismatch);
    CHECK(why(head(416, "bytes */1000"), byte_range{1, 2}) == reason::range_mismatch);
    CHECK(why(head(416, "bytes */900"), byte_range{1, 2}) == reason::size_mismatch);
    CHECK(why(head(404), std::nullopt) == reason::not_found);
    CHECK(why(head(503), std::nullopt) == reason::server_error);
    CHECK(why(head(204), std::nullopt) == reason::http_status);
}

TEST_CASE("a fresh download over one connection asks for the whole file without a range")
{
    play p(100 * mib, 1);
    const auto o = p.next();
    REQUIRE(o.has_value());
    CHECK_FALSE(o->ask);
    CHECK_FALSE(p.next());
    p.fsm.answered(o->lane, true);
    p.deliver_all(*o);
    CHECK(p.fsm.ended(o->lane, {}, p.now) == then::go_on);
    CHECK(p.fsm.complete());
    CHECK_FALSE(p.next());
    CHECK_FALSE(p.fsm.verdict());
    CHECK(p.mirrors.has_ranges(0));
}

TEST_CASE("a resume asks for exactly what is missing, gap by gap")
{
    range_set missing({8192, 3 * mib});
    missing.add({5 * mib, 6 * mib});
    play p(6 * mib, 1, 1, missing);
    auto o = p.next();
    CHECK(o->ask == byte_range{8192, 3 * mib});
    p.fsm.answered(o->lane, false);
    p.deliver_all(*o);
    p.fsm.ended(o->lane, {}, p.now);
    o = p.next();
    CHECK(o->ask == byte_range{5 * mib, 6 * mib});
    p.deliver_all(*o);
    p.fsm.ended(o->lane, {}, p.now);
    CHECK(p.fsm.complete());
}

TEST_CASE("nothing missing needs no request")
{
    mirror_fsm mirrors(1);
    range_fsm fsm(0, {}, 8, mirrors);
    CHECK(fsm.complete());
    CHECK_FALSE(fsm.next({}));
}

TEST_CASE("a 200 to a range is taken from its beginning, and what is there already is skipped")
{
    range_set missing({4096, 8192});
    missing.add({mib, 2 * mib});
    play p(3 * mib, 4, 1, missing);
    const auto o = p.next();
    REQUIRE(o->ask);
    p.fsm.answered(o->lane, true);
    CHECK_FALSE(p.mirrors.has_ranges(0));
    CHECK(p.fsm.wanted(o->lane, 0) == byte_range{4096, 8192});
    CHECK(p.fsm.wanted(o->lane, 8192) == byte_range{mib, 2 * mib});
    CHECK(p.fsm.wanted(o->lane, 2 * mib).empty());
    p.deliver_all(*o);
    CHECK(p.fsm.complete());
}

TEST_CASE("a source that cannot do ranges is asked for the whole next time, on one connection")
{
    play p(10 * mib, 4);
    auto o = p.next();
    CHECK(p.fsm.ended(o->lane, fail(reason::range_mismatch), p.now) == then::back_off);
    p.fsm.backed_off({});
    o = p.next();
    REQUIRE(o.has_value());
    CHECK_FALSE(o->ask);
    p.fsm.answered(o->lane, true);
    p.deliver_all(*o);
    CHECK(p.fsm.complete());
}

TEST_CASE("a broken connection gives back what it did not deliver, and the rest is asked for")
{
    play p(10 * mib, 1);
    auto o = p.next();
    p.fsm.answered(o->lane, true);
    p.deliver(o->lane, 0, 3 * mib);
    CHECK(p.fsm.ended(o->lane, fail(reason::connection_lost), p.now) == then::back_off);
    CHECK_FALSE(p.next());  // not before the wait is over
    p.fsm.backed_off({});
    o = p.next();
    CHECK(o->ask == byte_range{3 * mib, 10 * mib});
}

TEST_CASE("impatience after a failure ends the download with it")
{
    play p(10 * mib, 1);
    const auto o = p.next();
    CHECK(p.fsm.ended(o->lane, fail(reason::stall), p.now) == then::back_off);
    p.fsm.backed_off(fail(reason::stall));
    REQUIRE(p.fsm.verdict());
    CHECK(p.fsm.verdict()->why == reason::stall);
    CHECK_FALSE(p.next());
}

TEST_CASE("mirrors are tried in order, all of them before any wait, and the one that works is kept")
{
    play p(10 * mib, 1, 3);
    auto o = p.next();
    CHECK(o->source == 0);
    CHECK(p.fsm.ended(o->lane, fail(reason::connect_failed), p.now) == then::go_on);
    o = p.next();
    CHECK(o->source == 1);
    CHECK(p.fsm.ended(o->lane, fail(reason::server_error), p.now) == then::go_on);
    o = p.next();
    CHECK(o->source == 2);
    CHECK(p.fsm.ended(o->lane, fail(reason::truncated), p.now) == then::back_off);
    p.fsm.backed_off({});
    o = p.next();
    CHECK(o->source == 0);
    CHECK(p.fsm.ended(o->lane, fail(reason::truncated), p.now) == then::go_on);
    o = p.next();
    CHECK(o->source == 1);
    p.deliver(o->lane, 0, mib);
    CHECK(p.fsm.ended(o->lane, fail(reason::truncated), p.now) == then::back_off);
    p.fsm.backed_off({});
    CHECK(p.next()->source == 1);
}

TEST_CASE("what will not be better next time drops the source; the last one decides the verdict")
{
    for (const auto final : {reason::not_found, reason::unknown_ca, reason::size_mismatch})
    {
        play p(10 * mib, 1, 2);
        auto o = p.next();
        CHECK(p.fsm.ended(o->lane, fail(reason::forbidden), p.now) == then::go_on);
        o = p.next();
        CHECK(o->source == 1);
        CHECK(p.fsm.ended(o->lane, fail(final), p.now) == then::go_on);
        REQUIRE(p.fsm.verdict());
        // Wrong bytes are told before anything else, then what the first source said.
        CHECK(p.fsm.verdict()->why == (final == reason::size_mismatch ? final : reason::forbidden));
    }
}

TEST_CASE("cancel and the deadline end it at every step, and no lane begins afterwards")
{
    for (const auto final : {reason::cancelled, reason::deadline})
        for (int step = 0; step < 4; ++step)
        {
            play p(10 * mib, 1, 2);
            const auto o = p.next();
            if (step > 0)
                p.fsm.answered(o->lane, true);
            if (step > 1)
                p.deliver(o->lane, 0, 2 * mib);
            if (step > 2)
                p.deliver_all(*o);
            CHECK(p.fsm.ended(o->lane, fail(final), p.now) == then::go_on);
            REQUIRE(p.fsm.verdict());
            CHECK(p.fsm.verdict()->why == final);
            CHECK_FALSE(p.next());
        }
}

TEST_CASE("an expired address is renewed, but not for ever if that brings no byte")
{
    play p(10 * mib, 1);
    for (int i = 0; i < 2; ++i)
    {
        const auto o = p.next();
        CHECK(p.fsm.ended(o->lane, fail(reason::url_expired), p.now) == then::renew);
        CHECK(p.fsm.must_renew());
        CHECK_FALSE(p.next());
        p.fsm.renewed({});
    }
    auto o = p.next();
    p.deliver(o->lane, 0, mib);
    CHECK(p.fsm.ended(o->lane, fail(reason::url_expired), p.now) == then::renew);
    p.fsm.renewed({});
    for (int i = 0; i < 2; ++i)
    {
        o = p.next();
        p.fsm.ended(o->lane, fail(reason::url_expired), p.now);
        p.fsm.renewed({});
    }
    REQUIRE(p.fsm.verdict());
    CHECK(p.fsm.verdict()->why == reason::url_expired);
}

TEST_CASE("a renewal that fails leaves the mirrors")
{
    play p(10 * mib, 1, 2);
    const auto o = p.next();
    p.fsm.ended(o->lane, fail(reason::url_expired), p.now);
    p.fsm.renewed(fail(reason::unauthorized));
    CHECK(p.next()->source == 1);
}

TEST_CASE("a bad chunk is fetched again from another mirror, and who served it is dropped")
{
    play p(10 * mib, 1, 2);
    auto o = p.next();
    p.deliver_all(*o);
    p.fsm.ended(o->lane, {}, p.now);
    p.got.subtract({mib, 2 * mib});
    p.fsm.refused({mib, 2 * mib});
    CHECK_FALSE(p.fsm.complete());
    CHECK(p.mirrors.dropped(0));
    o = p.next();
    CHECK(o->source == 1);
    CHECK(o->ask == byte_range{mib, 2 * mib});
    p.deliver_all(*o);
    CHECK(p.fsm.complete());
}

TEST_CASE("the only source gets a second chance for a bad chunk, and no third")
{
    play p(10 * mib, 1);
    for (int i = 0; i < 2; ++i)
    {
        const auto o = p.next();
        REQUIRE(o.has_value());
        p.deliver_all(*o);
        p.fsm.ended(o->lane, {}, p.now);
        p.got.subtract({mib, 2 * mib});
        p.fsm.refused({mib, 2 * mib});
    }
    CHECK_FALSE(p.next());
    REQUIRE(p.fsm.verdict());
    CHECK(p.fsm.verdict()->why == reason::chunk_mismatch);
}

TEST_CASE("a bad chunk that was kept from an earlier run is nobody's fault")
{
    play p(10 * mib, 1, 2, range_set({5 * mib, 10 * mib}));
    p.fsm.refused({0, mib});
    CHECK(p.mirrors.alive() == 2);
    CHECK(p.next()->ask == byte_range{0, mib});
}

TEST_CASE("connections grow while that makes it faster, and one that is refused is not tried again at once")
{
    play p(4096 * mib, 8);
    std::map<range_fsm::lane_id, std::uint64_t> at;
    const auto begin = [&] {
        while (auto o = p.next())
            at[o->lane] = o->ask->begin;
    };
    begin();
    CHECK(at.size() == 1);
    for (int ms = 0; ms < 3000; ms += 10)  // every connection brings 20 MB/s
    {
        p.now += 10ms;
        for (auto it = at.begin(); it != at.end();)
        {
            it->second = p.deliver(it->first, it->second, 200 * 1024);
            if (p.fsm.wanted(it->first, it->second).empty())
            {
                p.fsm.ended(it->first, {}, p.now);
                it = at.erase(it);
            }
            else
                ++it;
        }
        begin();
    }
    CHECK(at.size() == 8);
    const auto lane = at.begin()->first;
    p.fsm.arrived(lane, 1, p.now);
    CHECK(p.fsm.ended(lane, fail(reason::server_error), p.now) == then::go_on);
    CHECK_FALSE(p.next());  // seven it is, for now
}

TEST_CASE("connections stay at one where a second brings nothing or the disk is the limit")
{
    for (const bool starved : {false, true})
    {
        growth_fsm g(8);
        auto now = growth_fsm::time_point() + 1h;
        for (int i = 0; i < 500; ++i)
        {
            now += 10ms;
            if (starved)
                g.starved();
            g.arrived(300'000, g.target(), now);  // the same over however many
        }
        CHECK(g.target() == 1);
    }
}

TEST_CASE("the tail of a slow connection is taken over by a fast one, and a silent one keeps nothing")
{
    play p(64 * mib, 2);
    auto first = p.next();
    std::uint64_t at = first->ask->begin;
    std::optional<range_fsm::order> second;
    while (!second)  // until there are two
    {
        p.now += 10ms;
        at = p.deliver(first->lane, at, 64 * 1024);
        if (p.fsm.wanted(first->lane, at).empty())
        {
            p.fsm.ended(first->lane, {}, p.now);
            first = p.next();
            at = first->ask->begin;
        }
        second = p.next();
    }
    // The second does everything that is nobody's yet, the first has become silent.
    for (int i = 0; i < 100 && !p.fsm.complete(); ++i)
    {
        p.now += 200ms;
        p.deliver_all(*second);
        p.fsm.ended(second->lane, {}, p.now);
        second = p.next();
        if (!second && p.fsm.superfluous(first->lane))
            break;
        for (; !second && !p.fsm.complete(); second = p.next())
            p.now += 100ms;
        if (!second)
            break;
    }
    CHECK(p.fsm.superfluous(first->lane));
    p.fsm.ended(first->lane, {}, p.now);
    CHECK(p.fsm.complete());
    CHECK(p.got.covers({0, 64 * mib}));
}

TEST_CASE("a thousand random downloads end whole, with every byte delivered once, or with a verdict")
{
    for (unsigned seed = 1; seed <= 1000; ++seed)
    {
        CAPTURE(seed);
        std::mt19937 random(seed);
        const auto pick = [&](unsigned n) { return static_cast<unsigned>(random() % n); };
        const std::uint64_t size = 1 + random() % (40 * mib);
        play p(size, 1 + pick(8), 1 + pick(3));
        std::map<range_fsm::lane_id, std::pair<range_fsm::order, std::uint64_t>> lanes;
        bool waiting = false;
        for (int step = 0; !p.fsm.verdict() && !(p.fsm.complete() && lanes.empty()); ++step)
        {
            REQUIRE(step < 200'000);
            p.now += std::chrono::milliseconds(pick(50));
            while (auto o = p.next())
            {
                const bool whole = !o->ask || pick(20) == 0;
                p.fsm.answered(o->lane, whole);
                lanes[o->lane] = {*o, whole ? 0 : o->ask->begin};
            }
            if (waiting && pick(4) == 0)
            {
                p.fsm.backed_off(pick(50) ? std::nullopt : std::optional(fail(reason::truncated)));
                waiting = false;
            }
            if (p.fsm.must_renew() && lanes.empty())
                p.fsm.renewed(pick(10) ? std::nullopt : std::optional(fail(reason::not_found)));
            if (lanes.empty())
                continue;
            auto it = std::next(lanes.begin(), pick(static_cast<unsigned>(lanes.size())));
            auto& [o, at] = it->second;
            at = std::max(p.fsm.wanted(o.lane, at).begin, at);
            at = p.deliver(o.lane, at, 4096 * (1 + pick(256)));
            const bool done = p.fsm.wanted(o.lane, at).empty();
            if (!done && pick(30) != 0)
                continue;
            constexpr reason problems[] = {reason::connection_lost, reason::stall,       reason::truncated,
                                           reason::server_error,    reason::url_expired, reason::range_mismatch,
                                           reason::not_found};
            const auto what = p.fsm.ended(
                o.lane, done ? std::nullopt : std::optional(fail(problems[pick(pick(8) ? 6 : 7)])), p.now);
            waiting = waiting || what == then::back_off;
            lanes.erase(it);
        }
        if (!p.fsm.verdict())
            CHECK(p.got.ranges() == std::vector<byte_range>{{0, size}});
    }
}
