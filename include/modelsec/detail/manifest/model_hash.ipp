// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_MODEL_HASH_IPP
#define MODELSEC_DETAIL_MANIFEST_MODEL_HASH_IPP

#include <modelsec/detail/base/parallel.hpp>
#include <modelsec/detail/base/hash_file.hpp>
#include <modelsec/detail/manifest/model_tree.ipp>
#include <modelsec/detail/manifest/model_folder.hpp>

#include <atomic>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A file, or a shard of it, that is to be hashed.
struct hash_job
{
    std::size_t file = 0;  ///< which of its caller's
    std::string path;
    std::uint64_t offset = 0;
    std::uint64_t size = 0;
    bool whole = true;
    sha256_digest digest;
    std::uint64_t hashed = 0;  ///< bytes; other than `size`: the file changed meanwhile
};

/// Hashes files and shards on several threads, each with at most 5 MiB.
class model_hasher
{
public:
    model_hasher(const model_tree& tree, const model_walk& how) : tree_(tree), how_(how) {}

    /// Fills in the digests. The first failure ends it.
    result<void> run(std::vector<hash_job>& jobs)
    {
        for (const hash_job& j : jobs)
            total_ += j.size;
        // The largest first, so that none is left for one thread at the end.
        std::vector<hash_job*> order;
        order.reserve(jobs.size());
        for (hash_job& j : jobs)
            order.push_back(&j);
        std::stable_sort(order.begin(), order.end(), [](auto* a, auto* b) { return a->size > b->size; });
        tell(0);

        std::atomic<std::size_t> next{0};
        const auto work = [&]() noexcept {
            for (std::size_t i = next++; i < order.size() && !stop_; i = next++)
                if (auto done = guarded(*order[i]); done.has_error())
                    stop(std::move(done).error());
        };
        static constexpr unsigned most = 8;
        const unsigned wanted = how_.threads != 0 ? how_.threads : std::min(std::thread::hardware_concurrency(), most);
        work_with_helpers(std::max<std::size_t>(std::min<std::size_t>(wanted, order.size()), 1) - 1, work, work);
        if (problem_)
            return *problem_;
        return {};
    }

private:
    result<void> guarded(hash_job& job) noexcept
    {
        try
        {
            return hash(job);
        }
        catch (const std::exception&)  // no memory, no thread, or a caller's handler that throws
        {
            return failure{reason::out_of_memory, {}};
        }
    }

    result<void> hash(hash_job& job)
    {
        file opened;
        if (!tree_.is_file())
        {
            MODELSEC_TRY(opened, tree_.open_file(job.path));
        }
        const file& from = opened ? opened : tree_.only_file();
        const hash_listener listener = [&](std::uint64_t size) {
            job.hashed += size;
            tell(size);
        };
        if (job.whole)
        {
            MODELSEC_TRY(job.digest, hash_file(file_system::native(), from, how_.handle, listener));
            return {};
        }
        hasher h;
        bytes buffer(std::min<std::uint64_t>(job.size, 1u << 20));
        while (job.hashed < job.size)
        {
            if (how_.handle.cancelled())
                return fail(reason::cancelled);
            const auto piece = std::span(buffer).first(std::min<std::uint64_t>(job.size - job.hashed, buffer.size()));
            MODELSEC_TRY(const std::size_t got, file_system::native().read_at(from, job.offset + job.hashed, piece));
            if (got == 0)
                break;
            h.update(piece.first(got));
            listener(got);
        }
        job.digest = h.finish_sha256();
        return {};
    }

    void tell(std::uint64_t size)
    {
        const std::lock_guard lock(mutex_);
        done_ += size;
        if (how_.on_progress)
            how_.on_progress(std::min(done_, total_), total_);
    }

    void stop(failure why) noexcept
    {
        const std::lock_guard lock(mutex_);
        stop_ = true;
        if (!problem_)
            problem_ = std::move(why);
    }

    const model_tree& tree_;
    const model_walk& how_;
    std::mutex mutex_;
    std::uint64_t done_ = 0;
    std::uint64_t total_ = 0;
    std::optional<failure> problem_;
    std::atomic<bool> stop_{false};
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
