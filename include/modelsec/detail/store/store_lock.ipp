// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STORE_LOCK_IPP
#define MODELSEC_DETAIL_STORE_STORE_LOCK_IPP

#include <modelsec/detail/store/store_generation.ipp>
#include <modelsec/detail/store/store.hpp>

#include <condition_variable>
#include <mutex>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Sleeps that end at once when the operation is cancelled.
class cancellable_sleep
{
public:
    explicit cancellable_sleep(const control& handle)
        : handle_(handle), hook_(handle.on_change([this] {
              const std::lock_guard lock(mutex_);
              changed_.notify_all();
          }))
    {
    }

    /// False if the operation was cancelled.
    bool operator()(std::chrono::milliseconds time)
    {
        std::unique_lock lock(mutex_);
        return !changed_.wait_for(lock, time, [this] { return handle_.cancelled(); });
    }

private:
    control handle_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::shared_ptr<void> hook_;  ///< last: goes first
};

/// Tries again and again, at growing intervals of 5 to 100 ms, at most `wait` long.
inline result<void> wait_for_lock(file_system& fs, const file& at, lock_kind kind, std::chrono::milliseconds wait,
                                  const control& handle)
{
    using std::chrono::milliseconds;
    const auto begin = std::chrono::steady_clock::now();
    cancellable_sleep sleep(handle);
    for (milliseconds pause{5};; pause = std::min(pause + pause / 2, milliseconds{100}))
    {
        if (handle.cancelled())
            return fail(reason::cancelled);
        MODELSEC_TRY(const bool mine, fs.try_lock(at, kind));
        if (mine)
            return {};
        const auto waited = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin);
        if (waited >= wait)
            return fail(reason::lock_timeout);
        if (!sleep(std::min(pause, wait - waited)))
            return fail(reason::cancelled);
    }
}

/// Opens a lock file, making it if need be. Lock files stay: removing one would let two processes hold "the" lock.
inline result<file> open_lock_file(file_system& fs, const file& at, const std::string& name)
{
    for (unsigned i = 0; i < store_patience; ++i)
    {
        MODELSEC_TRY(file there, fs.open_file(at, name, open_mode::lock));
        if (there)
            return there;
        MODELSEC_TRY(file fresh, fs.open_file(at, name, open_mode::create_new));
        if (fresh)
            return fresh;
    }
    return fail(reason::store_layout, "a lock file that comes and goes");
}

inline constexpr const char* envelopes_lock_name = ".envelopes";

/// A shared lock on the envelopes, which gc respects.
inline result<file> hold_envelopes(const store_disk& d)
{
    static constexpr std::chrono::milliseconds longest_gc{10'000};
    MODELSEC_TRY(file held, open_lock_file(*d.files, d.locks, envelopes_lock_name));
    MODELSEC_CHECK(wait_for_lock(*d.files, held, lock_kind::shared, longest_gc, control()));
    return held;
}

result<model_lock> store::lock(const identifier& model, std::chrono::milliseconds wait, const control& handle) const
{
    // Folded: two spellings of one id must not be at work at once where the file system takes them for one.
    MODELSEC_TRY(file held, open_lock_file(*disk_->files, disk_->locks, case_fold(model.str()) + ".lock"));
    MODELSEC_CHECK(wait_for_lock(*disk_->files, held, lock_kind::exclusive, wait, handle));
    // For people who wonder who holds it; whether it is held is up to the lock alone.
    const std::string owner = std::to_string(process_number()) + '\n';
    if (disk_->files->truncate(held, 0))
        (void)disk_->files->write_at(held, 0, as_bytes(owner));
    return model_lock(std::move(held));
}

// The dot keeps it apart from every model's.
result<model_lock> store::lock_metadata(const sha256_digest& pinned_root, std::chrono::milliseconds wait,
                                        const control& handle) const
{
    MODELSEC_TRY(file held, open_lock_file(*disk_->files, disk_->locks, ".trust-" + pinned_root.hex()));
    MODELSEC_CHECK(wait_for_lock(*disk_->files, held, lock_kind::exclusive, wait, handle));
    return model_lock(std::move(held));
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
