// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_HASH_PACK_IPP
#define MODELSEC_DETAIL_STORE_HASH_PACK_IPP

#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/base/file_system/file_system.hpp>
#include <modelsec/detail/base/hash_file.hpp>
#include <modelsec/detail/base/parallel.hpp>
#include <modelsec/detail/manifest/model.hpp>
#include <modelsec/detail/store/store_disk.ipp>

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <thread>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A file that is compared with its digests: with those of its chunks where they are given, else as a whole.
struct hashed_file
{
    const file* content = nullptr;
    std::uint64_t size = 0;
    const chunk_digests* chunks = nullptr;
    std::atomic<bool> chunks_good{true};   ///< out, with `chunks`
    std::optional<sha256_digest> whole{};  ///< out, without them
    std::atomic<bool> past_cache{false};
};

/// Hashes files on all processors: whole files beside each other, chunks of one file beside each other, the largest first. Reads in
/// large blocks, past the page cache where the file system can: what is only looked through must not push out what is used.
/// Memory: 1 MiB a thread.
class pack_hasher
{
public:
    pack_hasher(file_system& fs, const control& handle) : fs_(fs), handle_(handle) {}
    pack_hasher(const pack_hasher&) = delete;
    pack_hasher& operator=(const pack_hasher&) = delete;

    /// Each content must be this caller's own open file: how it is read is changed. The listener is called on this thread.
    result<void> run(std::deque<hashed_file>& files, const hash_listener& listener)
    {
        std::vector<hashed_file*> order;
        for (hashed_file& f : files)
            order.push_back(&f);
        std::ranges::stable_sort(order, [](const auto* a, const auto* b) { return a->size > b->size; });
        for (hashed_file* f : order)
            if (f->chunks)
                for (std::size_t i = 0; i < f->chunks->sha256.size(); ++i)
                    jobs_.push_back({f, i});
            else
                jobs_.push_back({f, 0});
        for (hashed_file& f : files)
            if (f.size >= block_bytes)
            {
                MODELSEC_TRY(const bool direct, fs_.set_direct(*f.content, true));
                f.past_cache = direct;
            }
        const std::size_t wanted = std::min<std::size_t>({std::thread::hardware_concurrency(), most_threads, jobs_.size()});
        std::uint64_t told = 0;
        const std::function<void()> tell = [&] {
            if (const std::uint64_t now = hashed_; listener && now > told)
                listener(now - std::exchange(told, now));
        };
        // The largest one is this thread's own: whoever listens hears of it, and can cancel, while it is hashed.
        work_with_helpers(
            std::max<std::size_t>(wanted, 1) - 1, [this]() noexcept { work(next_++, {}); },
            [&]() noexcept { work(0, tell); });
        if (problem_)
            return *problem_;
        tell();
        return {};
    }

private:
    static constexpr std::size_t block_bytes = 1u << 20;
    static constexpr std::size_t most_threads = 16;
    struct job
    {
        hashed_file* what;
        std::size_t chunk;
    };
    struct free_aligned
    {
        void operator()(std::uint8_t* data) const noexcept
        {
            ::operator delete(data, std::align_val_t{file_system::direct_alignment});
        }
    };
    using buffer = std::unique_ptr<std::uint8_t, free_aligned>;

    void work(std::size_t first, const std::function<void()>& tell) noexcept
    {
        try
        {
            const buffer space(
                static_cast<std::uint8_t*>(::operator new(block_bytes, std::align_val_t{file_system::direct_alignment})));
            for (std::size_t i = first; i < jobs_.size() && !stop_; i = next_++)
                if (auto done = hash(jobs_[i], {space.get(), block_bytes}, tell); done.has_error())
                    give_up(std::move(done).error());
        }
        catch (const std::exception&)
        {
            give_up(fail(reason::out_of_memory));
        }
    }

    result<void> hash(const job& j, std::span<std::uint8_t> space, const std::function<void()>& tell)
    {
        hashed_file& f = *j.what;
        if (f.chunks && !f.chunks_good)
            return {};
        std::uint64_t at = f.chunks ? j.chunk * f.chunks->size_bytes : 0;
        const std::uint64_t end = f.chunks ? std::min(at + f.chunks->size_bytes, f.size) : f.size;
        hasher h;
        while (at < end)
        {
            if (stop_)
                return {};
            if (handle_.cancelled())
                return fail(reason::cancelled);
            // Whole pages, as reading past the cache wants them; what is before and behind is left out.
            const std::uint64_t begin = at - at % file_system::direct_alignment;
            const auto read_now = read(f, begin, space);
            if (!read_now)
                return as_damage_if_sealed(fs_, *f.content, read_now.error());
            const std::size_t got = *read_now;
            const std::uint64_t until = std::min(begin + got, end);
            if (until <= at)
                break;  // shorter than it was: its digest is another
            h.update(bytes_view(space).subspan(static_cast<std::size_t>(at - begin), static_cast<std::size_t>(until - at)));
            hashed_ += until - at;
            at = until;
            if (tell)
                tell();
        }
        const sha256_digest digest = h.finish_sha256();
        if (!f.chunks)
            f.whole = digest;
        else if (at < end || !(digest == f.chunks->sha256[j.chunk]))
            f.chunks_good = false;
        return {};
    }

    result<std::size_t> read(hashed_file& f, std::uint64_t begin, std::span<std::uint8_t> space)
    {
        const bool direct = f.past_cache;
        auto got = fs_.read_at(*f.content, begin, space);
        if (!got.has_error() || got.error().why != reason::store_io || !direct)
            return got;
        // Some file systems say yes and then want another alignment, or none of it.
        MODELSEC_CHECK(fs_.set_direct(*f.content, false));
        f.past_cache = false;
        return fs_.read_at(*f.content, begin, space);
    }

    void give_up(failure why) noexcept
    {
        const std::lock_guard lock(mutex_);
        if (!problem_)
            problem_ = std::move(why);
        stop_ = true;
    }

    file_system& fs_;
    const control& handle_;
    std::vector<job> jobs_;
    std::atomic<std::size_t> next_{1};  // the first one is the caller's own
    std::atomic<std::uint64_t> hashed_{0};
    std::atomic<bool> stop_{false};
    std::mutex mutex_;
    std::optional<failure> problem_;
};

/// Whether these are chunk digests for every byte of a file of this size.
inline bool cover_all(const chunk_digests& chunks, std::uint64_t size) noexcept
{
    return chunks.size_bytes > 0 && size > 0 && chunks.sha256.size() == (size - 1) / chunks.size_bytes + 1;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
