// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_PACE_FSM_HPP
#define MODELSEC_DETAIL_FETCH_PACE_FSM_HPP

#include <modelsec/config.hpp>

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
/// Rates are per connection, over the last ten seconds. A host is left once another brought at least four times its rate. When one
/// is slow, meaning that what is missing would take long, the others are probed: one connection each, now and then.
class pace_fsm
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit pace_fsm(std::size_t hosts) : hosts_(hosts) {}

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
    /// Over the last ten seconds, in which it was asked all the time, it brought less than so many bytes a second.
    bool slower_than(std::size_t which, std::uint64_t rate) const
    {
        const second s = hosts_[which].sum();
        return rate > 0 && s.time >= proof && static_cast<double>(s.bytes) < in_seconds(s.time) * static_cast<double>(rate);
    }
    /// The host that the next order should go to, to see how it does.
    const std::optional<std::size_t>& probe() const noexcept { return probe_; }
    /// The probe has begun, or cannot be.
    void probed() noexcept { probe_.reset(); }
    /// It failed: what was measured is no promise any more, and those that were left for it may be asked again.
    MODELSEC_DECL void failed(std::size_t which);

private:
    static constexpr std::size_t seconds = 10;
    static constexpr std::chrono::milliseconds proof{9500};
    using duration = time_point::duration;  ///< whole numbers: a sum does not depend on how often somebody looked
    static double in_seconds(duration time) noexcept { return std::chrono::duration<double>(time).count(); }
    struct second
    {
        std::uint64_t bytes = 0;
        duration lane_time{};  ///< over all connections
        duration time{};       ///< in which there was one
    };
    struct host
    {
        second now;
        std::array<second, seconds> past{};
        std::optional<time_point> probed;
        unsigned lanes = 0;  ///< connections at work
        bool left = false;

        MODELSEC_DECL second sum() const;
        double rate() const
        {
            const second s = sum();
            return s.lane_time > duration() ? static_cast<double>(s.bytes) / in_seconds(s.lane_time) : 0;
        }
    };

    MODELSEC_DECL void advance(time_point now);

    std::vector<host> hosts_;
    std::optional<std::size_t> probe_;
    std::optional<time_point> last_;  ///< what passed until then is counted
    time_point second_begun_{};
    std::size_t slot_ = 0;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/pace_fsm.ipp>
#endif

#endif
