// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_TIME_SPAN_HPP
#define MODELSEC_DETAIL_BASE_TIME_SPAN_HPP

#include <modelsec/detail/base/clock.hpp>

#include <chrono>
#include <limits>
#include <ratio>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// `time` in a unit that is at least as fine; the longest or shortest that it can say where `time` is more. Every option that is a time may be
/// its type's largest ("for ever"), which std::chrono multiplies unasked wherever it is compared or added (CWE-190).
template <class To, class Rep, class Period>
constexpr To clamped(std::chrono::duration<Rep, Period> time) noexcept
{
    using step = std::ratio_divide<Period, typename To::period>;
    static_assert(step::den == 1 && std::numeric_limits<Rep>::is_integer);
    static_assert(std::numeric_limits<Rep>::digits <= std::numeric_limits<typename To::rep>::digits);
    const typename To::rep count = time.count();
    if (count > To::max().count() / step::num)
        return To::max();
    if (count < To::min().count() / step::num)
        return To::min();
    return To(count * step::num);
}

/// Whether more than `time` lies between `from` and `to`, if that is later.
template <class Rep, class Period>
constexpr bool is_later_by_more(utc_time from, utc_time to, std::chrono::duration<Rep, Period> time) noexcept
{
    const auto most = clamped<std::chrono::seconds>(time);
    if (from.time_since_epoch().count() < 0 && to.time_since_epoch() > std::chrono::seconds::max() + from.time_since_epoch())
        return most < std::chrono::seconds::max();  // longer than can be said
    if (from.time_since_epoch().count() > 0 && to.time_since_epoch() < std::chrono::seconds::min() + from.time_since_epoch())
        return false;
    return to - from > most;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
