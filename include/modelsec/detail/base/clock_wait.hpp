// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_CLOCK_WAIT_HPP
#define MODELSEC_DETAIL_BASE_CLOCK_WAIT_HPP

#include <modelsec/detail/base/time_span.hpp>

#include <algorithm>
#include <condition_variable>
#include <mutex>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// `time` later than `from`; `steady_time::max()` where that is beyond what a clock can say, in whatever unit it is given.
template <class Rep, class Period>
constexpr steady_time later(steady_time from, std::chrono::duration<Rep, Period> time) noexcept
{
    const auto wait = clamped<std::chrono::steady_clock::duration>(time);
    if (from < steady_time{})
        return from + std::max(wait, steady_time::min() - from);
    return wait >= steady_time::max() - from ? steady_time::max() : from + wait;
}

/// No real sleep is longer: what standard libraries and Asio add to their own clocks must not overflow.
inline constexpr std::chrono::hours longest_sleep{24};

/// How long to sleep in real time, at most longest_sleep, before asking again whether it is `due`.
inline std::chrono::steady_clock::duration real_sleep(const clock& time, steady_time due)
{
    return std::min<std::chrono::steady_clock::duration>(time.sleep_time(due), longest_sleep);
}

/// A thread's waits by an injected clock. Copies of nothing; used by one waiting thread, woken from any.
class clock_wait
{
public:
    /// `time` must outlive it.
    explicit clock_wait(const clock& time) : time_(time), hook_(time.on_change([this] { wake(); })) {}
    clock_wait(const clock_wait&) = delete;
    clock_wait& operator=(const clock_wait&) = delete;

    /// Makes the waiting thread ask its `done` again. Any thread.
    void wake()
    {
        const std::lock_guard lock(mutex_);
        ++wakes_;
        changed_.notify_all();
    }

    /// Sleeps until `done()` (called without a lock, at the beginning and after each wake()), or `due`. Returns the last done().
    template <class Done>
    bool until(steady_time due, const Done& done)
    {
        for (;;)
        {
            const std::uint64_t seen = wakes();
            if (done())
                return true;
            if (time_.steady_now() >= due)
                return false;
            const auto sleep = real_sleep(time_, due);
            std::unique_lock lock(mutex_);
            changed_.wait_for(lock, sleep, [&] { return wakes_ != seen; });
        }
    }

private:
    std::uint64_t wakes() const
    {
        const std::lock_guard lock(mutex_);
        return wakes_;
    }

    const clock& time_;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t wakes_ = 0;
    std::shared_ptr<void> hook_;  ///< last: goes first
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
