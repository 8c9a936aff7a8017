// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_PACE_FSM_HPP
#define MODELSEC_DETAIL_FETCH_PACE_FSM_HPP

#include <modelsec/limits.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Which of several hosts is too slow while another could do better. A host that serves honestly and slowly is no failure, so that
/// retries never leave it (slow retrieval: TUF 1.0 section 1.5.2). No IO, no clock of its own.
///
/// Rates are per connection, over the last ten seconds (limits::slow_source_time). A host is left once another brought at least four times
/// its rate (limits::slow_source_factor). When one is slow, meaning that what is missing would take long, the others are probed: one
/// connection each, now and then, and on and on for as long as one does so well that it only has to prove it.
class pace_fsm
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    MODELSEC_DECL explicit pace_fsm(std::size_t hosts, unsigned factor = limits().slow_source_factor,
                                    std::chrono::milliseconds window = limits().slow_source_time);

    // From begun() to ended() there is one more connection at work at a host. Times never go back.
    MODELSEC_DECL void begun(std::size_t which, time_point now);
    MODELSEC_DECL void ended(std::size_t which, time_point now);
    MODELSEC_DECL void arrived(std::size_t which, std::uint64_t bytes, time_point now);
    /// Compares the hosts; `missing` bytes are still to come.
    MODELSEC_DECL void compare(std::uint64_t missing, time_point now);
    /// When compare() will decide something, or a host be slower_than() `min_rate`, if nothing arrives and no connection begins or ends
    /// before; nothing: then time alone decides nothing.
    MODELSEC_DECL std::optional<time_point> next_decision(std::uint64_t missing, std::uint64_t min_rate) const;

    /// Not asked while there is any other.
    bool left(std::size_t which) const { return hosts_[which].left; }
    /// Over the whole window, in which it was asked all the time, it brought less than so many bytes a second.
    bool slower_than(std::size_t which, std::uint64_t rate) const
    {
        const slot s = hosts_[which].sum();
        return rate > 0 && s.time >= proof() &&
               static_cast<double>(s.bytes) < in_seconds(s.time) * static_cast<double>(rate);
    }
    /// The host that the next order should go to, to see how it does.
    const std::optional<std::size_t>& probe() const noexcept { return probe_; }
    /// The probe has begun, or cannot be.
    void probed() noexcept { probe_.reset(); }
    /// It failed: what was measured is no promise any more, and those that were left for it may be asked again.
    MODELSEC_DECL void failed(std::size_t which);

private:
    static constexpr std::size_t slots = 10;
    using duration = time_point::duration;  ///< whole numbers: a sum does not depend on how often somebody looked
    static double in_seconds(duration time) noexcept { return std::chrono::duration<double>(time).count(); }
    struct slot
    {
        std::uint64_t bytes = 0;
        duration lane_time{};  ///< over all connections
        duration time{};       ///< in which there was one
    };
    struct host
    {
        slot now;
        std::array<slot, slots> past{};
        std::optional<time_point> probed;
        unsigned lanes = 0;  ///< connections at work
        bool left = false;

        MODELSEC_DECL slot sum() const;
        double rate() const
        {
            const slot s = sum();
            return s.lane_time > duration() ? static_cast<double>(s.bytes) / in_seconds(s.lane_time) : 0;
        }
    };

    /// Time of connections by which a host is known.
    duration proof() const noexcept { return slot_time_ * slots - slot_time_ / 2; }
    /// By what `other` has brought already it is so much faster than `slow` is.
    bool does_better(const host& other, const host& slow) const;
    /// … and has brought as much as one that is just so much faster brings in a tenth of the window, in however little time.
    bool has_proved_it(const host& other, const host& slow) const;
    MODELSEC_DECL void advance(time_point now);

    std::vector<host> hosts_;
    double factor_;
    duration slot_time_;
    std::optional<std::size_t> probe_;
    std::optional<time_point> last_;  ///< what passed until then is counted
    time_point slot_begun_{};
    std::size_t slot_ = 0;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/pace_fsm.ipp>
#endif

#endif
