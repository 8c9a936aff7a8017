// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "pipeline_scene.hpp"

#include "../support/temp_dir.hpp"

using namespace pipeline_scene;

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

TEST_CASE("at full speed chunks are only looked at if the whole is wrong: the bad one is named then, and taken again")
{
    const auto content = sample(12 * mib + 77);
    const auto expected = signed_file(content, mib);
    auto bad = content;
    bad[9 * mib + 5] ^= 1;
    bench b(expected);
    b.options.check_chunks_up_to = 0;
    b.start();
    REQUIRE(b.feed(bad));
    const auto refused = b.wait_for([&] {
        auto r = b.line->take_refused();
        return r.empty() ? std::optional<std::vector<byte_range>>() : r;
    });
    REQUIRE(*refused == std::vector<byte_range>{{9 * mib, 10 * mib}});
    REQUIRE(b.put(content, refused->front()));
    REQUIRE(b.line->finish().has_value());
    CHECK(std::ranges::equal(b.content(), content));
}
