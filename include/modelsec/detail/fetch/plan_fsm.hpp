// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_PLAN_FSM_HPP
#define MODELSEC_DETAIL_FETCH_PLAN_FSM_HPP

#include <modelsec/detail/base/range_set.hpp>
#include <modelsec/detail/fetch/growth_fsm.hpp>
#include <modelsec/detail/fetch/mirror_fsm.hpp>
#include <modelsec/detail/fetch/pace_fsm.hpp>

#include <algorithm>
#include <map>
#include <set>
#include <string>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// One file of a pack, as the plan sees it.
struct planned_file
{
    std::string name;  ///< for the failure that it may cause; may be empty
    std::uint64_t size = 0;
    range_set missing;
    /// One entry a source, best first: the number of its host. What is learnt of a host holds for all files that it serves.
    std::vector<std::size_t> hosts;
    std::uint64_t chunk = 0;  ///< size of its signed chunks; 0: it has none
};

/// Who fetches which bytes of a whole pack: one queue of the ranges that are missing, largest file first; small files go one after
/// the other over connections that stay open, large ones are split among them. The fast connections ("lanes") take over from the
/// slow ones; what a failed one did not deliver is given back; what a failure means is decided here. No IO, no clock.
///
/// The life of a lane: next() -> [answered() -> { wanted() -> arrived()… -> put() }…] -> ended().
class plan_fsm
{
public:
    using time_point = std::chrono::steady_clock::time_point;
    using lane_id = std::uint64_t;

    /// What to ask a source for.
    struct order
    {
        lane_id lane = 0;
        std::size_t file = 0;
        std::size_t source = 0;
        std::optional<byte_range> ask;  ///< nothing: the whole file, without Range
    };

    /// What to do after a lane has ended.
    enum class then
    {
        go_on,     ///< ask next() again
        back_off,  ///< wait as retries do, then say so by backed_off(); nothing new is begun meanwhile
        renew      ///< the file's first source has expired: nothing new is begun until renewed()
    };

    MODELSEC_DECL plan_fsm(std::vector<planned_file> files, unsigned connections, const limits& caps = {});

    /// Work for one more lane, or nothing for now. May end the download: see verdict(). `warm`: this lane has delivered before.
    MODELSEC_DECL std::optional<order> next(time_point now, bool warm = false);
    /// A source that gave parts may refuse this one for its length alone.
    MODELSEC_DECL bool may_be_too_much(lane_id lane) const;
    /// Its answer is good. `whole`: the body is all of the file, so this lane delivers whatever nobody else is at.
    MODELSEC_DECL void answered(lane_id lane, bool whole);
    /// The first bytes at or after `offset` that this lane is to deliver; empty: it is done. Can shrink at any time.
    MODELSEC_DECL byte_range wanted(lane_id lane, std::uint64_t offset) const;
    /// Bytes came in for what it will put next.
    MODELSEC_DECL void arrived(lane_id lane, std::uint64_t bytes, time_point now);
    /// These bytes are out of the lane's hands and will not have to be asked for again.
    MODELSEC_DECL void put(lane_id lane, byte_range bytes);
    /// Other lanes took over all that this one still had to fetch, or its source is left for a faster one: stop it.
    MODELSEC_DECL bool superfluous(lane_id lane) const;
    /// The lane is gone, by itself (no failure) or by `why`.
    MODELSEC_DECL then ended(lane_id lane, std::optional<failure> why, time_point now);
    /// Compares the hosts: while bytes arrive, some times a second; else at next_look(). Not while the rate is limited on purpose.
    /// A host that brings less than `min_rate` bytes a second is given up.
    MODELSEC_DECL void compare_hosts(time_point now, std::uint64_t min_rate = 0);
    /// When next() or compare_hosts() may find something to do though nothing has happened but time; nothing: never. `compared`: the
    /// hosts are compared at all.
    MODELSEC_DECL std::optional<time_point> next_look(time_point now, bool compared, std::uint64_t min_rate = 0) const;

    /// The wait is over, or there is no patience left: then `why` ends the download.
    MODELSEC_DECL void backed_off(std::optional<failure> why);
    /// There is a new address for the first source of must_renew(), or `why` not.
    MODELSEC_DECL void renewed(std::optional<failure> why);
    /// These bytes turned out wrong: whoever delivered them is to blame, and they are missing again.
    MODELSEC_DECL void refused(std::size_t file, byte_range bytes);
    /// The whole file is wrong and no chunk digests say where; `kept`: some of it came from an earlier run. All of it is missing
    /// again. If one source delivered all, it is that source's doing; else the next go is with one of them alone.
    MODELSEC_DECL void refused_whole(std::size_t file, bool kept, failure why);
    /// Somebody waits for these bytes: they are asked for next, and what follows them. A connection that has much else to do
    /// makes room for them.
    MODELSEC_DECL void prefer(std::size_t file, byte_range bytes);
    /// Nothing new is begun any more.
    MODELSEC_DECL void stop(failure why);
    /// The disk or the hash cannot keep up.
    void starved() noexcept { growth_.starved(); }

    /// All bytes were put.
    MODELSEC_DECL bool complete() const;
    /// The file whose first source must be renewed before anything is begun.
    const std::optional<std::size_t>& must_renew() const noexcept { return renewing_; }
    /// Why the download failed, if it did.
    const std::optional<failure>& verdict() const noexcept { return verdict_; }
    std::size_t busy() const noexcept { return lanes_.size(); }
    const mirror_fsm& sources(std::size_t file) const { return files_[file].sources; }
    /// How many lanes there may ever be at once.
    unsigned connections() const noexcept { return connections_; }
    /// Lanes are opened up to this number.
    unsigned target() const noexcept { return growth_.target(); }

private:
    struct planned
    {
        std::string name;
        std::uint64_t size = 0;
        range_set missing;  ///< neither put nor somebody's to do
        mirror_fsm sources;
        std::vector<std::size_t> hosts;
        std::uint64_t chunk = 0;
        std::vector<range_set> delivered;  ///< by source; made when something is delivered
        unsigned lanes = 0;                ///< at work on it
        unsigned vain = 0;                 ///< failures since it got bytes
        unsigned wrong = 0;                ///< how often all of it was wrong
        unsigned renewals = 0;             ///< since bytes were put
        time_point later;                  ///< not asked for before, while there is other work
    };
    struct lane
    {
        std::size_t file = 0;
        std::size_t source = 0;
        std::size_t host = 0;
        bool ranged = false;        ///< it was asked for a range
        std::uint64_t asked = 0;    ///< … of so many bytes
        bool warm = false;          ///< its connection has delivered before
        bool leave = false;         ///< its source is left for another
        bool too_slow = false;      ///< … or given up, as it brings less than the caller wants
        range_set todo;             ///< not put yet
        std::uint64_t in_hand = 0;  ///< arrived, not put yet
        std::uint64_t bytes = 0;    ///< arrived in all
        time_point begun;
        std::optional<time_point> first_byte;
        time_point seen;

        MODELSEC_DECL double rate(time_point now) const;
    };
    using order_key = std::pair<std::uint64_t, std::size_t>;  ///< largest first: (2^64 - 1 - size, file)

    order_key key_of(std::size_t file) const { return {~files_[file].size, file}; }
    MODELSEC_DECL void give_back(std::size_t file, byte_range r);
    MODELSEC_DECL void take(std::size_t file, byte_range r);
    MODELSEC_DECL std::optional<std::size_t> choose(const planned& f) const;
    MODELSEC_DECL std::optional<order> begin(std::size_t file, std::size_t source, range_set todo,
                                             std::optional<byte_range> ask, time_point now, bool warm);
    MODELSEC_DECL std::optional<order> split(time_point now, bool warm);
    MODELSEC_DECL std::optional<order> next_preferred(time_point now, bool warm);
    MODELSEC_DECL std::uint64_t segment(std::size_t host) const;
    MODELSEC_DECL bool ask_otherwise(const lane& refused);
    /// Whether the lane's source has delivered anything of its file.
    MODELSEC_DECL bool has_delivered(const lane& l) const;
    /// How many connections there may be now.
    std::size_t most_lanes() const { return std::min(connections_, growth_.target() + (pace_.probe() ? 1u : 0u)); }
    /// Of all files: what nobody has put yet.
    MODELSEC_DECL std::uint64_t bytes_to_come() const;
    MODELSEC_DECL double average_rate(time_point now) const;
    MODELSEC_DECL std::size_t lanes_at(std::size_t host) const;
    /// Those that have brought something: one that is still being connected is not at work.
    unsigned lanes_at_work() const
    {
        const auto begun = [](const auto& entry) { return entry.second.first_byte.has_value() || entry.second.warm; };
        return static_cast<unsigned>(std::ranges::count_if(lanes_, begun));
    }
    MODELSEC_DECL void drop(std::size_t file, std::size_t source, failure why);
    MODELSEC_DECL void give_up(std::size_t file);

    std::vector<planned> files_;
    unsigned connections_;
    growth_fsm growth_;
    pace_fsm pace_;
    std::set<order_key> open_;         ///< files with something missing
    std::uint64_t missing_bytes_ = 0;  ///< of all files
    std::map<lane_id, lane> lanes_;
    lane_id last_lane_ = 0;
    std::vector<std::uint64_t> segments_;       ///< by host: how much to ask for at once
    std::vector<std::uint64_t> largest_range_;  ///< by host: larger ones it refuses
    struct preference
    {
        std::size_t file = 0;
        byte_range bytes;
    };
    std::vector<preference> preferred_;  ///< what somebody waits for, the one that came first in front
    bool backing_off_ = false;
    std::optional<std::size_t> renewing_;
    std::optional<failure> verdict_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/plan_fsm.ipp>
#endif

#endif
