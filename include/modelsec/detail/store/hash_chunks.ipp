// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_HASH_CHUNKS_IPP
#define MODELSEC_DETAIL_STORE_HASH_CHUNKS_IPP

#include <modelsec/detail/base/parallel.hpp>
#include <modelsec/detail/base/hash_file.hpp>
#include <modelsec/detail/manifest/model.hpp>

#include <algorithm>
#include <atomic>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Compares the chunks of a file with their digests on all processors. Memory: 256 KiB a thread.
class chunk_checker
{
public:
    chunk_checker(file_system& fs, const file& from, std::uint64_t size, const chunk_digests& chunks, const control& handle)
        : fs_(fs), from_(from), size_(size), chunks_(chunks), handle_(handle)
    {
    }
    chunk_checker(const chunk_checker&) = delete;
    chunk_checker& operator=(const chunk_checker&) = delete;

    /// True: all chunks are there and good. The listener is called on this thread.
    result<bool> run(const hash_listener& listener)
    {
        const std::size_t wanted = std::min<std::size_t>({std::thread::hardware_concurrency(), most_threads, count()});
        std::uint64_t told = 0;
        const std::function<void()> tell = [&] {
            if (const std::uint64_t now = hashed_; listener && now > told)
                listener(now - std::exchange(told, now));
        };
        work_with_helpers(
            std::max<std::size_t>(wanted, 1) - 1, [this]() noexcept { work({}); }, [&]() noexcept { work(tell); });
        if (problem_)
            return *problem_;
        tell();
        return !bad_;
    }

private:
    static constexpr std::size_t block_bytes = 256u << 10;  // stays in a processor's own cache
    static constexpr std::size_t most_threads = 16;

    std::uint64_t count() const noexcept { return chunks_.sha256.size(); }

    void work(const std::function<void()>& tell) noexcept
    {
        try
        {
            bytes space(block_bytes);
            for (std::uint64_t i = next_++; i < count() && !stop_; i = next_++)
                if (auto good = check(i, space, tell); good.has_error())
                    give_up(std::move(good).error());
                else if (!*good)
                    bad_ = stop_ = true;
        }
        catch (const std::exception&)
        {
            give_up(fail(reason::out_of_memory));
        }
    }

    result<bool> check(std::uint64_t index, bytes& space, const std::function<void()>& tell)
    {
        hasher h;
        std::uint64_t at = index * chunks_.size_bytes;
        const std::uint64_t end = std::min(at + chunks_.size_bytes, size_);
        while (at < end)
        {
            if (handle_.cancelled())
                return fail(reason::cancelled);
            const auto part =
                std::span(space).first(static_cast<std::size_t>(std::min<std::uint64_t>(end - at, block_bytes)));
            MODELSEC_TRY(const std::size_t got, fs_.read_at(from_, at, part));
            if (got != part.size())
                return false;
            h.update(part);
            at += got;
            hashed_ += got;
            if (tell)
                tell();
        }
        return h.finish_sha256() == chunks_.sha256[static_cast<std::size_t>(index)];
    }

    void give_up(failure why) noexcept
    {
        const std::lock_guard lock(mutex_);
        if (!problem_)
            problem_ = std::move(why);
        stop_ = true;
    }

    file_system& fs_;
    const file& from_;
    const std::uint64_t size_;
    const chunk_digests& chunks_;
    const control& handle_;
    std::atomic<std::uint64_t> next_{0};
    std::atomic<std::uint64_t> hashed_{0};
    std::atomic<bool> stop_{false};
    std::atomic<bool> bad_{false};
    std::mutex mutex_;
    std::optional<failure> problem_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
