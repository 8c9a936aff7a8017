// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_PACE_FSM_IPP
#define MODELSEC_DETAIL_FETCH_PACE_FSM_IPP

#include <modelsec/detail/fetch/pace_fsm.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A host is left for one that is so many times as fast.
inline constexpr double pace_factor = 4;
/// Connection seconds that show how fast a probed host is; one that is at work shows it by pace_fsm::proof.
inline constexpr double pace_probe_proof = 1;
/// Others are probed when a host has had this long, and what is missing would take at least so long again.
inline constexpr double pace_probe_after = 5;
inline constexpr double pace_long = 20;
inline constexpr std::chrono::seconds pace_probe_again{60};

pace_fsm::second pace_fsm::host::sum() const
{
    second out = now;
    for (const second& s : past)
    {
        out.bytes += s.bytes;
        out.lane_time += s.lane_time;
        out.time += s.time;
    }
    return out;
}

void pace_fsm::tick(const std::vector<unsigned>& lanes, std::uint64_t missing, time_point now)
{
    const double passed = last_ ? std::chrono::duration<double>(now - *last_).count() : 0;
    if (!last_)
        second_begun_ = now;
    last_ = now;
    for (std::size_t i = 0; i < hosts_.size(); ++i)
    {
        hosts_[i].now.lane_time += passed * lanes[i];
        if (lanes[i] > 0)
            hosts_[i].now.time += passed;
    }
    if (now - second_begun_ >= std::chrono::seconds(1))
    {
        second_begun_ = now;
        slot_ = (slot_ + 1) % seconds;
        for (host& h : hosts_)
            // What an idle host showed stays what is known of it.
            if (h.now.lane_time > 0 || h.now.bytes > 0)
                h.past[slot_] = std::exchange(h.now, {});
    }
    if (hosts_.size() < 2)
        return;

    double total_rate = 0;
    for (std::size_t i = 0; i < hosts_.size(); ++i)
        total_rate += hosts_[i].rate() * lanes[i];
    for (std::size_t i = 0; i < hosts_.size(); ++i)
    {
        host& h = hosts_[i];
        const second seen = h.sum();
        if (h.left || lanes[i] == 0 || seen.lane_time < pace_probe_after)
            continue;
        for (std::size_t other = 0; other < hosts_.size(); ++other)
        {
            const host& o = hosts_[other];
            if (other == i || o.left)
                continue;
            if (seen.lane_time >= proof && o.sum().lane_time >= pace_probe_proof && o.rate() >= pace_factor * h.rate())
            {
                h.left = true;
                break;
            }
        }
        if (h.left || probe_ || static_cast<double>(missing) < total_rate * pace_long)
            continue;
        for (std::size_t other = 0; other < hosts_.size() && !probe_; ++other)
        {
            host& o = hosts_[other];
            if (other == i || o.left || lanes[other] > 0 || (o.probed && now - *o.probed < pace_probe_again))
                continue;
            o.probed = now;
            probe_ = other;
        }
    }
}

void pace_fsm::failed(std::size_t which)
{
    hosts_[which].past = {};
    hosts_[which].now = {};
    for (host& h : hosts_)
        h.left = false;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
