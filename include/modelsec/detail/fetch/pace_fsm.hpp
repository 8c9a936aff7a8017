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

    void arrived(std::size_t which, std::uint64_t bytes) { hosts_[which].now.bytes += bytes; }
    /// So many connections are at work at each host; `missing` bytes are still to come.
    MODELSEC_DECL void tick(const std::vector<unsigned>& lanes, std::uint64_t missing, time_point now);

    /// Not asked while there is any other.
    bool left(std::size_t which) const { return hosts_[which].left; }
    /// Over the last ten seconds, in which it was asked all the time, it brought less than so many bytes a second.
    bool slower_than(std::size_t which, std::uint64_t rate) const
    {
        const second s = hosts_[which].sum();
        return rate > 0 && s.time >= proof && static_cast<double>(s.bytes) < s.time * static_cast<double>(rate);
    }
    /// The host that the next order should go to, to see how it does.
    const std::optional<std::size_t>& probe() const noexcept { return probe_; }
    /// The probe has begun, or cannot be.
    void probed() noexcept { probe_.reset(); }
    /// It failed: what was measured is no promise any more, and those that were left for it may be asked again.
    MODELSEC_DECL void failed(std::size_t which);

private:
    static constexpr std::size_t seconds = 10;
    static constexpr double proof = 9.5;
    struct second
    {
        std::uint64_t bytes = 0;
        double lane_time = 0;  ///< seconds, over all connections
        double time = 0;       ///< seconds in which there was one
    };
    struct host
    {
        second now;
        std::array<second, seconds> past{};
        std::optional<time_point> probed;
        bool left = false;

        MODELSEC_DECL second sum() const;
        double rate() const
        {
            const second s = sum();
            return s.lane_time > 0 ? static_cast<double>(s.bytes) / s.lane_time : 0;
        }
    };

    std::vector<host> hosts_;
    std::optional<std::size_t> probe_;
    std::optional<time_point> last_;
    time_point second_begun_{};
    std::size_t slot_ = 0;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/pace_fsm.ipp>
#endif

#endif
