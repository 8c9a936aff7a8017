// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_GROWTH_FSM_IPP
#define MODELSEC_DETAIL_FETCH_GROWTH_FSM_IPP

#include <modelsec/detail/fetch/growth_fsm.hpp>

#include <algorithm>
#include <utility>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Long enough to even out bursts, short enough that eight connections are there within half a second.
inline constexpr std::chrono::milliseconds growth_window{150};
/// The first one is compared with nothing: it only has to show that this line is no very fast one.
inline constexpr std::chrono::milliseconds growth_first_window{75};
/// A connection that takes longer than this to get going is not waited for.
inline constexpr std::chrono::seconds growth_patience{5};
/// More connections must bring at least this much more.
inline constexpr double growth_gain = 1.25;

void growth_fsm::arrived(std::uint64_t bytes, unsigned busy, time_point now)
{
    if (most_ <= 1 || (settled_ && (target_ == most_ || now - since_ < rest_)))
        return;
    if (settled_)
    {
        settled_ = measuring_ = false;
        best_rate_ = 0;
        rest_ *= 2;
        since_ = now;
    }
    if (!measuring_)
    {
        // The first bytes only start the watch. All connections must be at work, or what is measured is not what was tried.
        if (since_ == time_point())
            since_ = now;
        if (busy < target_ && now - since_ < growth_patience)
            return;
        measuring_ = true;
        starved_ = false;
        bytes_ = 0;
        since_ = now;
        return;
    }
    bytes_ += bytes;
    const auto passed = now - since_;
    if (passed < (best_rate_ == 0 ? growth_first_window : growth_window))
        return;
    measuring_ = false;
    since_ = now;
    decide(static_cast<double>(bytes_) / std::chrono::duration<double>(passed).count(), now);
}

void growth_fsm::decide(double rate, time_point now)
{
    const bool helped = best_rate_ == 0 || rate >= best_rate_ * growth_gain;
    if (!helped)
    {
        target_ = before_;
        settle(now);
        return;
    }
    best_rate_ = rate;
    if (starved_ || target_ == most_)
        settle(now);
    else
    {
        // From one to four: a line that is limited by connection is worth nothing with two.
        before_ = std::exchange(target_, std::min(most_, target_ * (target_ == 1 ? 4 : 2)));
    }
}

void growth_fsm::settle(time_point now) noexcept
{
    settled_ = true;
    since_ = now;
}

void growth_fsm::refused(unsigned busy, time_point now) noexcept
{
    target_ = before_ = std::clamp(busy, 1u, target_);
    settle(now);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
