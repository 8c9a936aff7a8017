// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_HASH_FILE_HPP
#define MODELSEC_DETAIL_BASE_HASH_FILE_HPP

#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/file_system/file_system.hpp>

#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <system_error>
#include <thread>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Reads a file ahead on a thread of its own, so that neither the disk nor the hash waits for the other. Memory: 4 MiB.
class read_ahead
{
public:
    static constexpr std::size_t block_bytes = 1u << 20;
    static constexpr std::size_t blocks = 4;

    read_ahead(file_system& fs, const file& from) : fs_(fs), from_(from), thread_([this] { run(); }) {}
    ~read_ahead()
    {
        {
            const std::lock_guard lock(mutex_);
            stop_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }
    read_ahead(const read_ahead&) = delete;
    read_ahead& operator=(const read_ahead&) = delete;

    /// The next bytes; empty at the end of the file. Valid until the next call.
    result<bytes_view> next()
    {
        std::unique_lock lock(mutex_);
        if (lent_)
        {
            ++taken_;
            lent_ = false;
            changed_.notify_all();
        }
        changed_.wait(lock, [this] { return filled_ > taken_ || ended_; });
        if (filled_ > taken_)
        {
            lent_ = true;
            return bytes_view(ring_[taken_ % blocks]);
        }
        if (problem_)
            return *problem_;
        return bytes_view();
    }

private:
    void run() noexcept
    {
        for (std::uint64_t offset = 0;;)
        {
            bytes* into = nullptr;
            {
                std::unique_lock lock(mutex_);
                changed_.wait(lock, [this] { return filled_ - taken_ < blocks || stop_; });
                if (stop_)
                    return;
                into = &ring_[filled_ % blocks];
            }
            auto got = read(*into, offset);
            const std::lock_guard lock(mutex_);
            if (!got)
                problem_ = std::move(got).error();
            else if (*got != 0)
                ++filled_;
            ended_ = problem_ || *got < block_bytes;
            changed_.notify_all();
            if (ended_)
                return;
            offset += *got;
        }
    }

    result<std::size_t> read(bytes& into, std::uint64_t offset) noexcept
    {
        try
        {
            into.resize(block_bytes);
            auto got = fs_.read_at(from_, offset, into);
            into.resize(got ? *got : 0);
            return got;
        }
        catch (const std::exception&)  // there is nobody above on this thread
        {
            return fail(reason::out_of_memory);
        }
    }

    file_system& fs_;
    const file& from_;
    bytes ring_[blocks];
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t filled_ = 0;
    std::uint64_t taken_ = 0;
    bool lent_ = false;
    bool ended_ = false;
    bool stop_ = false;
    std::optional<failure> problem_;
    std::thread thread_;  ///< last: it uses all of the above
};

/// Tells how many bytes were hashed since the last call.
using hash_listener = std::function<void(std::uint64_t)>;

/// SHA-256 of a whole file, through this very descriptor.
inline result<sha256_digest> hash_file(file_system& fs, const file& from, const control& handle,
                                       const hash_listener& listener)
{
    hasher h;
    const auto take = [&](bytes_view data) -> result<void> {
        if (handle.cancelled())
            return fail(reason::cancelled);
        h.update(data);
        if (listener)
            listener(data.size());
        return {};
    };
    MODELSEC_TRY(const file_info what, fs.info(from));
    if (what.size <= read_ahead::block_bytes)
    {
        bytes small(static_cast<std::size_t>(what.size));
        MODELSEC_TRY(const std::size_t got, fs.read_at(from, 0, small));
        MODELSEC_CHECK(take(bytes_view(small).first(got)));
        return h.finish_sha256();
    }
    try
    {
        read_ahead source(fs, from);
        for (;;)
        {
            MODELSEC_TRY(const bytes_view data, source.next());
            if (data.empty())
                return h.finish_sha256();
            MODELSEC_CHECK(take(data));
        }
    }
    catch (const std::system_error& e)
    {
        return fail(reason::out_of_memory, e.what());  // no thread to be had
    }
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
