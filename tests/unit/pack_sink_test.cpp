// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// What becomes of the bytes of a pack: written, hashed in any order, made durable, verified.
#include "sink_scene.hpp"

#include "../support/temp_dir.hpp"

using namespace sink_scene;

TEST_CASE("bytes of any length reach the real disk, direct or cached, and are verified")
{
    auto& real = file_system::native();
    for (const std::uint64_t size : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{4095}, std::uint64_t{4096},
                                     std::uint64_t{4097}, mib, 3 * mib + 5, 20 * mib + 4096})
        for (const bool direct : {true, false})
        {
            const support::temp_dir dir;
            const auto root = real.open_root(dir.path(), false);
            REQUIRE(root.has_value());
            const auto content = sample(size);
            const auto expected = signed_file(content);
            bench b(expected, real, *root);
            b.options.direct = direct;
            b.start();
            REQUIRE(b.feed(content));
            const auto done = b.line->finish();
            REQUIRE(done.has_value());
            CHECK(done->at(0).decided_by() == digest_scope::whole);
            CHECK(b.line->done());
            CHECK(support::read_file(dir / "0") == as_text(content));
            CHECK(b.journalled().covers({0, size}));
        }
}

TEST_CASE("direct writes are aligned, and only what is no whole page goes through the cache")
{
    const auto content = sample(5 * mib + 4097);
    const auto expected = signed_file(content);
    bench b(expected);
    b.start();
    REQUIRE(b.feed(content));
    REQUIRE(b.line->finish().has_value());
    CHECK(b.mem.misaligned == 0);
    CHECK(b.mem.direct_writes == 6);
    CHECK(b.mem.reads == 0);  // what is in memory is not read back
}

TEST_CASE("a file system without direct writes, or one that refuses them, is written through the cache")
{
    const auto content = sample(2 * mib + 1);
    const auto expected = signed_file(content);
    for (const bool supported : {false, true})
    {
        bench b(expected);
        b.mem.direct_supported = supported;
        b.mem.direct_writes_fail = true;
        b.start();
        REQUIRE(b.feed(content));
        REQUIRE(b.line->finish().has_value());
        CHECK(std::ranges::equal(b.content(), content));
        CHECK(b.mem.direct_writes == 0);
    }
}

TEST_CASE("a block that is filled bit by bit is written as it fills, at any offset, and verified")
{
    const auto content = sample(2 * mib + 99);
    const auto expected = signed_file(content, 300'001);
    bench b(expected);
    b.start();
    for (std::uint64_t begin = 0; begin < content.size();)
    {
        block_ptr shared;
        b.wait_for([&] { return static_cast<bool>(shared = b.line->try_take()); });
        std::size_t at = begin % 4096;
        while (begin < content.size() && at < block::size_bytes)
        {
            const auto n =
                static_cast<std::size_t>(std::min<std::uint64_t>({77'777, content.size() - begin, block::size_bytes - at}));
            std::copy_n(content.begin() + static_cast<std::ptrdiff_t>(begin), n,
                        shared->space().begin() + static_cast<std::ptrdiff_t>(at));
            b.line->put(0, begin, shared, at, n);
            begin += n;
            at += n;
        }
    }
    REQUIRE(b.line->finish().has_value());
    CHECK(std::ranges::equal(b.content(), content));
    CHECK(b.mem.misaligned == 0);
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
    CHECK(b.mem.reads >= 20);
    CHECK(b.mem.misaligned == 0);
    CHECK(std::ranges::equal(b.content(), content));
}

TEST_CASE("chunks are hashed in any order without a byte read back, and decide where the whole need not")
{
    const auto content = sample(24 * mib + 77);
    const auto expected = signed_file(content, mib);
    bench b(expected);
    b.options.blocks = 3;
    b.options.whole = false;
    b.start();
    REQUIRE(b.feed(content, mib, true));
    const auto done = b.line->finish();
    REQUIRE(done.has_value());
    CHECK(done->at(0).decided_by() == digest_scope::chunks);
    CHECK(b.mem.reads == 0);
    CHECK(std::ranges::equal(b.content(), content));
}

TEST_CASE("the whole digest is computed beside the chunks while there is time, and not where nobody has any")
{
    const auto content = sample(8 * mib);
    const auto expected = signed_file(content, mib);
    for (const bool time : {true, false})
    {
        bench b(expected);
        b.options.blocks = time ? 12 : 3;
        b.options.whole = false;
        b.start();
        b.line->spare_time(time);
        REQUIRE(b.feed(content));
        const auto done = b.line->finish();
        REQUIRE(done.has_value());
        CHECK(done->at(0).decided_by() == (time ? digest_scope::whole : digest_scope::chunks));
        CHECK(b.mem.reads == 0);
    }
}

TEST_CASE("the fs-verity digest comes with that of the whole, in the same pass; also where a bad chunk was taken out again")
{
    const auto content = sample(9 * mib + 4097);
    verity_hasher known;
    known.update(content);
    const sha256_digest digest = known.finish();
    for (const std::size_t chunk : {std::size_t{0}, std::size_t{mib}})
        for (const bool backwards : {false, true})
            for (const bool kept : {false, true})
            {
                const auto expected = signed_file(content, chunk);
                bench b(expected, content);
                b.options.verity = true;
                b.options.blocks = 3;
                b.start(kept ? range_set({2 * mib, 5 * mib}) : range_set());
                auto wrong = content;
                wrong[6 * mib + 1] ^= 1;
                if (chunk != 0)
                {
                    REQUIRE(b.feed(wrong, mib, backwards));
                    CHECK(b.refused().at(0).bytes == byte_range{6 * mib, 7 * mib});
                }
                REQUIRE(b.feed(content, mib, backwards));
                const auto done = b.line->finish();
                REQUIRE(done.has_value());
                CHECK(done->at(0).verity() == digest);
            }
    for (const bool whole : {true, false})
    {
        const auto expected = signed_file(content, mib);
        bench b(expected);
        b.options.blocks = 3;
        b.options.whole = whole;
        b.options.verity = !whole;
        b.start();
        REQUIRE(b.feed(content, mib, true));
        const auto done = b.line->finish();
        REQUIRE(done.has_value());
        CHECK_FALSE(done->at(0).verity().has_value());
    }
}

TEST_CASE("kept ranges are not missing; they are read back once, hashed and counted")
{
    const auto content = sample(9 * mib + 5);
    for (const std::size_t chunk : {std::size_t{0}, std::size_t{mib}, std::size_t{2 * mib}})
        for (const bool whole : {true, false})
        {
            if (chunk != 0 && whole)
                continue;  // both statements want each byte
            const auto expected = signed_file(content, chunk);
            bench b(expected, content);
            b.options.whole = whole;
            range_set kept({0, 3 * mib});
            kept.add({5 * mib, 9 * mib + 5});
            b.start(kept);
            CHECK(b.line->missing(0).ranges() == std::vector<byte_range>{{3 * mib, 5 * mib}});
            REQUIRE(b.feed(content));
            const auto done = b.line->finish();
            REQUIRE(done.has_value());
            CHECK((done->at(0).decided_by() == digest_scope::chunks) == (chunk != 0));
            CHECK(b.line->kept_hashed() == 7 * mib + 5);
            CHECK(b.journalled().ranges() == std::vector<byte_range>{{3 * mib, 5 * mib}});
        }
}

TEST_CASE("a partial that is whole needs no byte and rings as it is hashed")
{
    const auto content = sample(4 * mib);
    const auto expected = signed_file(content);
    bench b(expected, content);
    b.start(range_set({0, 4 * mib}));
    CHECK(b.line->missing(0).empty());
    b.wait_for([&] { return b.line->done(); });
    CHECK(b.line->finish().has_value());
    CHECK(b.rings >= 1);
}

TEST_CASE("a thousand small files are one batch, and each has its own verdict")
{
    std::vector<bytes> contents;
    std::vector<artifact_file> signed_ones;
    for (std::size_t i = 0; i < 1000; ++i)
    {
        contents.push_back(sample(1 + i * 7));
        signed_ones.push_back(signed_file(contents.back()));
    }
    std::vector<const artifact_file*> files;
    for (const auto& f : signed_ones)
        files.push_back(&f);
    bench b(files);
    b.start(std::vector<range_set>());
    for (std::size_t i = 0; i < files.size(); ++i)
        REQUIRE(b.put(contents[i], {0, contents[i].size()}, i));
    const auto done = b.line->finish();
    REQUIRE(done.has_value());
    for (std::size_t i = 0; i < files.size(); ++i)
    {
        CHECK(done->at(i).sha256() == files[i]->sha256);
        CHECK(std::ranges::equal(b.content(i), contents[i]));
        CHECK(b.journalled(i).covers({0, contents[i].size()}));
    }
    CHECK(b.batches == 1);
    CHECK(b.opens == 1000);
}

TEST_CASE("what is written becomes durable by time, however little it is")
{
    const auto content = sample(8 * mib);
    const auto expected = signed_file(content);
    bench b(expected);
    b.options.sync_every = std::chrono::milliseconds(20);  // threads wait by the real clock, and ask the one of the test
    b.start();
    REQUIRE(b.put(content, {0, 100}));
    while (b.content_size() < 100)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    CHECK(b.batches == 0);  // by that clock no time has passed
    for (int i = 0; i < 2000 && b.journalled().empty(); ++i)
    {
        b.pass(std::chrono::milliseconds(5));
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    CHECK(b.journalled().ranges() == std::vector<byte_range>{{0, 100}});
}
