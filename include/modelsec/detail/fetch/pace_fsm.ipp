// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_PACE_FSM_IPP
#define MODELSEC_DETAIL_FETCH_PACE_FSM_IPP

#include <modelsec/detail/fetch/pace_fsm.hpp>

#include <algorithm>
#include <utility>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A host is left for one that is so many times as fast.
inline constexpr double pace_factor = 4;
/// Time of connections that shows how fast a probed host is; one that is at work shows it by pace_fsm::proof.
inline constexpr std::chrono::seconds pace_probe_proof{1};
/// Others are probed when a host has had this long, and what is missing would take at least so long again.
inline constexpr std::chrono::seconds pace_probe_after{5};
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

/// Counts the time up to `now`, second by second, however long nobody asked.
void pace_fsm::advance(time_point now)
{
    constexpr std::chrono::seconds one{1};
    constexpr std::chrono::seconds all{2 * seconds};  // of what lies further back, nothing is left in the end
    if (!last_ || now - *last_ > all)
        last_ = second_begun_ = last_ ? now - all : now;
    while (*last_ < now)
    {
        const time_point until = std::min(now, second_begun_ + one);
        const duration passed = until - *last_;
        last_ = until;
        for (host& h : hosts_)
        {
            h.now.lane_time += passed * h.lanes;
            if (h.lanes > 0)
                h.now.time += passed;
        }
        if (until < second_begun_ + one)
            continue;
        second_begun_ = until;
        slot_ = (slot_ + 1) % seconds;
        for (host& h : hosts_)
            // What an idle host showed stays what is known of it.
            if (h.now.lane_time > duration() || h.now.bytes > 0)
                h.past[slot_] = std::exchange(h.now, {});
    }
}

void pace_fsm::begun(std::size_t which, time_point now)
{
    advance(now);
    ++hosts_[which].lanes;
}

void pace_fsm::ended(std::size_t which, time_point now)
{
    advance(now);
    --hosts_[which].lanes;
}

void pace_fsm::arrived(std::size_t which, std::uint64_t bytes, time_point now)
{
    advance(now);
    hosts_[which].now.bytes += bytes;
}

void pace_fsm::compare(std::uint64_t missing, time_point now)
{
    advance(now);
    if (hosts_.size() < 2)
        return;

    double total_rate = 0;
    for (std::size_t i = 0; i < hosts_.size(); ++i)
        total_rate += hosts_[i].rate() * hosts_[i].lanes;
    for (std::size_t i = 0; i < hosts_.size(); ++i)
    {
        host& h = hosts_[i];
        const second seen = h.sum();
        if (h.left || h.lanes == 0 || seen.lane_time < pace_probe_after)
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
            if (other == i || o.left || o.lanes > 0 || (o.probed && now - *o.probed < pace_probe_again))
                continue;
            o.probed = now;
            probe_ = other;
        }
    }
}

std::optional<pace_fsm::time_point> pace_fsm::next_decision(std::uint64_t missing, std::uint64_t min_rate) const
{
    if (!last_ || (hosts_.size() < 2 && min_rate == 0))
        return std::nullopt;
    // What is known changes by the second, until the last bytes are ten seconds old; then only a host's next probe comes due.
    constexpr std::chrono::seconds longest = pace_probe_again + std::chrono::seconds(2 * seconds);
    pace_fsm future = *this;
    for (time_point at = second_begun_; at < second_begun_ + longest;)
    {
        at += std::chrono::seconds(1);
        future.compare(missing, at);
        if (future.probe_ != probe_)
            return at;
        for (std::size_t i = 0; i < hosts_.size(); ++i)
            if (future.hosts_[i].left != hosts_[i].left ||
                (hosts_[i].lanes > 0 && future.slower_than(i, min_rate) && !slower_than(i, min_rate)))
                return at;
    }
    return std::nullopt;
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
