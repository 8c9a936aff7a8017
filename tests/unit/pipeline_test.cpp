// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/verify/pipeline.hpp>

#include "../support/memory_file_system.hpp"
#include "../support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>

using namespace modelsec;

namespace {

constexpr std::uint64_t mib = 1u << 20;

bytes sample(std::uint64_t size)
{
    bytes out(static_cast<std::size_t>(size));
    std::uint32_t x = 7;
    for (auto& b : out)
        b = static_cast<std::uint8_t>((x = x * 1664525u + 1013904223u) >> 24);
    return out;
}

artifact_file signed_file(const bytes& content, std::size_t chunk_size = 0)
{
    artifact_file out;
    out.size_bytes = content.size();
    out.sha256 = sha256(content);
    if (chunk_size)
    {
        out.chunks.emplace();
        out.chunks->size_bytes = chunk_size;
        for (std::size_t at = 0; at < content.size(); at += chunk_size)
            out.chunks->sha256.push_back(
                sha256(bytes_view(content).subspan(at, std::min(chunk_size, content.size() - at))));
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
        : expected(what), files(real ? *real : disk), partial(target ? std::move(*target) : disk.loose_file(as_text(content)))
    {
    }

    void start(range_set kept = {})
    {
        line.emplace(
            files, partial, expected, std::move(kept),
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

}  // namespace

TEST_CASE("bytes of any length reach the real disk, direct or cached, and are verified")
{
    const support::temp_dir dir;
    auto& real = file_system::native();
    const auto root = real.open_root(dir.path(), false);
    REQUIRE(root.has_value());
    for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{4095}, std::uint64_t{4096},
                                     std::uint64_t{4097}, mib, 3 * mib + 5, 20 * mib + 4096})
        for (const bool direct : {true, false})
        {
            const auto content = sample(size);
            const auto expected = signed_file(content);
            const auto name = std::to_string(size) + (direct ? "d" : "c");
            auto partial = real.open_file(*root, name, open_mode::create_new);
            REQUIRE(partial.has_value());
            bench b(expected, {}, &real, &*partial);
            b.options.direct = direct;
            b.start();
            REQUIRE(b.feed(content));
            REQUIRE(b.line->finish().has_value());
            CHECK(b.line->done());
            CHECK(support::read_file(dir / name) == as_text(content));
            CHECK(b.journalled().covers({0, size}));
        }
}

TEST_CASE("direct writes are aligned, and only the last page is not written direct")
{
    const auto content = sample(5 * mib + 4097);
    const auto expected = signed_file(content);
    bench b(expected);
    b.start();
    REQUIRE(b.feed(content));
    REQUIRE(b.line->finish().has_value());
    CHECK(b.disk.misaligned == 0);
    CHECK(b.disk.direct_writes == 6);
    CHECK(b.disk.reads == 0);  // what is in memory is not read back
}

TEST_CASE("a file system without direct writes, or one that refuses them, is written through the cache")
{
    const auto content = sample(2 * mib + 1);
    const auto expected = signed_file(content);
    for (const bool supported : {false, true})
    {
        bench b(expected);
        b.disk.direct_supported = supported;
        b.disk.direct_writes_fail = true;
        b.start();
        REQUIRE(b.feed(content));
        REQUIRE(b.line->finish().has_value());
        CHECK(std::ranges::equal(b.content(), content));
        CHECK(b.disk.direct_writes == 0);
    }
}

TEST_CASE("bytes that arrive backwards leave memory and are read back in order")
{
    const auto content = sample(24 * mib + 77);
    const auto expected = signed_file(content);
    bench b(expected);
    b.options.blocks = 3;
    b.start();
    REQUIRE(b.feed(content, mib, true));
    REQUIRE(b.line->finish().has_value());
    CHECK(b.disk.reads >= 20);
    CHECK(b.disk.misaligned == 0);
    CHECK(std::ranges::equal(b.content(), content));
}

TEST_CASE("kept ranges are not missing; they are read back, hashed and counted")
{
    const auto content = sample(9 * mib + 5);
    const auto expected = signed_file(content);
    bench b(expected, content);
    range_set kept({0, 3 * mib});
    kept.add({5 * mib, 9 * mib + 5});
    b.start(kept);
    CHECK(b.line->missing().ranges() == std::vector<byte_range>{{3 * mib, 5 * mib}});
    REQUIRE(b.feed(content));
    REQUIRE(b.line->finish().has_value());
    CHECK(b.line->kept_hashed() == 7 * mib + 5);
    CHECK(b.journalled().ranges() == std::vector<byte_range>{{3 * mib, 5 * mib}});
}

TEST_CASE("a partial that is whole needs no byte and rings as it is hashed")
{
    const auto content = sample(4 * mib);
    const auto expected = signed_file(content);
    bench b(expected, content);
    b.start(range_set({0, 4 * mib}));
    CHECK(b.line->missing().empty());
    b.wait_for([&] { return b.line->done(); });
    CHECK(b.line->finish().has_value());
    CHECK(b.rings >= 8);
}

TEST_CASE("a journal is believed only as far as the file goes, and to whole pages")
{
    const auto content = sample(3 * mib);
    const auto expected = signed_file(content);
    bench b(expected, bytes(content.begin(), content.begin() + 10000));
    range_set kept({100, 5000});
    kept.add({6000, 2 * mib});
    kept.add({3 * mib, 9 * mib});
    b.start(kept);
    CHECK(b.line->missing().ranges() == std::vector<byte_range>{{0, 3 * mib}});
    REQUIRE(b.feed(content));
    CHECK(b.line->finish().has_value());
}

TEST_CASE("a partial that is longer than the file is cut")
{
    const auto content = sample(mib);
    const auto expected = signed_file(content);
    auto longer = content;
    longer.resize(mib + 9);
    bench b(expected, longer);
    b.start(range_set({0, mib}));
    CHECK(b.line->finish().has_value());
    CHECK(std::ranges::equal(b.content(), content));
}

TEST_CASE("a prefix altered on disk between runs is found")
{
    const auto content = sample(4 * mib);
    const auto expected = signed_file(content);
    auto altered = content;
    altered[mib] ^= 1;
    bench b(expected, altered);
    b.start(range_set({0, 2 * mib}));
    REQUIRE(b.feed(content));
    CHECK(b.line->finish().error().why == reason::digest_mismatch);
    CHECK_FALSE(b.line->problem());
}

TEST_CASE("with chunk digests only the altered chunk is fetched again, wherever its borders lie")
{
    const auto content = sample(6 * mib);
    for (const std::size_t chunk : {256u << 10, 300'001u, 2u << 20})
    {
        const auto expected = signed_file(content, chunk);
        auto altered = content;
        altered[mib] ^= 1;
        bench b(expected, altered);
        b.start(range_set({0, 4 * mib}));
        std::vector<byte_range> refused;
        b.wait_for([&] { return !(refused = b.line->take_refused()).empty(); });
        const auto first = mib / chunk * chunk;
        const byte_range bad{first, first + chunk};
        CHECK(refused == std::vector<byte_range>{bad});
        CHECK(b.line->missing().ranges() == std::vector<byte_range>{bad, {4 * mib, 6 * mib}});
        REQUIRE(b.feed(content, 4096 * 40));
        REQUIRE(b.line->finish().has_value());
        CHECK(std::ranges::equal(b.content(), content));
        CHECK(b.disk.misaligned == 0);
    }
}

TEST_CASE("a chunk that is bad again and again is refused each time, and there is no verdict without it")
{
    const auto content = sample(2 * mib);
    const auto expected = signed_file(content, 512u << 10);
    auto wrong = content;
    wrong[700'000] ^= 1;
    bench b(expected);
    b.start();
    for (int i = 0; i < 3; ++i)
    {
        REQUIRE(b.feed(wrong, 64u << 10));
        b.wait_for([&] { return !b.line->take_refused().empty(); });
        CHECK(b.line->done());
        CHECK(b.line->finish().error().why == reason::size_mismatch);
    }
    REQUIRE(b.feed(content));
    CHECK(b.line->finish().has_value());
}

TEST_CASE("good chunks and another whole are a contradiction")
{
    const auto content = sample(mib);
    auto expected = signed_file(content, 256u << 10);
    expected.sha256 = sha256(bytes(1));
    bench b(expected);
    b.start();
    REQUIRE(b.feed(content));
    CHECK(b.line->finish().error().why == reason::chunks_contradict);
}

TEST_CASE("only synced ranges are journalled, and all of them when it ends early")
{
    const auto content = sample(40 * mib);
    const auto expected = signed_file(content);
    bench b(expected);
    b.start();
    for (std::uint64_t at = 0; at < 21; ++at)
        REQUIRE(b.put(content, {at * mib, (at + 1) * mib}));
    b.line.reset();
    CHECK(b.journalled().ranges() == std::vector<byte_range>{{0, 21 * mib}});
    CHECK_FALSE(b.unsynced_journalled);
    CHECK(std::ranges::equal(b.content(), bytes_view(content).first(21 * mib)));
}

TEST_CASE("at no moment more bytes are outside the journal than may be lost in a crash")
{
    const auto content = sample(32 * mib);
    const auto expected = signed_file(content);
    bench b(expected);
    b.options.at_risk_bytes = 4 * mib;
    b.options.sync_bytes = 64 * mib;
    b.start();
    for (std::uint64_t at = 0; at < 32; ++at)
    {
        REQUIRE(b.put(content, {at * mib, (at + 1) * mib}));
        CHECK((at + 1) * mib - b.journalled().size() <= 4 * mib);
    }
    CHECK(b.line->finish().has_value());
}

TEST_CASE("a disk that is too small is known before the first byte where room can be reserved")
{
    const auto content = sample(2 * mib);
    const auto expected = signed_file(content);
    bench b(expected);
    b.disk.reservable = mib;
    b.start();
    REQUIRE(b.line->problem().has_value());
    CHECK(b.line->problem()->why == reason::disk_full);
    CHECK(b.line->finish().error().why == reason::disk_full);
}

TEST_CASE("a disk that fills up on the way is a problem at once, and what fitted is journalled")
{
    const auto content = sample(30 * mib);
    const auto expected = signed_file(content);
    bench b(expected);
    b.disk.room = 9 * mib;
    b.start();
    b.feed(content);
    CHECK(b.line->finish().error().why == reason::disk_full);
    b.line.reset();
    CHECK(b.journalled().ranges() == std::vector<byte_range>{{0, 9 * mib}});
}

TEST_CASE("bytes that cannot be synced are not journalled")
{
    const auto content = sample(8 * mib);
    const auto expected = signed_file(content);
    bench b(expected);
    b.disk.sync_fails = true;
    b.start();
    b.feed(content);
    CHECK(b.line->finish().error().why == reason::store_io);
    b.line.reset();
    CHECK(b.journalled().empty());
}

TEST_CASE("missing bytes are no verdict, and unused blocks come back")
{
    const auto content = sample(3 * mib);
    const auto expected = signed_file(content);
    bench b(expected);
    b.options.blocks = 2;
    b.start();
    CHECK(b.line->finish().error().why == reason::size_mismatch);
    auto first = b.line->try_take();
    auto second = b.line->try_take();
    CHECK(second);
    CHECK_FALSE(b.line->try_take());
    first = {};
    auto third = b.line->try_take();
    CHECK(third);
    b.line.reset();  // blocks may outlive their pipeline
    CHECK(third.space().size() == block::size_bytes);
}
