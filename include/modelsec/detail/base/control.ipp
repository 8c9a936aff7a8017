// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_CONTROL_IPP
#define MODELSEC_DETAIL_BASE_CONTROL_IPP

#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/base/steady_time.hpp>

#include <algorithm>
#include <atomic>
#include <list>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

struct control::state
{
    // Recursive: a hook may itself drop a registration or cancel.
    mutable std::recursive_mutex mutex;
    std::list<std::shared_ptr<std::function<void()>>> hooks;
    std::vector<std::weak_ptr<state>> attempts;
    bool used = false;  ///< an attempt began by it
    std::atomic<bool> cancelled{false};
    std::atomic<bool> paused{false};
    std::shared_ptr<const clock> time;
    mutable std::mutex times;  ///< of the next two; nothing is called while it is held
    steady_time due = steady_time::max();
    std::optional<steady_time> paused_since;  ///< of an attempt that has a time: `due` moves by each pause

    void changed()
    {
        const std::lock_guard lock(mutex);
        const auto now = hooks;  // a hook may remove itself or others; the copy keeps what is running alive
        for (const auto& hook : now)
            if (std::find(hooks.begin(), hooks.end(), hook) != hooks.end())
                (*hook)();
    }

    /// Sets one of the flags here and in the attempts that run.
    void set(std::atomic<bool> state::*flag, bool value)
    {
        std::vector<std::shared_ptr<state>> running;
        bool news = false;
        {
            const std::lock_guard lock(mutex);
            news = (this->*flag).exchange(value) != value;
            if (news && time && flag == &state::paused)
                count_pause(value);
            for (const auto& attempt : attempts)
                if (auto one = attempt.lock())
                    running.push_back(std::move(one));
        }
        if (news)
            changed();
        for (const auto& attempt : running)
            flag == &state::paused ? attempt->pause_as(*this) : attempt->set(flag, value);
    }

    /// Takes over what the control says now: whoever set it last may have been overtaken by another thread.
    void pause_as(const state& of)
    {
        for (bool value = of.paused;; value = of.paused)
        {
            set(&state::paused, value);
            if (of.paused == value)
                return;
        }
    }

    void count_pause(bool begins)
    {
        const steady_time now = time->steady_now();
        const std::lock_guard lock(times);
        if (!begins)
            due = due_at(now);
        paused_since = begins ? std::optional(now) : std::nullopt;
    }

    /// `due`, put off by the pause that is running. With `times` held.
    steady_time due_at(steady_time now) const noexcept
    {
        return paused_since ? detail::steady_after(due, std::chrono::ceil<std::chrono::milliseconds>(now - *paused_since))
                            : due;
    }

    bool expired() const noexcept
    {
        if (!time || cancelled)
            return false;
        const steady_time now = time->steady_now();
        const std::lock_guard lock(times);
        return paused_since.value_or(now) >= due;
    }

    steady_time due_by_now() const noexcept
    {
        const steady_time now = time ? time->steady_now() : steady_time{};
        const std::lock_guard lock(times);
        return due_at(now);
    }
};

control::control() : state_(std::make_shared<state>()) {}

void control::cancel()
{
    state_->set(&state::cancelled, true);
}

void control::pause()
{
    state_->set(&state::paused, true);
}

void control::resume()
{
    state_->set(&state::paused, false);
}

bool control::cancelled() const noexcept
{
    return state_->cancelled.load() || state_->expired();
}

bool control::paused() const noexcept
{
    return state_->paused.load();
}

bool control::expired() const noexcept
{
    return state_->expired();
}

steady_time control::due() const noexcept
{
    return state_->due_by_now();
}

control control::attempt(std::shared_ptr<const clock> time, steady_time due) const
{
    control made;
    made.state_->time = due == steady_time::max() ? nullptr : std::move(time);
    made.state_->due = due;
    const std::lock_guard lock(state_->mutex);
    // What was cancelled before is over, but for a cancel() that came before the very first attempt.
    made.state_->cancelled = state_->cancelled && !state_->used;
    made.state_->paused = state_->paused.load();
    if (made.state_->paused && made.state_->time)
        made.state_->count_pause(true);
    state_->cancelled = false;
    state_->used = true;
    std::erase_if(state_->attempts, [](const auto& old) { return old.expired(); });
    state_->attempts.push_back(made.state_);
    return made;
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
