// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// What is found on the disk, what the disk does, and what is lost in a crash.
#include "sink_scene.hpp"

#include <future>

using namespace sink_scene;

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
    const auto bad = b.refused();
    REQUIRE(bad.size() == 1);
    CHECK(bad[0].why.why == reason::digest_mismatch);
    CHECK(bad[0].kept);
    CHECK_FALSE(bad[0].bytes);
    CHECK_FALSE(b.line->problem());
    // All of it is missing again, and nothing vouches for what was there.
    CHECK(b.drops == 1);
    CHECK(b.line->missing(0).ranges() == std::vector<byte_range>{{0, 4 * mib}});
    REQUIRE(b.feed(content));
    CHECK(b.line->finish().has_value());
    CHECK(std::ranges::equal(b.content(), content));
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
        const auto refused = b.refused();
        const auto first = mib / chunk * chunk;
        const byte_range bad{first, first + chunk};
        REQUIRE(refused.size() == 1);
        CHECK(refused[0].bytes == bad);
        CHECK(refused[0].kept);
        CHECK(b.line->missing(0).ranges() == std::vector<byte_range>{bad, {4 * mib, 6 * mib}});
        REQUIRE(b.feed(content, 4096 * 40));
        const auto done = b.line->finish();
        CAPTURE(chunk);
        CAPTURE((done.has_error() ? done.error().detail : std::string()));
        REQUIRE(done.has_value());
        CHECK(std::ranges::equal(b.content(), content));
        CHECK(b.mem.misaligned == 0);
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
        CHECK(b.refused().at(0).why.why == reason::chunk_mismatch);
        CHECK_FALSE(b.line->all_there());
        CHECK_FALSE(b.line->done());
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
    CHECK(std::ranges::equal(b.content(), bytes_view(content).first(21 * mib)));
}

TEST_CASE("what turns out wrong while the disk syncs is dropped after that, so that no journal vouches for it")
{
    const auto content = sample(4 * mib);
    const auto expected = signed_file(content);
    auto altered = content;
    altered[mib] ^= 1;
    bench b(expected);
    std::atomic<bool> dropped_meanwhile{false};
    b.before_sync = [&] {
        const unsigned before = b.drops;
        std::this_thread::sleep_for(std::chrono::milliseconds(100));  // time enough to hash the rest
        dropped_meanwhile = dropped_meanwhile || b.drops != before;
    };
    b.start();
    REQUIRE(b.feed(altered));
    CHECK(b.refused().size() == 1);
    CHECK(b.drops == 1);
    CHECK_FALSE(dropped_meanwhile);
    CHECK(b.batches > 0);
    CHECK(b.journalled().empty());
    REQUIRE(b.feed(content));
    CHECK(b.line->finish().has_value());
    CHECK(std::ranges::equal(b.content(), content));
}

TEST_CASE("what is dropped just now is not looked for by a sync that begins meanwhile")
{
    const auto content = sample(mib);
    auto wrong = content;
    wrong[9] ^= 1;
    const auto first = signed_file(content), second = signed_file(sample(2 * mib));
    bench b({&first, &second});
    std::promise<void> dropping, synced;
    b.before_drop = [&] {
        dropping.set_value();
        synced.get_future().wait();
    };
    b.start({{}, {}});
    REQUIRE(b.put(sample(2 * mib), {0, 4096}, 1));
    while (b.mem.size_of(b.nodes[1]) < 4096)  // it cannot be opened while the other one is dropped
        std::this_thread::yield();
    REQUIRE(b.feed(wrong));
    dropping.get_future().wait();
    b.pass(std::chrono::minutes(1));
    REQUIRE(b.put(sample(2 * mib), {4096, 8192}, 1));  // a worker comes, and finds a sync due
    while (b.batches == 0)
        std::this_thread::yield();
    {
        const std::lock_guard lock(b.mutex);
        CHECK(b.last_batch == std::vector<std::size_t>{1});
    }
    synced.set_value();
    CHECK(b.refused().at(0).file == 0);
    REQUIRE(b.feed(content));
    REQUIRE(b.feed(sample(2 * mib), mib, false, 1));
    CHECK(b.line->finish().has_value());
}

TEST_CASE("while the disk syncs for long, no more is taken than may be lost in a crash")
{
    const auto content = sample(32 * mib);
    const auto expected = signed_file(content);
    bench b(expected);
    b.options.sync_bytes = 4 * mib;
    std::mutex mutex;
    std::condition_variable changed;
    bool syncing = false;
    bool hold = true;
    b.before_sync = [&] {
        std::unique_lock lock(mutex);
        syncing = true;
        changed.notify_all();
        changed.wait(lock, [&] { return !hold; });
    };
    b.start();
    for (std::uint64_t at = 0; at < 4; ++at)
        REQUIRE(b.put(content, {at * mib, (at + 1) * mib}));
    {
        std::unique_lock lock(mutex);
        changed.wait(lock, [&] { return syncing; });
    }
    for (std::uint64_t at = 4; at < 8; ++at)
        REQUIRE(b.put(content, {at * mib, (at + 1) * mib}));
    // One bound is being synced, another is written: nothing more is taken until that has an end.
    while (b.content_size() < 8 * mib)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    while (b.line->try_take())
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    {
        const std::lock_guard lock(mutex);
        hold = false;
        changed.notify_all();
    }
    REQUIRE(b.feed(content));
    CHECK(b.line->finish().has_value());
}

TEST_CASE("a disk that is too small is known at the first byte where room can be reserved")
{
    const auto content = sample(9 * mib);
    const auto expected = signed_file(content);
    bench b(expected);
    b.mem.reservable = mib;
    b.start();
    REQUIRE(b.put(content, {0, 1}));
    b.wait_for([&] { return b.line->problem().has_value(); });
    CHECK(b.line->problem()->why == reason::disk_full);
    CHECK(b.content().empty());
    CHECK(b.line->finish().error().why == reason::disk_full);
}

TEST_CASE("a disk that fills up on the way is a problem at once, and what fitted is journalled")
{
    const auto content = sample(30 * mib);
    const auto expected = signed_file(content);
    bench b(expected);
    b.mem.room = 9 * mib;
    b.start();
    b.feed(content);
    CHECK(b.line->finish().error().why == reason::disk_full);
    b.line.reset();
    CHECK(b.journalled().size() >= 8 * mib);  // several are written at once
    CHECK(b.journalled().size() <= 9 * mib);
}

TEST_CASE("bytes that cannot be synced are not journalled")
{
    const auto content = sample(8 * mib);
    const auto expected = signed_file(content);
    bench b(expected);
    b.mem.sync_fails = true;
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
    first.reset();
    auto third = b.line->try_take();
    CHECK(third);
    b.line.reset();  // blocks may outlive their sink
    CHECK(third->space().size() == block::size_bytes);
}
