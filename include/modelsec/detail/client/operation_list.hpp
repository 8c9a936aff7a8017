// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_OPERATION_LIST_HPP
#define MODELSEC_DETAIL_CLIENT_OPERATION_LIST_HPP

#include <modelsec/detail/base/clock_wait.hpp>
#include <modelsec/detail/base/control.hpp>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <utility>
#include <thread>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The operations of one client that have not ended, so that they can be stopped and waited for. Thread-safe.
class operation_list
{
public:
    /// `time` is kept.
    explicit operation_list(std::shared_ptr<const clock> time) : time_(std::move(time)), ended_(*time_) {}

    /// A number for an operation that begins; 0 if none may.
    std::uint64_t enter(const control& attempt)
    {
        const std::lock_guard lock(mutex_);
        if (stopped_)
            return 0;
        running_.emplace(++last_, entry{attempt, {}});
        return last_;
    }

    /// The operation runs on this thread from now on.
    void runs_here(std::uint64_t number)
    {
        const std::lock_guard lock(mutex_);
        if (const auto it = running_.find(number); it != running_.end())
            it->second.thread = std::this_thread::get_id();
    }

    void leave(std::uint64_t number) noexcept
    {
        {
            const std::lock_guard lock(mutex_);
            running_.erase(number);
        }
        ended_.wake();
    }

    /// Cancels what runs; nothing may begin any more.
    void stop()
    {
        std::map<std::uint64_t, entry> all;
        {
            const std::lock_guard lock(mutex_);
            stopped_ = true;
            all = running_;
        }
        for (auto& [number, one] : all)  // without the lock: a hook of a control may call back
            one.attempt.cancel();
    }

    /// Waits until all have ended, but for those that run on this very thread. False if `longest` was over before.
    bool wait(std::chrono::milliseconds longest)
    {
        return ended_.until(later(time_->steady_now(), longest), [&] {
            const std::lock_guard lock(mutex_);
            for (const auto& [number, one] : running_)
                if (one.thread != std::this_thread::get_id())
                    return false;
            return true;
        });
    }

private:
    struct entry
    {
        control attempt;
        std::thread::id thread;
    };

    const std::shared_ptr<const clock> time_;
    std::mutex mutex_;
    std::map<std::uint64_t, entry> running_;
    std::uint64_t last_ = 0;
    bool stopped_ = false;
    clock_wait ended_;
};

/// An operation's place in the list of its client.
class listed_operation
{
public:
    listed_operation() = default;
    listed_operation(std::shared_ptr<operation_list> list, const control& attempt)
        : list_(std::move(list)), number_(list_->enter(attempt))
    {
    }
    listed_operation(listed_operation&& other) noexcept
        : list_(std::move(other.list_)), number_(std::exchange(other.number_, 0))
    {
    }
    listed_operation& operator=(listed_operation&& other) noexcept
    {
        std::swap(list_, other.list_);
        std::swap(number_, other.number_);
        return *this;
    }
    ~listed_operation() { leave(); }

    /// False if the client was stopped.
    explicit operator bool() const noexcept { return number_ != 0; }
    void runs_here() const { list_->runs_here(number_); }
    void leave() noexcept
    {
        if (number_ != 0)
            list_->leave(std::exchange(number_, 0));
    }

private:
    std::shared_ptr<operation_list> list_;
    std::uint64_t number_ = 0;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
