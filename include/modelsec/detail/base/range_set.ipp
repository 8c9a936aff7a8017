// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_RANGE_SET_IPP
#define MODELSEC_DETAIL_BASE_RANGE_SET_IPP

#include <modelsec/detail/base/range_set.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

void range_set::add(byte_range r)
{
    if (r.empty())
        return;
    const auto first = std::partition_point(ranges_.begin(), ranges_.end(), [&](const auto& x) { return x.end < r.begin; });
    const auto last = std::partition_point(first, ranges_.end(), [&](const auto& x) { return x.begin <= r.end; });
    if (first != last)
    {
        r.begin = std::min(r.begin, first->begin);
        r.end = std::max(r.end, std::prev(last)->end);
    }
    ranges_.insert(ranges_.erase(first, last), r);
}

void range_set::subtract(byte_range r)
{
    if (r.empty())
        return;
    // Only what it touches is looked at: a set may have a hundred thousand ranges, and as many are taken out of it (CWE-407).
    const auto first = std::partition_point(ranges_.begin(), ranges_.end(), [&](const auto& x) { return x.end <= r.begin; });
    const auto last = std::partition_point(first, ranges_.end(), [&](const auto& x) { return x.begin < r.end; });
    if (first == last)
        return;
    const byte_range before{first->begin, std::min(first->end, r.begin)};
    const byte_range after{std::max(std::prev(last)->begin, r.end), std::prev(last)->end};
    auto at = ranges_.erase(first, last);
    if (!after.empty())
        at = ranges_.insert(at, after);
    if (!before.empty())
        ranges_.insert(at, before);
}

std::uint64_t range_set::size() const noexcept
{
    std::uint64_t sum = 0;
    for (const auto& x : ranges_)
        sum += x.size();
    return sum;
}

bool range_set::covers(byte_range r) const noexcept
{
    return r.empty() || from(r.begin).end >= r.end;
}

byte_range range_set::from(std::uint64_t position) const noexcept
{
    const auto it = std::partition_point(ranges_.begin(), ranges_.end(), [&](const auto& x) { return x.end <= position; });
    if (it == ranges_.end() || it->begin > position)
        return {};
    return {position, it->end};
}

range_set range_set::missing_of(byte_range whole) const
{
    range_set out;
    std::uint64_t at = whole.begin;
    for (const auto& x : ranges_)
    {
        out.add({at, std::min(x.begin, whole.end)});
        at = std::max(at, x.end);
    }
    out.add({at, whole.end});
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
