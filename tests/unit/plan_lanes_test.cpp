// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Several connections: how many, who takes over from whom, and that no order of events loses a byte.
#include "plan_play.hpp"

#include <random>

using namespace plan_play;

TEST_CASE("connections grow while that makes it faster, and one that is refused is not tried again at once")
{
    play p(4096 * mib, 8);
    std::map<plan_fsm::lane_id, std::uint64_t> at;
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
    std::optional<plan_fsm::order> second;
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
            p.now = p.fsm.next_look(p.now, false).value();
        if (!second)
            break;
    }
    CHECK(p.fsm.superfluous(first->lane));
    p.fsm.ended(first->lane, {}, p.now);
    CHECK(p.fsm.complete());
    CHECK(p.got.covers({0, 64 * mib}));
}

TEST_CASE("superfluous is a lane with nothing left to fetch, and never one that is gone")
{
    play p(8 * mib, 1);
    const auto o = p.next();
    REQUIRE(o);
    CHECK_FALSE(p.fsm.superfluous(o->lane));
    p.fsm.arrived(o->lane, 8 * mib - 1, p.now);
    CHECK_FALSE(p.fsm.superfluous(o->lane));
    p.fsm.arrived(o->lane, 1, p.now);
    CHECK(p.fsm.superfluous(o->lane));
    p.fsm.put(o->lane, {0, 8 * mib});
    p.fsm.ended(o->lane, {}, p.now);
    CHECK_FALSE(p.fsm.superfluous(o->lane));
    CHECK_FALSE(p.fsm.superfluous(o->lane + 1));
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
        std::map<plan_fsm::lane_id, std::pair<plan_fsm::order, std::uint64_t>> lanes;
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
            const auto what =
                p.fsm.ended(o.lane, done ? std::nullopt : std::optional(fail(problems[pick(pick(8) ? 6 : 7)])), p.now);
            waiting = waiting || what == then::back_off;
            lanes.erase(it);
        }
        if (!p.fsm.verdict())
            CHECK(p.got.ranges() == std::vector<byte_range>{{0, size}});
    }
}
