// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_GROWTH_FSM_HPP
#define MODELSEC_DETAIL_FETCH_GROWTH_FSM_HPP

#include <modelsec/config.hpp>

#include <chrono>
#include <cstdint>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// How many connections a download uses: begins with one, then four, then twice as many for as long as that makes the whole
/// faster; takes the last step back where it did not, and tries again some time later. No IO, no clock of its own.
class growth_fsm
{
public:
    using time_point = std::chrono::steady_clock::time_point;

    explicit growth_fsm(unsigned most) : most_(most) {}

    unsigned target() const noexcept { return target_; }
    /// `bytes` arrived over all connections, of which `busy` are at work.
    MODELSEC_DECL void arrived(std::uint64_t bytes, unsigned busy, time_point now);
    /// The disk or the hash could not keep up just now: more connections would not help.
    void starved() noexcept { starved_ = true; }
    /// The server did not let another connection have its share.
    MODELSEC_DECL void refused(unsigned busy, time_point now) noexcept;

private:
    MODELSEC_DECL void decide(double rate, time_point now);
    MODELSEC_DECL void settle(time_point now) noexcept;

    unsigned most_;
    unsigned target_ = 1;
    unsigned before_ = 1;  ///< the target before the last step
    bool settled_ = false;
    bool starved_ = false;
    bool measuring_ = false;
    double best_rate_ = 0;  ///< bytes a second, with as many as before
    std::uint64_t bytes_ = 0;
    time_point since_;
    std::chrono::seconds rest_{2};  ///< how long it stays settled: longer each time
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/growth_fsm.ipp>
#endif

#endif
