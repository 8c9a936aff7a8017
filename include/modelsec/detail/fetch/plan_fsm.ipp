// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_PLAN_FSM_IPP
#define MODELSEC_DETAIL_FETCH_PLAN_FSM_IPP

#include <modelsec/detail/fetch/plan_fsm.hpp>
#include <modelsec/detail/net/retry_fsm.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Borders between lanes lie at whole pages, as direct writes want it.
inline constexpr std::uint64_t range_page = 4096;
/// What is asked for at once when several connections share a file: enough that the time to the first byte hardly counts,
/// little enough that the hash follows close behind. A file of the least size is never split.
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
/// So many bytes are waited for rather than that a connection is given up for what somebody waits for.
inline constexpr std::uint64_t range_soon = 8u << 20;
/// New addresses that bring no byte, before the source counts as expired for good.
inline constexpr unsigned range_vain_renewals = 2;
/// A file that failed while others do well is asked for later: so much, then twice that, up to 16 times.
inline constexpr std::chrono::milliseconds range_later{500};

double plan_fsm::lane::rate(time_point now) const
{
    if (!first_byte)
        return 0;
    return static_cast<double>(bytes) / std::max(0.01, std::chrono::duration<double>(now - *first_byte).count());
}

/// One more than the highest number of a host.
inline std::size_t count_hosts(const std::vector<planned_file>& files)
{
    std::size_t out = 1;
    for (const planned_file& f : files)
        for (const std::size_t host : f.hosts)
            out = std::max(out, host + 1);
    return out;
}

plan_fsm::plan_fsm(std::vector<planned_file> files, unsigned connections, const limits& caps)
    : connections_(std::max(1u, connections)), growth_(connections_),
      pace_(count_hosts(files), caps.slow_source_factor, caps.slow_source_time),
      segments_(count_hosts(files), range_segment_first), largest_range_(count_hosts(files), limits::max_integer)
{
    files_.reserve(files.size());
    for (planned_file& f : files)
    {
        const std::size_t index = files_.size();
        files_.push_back(
            {std::move(f.name), f.size, {}, mirror_fsm(f.hosts.size()), std::move(f.hosts), f.chunk, {}, 0, 0, 0, 0, {}});
        for (const auto& r : f.missing.ranges())
            give_back(index, r);
    }
}

void plan_fsm::give_back(std::size_t file, byte_range r)
{
    planned& f = files_[file];
    if (r.empty())
        return;
    missing_bytes_ += r.size();
    f.missing.add(r);
    open_.insert(key_of(file));
}

void plan_fsm::take(std::size_t file, byte_range r)
{
    planned& f = files_[file];
    f.missing.subtract(r);
    missing_bytes_ -= r.size();
    if (f.missing.empty())
        open_.erase(key_of(file));
}

std::size_t plan_fsm::lanes_at(std::size_t host) const
{
    return static_cast<std::size_t>(
        std::ranges::count_if(lanes_, [&](const auto& entry) { return entry.second.host == host; }));
}

/// The host that is to be probed, else the best source whose host was not left for a faster one.
std::optional<std::size_t> plan_fsm::choose(const planned& f) const
{
    if (pace_.probe())
        for (std::size_t i = 0; i < f.hosts.size(); ++i)
            if (f.hosts[i] == *pace_.probe() && !f.sources.dropped(i))
                return i;
    return f.sources.best([&](std::size_t source) { return pace_.left(f.hosts[source]); });
}

std::optional<plan_fsm::order> plan_fsm::begin(std::size_t file, std::size_t source, range_set todo,
                                               std::optional<byte_range> ask, time_point now, bool warm)
{
    planned& f = files_[file];
    if (pace_.probe() == f.hosts[source])
        pace_.probed();
    lane& l = lanes_[++last_lane_];
    l.file = file;
    l.source = source;
    l.host = f.hosts[source];
    l.todo = std::move(todo);
    l.ranged = ask.has_value();
    l.asked = ask ? ask->size() : 0;
    l.warm = warm;
    l.begun = l.seen = now;
    ++f.lanes;
    pace_.begun(l.host, now);
    return order{last_lane_, file, source, ask};
}

std::optional<plan_fsm::order> plan_fsm::next(time_point now, bool warm)
{
    if (verdict_ || backing_off_ || renewing_ || complete() || lanes_.size() >= most_lanes())
        return std::nullopt;
    if (auto first = next_preferred(now, warm))
        return first;
    for (const order_key& key : open_)
    {
        const std::size_t index = key.second;  // a copy: take() may erase the key
        planned& f = files_[index];
        if (now < f.later && !lanes_.empty())
            continue;
        const auto source = choose(f);
        if (!source)
        {
            if (f.lanes == 0)
            {
                give_up(index);
                return std::nullopt;
            }
            continue;
        }
        if (!f.sources.has_ranges(*source))
        {
            // It sends all or nothing: one connection, for all that is left.
            if (f.lanes > 0)
                continue;
            range_set todo = f.missing;
            for (const auto& r : todo.ranges())
                take(index, r);
            return begin(index, *source, std::move(todo), std::nullopt, now, warm);
        }
        byte_range part = f.missing.ranges().front();
        const std::uint64_t size = segment(f.hosts[*source]);
        if ((connections_ > 1 && part.size() > size / 2 * 3) || part.size() > largest_range_[f.hosts[*source]])
        {
            // A chunk that one lane brings in order is hashed as it comes.
            const std::uint64_t unit =
                f.chunk != 0 && part.begin / f.chunk != (part.begin + size) / f.chunk ? f.chunk : range_page;
            part.end = (part.begin + size) / unit * unit;
        }
        take(index, part);
        const bool whole = part.size() == f.size && (connections_ == 1 || f.size <= range_segment_least);
        const bool ranged = !whole || f.size >= range_always_from;
        return begin(index, *source, range_set(part), ranged ? std::optional(part) : std::nullopt, now, warm);
    }
    if (pace_.probe() && !open_.empty())
        pace_.probed();  // no file that is open has a source there
    return split(now, warm);
}

/// What somebody waits for and nobody is at, with what follows it, as far as a connection is asked for at once.
std::optional<plan_fsm::order> plan_fsm::next_preferred(time_point now, bool warm)
{
    for (auto at = preferred_.begin(); at != preferred_.end();)
    {
        planned& f = files_[at->file];
        range_set open(at->bytes);
        for (const auto& r : f.missing.missing_of(at->bytes).ranges())
            open.subtract(r);  // put, or on its way
        if (open.empty())
        {
            at = preferred_.erase(at);
            continue;
        }
        const std::size_t index = at->file;
        const auto source = choose(f);
        if (!source || !f.sources.has_ranges(*source))
        {
            ++at;  // all or nothing: its turn comes with the others
            continue;
        }
        const byte_range first = open.ranges().front();
        byte_range part = f.missing.from(first.begin);
        const std::size_t host = f.hosts[*source];
        part.end = std::min(part.end, first.begin + std::min(largest_range_[host], std::max(first.size(), segment(host))));
        take(index, part);
        return begin(index, *source, range_set(part), part, now, warm);
    }
    return std::nullopt;
}

void plan_fsm::prefer(std::size_t file, byte_range bytes)
{
    constexpr std::size_t most = 256;
    bytes.end = std::min(bytes.end, files_[file].size);
    if (bytes.empty() || preferred_.size() >= most)
        return;
    preferred_.push_back({file, bytes});
    const auto left = [](const lane& l) { return l.todo.size() - std::min(l.in_hand, l.todo.size()); };
    // A lane that gets there soon is let be; one that has them far down its list gives them, and what is behind them, away.
    for (auto& [id, l] : lanes_)
    {
        if (l.file != file || l.leave || !files_[file].sources.has_ranges(l.source))
            continue;
        const std::uint64_t mine = bytes.size() - l.todo.missing_of(bytes).size();
        if (mine == 0)
            continue;
        const std::uint64_t head = l.todo.ranges().front().begin + l.in_hand;
        if (bytes.begin <= head + range_soon)
            return;
        const byte_range given{std::max(bytes.begin, head), l.todo.ranges().back().end};
        const range_set before = l.todo;
        l.todo.subtract(given);
        for (const auto& r : before.ranges())
            if (const byte_range both{std::max(r.begin, given.begin), std::min(r.end, given.end)}; !both.empty())
                give_back(file, both);
    }
    if (lanes_.size() < std::min(connections_, growth_.target()) || lanes_.empty())
        return;
    lane* longest = nullptr;
    for (auto& [id, l] : lanes_)
    {
        if (l.leave || left(l) <= range_soon)
            return;  // there is room already, or soon
        if (!longest || left(l) > left(*longest))
            longest = &l;
    }
    longest->leave = true;
}

std::uint64_t plan_fsm::segment(std::size_t host) const
{
    // Towards the end everybody gets the same.
    return std::min(
        {segments_[host], largest_range_[host], std::max(range_segment_least, missing_bytes_ / growth_.target())});
}

double plan_fsm::average_rate(time_point now) const
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
std::optional<plan_fsm::order> plan_fsm::split(time_point now, bool warm)
{
    const double average = average_rate(now);
    const auto own_rate = [&](const lane& l) {
        if (now - l.seen > range_silence)
            return 0.0;
        return l.bytes > 0 ? l.rate(now) : average;
    };
    lane* victim = nullptr;
    std::size_t source = 0;
    double longest = range_steal_seconds;
    for (auto& [id, l] : lanes_)
    {
        const double left = static_cast<double>(l.todo.size() - std::min(l.in_hand, l.todo.size()));
        const double rate = own_rate(l);
        if (l.todo.ranges().size() != 1 || left < range_steal_least || (rate == 0 && now - l.seen <= range_silence))
            continue;
        const auto from = choose(files_[l.file]);
        if (!from || !files_[l.file].sources.has_ranges(*from))
            continue;
        if (const double needs = left / std::max(rate, 1.0); needs > longest)
        {
            victim = &l;
            source = *from;
            longest = needs;
        }
    }
    if (!victim)
        return std::nullopt;
    const byte_range all = victim->todo.ranges().front();
    const std::uint64_t from = std::min(all.end, all.begin + victim->in_hand / range_page * range_page);
    const double own = own_rate(*victim);
    const double share = own / std::max(own + std::max(average, own), 1.0);
    const auto keeps = static_cast<std::uint64_t>(static_cast<double>(all.end - from) * share);
    byte_range part{std::max(all.begin, (from + keeps) / range_page * range_page), all.end};
    if (const std::uint64_t most = largest_range_[files_[victim->file].hosts[source]]; part.size() > most)
        part.begin = (part.end - most + range_page - 1) / range_page * range_page;
    if (part.empty())
        return std::nullopt;
    victim->todo.subtract(part);
    return begin(victim->file, source, range_set(part), part, now, warm);
}

void plan_fsm::answered(lane_id id, bool whole)
{
    if (!whole)
        return;
    lane& l = lanes_.at(id);
    if (l.ranged)
        files_[l.file].sources.no_ranges(l.source);
    const range_set rest = files_[l.file].missing;
    for (const auto& r : rest.ranges())
    {
        take(l.file, r);
        l.todo.add(r);
    }
}

byte_range plan_fsm::wanted(lane_id id, std::uint64_t offset) const
{
    for (const auto& r : lanes_.at(id).todo.ranges())
        if (r.end > offset)
            return {std::max(r.begin, offset), r.end};
    return {};
}

void plan_fsm::arrived(lane_id id, std::uint64_t bytes, time_point now)
{
    lane& l = lanes_.at(id);
    if (!l.first_byte)
        l.first_byte = now;
    else
        l.bytes += bytes;  // the first ones came at once
    l.in_hand += bytes;
    l.seen = now;
    pace_.arrived(l.host, bytes, now);
    growth_.arrived(bytes, lanes_at_work(), now);
}

void plan_fsm::put(lane_id id, byte_range bytes)
{
    lane& l = lanes_.at(id);
    planned& f = files_[l.file];
    l.todo.subtract(bytes);
    l.in_hand -= std::min(l.in_hand, bytes.size());
    if (f.delivered.empty())
        f.delivered.resize(f.hosts.size());
    f.delivered[l.source].add(bytes);
    f.sources.worked(l.source);
    f.renewals = f.vain = 0;
}

bool plan_fsm::superfluous(lane_id id) const
{
    const auto found = lanes_.find(id);
    return found != lanes_.end() && (found->second.leave || found->second.todo.size() <= found->second.in_hand);
}

std::uint64_t plan_fsm::bytes_to_come() const
{
    std::uint64_t out = missing_bytes_;
    for (const auto& [id, l] : lanes_)
        out += l.todo.size();
    return out;
}

std::optional<plan_fsm::time_point> plan_fsm::next_look(time_point now, bool compared, std::uint64_t min_rate) const
{
    std::optional<time_point> out;
    const auto not_after = [&](time_point at) {
        if (at > now && (!out || at < *out))
            out = at;
    };
    if (verdict_ || lanes_.empty())
        return out;
    if (compared)
        if (const auto decision = pace_.next_decision(bytes_to_come(), min_rate))
            not_after(std::max(*decision, now + std::chrono::milliseconds(1)));  // it may be due already
    if (backing_off_ || renewing_ || lanes_.size() >= most_lanes())
        return out;
    for (const order_key& key : open_)
        not_after(files_[key.second].later);
    // The rest of a lane that has become silent is somebody else's.
    for (const auto& [id, l] : lanes_)
        not_after(l.seen + range_silence + std::chrono::milliseconds(1));
    return out;
}

void plan_fsm::compare_hosts(time_point now, std::uint64_t min_rate)
{
    pace_.compare(bytes_to_come(), now);
    for (auto& [id, l] : lanes_)
    {
        if (pace_.slower_than(l.host, min_rate))
            l.leave = l.too_slow = true;
        if (!pace_.left(l.host) || l.leave)
            continue;
        const auto better = choose(files_[l.file]);
        l.leave = better && files_[l.file].hosts[*better] != l.host;
    }
    // Where no more connections may be opened, one makes room for the probe.
    if (pace_.probe() && lanes_.size() >= connections_)
        for (auto& [id, l] : lanes_)
        {
            const auto other = choose(files_[l.file]);
            if (other && files_[l.file].hosts[*other] == *pace_.probe() && l.host != *pace_.probe())
            {
                l.leave = true;
                break;
            }
        }
}

bool plan_fsm::has_delivered(const lane& l) const
{
    const planned& f = files_[l.file];
    return !f.delivered.empty() && !f.delivered[l.source].empty();
}

bool plan_fsm::may_be_too_much(lane_id id) const
{
    const lane& l = lanes_.at(id);
    return l.asked > range_segment_least && has_delivered(l);
}

/// Object stores and firewalls in front of them refuse large ranges, all ranges, or large files as a whole. Whether there is something else
/// to ask before it is said that the caller has no right: the whole, if no part ever came; smaller ranges; the whole after all.
bool plan_fsm::ask_otherwise(const lane& refused)
{
    planned& f = files_[refused.file];
    std::uint64_t& largest = largest_range_[refused.host];
    if (!refused.ranged)
    {
        const bool has_ranges = f.sources.has_ranges(refused.source);
        f.sources.no_whole(refused.source);
        if (has_ranges && f.size <= range_segment_most)
            return false;
        f.sources.ranges_again(refused.source);
        largest = std::min(largest, has_ranges ? range_segment_first : range_segment_least);
        return true;
    }
    if (!f.sources.has_ranges(refused.source))
        return true;  // another lane has found out
    const bool has_whole = f.sources.has_whole(refused.source);
    if (refused.asked > range_segment_least && (has_delivered(refused) || !has_whole))
    {
        largest = std::min(largest, std::max(range_segment_least, refused.asked / 2 / range_page * range_page));
        return true;
    }
    if (has_whole)
        f.sources.no_ranges(refused.source);
    return has_whole;
}

plan_fsm::then plan_fsm::ended(lane_id id, std::optional<failure> why, time_point now)
{
    const lane l = std::move(lanes_.at(id));
    lanes_.erase(id);
    pace_.ended(l.host, now);
    planned& f = files_[l.file];
    --f.lanes;
    for (const auto& r : l.todo.ranges())
        give_back(l.file, r);
    if (l.first_byte && l.bytes > 0)
    {
        const double latency = std::chrono::duration<double>(*l.first_byte - l.begun).count();
        const double seconds = std::clamp(latency * range_segment_latencies, range_segment_time.count(), 4.0);
        segments_[l.host] =
            std::clamp(static_cast<std::uint64_t>(l.rate(l.seen) * seconds), range_segment_first, range_segment_most);
    }
    if (l.too_slow && !verdict_)
    {
        if (!f.sources.dropped(l.source))
            drop(l.file, l.source, fail(reason::too_slow, "less than the least rate that was asked for"));
        return then::go_on;
    }
    if (!why || verdict_)
        return then::go_on;
    pace_.failed(l.host);
    if (f.sources.dropped(l.source))
        return then::go_on;
    if (why->code() == errc::cancelled || why->why == reason::deadline)
        stop(std::move(*why));
    else if (why->why == reason::url_expired && l.source == 0)
    {
        if (++f.renewals > range_vain_renewals)
            drop(l.file, l.source, std::move(*why));
        else
        {
            renewing_ = l.file;
            return then::renew;
        }
    }
    else if (why->why == (l.ranged ? reason::range_refused : reason::forbidden) && ask_otherwise(l))
        return then::go_on;
    else if (why->why == reason::range_refused)
        drop(l.file, l.source, fail(reason::forbidden, std::move(why->detail)));
    else if (!retry_fsm::worth_retrying(why->why))
        drop(l.file, l.source, std::move(*why));
    else
    {
        // 416, or another range than was asked: what a source cannot do in parts it may do as a whole.
        if (why->why == reason::range_mismatch)
            f.sources.no_ranges(l.source);
        if (lanes_at(l.host) > 0)
        {
            growth_.refused(static_cast<unsigned>(lanes_.size()), now);
            f.later = now + range_later * (1u << std::min(f.vain++, 4u));
        }
        else if (!f.sources.strike(l.source) && !backing_off_)
        {
            backing_off_ = true;
            return then::back_off;
        }
    }
    return then::go_on;
}

void plan_fsm::backed_off(std::optional<failure> why)
{
    backing_off_ = false;
    if (why)
        stop(std::move(*why));
}

void plan_fsm::renewed(std::optional<failure> why)
{
    if (!renewing_)
        return;
    const std::size_t file = *renewing_;
    renewing_.reset();
    // What it refused was the old address, and not too much at once.
    if (!files_[file].hosts.empty())
        largest_range_[files_[file].hosts.front()] = limits::max_integer;
    if (why)
        drop(file, 0, std::move(*why));
}

void plan_fsm::refused(std::size_t file, byte_range bytes)
{
    planned& f = files_[file];
    for (std::size_t i = 0; i < f.delivered.size(); ++i)
    {
        if (f.delivered[i].missing_of(bytes).size() == bytes.size())
            continue;
        f.delivered[i].subtract(bytes);
        f.sources.served_wrong_bytes(i);
    }
    give_back(file, bytes);
}

void plan_fsm::refused_whole(std::size_t file, bool kept, failure why)
{
    planned& f = files_[file];
    std::vector<std::size_t> contributors;
    for (std::size_t i = 0; i < f.delivered.size(); ++i)
        if (!f.delivered[i].empty())
            contributors.push_back(i);
    f.delivered.clear();
    const bool hopeless = ++f.wrong > 1 + 2 * f.hosts.size();
    if (contributors.size() == 1 && !kept)
        f.sources.drop(contributors.front(), why);
    else if (const auto next = f.sources.best())
        f.sources.prefer_alone(*next);
    give_back(file, {0, f.size});
    if (hopeless || f.sources.alive() == 0)
        stop(std::move(why));
}

void plan_fsm::drop(std::size_t file, std::size_t source, failure why)
{
    files_[file].sources.drop(source, std::move(why));
    if (files_[file].sources.alive() == 0 && files_[file].lanes == 0)
        give_up(file);
}

// One file that cannot be had is the whole pack's failure, and says which it is.
void plan_fsm::give_up(std::size_t file)
{
    failure why = files_[file].sources.verdict();
    if (files_.size() > 1 && !files_[file].name.empty())
        why.detail = why.detail.empty() ? files_[file].name : files_[file].name + ": " + why.detail;
    stop(std::move(why));
}

void plan_fsm::stop(failure why)
{
    if (!verdict_)
        verdict_ = std::move(why);
}

bool plan_fsm::complete() const
{
    return open_.empty() && std::ranges::all_of(lanes_, [](const auto& entry) { return entry.second.todo.empty(); });
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
