// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_UNIT_PIPELINE_SCENE_HPP
#define MODELSEC_TESTS_UNIT_PIPELINE_SCENE_HPP

#include <modelsec/detail/fetch/pipeline.hpp>

#include "../support/memory_file_system.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <limits>
#include <mutex>

namespace pipeline_scene {

using namespace modelsec;

using namespace modelsec::detail;

constexpr std::uint64_t mib = 1u << 20;

inline bytes sample(std::uint64_t size)
{
    bytes out(static_cast<std::size_t>(size));
    std::uint32_t x = 7;
    for (auto& b : out)
        b = static_cast<std::uint8_t>((x = x * 1664525u + 1013904223u) >> 24);
    return out;
}

inline artifact_file signed_file(const bytes& content, std::size_t chunk_size = 0)
{
    artifact_file out;
    out.size_bytes = content.size();
    out.sha256 = sha256(content);
    if (chunk_size)
    {
        out.chunks.emplace();
        out.chunks->size_bytes = chunk_size;
        for (std::size_t at = 0; at < content.size(); at += chunk_size)
            out.chunks->sha256.push_back(sha256(bytes_view(content).subspan(at, std::min(chunk_size, content.size() - at))));
    }
    return out;
}

/// A disk in memory that two threads may use, that knows what is not synced yet, and that can fail.
class test_disk : public support::memory_file_system
{
public:
    bool direct_supported = true;
    bool direct_writes_fail = false;
    std::uint64_t room = ~std::uint64_t{0};
    std::uint64_t reservable = ~std::uint64_t{0};
    bool sync_fails = false;
    unsigned misaligned = 0;
    unsigned direct_writes = 0;
    unsigned reads = 0;
    range_set dirty;

    result<std::size_t> read_at(const file& f, std::uint64_t offset, std::span<std::uint8_t> into) override
    {
        const std::lock_guard lock(mutex_);
        ++reads;
        misaligned += direct_ && !aligned(offset, into.data(), into.size());
        return memory_file_system::read_at(f, offset, into);
    }
    result<void> write_at(const file& f, std::uint64_t offset, bytes_view data) override
    {
        const std::lock_guard lock(mutex_);
        if (direct_ && direct_writes_fail)
            return fail(reason::store_io, "EINVAL");
        misaligned += direct_ && !aligned(offset, data.data(), data.size());
        direct_writes += direct_;
        if (offset + data.size() > room)
            return fail(reason::disk_full);
        dirty.add({offset, offset + data.size()});
        return memory_file_system::write_at(f, offset, data);
    }
    result<bool> set_direct(const file&, bool on) override
    {
        const std::lock_guard lock(mutex_);
        direct_ = on && direct_supported;
        return direct_supported;
    }
    result<void> reserve(const file&, std::uint64_t size) override
    {
        return size > reservable ? fail(reason::disk_full) : result<void>();
    }
    result<void> sync(const file&) override
    {
        const std::lock_guard lock(mutex_);
        if (sync_fails)
            return fail(reason::store_io);
        dirty = {};
        return {};
    }
    result<file_info> info(const file& f) override
    {
        const std::lock_guard lock(mutex_);
        return memory_file_system::info(f);
    }
    bool is_synced(byte_range r)
    {
        const std::lock_guard lock(mutex_);
        return dirty.missing_of(r).size() == r.size();
    }

private:
    static bool aligned(std::uint64_t offset, const void* data, std::size_t size)
    {
        return (offset | reinterpret_cast<std::uintptr_t>(data) | size) % direct_alignment == 0;
    }
    std::mutex mutex_;
    bool direct_ = false;
};

/// One download: a disk, a partial, a journal, and the thread that waits for its pipeline.
struct bench
{
    explicit bench(const artifact_file& what, const bytes& content = {}, file_system* real = nullptr, file* target = nullptr)
        : expected(what), files(real ? *real : disk),
          partial(target ? std::move(*target) : disk.loose_file(as_text(content)))
    {
        options.check_chunks_up_to = std::numeric_limits<std::uint64_t>::max();
    }

    void start(const range_set& kept = {})
    {
        line.emplace(
            files, partial, expected, kept,
            [this](byte_range r) -> result<void> {
                const std::lock_guard lock(mutex);
                unsynced_journalled = unsynced_journalled || !disk.is_synced(r);
                journal.add(r);
                return {};
            },
            options,
            [this] {
                const std::lock_guard lock(mutex);
                ++rings;
                bell.notify_all();
            });
    }
    range_set journalled()
    {
        const std::lock_guard lock(mutex);
        return journal;
    }
    template <class Ready>
    auto wait_for(Ready ready)
    {
        for (;;)
        {
            unsigned before = 0;
            {
                const std::lock_guard lock(mutex);
                before = rings;
            }
            if (auto out = ready())
                return out;
            std::unique_lock lock(mutex);
            REQUIRE(bell.wait_for(lock, std::chrono::seconds(20), [&] { return rings != before; }));
        }
    }
    /// Puts one piece; false if there is a problem instead.
    bool put(const bytes& from, byte_range r)
    {
        block b;
        wait_for([&] { return static_cast<bool>(b = line->try_take()) || line->problem().has_value(); });
        if (!b)
            return false;
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(r.begin), r.size(), b.space().begin());
        line->put(r.begin, std::move(b), static_cast<std::size_t>(r.size()));
        return true;
    }
    /// Puts everything that is missing, in pieces that end at multiples of `step`.
    bool feed(const bytes& from, std::uint64_t step = mib, bool backwards = false)
    {
        std::vector<byte_range> pieces;
        const range_set missing = line->missing();
        for (const auto& r : missing.ranges())
            for (auto at = r.begin; at < r.end;)
            {
                pieces.push_back({at, std::min(r.end, (at / step + 1) * step)});
                at = pieces.back().end;
            }
        if (backwards)
            std::reverse(pieces.begin(), pieces.end());
        return std::all_of(pieces.begin(), pieces.end(), [&](const auto& p) { return put(from, p); });
    }
    bytes_view content() { return disk.at(partial).content; }

    test_disk disk;
    const artifact_file& expected;
    file_system& files;
    file partial;
    pipeline_options options;
    std::mutex mutex;
    std::condition_variable bell;
    unsigned rings = 0;
    range_set journal;
    bool unsynced_journalled = false;
    std::optional<pipeline> line;
};

}  // namespace pipeline_scene

#endif
