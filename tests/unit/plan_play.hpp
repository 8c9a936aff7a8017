// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_UNIT_PLAN_PLAY_HPP
#define MODELSEC_TESTS_UNIT_PLAN_PLAY_HPP

#include <modelsec/detail/fetch/plan_fsm.hpp>

#include <doctest/doctest.h>

#include <algorithm>

namespace plan_play {

using namespace modelsec;
using namespace modelsec::detail;
using namespace std::chrono_literals;

constexpr std::uint64_t mib = 1u << 20;
using then = plan_fsm::then;

/// A download that is played by hand: time, lanes, and which bytes came in.
struct play
{
    play(std::uint64_t size, unsigned connections, std::size_t sources = 1, range_set missing = {})
        : fsm(one_file(size, sources, missing.empty() ? range_set({0, size}) : missing), connections)
    {
    }

    /// Every source is a host of its own.
    static std::vector<planned_file> one_file(std::uint64_t size, std::size_t sources, range_set missing)
    {
        planned_file f{"", size, std::move(missing), {}, 0};
        for (std::size_t i = 0; i < sources; ++i)
            f.hosts.push_back(i);
        return {std::move(f)};
    }
    const mirror_fsm& mirrors() const { return fsm.sources(0); }

    std::optional<plan_fsm::order> next() { return fsm.next(now); }
    /// The lane delivers up to `bytes` of what it is to deliver from `at` on; where it stands then.
    std::uint64_t deliver(plan_fsm::lane_id lane, std::uint64_t at, std::uint64_t bytes)
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
    void deliver_all(const plan_fsm::order& o)
    {
        std::uint64_t at = o.ask ? o.ask->begin : 0;
        while (!fsm.wanted(o.lane, at).empty())
            at = deliver(o.lane, at, mib);
    }

    plan_fsm fsm;
    range_set got;
    plan_fsm::time_point now = plan_fsm::time_point() + 1h;
};

}  // namespace plan_play

#endif
