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

std::optional<foreign_choice> choose_foreign_range(const std::vector<foreign_file>& files, std::uint64_t range_bytes,
                                                   utc_time now)
{
    std::vector<std::size_t> order(files.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::ranges::stable_sort(order, std::greater<>(), [&](std::size_t i) { return files[i].expected->size_bytes; });
    for (const std::size_t i : order)
    {
        const artifact_file& f = *files[i].expected;
        range_set missing = files[i].notes.synced.missing_of({0, f.size_bytes});
        for (const range_lease& l : files[i].notes.leases)
            if (is_running(l, now))
                missing.subtract(l.bytes);
        if (missing.empty())
            continue;
        byte_range out = missing.ranges().front();
        if (f.chunks && f.chunks->size_bytes > 0)
        {
            const std::uint64_t unit = f.chunks->size_bytes;
            const std::uint64_t wanted = range_bytes < limits::max_integer - out.begin ? out.begin + range_bytes : out.end;
            const std::uint64_t last = std::max(wanted - wanted % unit, out.begin - out.begin % unit + unit);
            out.end = std::min(out.end, last);
        }
        return foreign_choice{i, out};
    }
    return std::nullopt;
}

std::vector<std::size_t> order_of_sources(const partial_notes& notes, std::size_t sources)
{
    std::vector<std::size_t> out(sources);
    std::iota(out.begin(), out.end(), std::size_t{0});
    std::ranges::stable_sort(out, {}, [&](std::size_t i) {
        const auto known = notes.failures.find(i);
        return known == notes.failures.end() ? std::uint64_t{0} : known->second;
    });
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
