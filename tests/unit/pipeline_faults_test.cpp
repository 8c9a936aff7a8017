// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// What is found on the disk, what the disk does, and what is lost in a crash.
#include "pipeline_scene.hpp"

using namespace pipeline_scene;

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
