// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_CONTROL_IPP
#define MODELSEC_DETAIL_BASE_CONTROL_IPP

#include <modelsec/detail/base/control.hpp>

#include <algorithm>
#include <atomic>
#include <list>
#include <mutex>

MODELSEC_BEGIN_NAMESPACE

struct control::state
{
    // Recursive: a hook may itself drop a registration or cancel.
    mutable std::recursive_mutex mutex;
    std::list<std::shared_ptr<std::function<void()>>> hooks;
    std::atomic<bool> cancelled{false};
    std::atomic<bool> paused{false};

    void changed()
    {
        const std::lock_guard lock(mutex);
        const auto now = hooks;  // a hook may remove itself or others; the copy keeps what is running alive
        for (const auto& hook : now)
            if (std::find(hooks.begin(), hooks.end(), hook) != hooks.end())
                (*hook)();
    }
};

control::control() : state_(std::make_shared<state>()) {}

void control::cancel()
{
    if (!state_->cancelled.exchange(true))
        state_->changed();
}

void control::pause()
{
    if (!state_->paused.exchange(true))
        state_->changed();
}

void control::resume()
{
    if (state_->paused.exchange(false))
        state_->changed();
}

bool control::cancelled() const noexcept
{
    return state_->cancelled.load();
}

bool control::paused() const noexcept
{
    return state_->paused.load();
}

std::shared_ptr<void> control::on_change(std::function<void()> hook) const
{
    const auto shared = state_;
    auto own = std::make_shared<std::function<void()>>(std::move(hook));
    {
        const std::lock_guard lock(shared->mutex);
        shared->hooks.push_back(own);
        if (shared->cancelled)
            (*own)();
    }
    return {static_cast<void*>(shared.get()), [shared, own](void*) {
                const std::lock_guard lock(shared->mutex);
                shared->hooks.remove(own);
            }};
}

MODELSEC_END_NAMESPACE

#endif
