// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_PACE_FSM_IPP
#define MODELSEC_DETAIL_FETCH_PACE_FSM_IPP

#include <modelsec/detail/fetch/pace_fsm.hpp>

#include <algorithm>
#include <utility>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// In slots, of which the window has ten. Others are probed when a host has had half a window, and what is missing would take at least two
// whole ones; a host that did not do well is probed again after six.
inline constexpr int pace_probe_after = 5;
inline constexpr int pace_long = 20;
inline constexpr int pace_probe_again = 60;

pace_fsm::pace_fsm(std::size_t hosts, unsigned factor, std::chrono::milliseconds window)
    : hosts_(hosts), factor_(factor),
      slot_time_(std::clamp<std::chrono::milliseconds>(window, std::chrono::seconds(1), std::chrono::hours(1)) / int{slots})
{
}

pace_fsm::slot pace_fsm::host::sum() const
{
    slot out = now;
    for (const slot& s : past)
    {
        out.bytes += s.bytes;
        out.lane_time += s.lane_time;
        out.time += s.time;
    }
    return out;
}

inline bool pace_fsm::does_better(const host& other, const host& slow) const
{
    return other.sum().bytes > 0 && other.rate() >= factor_ * slow.rate();
}

inline bool pace_fsm::has_proved_it(const host& other, const host& slow) const
{
    return static_cast<double>(other.sum().bytes) >= factor_ * slow.rate() * in_seconds(slot_time_);
}

/// Counts the time up to `now`, slot by slot, however long nobody asked.
void pace_fsm::advance(time_point now)
{
    const duration all = slot_time_ * (2 * slots);  // of what lies further back, nothing is left in the end
    if (!last_ || now - *last_ > all)
        last_ = slot_begun_ = last_ ? now - all : now;
    while (*last_ < now)
    {
        const time_point until = std::min(now, slot_begun_ + slot_time_);
        const duration passed = until - *last_;
        last_ = until;
        for (host& h : hosts_)
        {
            h.now.lane_time += passed * h.lanes;
            if (h.lanes > 0)
                h.now.time += passed;
        }
        if (until < slot_begun_ + slot_time_)
            continue;
        slot_begun_ = until;
        slot_ = (slot_ + 1) % slots;
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
    if (hosts_.size() < 2 || factor_ == 0)
        return;

    double total_rate = 0;
    for (std::size_t i = 0; i < hosts_.size(); ++i)
        total_rate += hosts_[i].rate() * hosts_[i].lanes;
    for (std::size_t i = 0; i < hosts_.size(); ++i)
    {
        host& h = hosts_[i];
        const slot seen = h.sum();
        if (h.left || h.lanes == 0 || seen.lane_time < pace_probe_after * slot_time_)
            continue;
        for (std::size_t other = 0; other < hosts_.size(); ++other)
        {
            host& o = hosts_[other];
            if (other == i)
                continue;
            if (seen.lane_time >= proof() && does_better(o, h) && has_proved_it(o, h))
            {
                // One that was left comes back for what it showed then: whom it was left for does worse by now.
                h.left = true;
                o.left = false;
                break;
            }
        }
        if (h.left || probe_ || static_cast<double>(missing) < total_rate * pace_long * in_seconds(slot_time_))
            continue;
        for (std::size_t other = 0; other < hosts_.size() && !probe_; ++other)
        {
            host& o = hosts_[other];
            if (other == i || o.left || o.lanes > 0 ||
                (o.probed && now - *o.probed < pace_probe_again * slot_time_ && !does_better(o, h)))
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
    // What is known changes by the slot, until the last bytes have left the window; then only a host's next probe comes due.
    const duration longest = (pace_probe_again + 2 * int{slots}) * slot_time_;
    pace_fsm future = *this;
    for (time_point at = slot_begun_; at < slot_begun_ + longest;)
    {
        at += slot_time_;
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
