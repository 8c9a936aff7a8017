// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_OPERATION_POOL_HPP
#define MODELSEC_DETAIL_CLIENT_OPERATION_POOL_HPP

#include <modelsec/detail/base/control.hpp>

#include <boost/asio/execution_context.hpp>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// An asynchronous operation as pools and contexts see it.
class pending_operation
{
public:
    virtual ~pending_operation() = default;
    /// Does the work on this thread and hands the result over.
    virtual void run() noexcept = 0;
    /// Ends the work soon. Any thread.
    virtual void cancel() noexcept = 0;
    /// `context` is about to go: when this returns, nothing of the operation uses it any more, and a handler that it was to run is
    /// destroyed without a call.
    virtual void leave(const boost::asio::execution_context& context) noexcept = 0;
};

/// Threads for blocking work, at most `bound`, started as they are needed and kept. Two are left to short operations, which so never
/// wait for downloads. It is joined by whoever owns it, or when the process exits; on a thread of its own it cannot be: that thread
/// is then joined later (thread_registry).
class operation_pool : public std::enable_shared_from_this<operation_pool>
{
public:
    MODELSEC_DECL static std::shared_ptr<operation_pool> make(unsigned bound);

    enum class length
    {
        brief,  ///< does not wait for a network or another operation
        any
    };

    /// False if it was stopped. Throws std::system_error if it has no thread and can start none.
    MODELSEC_DECL bool submit(std::shared_ptr<pending_operation> operation, length expected);
    /// Cancels what runs and what waits; nothing new is taken.
    MODELSEC_DECL void stop() noexcept;
    /// Waits until all has ended, after stop().
    MODELSEC_DECL void join() noexcept;

private:
    friend class thread_registry;

    struct worker
    {
        std::thread thread;
        std::shared_ptr<std::atomic<bool>> ended;
    };

    MODELSEC_DECL explicit operation_pool(unsigned bound);

    MODELSEC_DECL std::shared_ptr<pending_operation> next(std::unique_lock<std::mutex>& lock, bool& brief);
    MODELSEC_DECL static void work(const std::shared_ptr<operation_pool>& self);

    const std::size_t bound_;
    const std::uint64_t process_;  ///< a forked child has no threads of it
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::shared_ptr<pending_operation>> brief_;
    std::deque<std::shared_ptr<pending_operation>> long_;
    std::vector<std::shared_ptr<pending_operation>> running_;
    std::vector<worker> workers_;
    std::size_t idle_ = 0;
    std::size_t long_running_ = 0;
    bool stopped_ = false;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/client/operation_pool.ipp>
#endif

#endif
