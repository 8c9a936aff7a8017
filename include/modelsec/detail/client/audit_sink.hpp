// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_AUDIT_SINK_HPP
#define MODELSEC_DETAIL_CLIENT_AUDIT_SINK_HPP

#include <modelsec/detail/base/clock_wait.hpp>
#include <modelsec/options.hpp>

#include <atomic>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Sends audit events on, in batches, by a thread of its own that begins with the first one. Whoever has an event never waits: beyond
/// the queue's length, and where a batch cannot be delivered, events are dropped and counted.
class audit_sink
{
public:
    /// Delivers one body, a JSON array, until told to stop.
    using delivery = std::function<result<void>(std::string body, const control& until)>;

    MODELSEC_DECL audit_sink(std::shared_ptr<const clock> time, std::size_t queue, std::chrono::milliseconds linger,
                             delivery deliver);
    /// Waits for what is queued, at most `linger`; then cancels what is on its way.
    MODELSEC_DECL ~audit_sink();
    audit_sink(const audit_sink&) = delete;
    audit_sink& operator=(const audit_sink&) = delete;

    /// Any thread; does not wait.
    MODELSEC_DECL void push(std::string event);
    /// Dropped since it was asked last.
    std::uint64_t take_dropped() noexcept { return dropped_.exchange(0); }
    /// The destructor's work, for who wants to know the rest that was dropped.
    MODELSEC_DECL void close();

private:
    static constexpr std::size_t batch = 100;

    MODELSEC_DECL void run();

    std::shared_ptr<const clock> time_;
    const std::size_t longest_;
    const std::chrono::milliseconds linger_;
    delivery deliver_;
    control until_;
    std::mutex mutex_;
    std::deque<std::string> queue_;  // with mutex_
    bool closing_ = false;           // with mutex_
    bool ended_ = false;             // with mutex_
    std::atomic<std::uint64_t> dropped_{0};
    std::uint64_t process_ = 0;  // whose thread it is
    clock_wait worker_wait_;
    clock_wait close_wait_;
    std::thread worker_;
};

/// Delivers by HTTPS, with the client's transport and the credentials of the sink's origin.
MODELSEC_DECL audit_sink::delivery https_delivery(const client_options& owner);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/client/audit_sink.ipp>
#endif

#endif
