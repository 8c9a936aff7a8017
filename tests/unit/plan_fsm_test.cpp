// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "plan_play.hpp"

using namespace plan_play;

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
    CHECK(p.mirrors().has_ranges(0));
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
    plan_fsm fsm(play::one_file(0, 1, {}), 8);
    CHECK(fsm.complete());
    CHECK_FALSE(fsm.next({}));
}

TEST_CASE(
    "files that are ordered whole leave the queue one after the other, the largest first, whatever their source can do")
{
    std::vector<planned_file> files;
    for (const std::uint64_t size : {3u, 9u, 7u})
        files.push_back({"", size, range_set({0, size}), {0}, 0});
    plan_fsm fsm(std::move(files), 1);
    const auto now = plan_fsm::time_point() + 1h;
    for (const std::size_t file : {1u, 2u, 2u, 0u})
    {
        const auto o = fsm.next(now);
        REQUIRE(o.has_value());
        CHECK(o->file == file);
        const byte_range wanted = fsm.wanted(o->lane, 0);
        if (file == 2 && fsm.sources(2).has_ranges(0))
        {
            CHECK(fsm.ended(o->lane, fail(reason::range_mismatch), now) == then::back_off);
            fsm.backed_off({});
            continue;
        }
        fsm.answered(o->lane, false);
        fsm.arrived(o->lane, wanted.size(), now);
        fsm.put(o->lane, wanted);
        fsm.ended(o->lane, {}, now);
    }
    CHECK(fsm.complete());
    CHECK_FALSE(fsm.next(now));
}

TEST_CASE("a 200 to a range is taken from its beginning, and what is there already is skipped")
{
    range_set missing({4096, 8192});
    missing.add({mib, 2 * mib});
    play p(3 * mib, 4, 1, missing);
    const auto o = p.next();
    REQUIRE(o->ask);
    p.fsm.answered(o->lane, true);
    CHECK_FALSE(p.mirrors().has_ranges(0));
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

TEST_CASE("a source that forbids ranges is asked for the whole, unless it has served ranges before")
{
    play p(10 * mib, 4, 1);
    auto o = p.next();
    REQUIRE(o->ask);
    CHECK(p.fsm.ended(o->lane, fail(reason::range_refused), p.now) == then::go_on);
    o = p.next();
    REQUIRE(o);
    CHECK_FALSE(o->ask);
    CHECK(p.fsm.ended(o->lane, fail(reason::forbidden), p.now) == then::go_on);
    CHECK(p.fsm.verdict()->why == reason::forbidden);

    play served(10 * mib, 4, 1);
    o = served.next();
    served.deliver(o->lane, 0, mib);
    CHECK(served.fsm.ended(o->lane, fail(reason::range_refused), served.now) == then::go_on);
    CHECK(served.fsm.verdict()->why == reason::range_refused);
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
    p.fsm.refused(0, {mib, 2 * mib});
    CHECK_FALSE(p.fsm.complete());
    CHECK(p.mirrors().dropped(0));
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
        p.fsm.refused(0, {mib, 2 * mib});
    }
    CHECK_FALSE(p.next());
    REQUIRE(p.fsm.verdict());
    CHECK(p.fsm.verdict()->why == reason::chunk_mismatch);
}

TEST_CASE("a bad chunk that was kept from an earlier run is nobody's fault")
{
    play p(10 * mib, 1, 2, range_set({5 * mib, 10 * mib}));
    p.fsm.refused(0, {0, mib});
    CHECK(p.mirrors().alive() == 2);
    CHECK(p.next()->ask == byte_range{0, mib});
}
