// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_FOREIGN_PLAN_IPP
#define MODELSEC_DETAIL_FETCH_FOREIGN_PLAN_IPP

#include <modelsec/detail/fetch/foreign_plan.hpp>
#include <modelsec/limits.hpp>

#include <algorithm>
#include <charconv>
#include <numeric>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

std::string foreign_id(const foreign_name& name)
{
    return name.content.hex() + '-' + std::to_string(name.bytes.begin) + '-' + std::to_string(name.bytes.end);
}

std::optional<foreign_name> parse_foreign_id(std::string_view id)
{
    constexpr std::size_t digits = 2 * sha256_digest::size_bytes;
    if (id.size() < digits + 4 || id.size() > 120 || id[digits] != '-')
        return std::nullopt;
    const auto content = sha256_digest::from_hex(id.substr(0, digits));
    if (!content)
        return std::nullopt;
    foreign_name out{*content, {}};
    const char* const last = id.data() + id.size();
    const auto begin = std::from_chars(id.data() + digits + 1, last, out.bytes.begin);
    if (begin.ec != std::errc() || begin.ptr == last || *begin.ptr != '-')
        return std::nullopt;
    const auto end = std::from_chars(begin.ptr + 1, last, out.bytes.end);
    if (end.ec != std::errc() || end.ptr != last || out.bytes.empty() || out.bytes.end > limits::max_integer)
        return std::nullopt;
    // One range has one name: leading zeros and capitals would make others.
    return foreign_id(out) == id ? std::optional(out) : std::nullopt;
}

std::chrono::seconds rest_after(std::uint64_t failures) noexcept
{
    constexpr std::chrono::seconds first{15}, longest = std::chrono::hours(1);
    if (failures < 2)
        return std::chrono::seconds(0);
    const std::uint64_t doublings = failures - 2;
    return doublings < 8 ? std::min(first * (1 << doublings), longest) : longest;
}

/// When a source may be asked again; nothing: now.
inline std::optional<utc_time> rests_until(const partial_notes& notes, std::uint64_t source, utc_time now)
{
    const auto known = notes.failures.find(source);
    if (known == notes.failures.end())
        return std::nullopt;
    const utc_time at{std::chrono::seconds(known->second.at)};
    const utc_time until = at + rest_after(known->second.times);
    // A failure from the future is one of a clock that was wrong: nobody waits for it.
    return now < until && at <= now + limits().clock_skew ? std::optional(until) : std::nullopt;
}

/// What nobody was asked for.
inline range_set open_bytes(const foreign_file& file, utc_time now)
{
    range_set missing = file.notes.synced.missing_of({0, file.expected->size_bytes});
    for (const range_lease& l : file.notes.leases)
        if (is_running(l, now))
            missing.subtract(l.bytes);
    return missing;
}

inline bool is_on_its_way(const foreign_file& file, utc_time now)
{
    return std::ranges::any_of(
        file.notes.leases, [&](const range_lease& l) { return is_running(l, now) && !file.notes.synced.covers(l.bytes); });
}

foreign_next choose_foreign_range(const std::vector<foreign_file>& files, std::uint64_t range_bytes, utc_time now)
{
    std::vector<std::size_t> order(files.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t i) { return files[i].expected->size_bytes; });
    foreign_next next;
    for (const std::size_t i : order)
    {
        const artifact_file& f = *files[i].expected;
        const range_set missing = open_bytes(files[i], now);
        if (missing.empty())
            continue;
        std::vector<std::size_t> sources = order_of_sources(files[i], now);
        if (sources.empty())
        {
            for (std::size_t s = 0; s < files[i].sources; ++s)
                if (const auto until = rests_until(files[i].notes, s, now);
                    until && (!next.rest || *until < next.rest->until))
                    next.rest = foreign_rest{*until, files[i].notes.failures.at(s).why};
            continue;
        }
        byte_range out = missing.ranges().front();
        if (f.chunks && f.chunks->size_bytes > 0)
        {
            const std::uint64_t unit = f.chunks->size_bytes;
            const std::uint64_t wanted = range_bytes < limits::max_integer - out.begin ? out.begin + range_bytes : out.end;
            const std::uint64_t last = std::max(wanted - wanted % unit, out.begin - out.begin % unit + unit);
            out.end = std::min(out.end, last);
        }
        return {foreign_choice{i, out, std::move(sources)}, std::nullopt};
    }
    if (std::ranges::any_of(files, [&](const foreign_file& f) { return is_on_its_way(f, now); }))
        next.rest.reset();
    return next;
}

std::vector<std::size_t> order_of_sources(const foreign_file& file, utc_time now)
{
    std::vector<std::size_t> out(file.sources);
    std::iota(out.begin(), out.end(), std::size_t{0});
    std::erase_if(out, [&](std::size_t i) { return rests_until(file.notes, i, now).has_value(); });
    std::ranges::stable_sort(out, {}, [&](std::size_t i) {
        const auto known = file.notes.failures.find(i);
        return known == file.notes.failures.end() ? std::uint64_t{0} : known->second.times;
    });
    return out;
}

std::optional<source_trouble> trouble_after(const partial_notes& notes, std::uint64_t source, reason why, utc_time now)
{
    if (why == reason::none || why == reason::cancelled)
        return std::nullopt;
    const auto known = notes.failures.find(source);
    source_trouble out = known == notes.failures.end() ? source_trouble() : known->second;
    if (why != reason::url_expired || out.why == reason::url_expired)
        ++out.times;
    out.at = static_cast<std::uint64_t>(std::max<std::int64_t>(now.time_since_epoch().count(), 0));
    out.why = why;
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
