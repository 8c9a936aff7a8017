// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_CLOCK_HPP
#define MODELSEC_DETAIL_BASE_CLOCK_HPP

#include <modelsec/config.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

MODELSEC_BEGIN_NAMESPACE

/// Wall-clock time in whole seconds, UTC. Manifests and keys live in these.
using utc_time = std::chrono::sys_seconds;

/// Time that only ever goes forward: deadlines, intervals, rates.
using steady_time = std::chrono::steady_clock::time_point;

/// Where the library learns the time. The library itself reads neither the wall clock nor the steady one (docs/architecture.md, rule 7):
/// tests and applications with a trusted source of time give their own. Called from any thread.
///
/// A clock whose steady time is no real time (a test's script) overrides the last three members: a wait then ends when the
/// script moves the clock past its end, not before, and costs no real time.
class clock
{
public:
    virtual ~clock() = default;
    virtual utc_time now() const = 0;

    /// Default: the machine's steady clock.
    MODELSEC_DECL virtual steady_time steady_now() const;

    /// For how long a thread with nothing else to do may sleep, in real time, before it asks again whether it is `due`. Never
    /// negative; `duration::max()` until on_change() calls. Default: what is left until `due`. Every wait of the library asks
    /// once when it begins and once at each wake-up, so a clock can count them.
    MODELSEC_DECL virtual std::chrono::steady_clock::duration sleep_time(steady_time due) const;

    /// Calls `changed`, on any thread, each time that steady time moved other than by passing, for as long as the returned handle
    /// lives; the handle's destructor waits for a call that is running on another thread. Default: nothing, and no handle.
    [[nodiscard]] MODELSEC_DECL virtual std::shared_ptr<void> on_change(std::function<void()> changed) const;

    /// The system's clock.
    MODELSEC_DECL static const clock& system() noexcept;
    /// The same, as options hold it.
    static std::shared_ptr<const clock> shared_system() noexcept { return {std::shared_ptr<const void>(), &system()}; }
};

/// RFC 3339 in UTC with `Z`, as in "2026-01-02T03:04:05Z" (a fraction of a second is read and dropped); else nothing.
MODELSEC_DECL std::optional<utc_time> parse_rfc3339(std::string_view text);
MODELSEC_DECL std::string format_rfc3339(utc_time time);

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/base/clock.ipp>
#endif

#endif
