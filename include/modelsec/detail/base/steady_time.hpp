// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_STEADY_TIME_HPP
#define MODELSEC_DETAIL_BASE_STEADY_TIME_HPP

#include <modelsec/detail/base/time_span.hpp>

#include <algorithm>
#include <chrono>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// `from` + `wait`, at most the last point in time there is: "for ever" is said by numbers that no clock can add (CWE-190). A
/// negative wait is none.
inline steady_time steady_after(steady_time from, std::chrono::milliseconds wait) noexcept
{
    const auto room = std::chrono::floor<std::chrono::milliseconds>(steady_time::max() - std::max(from, steady_time{}));
    return wait >= room ? steady_time::max() : from + std::max(wait, std::chrono::milliseconds(0));
}

/// From `now` until `then`, 0 if that has passed.
inline std::chrono::milliseconds steady_left(steady_time now, steady_time then) noexcept
{
    if (then <= now)
        return std::chrono::milliseconds(0);
    return std::chrono::ceil<std::chrono::milliseconds>(then - std::max(now, steady_time{}));
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
