// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_OPERATION_POOL_IPP
#define MODELSEC_DETAIL_CLIENT_OPERATION_POOL_IPP

#include <modelsec/detail/base/file_system/file_system.hpp>
#include <modelsec/detail/client/operation_pool.hpp>

#include <openssl/crypto.h>

#include <algorithm>
#include <system_error>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Every pool of the process, and the threads that could not be joined where their pool went. When the process exits, all of them
/// are cancelled and joined before OpenSSL cleans up after itself: its clean-up was registered before this one, so it runs later.
class thread_registry
{
public:
    static thread_registry& instance()
    {
        static thread_registry& one = *new thread_registry();  // pools of static contexts may go after statics have gone
        static const exit_guard guard(one);
        return one;
    }

    void add(const std::shared_ptr<operation_pool>& pool)
    {
        const std::lock_guard lock(mutex_);
        std::erase_if(pools_, [](const auto& old) { return old.expired(); });
        pools_.push_back(pool);
    }

    /// A thread whose pool goes while it runs: it cannot join itself.
    void retire(operation_pool::worker thread)
    {
        const std::lock_guard lock(mutex_);
        retired_.push_back(std::move(thread));
    }

    /// Joins retired threads: those that have ended or, when the process exits, all but the calling one.
    void collect(bool all) noexcept
    {
        std::vector<operation_pool::worker> ending;
        {
            const std::lock_guard lock(mutex_);
            const auto chosen = std::partition(retired_.begin(), retired_.end(), [all](const operation_pool::worker& w) {
                return !*w.ended && (!all || w.thread.get_id() == std::this_thread::get_id());
            });
            std::move(chosen, retired_.end(), std::back_inserter(ending));
            retired_.erase(chosen, retired_.end());
        }
        for (operation_pool::worker& w : ending)
            w.thread.join();
    }

    void stop_all() noexcept
    {
        if (process_ != process_number())
            return;  // a forked child has none of these threads
        std::vector<std::weak_ptr<operation_pool>> pools;
        {
            const std::lock_guard lock(mutex_);
            pools = pools_;
        }
        for (const auto& known : pools)
            if (const auto pool = known.lock())
                pool->stop();
        for (const auto& known : pools)
            if (const auto pool = known.lock())
                pool->join();
        collect(true);
    }

private:
    /// Its destructor runs when the process exits.
    struct exit_guard
    {
        explicit exit_guard(thread_registry& r) : registry(r)
        {
            (void)OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, nullptr);
        }
        ~exit_guard() { registry.stop_all(); }
        thread_registry& registry;
    };

    const std::uint64_t process_ = process_number();
    std::mutex mutex_;
    std::vector<std::weak_ptr<operation_pool>> pools_;
    std::vector<operation_pool::worker> retired_;
};

std::shared_ptr<operation_pool> operation_pool::make(unsigned bound)
{
    std::shared_ptr<operation_pool> made(new operation_pool(bound));
    thread_registry::instance().collect(false);
    thread_registry::instance().add(made);
    return made;
}

operation_pool::operation_pool(unsigned bound) : bound_(std::max(bound, 3u)), process_(process_number())
{
    running_.reserve(bound_);
    workers_.reserve(bound_);
}

bool operation_pool::submit(std::shared_ptr<pending_operation> operation, length expected)
{
    const std::lock_guard lock(mutex_);
    if (stopped_)
        return false;
    auto& line = expected == length::brief ? brief_ : long_;
    line.push_back(std::move(operation));
    // A thread that is idle takes it; so many more as may run at once are started.
    const bool may_run = expected == length::brief || long_running_ + long_.size() + 2 <= bound_;
    if (may_run && idle_ < brief_.size() + long_.size() && workers_.size() < bound_)
    {
        try
        {
            auto ended = std::make_shared<std::atomic<bool>>(false);
            workers_.push_back({std::thread([self = shared_from_this(), ended]() noexcept {
                                    work(self);
                                    *ended = true;
                                }),
                                ended});
        }
        catch (...)
        {
            if (workers_.empty())
            {
                line.pop_back();
                throw;
            }
            // Another thread will come to it.
        }
    }
    changed_.notify_one();
    return true;
}

std::shared_ptr<pending_operation> operation_pool::next(std::unique_lock<std::mutex>& lock, bool& brief)
{
    const auto may_take_long = [&] { return !long_.empty() && (stopped_ || long_running_ + 2 < bound_); };
    ++idle_;
    changed_.wait(lock, [&] { return stopped_ || !brief_.empty() || may_take_long(); });
    --idle_;
    brief = !brief_.empty();
    auto& line = brief ? brief_ : long_;
    if (line.empty())
        return nullptr;
    auto out = std::move(line.front());
    line.pop_front();
    return out;
}

void operation_pool::work(const std::shared_ptr<operation_pool>& self)
{
    std::unique_lock lock(self->mutex_);
    for (bool brief = false; auto operation = self->next(lock, brief);)
    {
        self->running_.push_back(operation);
        self->long_running_ += brief ? 0 : 1;
        if (self->stopped_)
            operation->cancel();
        lock.unlock();
        operation->run();
        lock.lock();
        self->long_running_ -= brief ? 0 : 1;
        std::erase(self->running_, operation);
        if (!self->long_.empty())
            self->changed_.notify_one();
        // What it held may hold the last of a client, and so this pool.
        lock.unlock();
        operation.reset();
        lock.lock();
    }
}

void operation_pool::stop() noexcept
{
    if (process_ != process_number())
        return;
    std::vector<std::shared_ptr<pending_operation>> all;
    {
        const std::lock_guard lock(mutex_);
        stopped_ = true;
        all.insert(all.end(), running_.begin(), running_.end());
        all.insert(all.end(), brief_.begin(), brief_.end());
        all.insert(all.end(), long_.begin(), long_.end());
        changed_.notify_all();
    }
    for (const auto& operation : all)  // without the lock: hooks of a control may call back
        operation->cancel();
}

void operation_pool::join() noexcept
{
    if (process_ != process_number())
    {
        // A forked child has none of these threads, and what they held may be locked: all of it stays where it is.
        static_cast<void>(new std::vector<worker>(std::move(workers_)));
        return;
    }
    std::vector<worker> workers;
    {
        const std::lock_guard lock(mutex_);
        workers.swap(workers_);
    }
    for (worker& w : workers)
    {
        if (w.thread.get_id() == std::this_thread::get_id())
            thread_registry::instance().retire(std::move(w));
        else
            w.thread.join();
    }
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
