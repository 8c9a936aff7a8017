// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_MANUAL_CLOCK_HPP
#define MODELSEC_TESTS_SUPPORT_MANUAL_CLOCK_HPP

#include <modelsec/detail/base/clock.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>

namespace support {

/// A clock that stands still until the test moves it. It knows how many waits asked it, and for when.
class manual_clock : public modelsec::clock
{
public:
    using duration = std::chrono::steady_clock::duration;

    explicit manual_clock(modelsec::utc_time start = modelsec::utc_time(std::chrono::seconds(1'767'225'600))) : wall_(start)
    {
    }

    modelsec::utc_time now() const override
    {
        const std::lock_guard lock(mutex_);
        return wall_ + std::chrono::floor<std::chrono::seconds>(passed_);
    }

    modelsec::steady_time steady_now() const override
    {
        const std::lock_guard lock(mutex_);
        return modelsec::steady_time(std::chrono::hours(1)) + passed_;
    }

    duration sleep_time(modelsec::steady_time due) const override
    {
        const std::lock_guard lock(mutex_);
        ++asked_;
        last_due_ = due;
        asked_changed_.notify_all();
        return due <= modelsec::steady_time(std::chrono::hours(1)) + passed_ ? duration::zero() : duration::max();
    }

    std::shared_ptr<void> on_change(std::function<void()> changed) const override
    {
        const std::lock_guard lock(hooks_mutex_);
        hooks_.push_back(std::make_shared<std::function<void()>>(std::move(changed)));
        const auto own = hooks_.back();
        return {static_cast<void*>(own.get()), [this, own](void*) {
                    const std::lock_guard guard(hooks_mutex_);
                    hooks_.remove(own);
                }};
    }

    /// Moves both times and wakes who waits.
    void advance(duration by)
    {
        {
            const std::lock_guard lock(mutex_);
            passed_ += by;
        }
        const std::lock_guard lock(hooks_mutex_);
        const auto present = hooks_;
        for (const auto& hook : present)
            if (std::find(hooks_.begin(), hooks_.end(), hook) != hooks_.end())
                (*hook)();
    }

    /// How many times somebody went to sleep by this clock.
    std::uint64_t sleeps() const
    {
        const std::lock_guard lock(mutex_);
        return asked_;
    }

    /// For when the last sleeper waits.
    modelsec::steady_time last_due() const
    {
        const std::lock_guard lock(mutex_);
        return last_due_;
    }

    /// Waits (10 s at most) until there were `count` sleeps in all; false if there were not.
    bool wait_for_sleeps(std::uint64_t count) const
    {
        std::unique_lock lock(mutex_);
        return asked_changed_.wait_for(lock, std::chrono::seconds(10), [&] { return asked_ >= count; });
    }

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable asked_changed_;
    modelsec::utc_time wall_;
    duration passed_{};
    mutable std::uint64_t asked_ = 0;
    mutable modelsec::steady_time last_due_{};
    mutable std::recursive_mutex hooks_mutex_;
    mutable std::list<std::shared_ptr<std::function<void()>>> hooks_;
};

}  // namespace support

#endif
