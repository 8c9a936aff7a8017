// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_RANGE_FSM_HPP
#define MODELSEC_DETAIL_FETCH_RANGE_FSM_HPP

#include <modelsec/detail/base/range_set.hpp>
#include <modelsec/detail/fetch/growth_fsm.hpp>
#include <modelsec/detail/fetch/mirror_fsm.hpp>

#include <algorithm>
#include <map>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Who fetches which bytes of one file: splits what is missing among connections ("lanes"), lets the fast ones take over
/// from the slow ones, gives back what a failed one did not deliver, and decides what a failure means. No IO, no clock.
///
/// The life of a lane: next() -> [answered() -> { wanted() -> arrived()… -> put() }…] -> ended().
class range_fsm
{
public:
    using time_point = std::chrono::steady_clock::time_point;
    using lane_id = std::uint64_t;

    /// What to ask a source for.
    struct order
    {
        lane_id lane = 0;
        std::size_t source = 0;
        std::optional<byte_range> ask;  ///< nothing: the whole file, without Range
    };

    /// What to do after a lane has ended.
    enum class then
    {
        go_on,     ///< ask next() again
        back_off,  ///< wait as retries do, then say so by backed_off(); nothing new is begun meanwhile
        renew      ///< the first source has expired: nothing new is begun until renewed()
    };

    /// `mirrors` outlives this and remembers from one download to the next.
    MODELSEC_DECL range_fsm(std::uint64_t size, range_set missing, unsigned connections, mirror_fsm& mirrors);

    /// Work for one more lane, or nothing for now. May end the download: see verdict().
    MODELSEC_DECL std::optional<order> next(time_point now);
    /// Its answer is good. `whole`: the body is all of the file, so this lane delivers whatever nobody else is at.
    MODELSEC_DECL void answered(lane_id lane, bool whole);
    /// The first bytes at or after `offset` that this lane is to deliver; empty: it is done. Can shrink at any time.
    MODELSEC_DECL byte_range wanted(lane_id lane, std::uint64_t offset) const;
    /// Bytes came in for what it will put next.
    MODELSEC_DECL void arrived(lane_id lane, std::uint64_t bytes, time_point now);
    /// These bytes are out of the lane's hands and will not have to be asked for again.
    MODELSEC_DECL void put(lane_id lane, byte_range bytes);
    /// Other lanes took over all that this one still had to fetch: stop it.
    MODELSEC_DECL bool superfluous(lane_id lane) const;
    /// The lane is gone, by itself (no failure) or by `why`.
    MODELSEC_DECL then ended(lane_id lane, std::optional<failure> why, time_point now);

    /// The wait is over, or there is no patience left: then `why` ends the download.
    MODELSEC_DECL void backed_off(std::optional<failure> why);
    /// There is a new address for the first source, or `why` not.
    MODELSEC_DECL void renewed(std::optional<failure> why);
    /// These bytes turned out wrong: whoever delivered them is to blame, and they are missing again.
    MODELSEC_DECL void refused(byte_range bytes);
    /// Nothing new is begun any more.
    MODELSEC_DECL void stop(failure why);
    /// The disk or the hash cannot keep up.
    void starved() noexcept { growth_.starved(); }

    /// All bytes were put.
    MODELSEC_DECL bool complete() const;
    bool must_renew() const noexcept { return renewing_; }
    /// Why the download failed, if it did.
    const std::optional<failure>& verdict() const noexcept { return verdict_; }
    std::size_t busy() const noexcept { return lanes_.size(); }
    /// Which sources delivered bytes.
    MODELSEC_DECL std::vector<std::size_t> contributors() const;

private:
    struct lane
    {
        std::size_t source = 0;
        bool ranged = false;        ///< it was asked for a range
        range_set todo;             ///< not put yet
        std::uint64_t in_hand = 0;  ///< arrived, not put yet
        std::uint64_t bytes = 0;    ///< arrived in all
        time_point begun;
        std::optional<time_point> first_byte;
        time_point seen;

        MODELSEC_DECL double rate(time_point now) const;
    };

    MODELSEC_DECL std::uint64_t segment(std::size_t source) const;
    MODELSEC_DECL byte_range steal(time_point now);
    MODELSEC_DECL double average_rate(time_point now) const;
    MODELSEC_DECL std::size_t lanes_at(std::size_t source) const;
    /// Those that have brought something: one that is still being connected is not at work.
    unsigned lanes_at_work() const
    {
        const auto begun = [](const auto& entry) { return entry.second.first_byte.has_value(); };
        return static_cast<unsigned>(std::ranges::count_if(lanes_, begun));
    }
    MODELSEC_DECL void drop(std::size_t source, failure why);

    std::uint64_t size_;
    unsigned connections_;
    mirror_fsm& mirrors_;
    growth_fsm growth_;
    range_set missing_;  ///< neither put nor somebody's to do
    std::map<lane_id, lane> lanes_;
    lane_id last_lane_ = 0;
    std::vector<range_set> delivered_;     ///< by source
    std::vector<std::uint64_t> segments_;  ///< by source: how much to ask for at once
    bool backing_off_ = false;
    bool renewing_ = false;
    unsigned renewals_ = 0;  ///< since bytes were put
    std::optional<failure> verdict_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/range_fsm.ipp>
#endif

#endif
