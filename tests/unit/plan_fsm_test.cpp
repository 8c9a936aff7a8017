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
    // It may be that it does not send so much at once.
    CHECK(p.fsm.ended(o->lane, fail(reason::forbidden), p.now) == then::go_on);
    o = p.next();
    REQUIRE(o);
    CHECK(o->ask == byte_range{0, mib});
    CHECK(p.fsm.ended(o->lane, fail(reason::range_refused), p.now) == then::go_on);
    CHECK_FALSE(p.next());
    CHECK(p.fsm.verdict()->why == reason::forbidden);
}

TEST_CASE("a source that forbids large ranges is asked for smaller ones, then for the whole, before it has said no")
{
    play p(500 * mib, 4, 1);
    auto o = p.next();
    REQUIRE(o->ask);
    p.deliver_all(*o);
    CHECK(p.fsm.ended(o->lane, {}, p.now) == then::go_on);
    o = p.next();
    REQUIRE(o->ask->size() > 8 * mib);
    std::uint64_t asked = o->ask->size();
    for (; asked > 8 * mib; asked = o->ask->size())
    {
        CHECK(p.fsm.ended(o->lane, fail(reason::range_refused), p.now) == then::go_on);
        o = p.next();
        REQUIRE(o);
        REQUIRE(o->ask);
        CHECK(o->ask->size() <= asked / 2 + 4096);
    }
    const auto other = p.next();  // what was learned of a host goes for all its lanes
    if (other)
        CHECK(other->ask->size() <= 8 * mib);
    p.deliver_all(*o);
    CHECK(p.fsm.ended(o->lane, {}, p.now) == then::go_on);
    // Then it refuses the smallest ones as well.
    for (o = p.next(); o && o->ask; o = p.next())
        CHECK(p.fsm.ended(o->lane, fail(reason::range_refused), p.now) == then::go_on);
    REQUIRE(o);
    CHECK_FALSE(o->ask);
    CHECK(p.fsm.ended(o->lane, fail(reason::forbidden), p.now) == then::go_on);
}

TEST_CASE("a refused range that somebody waits for is asked for in smaller ones, not again")
{
    play p(100 * mib, 1, 1);
    auto o = p.next();
    p.fsm.answered(o->lane, false);
    p.deliver(o->lane, 0, 4 * mib);
    p.fsm.prefer(0, {16 * mib, 48 * mib});
    CHECK(p.fsm.ended(o->lane, fail(reason::connection_lost), p.now) == then::back_off);
    p.fsm.backed_off({});
    std::uint64_t asked = 64 * mib;
    for (unsigned refusals = 0; refusals < 8; ++refusals)
    {
        o = p.next();
        REQUIRE(o);
        if (!o->ask)
            break;
        CHECK(o->ask->size() < asked);
        asked = o->ask->size();
        if (refusals == 0)
            CHECK(o->ask->begin == 16 * mib);
        CHECK(p.fsm.ended(o->lane, fail(reason::range_refused), p.now) == then::go_on);
    }
    REQUIRE(o);
    CHECK_FALSE(o->ask);  // in the end the whole
}

TEST_CASE("what was refused for being too much is told from an address that has ended")
{
    play p(100 * mib, 4, 1);
    auto o = p.next();
    REQUIRE(o->ask);
    CHECK_FALSE(p.fsm.may_be_too_much(o->lane));  // nothing came from there
    p.deliver_all(*o);
    p.fsm.ended(o->lane, {}, p.now);
    o = p.next();
    CHECK(p.fsm.may_be_too_much(o->lane));
    while (p.fsm.may_be_too_much(o->lane))
    {
        CHECK(p.fsm.ended(o->lane, fail(reason::range_refused), p.now) == then::go_on);
        o = p.next();
        REQUIRE(o);
        REQUIRE(o->ask);
    }
    CHECK(o->ask->size() <= mib);
    CHECK(p.fsm.ended(o->lane, fail(reason::url_expired), p.now) == then::renew);
    p.fsm.renewed({});
    o = p.next();
    CHECK(o->ask->size() > mib);  // it was the address
}

TEST_CASE("a source that was left comes back when the one it was left for does far worse")
{
    pace_fsm hosts(2);
    auto now = plan_fsm::time_point() + 1h;
    const auto play_for = [&](std::size_t which, int seconds, std::uint64_t rate) {
        hosts.begun(which, now);
        for (int tenths = 0; tenths < 10 * seconds; ++tenths)
        {
            now += 100ms;
            hosts.arrived(which, rate / 10, now);
            hosts.compare(1000 * mib, now);
        }
        hosts.ended(which, now);
    };
    play_for(0, 12, mib);
    play_for(1, 1, 20 * mib);  // a burst
    play_for(0, 1, mib);
    CHECK(hosts.left(0));
    play_for(1, 30, 1100);
    CHECK(hosts.left(1));
    CHECK_FALSE(hosts.left(0));
}

TEST_CASE("a large file that a source refuses to send as a whole is asked for in parts, a small one is not")
{
    play p(500 * mib, 1, 1);
    auto o = p.next();
    REQUIRE(o);
    CHECK_FALSE(o->ask);
    CHECK(p.fsm.ended(o->lane, fail(reason::forbidden), p.now) == then::go_on);
    o = p.next();
    REQUIRE(o);
    REQUIRE(o->ask);
    CHECK(o->ask->size() <= 4 * mib);

    play small(3 * mib, 1, 1);
    o = small.next();
    CHECK(small.fsm.ended(o->lane, fail(reason::forbidden), small.now) == then::go_on);
    CHECK(small.fsm.verdict()->why == reason::forbidden);
}

namespace {

/// How long a download takes from a host that brings 4 KiB a second over each connection and one that brings 100 MiB, looked at ten times a
/// second; nothing: more than three minutes.
std::optional<plan_fsm::time_point::duration> play_slow_and_fast(std::vector<planned_file> files, unsigned connections)
{
    plan_fsm fsm(std::move(files), connections);
    const auto begun = plan_fsm::time_point() + 1h;
    std::vector<std::pair<plan_fsm::order, std::uint64_t>> lanes;  // each with where it stands
    for (auto now = begun; now < begun + 180s; now += 100ms)
    {
        fsm.compare_hosts(now);
        std::erase_if(lanes, [&](const auto& lane) {
            const auto& [o, at] = lane;
            if (!fsm.superfluous(o.lane) && !fsm.wanted(o.lane, at).empty())
                return false;
            fsm.ended(o.lane, {}, now);
            return true;
        });
        if (fsm.complete())
            return now - begun;
        while (auto o = fsm.next(now))
        {
            fsm.answered(o->lane, !o->ask);
            lanes.emplace_back(*o, o->ask ? o->ask->begin : 0);
        }
        for (auto& [o, at] : lanes)
        {
            auto want = fsm.wanted(o.lane, at);
            want.end = std::min<std::uint64_t>(want.end, want.begin + (o.source == 0 ? 410 : 10 * mib));
            if (want.empty())
                continue;
            fsm.arrived(o.lane, want.size(), now);
            fsm.put(o.lane, want);
            at = want.end;
        }
    }
    return std::nullopt;
}

}  // namespace

TEST_CASE("a source is left for one that is far faster, however little time that one needs for what it is asked")
{
    const auto files = [](std::size_t count, std::uint64_t size) {
        return std::vector<planned_file>(count, planned_file{"", size, range_set({0, size}), {0, 1}, 0});
    };
    for (const unsigned connections : {1u, 8u})
    {
        CAPTURE(connections);
        CHECK(play_slow_and_fast(files(1, 160 * mib), connections).value_or(180s) < 20s);
        CHECK(play_slow_and_fast(files(1, 3 * mib), connections).value_or(180s) < 20s);
        CHECK(play_slow_and_fast(files(40, 60'000), connections).value_or(180s) < 30s);
    }
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

TEST_CASE("a source that brings less than the least rate is given up, the only one too; one that brings enough is kept")
{
    for (const std::uint64_t rate : {std::uint64_t{5'000}, std::uint64_t{50'000}})
    {
        play p(100 * mib, 1);
        const auto o = p.next();
        REQUIRE(o.has_value());
        p.fsm.answered(o->lane, true);
        std::uint64_t at = 0;
        for (int tenths = 0; tenths < 120; ++tenths)
        {
            at = p.deliver(o->lane, at, rate / 10);
            p.now += 100ms;
            p.fsm.compare_hosts(p.now, 20'000);
            if (tenths < 90)
                CHECK_FALSE(p.fsm.superfluous(o->lane));  // ten seconds are what it takes to tell
        }
        CHECK(p.fsm.superfluous(o->lane) == (rate == 5'000));
        if (rate != 5'000)
            continue;
        CHECK(p.fsm.ended(o->lane, {}, p.now) == then::go_on);
        CHECK_FALSE(p.next());
        REQUIRE(p.fsm.verdict().has_value());
        CHECK(p.fsm.verdict()->why == reason::too_slow);
    }
}

TEST_CASE("with another source at hand, one below the least rate is left for it")
{
    play p(100 * mib, 1, 2);
    const auto slow = p.next();
    REQUIRE(slow.has_value());
    p.fsm.answered(slow->lane, true);
    std::uint64_t at = 0;
    for (int tenths = 0; tenths < 110; ++tenths)
    {
        at = p.deliver(slow->lane, at, 100);
        p.now += 100ms;
        p.fsm.compare_hosts(p.now, 20'000);
    }
    CHECK(p.fsm.superfluous(slow->lane));
    p.fsm.ended(slow->lane, {}, p.now);
    const auto other = p.next();
    REQUIRE(other.has_value());
    CHECK(other->source != slow->source);
    CHECK_FALSE(p.fsm.verdict());
}

TEST_CASE("while a source is silent, time alone decides at moments that are known before, and not between them")
{
    play p(100 * mib, 1, 2);
    const auto begun = p.now;
    auto o = p.next();
    REQUIRE(o.has_value());
    p.fsm.answered(o->lane, true);
    p.deliver(o->lane, 0, 64 * 1024);
    p.fsm.compare_hosts(p.now);
    const auto first = p.fsm.next_look(p.now, true);
    REQUIRE(first.has_value());
    CHECK(*first - begun == 5s);                 // then the other is tried
    CHECK_FALSE(p.fsm.next_look(p.now, false));  // where nothing is compared, there is nothing to wait for
    for (p.now += 100ms; p.now < *first; p.now += 100ms)
    {
        p.fsm.compare_hosts(p.now);
        CHECK_FALSE(p.fsm.superfluous(o->lane));
        CHECK(p.fsm.next_look(p.now, true) == first);  // it does not move while nothing happens
    }
    p.now = *first;
    p.fsm.compare_hosts(p.now);
    CHECK(p.fsm.superfluous(o->lane));

    // Ten minutes of silence from both.
    unsigned looks = 0;
    unsigned changes = 0;
    for (; looks < 1000 && p.now < begun + 10min; ++looks)
    {
        if (p.fsm.superfluous(o->lane))
        {
            ++changes;
            p.fsm.ended(o->lane, {}, p.now);
            o = p.next();
            REQUIRE(o.has_value());
        }
        const auto look = p.fsm.next_look(p.now, true);
        p.now = look.value_or(begun + 10min);
        p.fsm.compare_hosts(p.now);
    }
    CHECK(looks <= 2 * changes + 1);  // no look without something to decide, but where a host is only marked as slow
    CHECK(changes >= 2);
    CHECK(looks < 60);
}

TEST_CASE("the least rate is looked at when it can be told, and time in which nobody looked counts for it")
{
    play p(100 * mib, 1);
    const auto begun = p.now;
    const auto o = p.next();
    REQUIRE(o.has_value());
    p.fsm.answered(o->lane, true);
    p.deliver(o->lane, 0, 1000);
    CHECK_FALSE(p.fsm.next_look(p.now, true));
    const auto look = p.fsm.next_look(p.now, true, 20'000);
    REQUIRE(look.has_value());
    CHECK(*look - begun == 10s);
    p.now = *look;
    p.fsm.compare_hosts(p.now, 20'000);
    CHECK(p.fsm.superfluous(o->lane));
}

TEST_CASE("bytes count for the second in which they came, however long nobody looked before")
{
    play p(100 * mib, 1);
    const auto o = p.next();
    REQUIRE(o.has_value());
    p.fsm.answered(o->lane, true);
    p.now += 15s;
    std::uint64_t at = p.deliver(o->lane, 0, 300'000);
    p.fsm.compare_hosts(p.now, 20'000);
    CHECK_FALSE(p.fsm.superfluous(o->lane));  // 300 kB within the last ten seconds
    p.now += 9s;
    p.fsm.compare_hosts(p.now, 20'000);
    CHECK_FALSE(p.fsm.superfluous(o->lane));
    p.now += 3s;
    at = p.deliver(o->lane, at, 1000);
    p.fsm.compare_hosts(p.now, 20'000);
    CHECK(p.fsm.superfluous(o->lane));  // they are too long ago by now
}

TEST_CASE("what somebody waits for is asked for next, with what follows it")
{
    play p(200 * mib, 4);
    const auto first = p.next();
    REQUIRE(first.has_value());
    p.fsm.prefer(0, {100 * mib, 101 * mib});
    p.fsm.answered(first->lane, false);
    p.deliver_all(*first);
    p.now += 1s;
    p.fsm.ended(first->lane, {}, p.now);
    const auto next = p.next();
    REQUIRE(next.has_value());
    REQUIRE(next->ask.has_value());
    CHECK(next->ask->begin == 100 * mib);
    CHECK(next->ask->end >= 101 * mib);
    p.fsm.prefer(0, {100 * mib, 101 * mib});  // it is on its way: nobody else is sent
    p.deliver_all(*next);
    p.fsm.ended(next->lane, {}, p.now);
    const auto after = p.next();
    REQUIRE(after.has_value());
    CHECK(after->ask->begin < 100 * mib);
}

TEST_CASE("the only connection is given up for bytes far away that somebody waits for, not for those that come soon")
{
    play p(200 * mib, 1);
    const auto all = p.next();
    REQUIRE(all.has_value());
    p.fsm.answered(all->lane, true);
    (void)p.deliver(all->lane, 0, 10 * mib);
    p.fsm.prefer(0, {12 * mib, 13 * mib});
    CHECK_FALSE(p.fsm.superfluous(all->lane));
    p.fsm.prefer(0, {150 * mib, 151 * mib});
    CHECK(p.fsm.superfluous(all->lane));
    p.fsm.ended(all->lane, {}, p.now);
    const auto near = p.next();  // what was waited for first
    REQUIRE(near.has_value());
    CHECK(near->ask->begin == 12 * mib);
    p.deliver_all(*near);
    p.fsm.ended(near->lane, {}, p.now);
    const auto far = p.next();
    REQUIRE(far.has_value());
    CHECK(far->ask->begin == 150 * mib);
    p.deliver_all(*far);
    p.fsm.ended(far->lane, {}, p.now);
    while (const auto rest = p.next())
    {
        p.deliver_all(*rest);
        p.fsm.ended(rest->lane, {}, p.now);
    }
    CHECK(p.fsm.complete());
    CHECK(p.got.covers({0, 200 * mib}));
}
