// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_CONTROL_HPP
#define MODELSEC_DETAIL_BASE_CONTROL_HPP

#include <modelsec/detail/base/clock.hpp>

#include <functional>
#include <memory>

MODELSEC_BEGIN_NAMESPACE

/// Cancels, pauses and resumes operations. Copies are the same control. Several operations may share one, and it may serve again:
/// cancel() ends the attempts that run, and no later one. All members may be called from any thread, also from within an event
/// handler; none of them waits.
class control
{
public:
    MODELSEC_DECL control();

    /// Ends the attempts that run by it with `errc::cancelled` at their next step; before there was any, the first one. What was
    /// downloaded and is good stays.
    MODELSEC_DECL void cancel();
    /// Stops reading from the network (the peer sees a closed window) until resume(). Deadlines stand still meanwhile.
    MODELSEC_DECL void pause();
    MODELSEC_DECL void resume();

    /// Whether cancel() was called and no attempt began since.
    MODELSEC_DECL bool cancelled() const noexcept;
    MODELSEC_DECL bool paused() const noexcept;

    /// The control of one attempt by this one: all that this one is told reaches it, nothing the other way round. Every operation
    /// makes one for itself when it begins. With `time`, it counts as cancelled from `due` on, which each pause puts off.
    [[nodiscard]] MODELSEC_DECL control attempt(std::shared_ptr<const clock> time = nullptr,
                                                steady_time due = steady_time::max()) const;
    /// Whether its time is over. Then nobody else cancelled it.
    MODELSEC_DECL bool expired() const noexcept;
    /// When its time will be over, by the pauses so far; steady_time::max() if it has none.
    MODELSEC_DECL steady_time due() const noexcept;

    /// Runs `hook` at every change, on the thread that makes it (at once, here, if cancelled already), for as long as the
    /// returned handle lives. The handle's destructor waits for a hook that is running on another thread.
    [[nodiscard]] MODELSEC_DECL std::shared_ptr<void> on_change(std::function<void()> hook) const;

private:
    struct state;
    std::shared_ptr<state> state_;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/base/control.ipp>
#endif

#endif
