// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_UNIT_SINK_SCENE_HPP
#define MODELSEC_TESTS_UNIT_SINK_SCENE_HPP

#include <modelsec/detail/fetch/pack_sink.hpp>

#include "../support/memory_file_system.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <set>

namespace sink_scene {

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
    unsigned syncs = 0;
    unsigned misaligned = 0;
    unsigned direct_writes = 0;
    unsigned reads = 0;
    range_set dirty;

    result<std::size_t> read_at(const file& f, std::uint64_t offset, std::span<std::uint8_t> into) override
    {
        const std::lock_guard lock(mutex_);
        ++reads;
        misaligned += direct_.contains(f.native()) && !aligned(offset, into.data(), into.size());
        return memory_file_system::read_at(f, offset, into);
    }
    result<void> write_at(const file& f, std::uint64_t offset, bytes_view data) override
    {
        const std::lock_guard lock(mutex_);
        const bool direct = direct_.contains(f.native());
        if (direct && direct_writes_fail)
            return fail(reason::store_io, "EINVAL");
        misaligned += direct && !aligned(offset, data.data(), data.size());
        direct_writes += direct;
        if (offset + data.size() > room)
            return fail(reason::disk_full);
        dirty.add({offset, offset + data.size()});
        return memory_file_system::write_at(f, offset, data);
    }
    result<bool> set_direct(const file& f, bool on) override
    {
        const std::lock_guard lock(mutex_);
        if (on && direct_supported)
            direct_.insert(f.native());
        return direct_supported;
    }
    std::uint64_t size_of(const std::shared_ptr<node>& what)
    {
        const std::lock_guard lock(mutex_);
        return what->content.size();
    }
    /// One more handle for a file; its number may have been another's.
    file open_again(const std::shared_ptr<node>& what)
    {
        const std::lock_guard lock(mutex_);
        file out = open(what);
        direct_.erase(out.native());
        return out;
    }
    result<void> reserve(const file&, std::uint64_t size) override
    {
        return size > reservable ? fail(reason::disk_full) : result<void>();
    }
    result<void> sync(const file&) override
    {
        const std::lock_guard lock(mutex_);
        ++syncs;
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

private:
    static bool aligned(std::uint64_t offset, const void* data, std::size_t size)
    {
        return (offset | reinterpret_cast<std::uintptr_t>(data) | size) % direct_alignment == 0;
    }
    std::mutex mutex_;
    std::set<native_handle> direct_;
};

/// A download of one file or more: a disk, partials, a journal, a clock that moves when it is told to, and the thread that waits for
/// the sink.
struct bench final : partial_files
{
    explicit bench(const artifact_file& what, const bytes& content = {}) : bench(std::vector<const artifact_file*>{&what})
    {
        nodes[0]->content = content;
    }
    explicit bench(std::vector<const artifact_file*> what) : files(std::move(what))
    {
        options.threads = 2;
        options.now = [this] { return std::chrono::steady_clock::time_point(now.load()); };
        for (std::size_t i = 0; i < files.size(); ++i)
            nodes.push_back(std::make_shared<support::memory_file_system::node>());
        journal.resize(files.size());
    }
    /// On a real disk, in a folder of its own.
    bench(const artifact_file& what, file_system& disk_of_it, const file& folder) : bench(what)
    {
        real = &disk_of_it;
        home = &folder;
    }

    // partial_files
    file_system& disk() override { return real ? *real : mem; }
    result<file> open(std::size_t i) override
    {
        ++opens;
        if (!real)
            return mem.open_again(nodes[i]);
        MODELSEC_TRY(file there, real->open_file(*home, std::to_string(i), open_mode::read_write));
        return there ? result<file>(std::move(there)) : real->open_file(*home, std::to_string(i), open_mode::create_new);
    }
    result<void> drop(std::size_t i) override
    {
        ++drops;
        if (before_drop)
            before_drop();
        const std::lock_guard lock(mutex);
        nodes[i]->content.clear();
        journal[i] = {};
        return {};
    }
    result<void> make_durable(const std::vector<written>& what) override
    {
        {
            const std::lock_guard lock(mutex);
            last_batch.clear();
            for (const written& w : what)
                last_batch.push_back(w.file);
        }
        ++batches;
        if (before_sync)
            before_sync();
        if (!real)
            MODELSEC_CHECK(mem.sync({}));
        const std::lock_guard lock(mutex);
        for (const written& w : what)
            for (const auto& r : w.ranges.ranges())
                journal[w.file].add(r);
        return {};
    }

    void start(std::vector<range_set> kept)
    {
        line.emplace(*this, files, std::move(kept), options, [this] {
            const std::lock_guard lock(mutex);
            ++rings;
            bell.notify_all();
        });
    }
    void start(const range_set& kept = {}) { start(std::vector<range_set>{kept}); }
    range_set journalled(std::size_t file = 0)
    {
        const std::lock_guard lock(mutex);
        return journal[file];
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
    bool put(const bytes& from, byte_range r, std::size_t file = 0)
    {
        block_ptr b;
        wait_for([&] { return static_cast<bool>(b = line->try_take()) || line->problem().has_value(); });
        if (!b)
            return false;
        const auto at = static_cast<std::size_t>(r.begin % file_system::direct_alignment);
        std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(r.begin), r.size(),
                    b->space().begin() + static_cast<std::ptrdiff_t>(at));
        line->put(file, r.begin, std::move(b), at, static_cast<std::size_t>(r.size()));
        return true;
    }
    /// Puts everything that is missing, in pieces that end at multiples of `step`.
    bool feed(const bytes& from, std::uint64_t step = mib, bool backwards = false, std::size_t file = 0)
    {
        std::vector<byte_range> pieces;
        const range_set missing = line->missing(file);
        for (const auto& r : missing.ranges())
            for (auto at = r.begin; at < r.end;)
            {
                pieces.push_back({at, std::min({r.end, (at / step + 1) * step, at / 4096 * 4096 + mib})});
                at = pieces.back().end;
            }
        if (backwards)
            std::reverse(pieces.begin(), pieces.end());
        return std::all_of(pieces.begin(), pieces.end(), [&](const auto& p) { return put(from, p, file); });
    }
    /// What is refused next.
    std::vector<pack_sink::refusal> refused()
    {
        std::vector<pack_sink::refusal> out;
        wait_for([&] { return !(out = line->take_refused()).empty(); });
        return out;
    }
    bytes_view content(std::size_t file = 0) { return nodes[file]->content; }
    std::size_t content_size() { return static_cast<std::size_t>(mem.size_of(nodes[0])); }
    void pass(std::chrono::nanoseconds time) { now = now.load() + time; }

    test_disk mem;
    file_system* real = nullptr;
    const file* home = nullptr;
    std::vector<const artifact_file*> files;
    std::vector<std::shared_ptr<support::memory_file_system::node>> nodes;
    sink_options options;
    std::atomic<std::chrono::nanoseconds> now{std::chrono::hours(1)};
    std::function<void()> before_sync;
    std::function<void()> before_drop;
    std::atomic<unsigned> opens{0};
    std::atomic<unsigned> drops{0};
    std::atomic<unsigned> batches{0};
    std::mutex mutex;
    std::condition_variable bell;
    unsigned rings = 0;
    std::vector<range_set> journal;
    std::vector<std::size_t> last_batch;
    std::optional<pack_sink> line;  // last: its threads use all of the above
};

}  // namespace sink_scene

#endif
