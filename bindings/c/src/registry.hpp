// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_BINDINGS_C_REGISTRY_HPP
#define MODELSEC_BINDINGS_C_REGISTRY_HPP

#include <modelsec/core/control.hpp>
#include <modelsec/error.hpp>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>

namespace c_api {

/// Every running operation of the process, by id. Never destroyed: worker threads may outlive statics.
class registry
{
public:
    static registry& instance()
    {
        static registry* const one = new registry();
        return *one;
    }

    modelsec::result<uint64_t> enter(const modelsec::control& handle)
    {
        const std::lock_guard lock(mutex_);
        if (closed_)
            return modelsec::fail(modelsec::reason::cancelled, "after modelsec_shutdown");
        running_.emplace(++last_, handle);
        return last_;
    }

    void leave(uint64_t id)
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

    bool close(std::chrono::milliseconds wait)
    {
        std::unique_lock lock(mutex_);
        closed_ = true;
        const auto all = running_;
        lock.unlock();  // a hook may call back
        for (auto [id, handle] : all)
            handle.cancel();
        lock.lock();
        return ended_.wait_for(lock, wait, [&] { return running_.empty(); });
    }

private:
    std::mutex mutex_;
    std::condition_variable ended_;
    std::map<uint64_t, modelsec::control> running_;
    uint64_t last_ = 0;
    bool closed_ = false;
};

}  // namespace c_api

#endif
