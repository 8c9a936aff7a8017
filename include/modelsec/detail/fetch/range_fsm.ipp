// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_RANGE_FSM_IPP
#define MODELSEC_DETAIL_FETCH_RANGE_FSM_IPP

#include <modelsec/detail/fetch/range_fsm.hpp>
#include <modelsec/detail/net/retry_fsm.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Borders between lanes lie at whole pages, as direct writes want it.
inline constexpr std::uint64_t range_page = 4096;
/// What is asked for at once when several connections share a file: enough that the time to the first byte hardly counts,
/// little enough that the hash follows close behind.
inline constexpr std::uint64_t range_segment_least = 1u << 20;
inline constexpr std::uint64_t range_segment_first = 4u << 20;
inline constexpr std::uint64_t range_segment_most = 64u << 20;
inline constexpr std::chrono::duration<double> range_segment_time{1.0};
inline constexpr double range_segment_latencies = 20;
/// A tail is taken over if its owner needs longer than this for it.
inline constexpr double range_steal_seconds = 0.5;
inline constexpr std::uint64_t range_steal_least = 64u << 10;
inline constexpr std::chrono::seconds range_silence{2};
/// Some hosts refuse to send more than 50 GB without a range.
inline constexpr std::uint64_t range_always_from = std::uint64_t{16} << 30;
/// New addresses that bring no byte, before the source counts as expired for good.
inline constexpr unsigned range_vain_renewals = 2;

double range_fsm::lane::rate(time_point now) const
{
    if (!first_byte)
        return 0;
    return static_cast<double>(bytes) / std::max(0.01, std::chrono::duration<double>(now - *first_byte).count());
}

range_fsm::range_fsm(std::uint64_t size, range_set missing, unsigned connections, mirror_fsm& mirrors)
    : size_(size), connections_(std::max(1u, connections)), mirrors_(mirrors), growth_(connections_),
      missing_(std::move(missing)), delivered_(mirrors.size()), segments_(mirrors.size(), range_segment_first)
{
}

std::size_t range_fsm::lanes_at(std::size_t source) const
{
    return static_cast<std::size_t>(
        std::ranges::count_if(lanes_, [&](const auto& entry) { return entry.second.source == source; }));
}

std::optional<range_fsm::order> range_fsm::next(time_point now)
{
    if (verdict_ || backing_off_ || renewing_ || complete() || lanes_.size() >= growth_.target())
        return std::nullopt;
    const auto source = mirrors_.best();
    if (!source)
    {
        if (lanes_.empty())
            verdict_ = mirrors_.verdict();
        return std::nullopt;
    }
    const bool ranges = mirrors_.has_ranges(*source);
    order out{last_lane_ + 1, *source, std::nullopt};
    range_set todo;
    if (!ranges)
    {
        // It sends all or nothing: one connection, for all that is left.
        if (missing_.empty() || lanes_at(*source) > 0)
            return std::nullopt;
        todo = std::exchange(missing_, {});
    }
    else
    {
        byte_range part;
        if (missing_.empty())
            part = steal(now);
        else
        {
            part = missing_.ranges().front();
            if (const std::uint64_t most = segment(*source); connections_ > 1 && part.size() > most / 2 * 3)
                part.end = (part.begin + most) / range_page * range_page;
            missing_.subtract(part);
        }
        if (part.empty())
            return std::nullopt;
        todo.add(part);
        if (connections_ > 1 || part.size() != size_ || size_ >= range_always_from)
            out.ask = part;
    }
    lane& l = lanes_[++last_lane_];
    l.source = *source;
    l.todo = std::move(todo);
    l.ranged = out.ask.has_value();
    l.begun = l.seen = now;
    return out;
}

std::uint64_t range_fsm::segment(std::size_t source) const
{
    // Towards the end everybody gets the same.
    return std::min(segments_[source], std::max(range_segment_least, missing_.size() / growth_.target()));
}

double range_fsm::average_rate(time_point now) const
{
    double sum = 0;
    std::size_t known = 0;
    for (const auto& [id, l] : lanes_)
        if (l.first_byte && l.bytes > 0)
        {
            sum += l.rate(now);
            ++known;
        }
    return known == 0 ? 0 : sum / static_cast<double>(known);
}

// The lane that needs longest gives away the part that the thief, no slower than the average, will have done by then. One
// that is silent keeps nothing; one that has only begun is taken for an average one.
byte_range range_fsm::steal(time_point now)
{
    const double average = average_rate(now);
    const auto own_rate = [&](const lane& l) {
        if (now - l.seen > range_silence)
            return 0.0;
        return l.bytes > 0 ? l.rate(now) : average;
    };
    lane* victim = nullptr;
    double longest = range_steal_seconds;
    for (auto& [id, l] : lanes_)
    {
        const double left = static_cast<double>(l.todo.size() - std::min(l.in_hand, l.todo.size()));
        const double rate = own_rate(l);
        if (l.todo.ranges().size() != 1 || left < range_steal_least || (rate == 0 && now - l.seen <= range_silence))
            continue;
        if (const double needs = left / std::max(rate, 1.0); needs > longest)
        {
            victim = &l;
            longest = needs;
        }
    }
    if (!victim)
        return {};
    const byte_range all = victim->todo.ranges().front();
    const std::uint64_t from = std::min(all.end, all.begin + victim->in_hand / range_page * range_page);
    const double own = own_rate(*victim);
    const double share = own / std::max(own + std::max(average, own), 1.0);
    const auto keeps = static_cast<std::uint64_t>(static_cast<double>(all.end - from) * share);
    const byte_range part{std::max(all.begin, (from + keeps) / range_page * range_page), all.end};
    victim->todo.subtract(part);
    return part;
}

void range_fsm::answered(lane_id id, bool whole)
{
    if (!whole)
        return;
    lane& l = lanes_.at(id);
    if (l.ranged)
        mirrors_.no_ranges(l.source);
    for (const auto& r : std::exchange(missing_, {}).ranges())
        l.todo.add(r);
}

byte_range range_fsm::wanted(lane_id id, std::uint64_t offset) const
{
    for (const auto& r : lanes_.at(id).todo.ranges())
        if (r.end > offset)
            return {std::max(r.begin, offset), r.end};
    return {};
}

void range_fsm::arrived(lane_id id, std::uint64_t bytes, time_point now)
{
    lane& l = lanes_.at(id);
    if (!l.first_byte)
        l.first_byte = now;
    else
        l.bytes += bytes;  // the first ones came at once
    l.in_hand += bytes;
    l.seen = now;
    growth_.arrived(bytes, lanes_at_work(), now);
}

void range_fsm::put(lane_id id, byte_range bytes)
{
    lane& l = lanes_.at(id);
    l.todo.subtract(bytes);
    l.in_hand = 0;
    delivered_[l.source].add(bytes);
    mirrors_.worked(l.source);
    renewals_ = 0;
}

bool range_fsm::superfluous(lane_id id) const
{
    const auto found = lanes_.find(id);
    return found != lanes_.end() && found->second.todo.size() <= found->second.in_hand;
}

range_fsm::then range_fsm::ended(lane_id id, std::optional<failure> why, time_point now)
{
    const lane l = std::move(lanes_.at(id));
    lanes_.erase(id);
    for (const auto& r : l.todo.ranges())
        missing_.add(r);
    if (l.first_byte)
    {
        const double latency = std::chrono::duration<double>(*l.first_byte - l.begun).count();
        const double seconds = std::clamp(latency * range_segment_latencies, range_segment_time.count(), 4.0);
        segments_[l.source] =
            std::clamp(static_cast<std::uint64_t>(l.rate(l.seen) * seconds), range_segment_first, range_segment_most);
    }
    if (!why || verdict_ || mirrors_.dropped(l.source))
        return then::go_on;
    if (why->code() == errc::cancelled || why->why == reason::deadline)
        stop(std::move(*why));
    else if (why->why == reason::url_expired && l.source == 0)
    {
        if (++renewals_ > range_vain_renewals)
            drop(l.source, std::move(*why));
        else
        {
            renewing_ = true;
            return then::renew;
        }
    }
    // Unless it has served parts before: then it is not the part that it refuses.
    else if (why->why == reason::range_refused && mirrors_.has_ranges(l.source) && delivered_[l.source].empty())
        mirrors_.no_ranges(l.source);
    else if (!retry_fsm::worth_retrying(why->why))
        drop(l.source, std::move(*why));
    else
    {
        // 416, or another range than was asked: what a source cannot do in parts it may do as a whole.
        if (why->why == reason::range_mismatch)
            mirrors_.no_ranges(l.source);
        if (lanes_at(l.source) > 0)
            growth_.refused(static_cast<unsigned>(lanes_.size()), now);
        else if (!mirrors_.strike(l.source) && !backing_off_)
        {
            backing_off_ = true;
            return then::back_off;
        }
    }
    return then::go_on;
}

void range_fsm::backed_off(std::optional<failure> why)
{
    backing_off_ = false;
    if (why)
        stop(std::move(*why));
}

void range_fsm::renewed(std::optional<failure> why)
{
    renewing_ = false;
    if (why)
        drop(0, std::move(*why));
}

void range_fsm::refused(byte_range bytes)
{
    missing_.add(bytes);
    for (std::size_t i = 0; i < delivered_.size(); ++i)
    {
        if (delivered_[i].missing_of(bytes).size() == bytes.size())
            continue;
        delivered_[i].subtract(bytes);
        mirrors_.served_wrong_bytes(i);
    }
}

void range_fsm::drop(std::size_t source, failure why)
{
    mirrors_.drop(source, std::move(why));
    if (mirrors_.alive() == 0 && lanes_.empty())
        stop(mirrors_.verdict());
}

void range_fsm::stop(failure why)
{
    if (!verdict_)
        verdict_ = std::move(why);
}

bool range_fsm::complete() const
{
    return missing_.empty() && std::ranges::all_of(lanes_, [](const auto& entry) { return entry.second.todo.empty(); });
}

std::vector<std::size_t> range_fsm::contributors() const
{
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < delivered_.size(); ++i)
        if (!delivered_[i].empty())
            out.push_back(i);
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
