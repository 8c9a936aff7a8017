// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_BINDINGS_C_REGISTRY_HPP
#define MODELSEC_BINDINGS_C_REGISTRY_HPP

#include "handles.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <optional>
#include <utility>

namespace c_api {

class registration;

/// Every running operation of the process, by id. Never destroyed: worker threads may outlive statics. A forked child gets one of
/// its own, since what it inherits may be locked by a thread that it has not.
class registry
{
public:
    static registry& instance()
    {
        static std::atomic<registry*> one{nullptr};
        registry* now = one.load();
        while (!now || now->process_ != process_id())
        {
            auto made = std::unique_ptr<registry>(new registry());
            if (one.compare_exchange_strong(now, made.get()))
                return *made.release();
        }
        return *now;
    }

    modelsec::result<registration> enter(const modelsec::control& handle);

    void leave(uint64_t id) noexcept
    {
        const std::lock_guard lock(mutex_);
        running_.erase(id);
        ended_.notify_all();
    }

    std::optional<modelsec::control> find(uint64_t id)
    {
        const std::lock_guard lock(mutex_);
        const auto it = running_.find(id);
        return it == running_.end() ? std::nullopt : std::optional(it->second);
    }

    bool close(uint64_t wait_ms)
    {
        std::unique_lock lock(mutex_);
        closed_ = true;
        const auto all = running_;
        lock.unlock();  // a hook may call back
        for (auto [id, handle] : all)
            handle.cancel();
        lock.lock();
        return ended_.wait_for(lock, duration_of(wait_ms), [&] { return running_.empty(); });
    }

private:
    registry() = default;

    const uint64_t process_ = process_id();
    std::mutex mutex_;
    std::condition_variable ended_;
    std::map<uint64_t, modelsec::control> running_;
    uint64_t last_ = process_ << 32;  // a child's ids are none of its parent's
    bool closed_ = false;
};

/// An operation's place in the registry.
class registration
{
public:
    registration(registry& where, uint64_t id) : where_(&where), id_(id) {}
    registration(registration&& other) noexcept : where_(std::exchange(other.where_, nullptr)), id_(other.id_) {}
    registration& operator=(registration&&) = delete;
    ~registration()
    {
        if (where_)
            where_->leave(id_);
    }

    uint64_t id() const noexcept { return id_; }
    /// Somebody else calls leave().
    void keep() noexcept { where_ = nullptr; }

private:
    registry* where_;
    uint64_t id_;
};

inline modelsec::result<registration> registry::enter(const modelsec::control& handle)
{
    const std::lock_guard lock(mutex_);
    if (closed_)
        return modelsec::fail(modelsec::reason::cancelled, "after modelsec_shutdown");
    running_.emplace(++last_, handle);
    return registration(*this, last_);
}

}  // namespace c_api

#endif
