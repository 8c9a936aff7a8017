// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_UNIT_RANGE_PLAY_HPP
#define MODELSEC_TESTS_UNIT_RANGE_PLAY_HPP

#include <modelsec/detail/fetch/range_fsm.hpp>

#include <doctest/doctest.h>

#include <algorithm>

namespace range_play {

using namespace modelsec;
using namespace modelsec::detail;
using namespace std::chrono_literals;

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

}  // namespace range_play

#endif
