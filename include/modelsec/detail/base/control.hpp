// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_CONTROL_HPP
#define MODELSEC_DETAIL_BASE_CONTROL_HPP

#include <modelsec/config.hpp>

#include <functional>
#include <memory>

MODELSEC_BEGIN_NAMESPACE

/// The reins of one operation: cancel, pause, resume. Copies share the same operation. All members may be called from any
/// thread, also from within an event handler; none of them waits.
class control
{
public:
    MODELSEC_DECL control();

    /// Ends the operation with `errc::cancelled` at its next step. What was downloaded and is good stays.
    MODELSEC_DECL void cancel();
    /// Stops reading from the network (the peer sees a closed window) until resume(). Deadlines stand still meanwhile.
    MODELSEC_DECL void pause();
    MODELSEC_DECL void resume();

    MODELSEC_DECL bool cancelled() const noexcept;
    MODELSEC_DECL bool paused() const noexcept;

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
