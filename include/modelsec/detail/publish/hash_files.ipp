// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_HASH_FILES_IPP
#define MODELSEC_DETAIL_PUBLISH_HASH_FILES_IPP

#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/base/parallel.hpp>
#include <modelsec/detail/publish/digest_cache.hpp>
#include <modelsec/detail/publish/hash_files.hpp>
#include <modelsec/limits.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <future>
#include <mutex>

MODELSEC_BEGIN_NAMESPACE

namespace detail {

/// Fills `into` from a file that is at least as long.
inline result<void> read_exactly(const file& from, std::uint64_t offset, std::span<std::uint8_t> into,
                                 const std::string& path)
{
    MODELSEC_TRY(const std::size_t got, file_system::native().read_at(from, offset, into));
    return got == into.size() ? result<void>()
                              : fail(reason::file_unreadable, path + ": it became shorter while it was read");
}

/// The size of a regular file that the caller named.
inline result<std::uint64_t> size_of_file(const std::string& path)
{
    MODELSEC_TRY(const file opened, open_local_file(path));
    MODELSEC_TRY(const file_info info, file_system::native().info(opened));
    if (info.kind != file_kind::regular || info.size > limits::max_integer)
        return fail(reason::file_unreadable, path + ": not a regular file");
    return info.size;
}

/// Hashes a list of files on several threads.
class file_hashing
{
public:
    file_hashing(const std::vector<std::string>& paths, std::vector<std::uint64_t> sizes, std::uint64_t chunk_bytes,
                 const hash_options& options)
        : paths_(paths), sizes_(std::move(sizes)), chunk_bytes_(chunk_bytes), options_(options),
          cache_(options.digest_cache), out_(paths.size())
    {
        for (const std::uint64_t size : sizes_)
            total_ += size;
        const unsigned wished = options.threads != 0 ? options.threads : std::thread::hardware_concurrency();
        threads_ = std::max<std::size_t>(wished, 1);
    }

    result<std::vector<file_digests>> run()
    {
        advance(0);
        const auto work = [this]() noexcept { take_files(); };
        work_with_helpers(std::min(threads_, paths_.size()) - (paths_.empty() ? 0 : 1), work, work);
        cache_.save();
        if (problem_)
            return *problem_;
        return std::move(out_);
    }

private:
    void take_files() noexcept
    {
        for (std::size_t at = next_++; at < paths_.size() && !failed_; at = next_++)
        {
            try
            {
                if (auto done = take(at); done.has_error())
                    fail_with(std::move(done).error());
            }
            catch (const std::exception&)  // no memory, no thread, or a caller's handler that throws
            {
                fail_with(fail(reason::out_of_memory));
            }
        }
    }

    void fail_with(failure f) noexcept
    {
        const std::lock_guard lock(mutex_);
        if (!problem_)
            problem_ = std::move(f);
        failed_ = true;
    }

    void advance(std::uint64_t bytes)
    {
        const std::lock_guard lock(mutex_);
        done_ += bytes;
        if (options_.on_progress)
            options_.on_progress(done_, total_);
    }

    static bool same(const file_info& a, const file_info& b) noexcept
    {
        return a.size == b.size && a.modified_ns == b.modified_ns && a.changed_ns == b.changed_ns;
    }

    result<void> take(std::size_t at)
    {
        file_system& disk = file_system::native();
        const std::string& path = paths_[at];
        MODELSEC_TRY(const file opened, open_local_file(path));
        MODELSEC_TRY(const file_info before, disk.info(opened));
        if (before.size != sizes_[at])
            return fail(reason::file_unreadable, path + ": it changed while it was read");
        const std::string key = digest_cache::key_of(before, chunk_bytes_);
        if (!options_.rehash)
        {
            const std::lock_guard lock(mutex_);
            if (auto known = cache_.find(key, before.size, chunk_bytes_))
                out_[at] = std::move(*known);
        }
        if (out_[at].cached)
        {
            advance(before.size);
            return {};
        }
        const std::int64_t now = disk.stamp_clock();
        MODELSEC_TRY(out_[at], hash(opened, before.size, path));
        MODELSEC_TRY(const file_info after, disk.info(opened));
        if (!same(before, after))
            return fail(reason::file_unreadable, path + ": it changed while it was read");
        // A change within the tick of the disk's clock in which the last one fell would go unnoticed later on.
        if (before.changed_ns < now)
        {
            const std::lock_guard lock(mutex_);
            cache_.remember(key, out_[at]);
        }
        return {};
    }

    /// One pass: the file as a whole here and, where cores have nothing else to do, each chunk and the next read beside it.
    result<file_digests> hash(const file& from, std::uint64_t size, const std::string& path)
    {
        const bool several = size > chunk_bytes_;
        const bool split = several && paths_.size() < threads_;
        hasher whole;
        file_digests out;
        out.size_bytes = size;
        const auto part = [&](std::uint64_t offset) {
            return static_cast<std::size_t>(std::min(chunk_bytes_, size - std::min(size, offset)));
        };
        bytes current(part(0)), coming(split ? part(chunk_bytes_) : 0);
        MODELSEC_CHECK(read_exactly(from, 0, current, path));
        for (std::uint64_t offset = 0; offset < size;)
        {
            if (options_.handle.cancelled())
                return fail(reason::cancelled);
            const bytes_view chunk(current);
            const std::uint64_t after = offset + chunk.size();
            coming.resize(split ? part(after) : 0);
            std::future<sha256_digest> digest;
            std::future<result<void>> reading;
            if (split)
            {
                digest = std::async(std::launch::async, [chunk] { return modelsec::sha256(chunk); });
                reading = std::async(std::launch::async,
                                     [&, after] { return read_exactly(from, after, std::span(coming), path); });
            }
            whole.update(chunk);
            if (several)
                out.chunks.push_back(split ? digest.get() : modelsec::sha256(chunk));
            advance(chunk.size());
            offset = after;
            if (split)
            {
                MODELSEC_CHECK(reading.get());
                std::swap(current, coming);
            }
            else if (offset < size)
            {
                current.resize(part(offset));
                MODELSEC_CHECK(read_exactly(from, offset, current, path));
            }
        }
        out.sha256 = whole.finish_sha256();
        return out;
    }

    const std::vector<std::string>& paths_;
    std::vector<std::uint64_t> sizes_;
    std::uint64_t chunk_bytes_;
    const hash_options& options_;
    std::size_t threads_ = 1;
    std::uint64_t total_ = 0;
    std::atomic<std::size_t> next_{0};
    std::atomic<bool> failed_{false};
    std::mutex mutex_;  ///< of all that follows
    std::uint64_t done_ = 0;
    digest_cache cache_;
    std::vector<file_digests> out_;
    std::optional<failure> problem_;
};

}  // namespace detail

result<std::vector<file_digests>> hash_files(const std::vector<std::string>& paths, std::uint64_t chunk_bytes,
                                             const hash_options& options)
{
    if (chunk_bytes == 0 || chunk_bytes > limits::chunk_max_bytes)
        return fail(reason::bad_option, "a chunk has 1 byte to 64 MiB");
    std::vector<std::uint64_t> sizes;
    for (const std::string& path : paths)
    {
        MODELSEC_TRY(const std::uint64_t size, detail::size_of_file(path));
        sizes.push_back(size);
    }
    return detail::file_hashing(paths, std::move(sizes), chunk_bytes, options).run();
}

MODELSEC_END_NAMESPACE

#endif
