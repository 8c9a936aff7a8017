// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Readers of a pack that is still being downloaded, by hand: what they wait for, what they are given, how they end.
#include "../support/memory_file_system.hpp"

#include <modelsec/detail/fetch/stream_feed.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <thread>

using namespace modelsec;
using namespace modelsec::detail;

namespace {

constexpr std::size_t chunk = 1000;

bytes sample(std::size_t size, unsigned seed)
{
    bytes out(size);
    std::uint32_t x = seed;
    for (auto& b : out)
        b = static_cast<std::uint8_t>((x = x * 1664525u + 1013904223u) >> 24);
    return out;
}

artifact_file signed_file(const std::string& name, const bytes& content, std::size_t chunk_size)
{
    artifact_file out;
    out.size_bytes = content.size();
    out.sha256 = sha256(content);
    out.name = relative_path::parse(name).value();
    if (chunk_size != 0)
    {
        out.chunks.emplace();
        out.chunks->size_bytes = chunk_size;
        for (std::size_t at = 0; at < content.size(); at += chunk_size)
            out.chunks->sha256.push_back(sha256(bytes_view(content).subspan(at, std::min(chunk_size, content.size() - at))));
    }
    return out;
}

/// Two files, one with chunks; on a disk in memory.
struct scene
{
    bytes big = sample(3 * chunk + 10, 1), plain = sample(777, 2);
    artifact_file big_file = signed_file("a/big.bin", big, chunk), plain_file = signed_file("plain.bin", plain, 0);
    support::memory_file_system disk;
    std::shared_ptr<support::memory_file_system::node> big_node = std::make_shared<support::memory_file_system::node>(),
                                                       plain_node = std::make_shared<support::memory_file_system::node>();
    stream_feed feed{disk};
    std::atomic<unsigned> woken{0};

    void begin()
    {
        feed.on_wanted([this] { ++woken; });
        feed.begin("demo", "1", {big_file, plain_file});
    }
    stream_feed::opener opener()
    {
        return [this](const artifact_file& f) -> result<file> {
            return disk.open(f.sha256 == big_file.sha256 ? big_node : plain_node);
        };
    }
    result<bytes> read(const std::string& path, std::uint64_t offset, std::size_t size)
    {
        bytes out(size, std::uint8_t{0xee});
        MODELSEC_TRY(const std::size_t got, feed.read(path, offset, out));
        out.resize(got);
        return out;
    }
    bytes part(std::size_t begin, std::size_t end) const
    {
        return {big.begin() + static_cast<std::ptrdiff_t>(begin), big.begin() + static_cast<std::ptrdiff_t>(end)};
    }
};

template <class T>
reason why(const result<T>& r)
{
    return r ? reason::none : r.error().why;
}

}  // namespace

namespace {

/// A file of three and a bit encrypted chunks, in signed chunks of another size.
struct encrypted_scene
{
    bytes plain = sample(3100, 3), sealed;
    secret key = random_secret(32), other = random_secret(32);
    artifact_file described;
    support::memory_file_system disk;
    std::shared_ptr<support::memory_file_system::node> node = std::make_shared<support::memory_file_system::node>();
    stream_feed feed{disk};

    encrypted_scene() { seal(); }
    encryption_info info() const
    {
        encryption_info out;
        out.scheme = encryption_info::stream_scheme;
        out.chunk_bytes = 1000;
        out.nonce_prefix.fill(9);
        out.plain_size_bytes = plain.size();
        out.plain_sha256 = sha256(plain);
        return out;
    }
    void seal()
    {
        const chunk_cipher cipher(info(), key.reveal(), "demo", "1", "m.bin");
        sealed.clear();
        for (std::uint64_t i = 0; i < info().chunks(); ++i)
        {
            bytes one(cipher.plain_bytes(i) + encryption_info::tag_bytes);
            cipher.seal(i, bytes_view(plain).subspan(static_cast<std::size_t>(i * 1000), cipher.plain_bytes(i)), one);
            sealed.insert(sealed.end(), one.begin(), one.end());
        }
    }
    /// Whatever `sealed` is now, it is signed so.
    void begin(const secret& by)
    {
        described = signed_file("m.bin", sealed, 700);
        described.encryption = info();
        node->content = sealed;
        std::map<std::string, std::vector<secret>> keys;
        keys["m.bin"].push_back(other.clone());  // of several, the one that opens it
        keys["m.bin"].push_back(by.clone());
        feed.begin("demo", "1", {described}, keys);
        feed.growing([this](const artifact_file&) -> result<file> { return disk.open(node); });
    }
    result<bytes> read(std::uint64_t offset, std::size_t size)
    {
        bytes out(size, std::uint8_t{0xee});
        const auto got = feed.read("m.bin", offset, out);
        if (got.has_error())
        {
            CHECK(std::ranges::all_of(out, [](std::uint8_t b) { return b == 0 || b == 0xee; }));  // nothing of it was given
            return got.error();
        }
        out.resize(*got);
        return out;
    }
    bytes part(std::size_t begin, std::size_t end) const
    {
        return {plain.begin() + static_cast<std::ptrdiff_t>(begin), plain.begin() + static_cast<std::ptrdiff_t>(end)};
    }
};

}  // namespace

TEST_CASE("an encrypted file is read as its plain text, as soon as the signed chunks around the encrypted ones are there")
{
    encrypted_scene s;
    s.begin(s.key);
    CHECK(stream_feed::readable_size(s.described) == s.plain.size());
    std::atomic<bool> got{false};
    s.feed.chunk_good(s.described.sha256,
                      1);  // [700, 1400): the second half of the first, the first of the second encrypted chunk
    std::thread reader([&] {
        CHECK(s.read(10, 900).value() == s.part(10, 910));
        got = true;
    });
    // It asks for what it lacks of the encrypted chunk around its bytes.
    std::vector<stream_feed::wanted_bytes> wanted;
    while (wanted.empty())
    {
        wanted = s.feed.take_wanted();
        std::this_thread::yield();
    }
    CHECK(wanted.front().range.begin == 0);
    CHECK_FALSE(got);
    s.feed.chunk_good(s.described.sha256, 0);
    reader.join();
    s.feed.all_good(s.described.sha256);
    CHECK(s.read(0, 5000).value() == s.plain);
    CHECK(s.read(999, 2).value() == s.part(999, 1001));
    CHECK(s.read(3000, 100).value() == s.part(3000, 3100));
    CHECK(s.read(3100, 10).value().empty());
}

TEST_CASE(
    "a wrong key, and swapped, cut or altered chunks of an encrypted file, are refused while it is streamed, even if they "
    "are signed")
{
    const auto refused = [](encrypted_scene& s, const secret& by, std::uint64_t good, std::uint64_t bad) {
        s.begin(by);
        s.feed.all_good(s.described.sha256);
        if (good != bad)
            CHECK(s.read(good, 100).has_value());
        CHECK(why(s.read(bad, 100)) == reason::decrypt_failed);
        CHECK(why(s.read(0, 3100)) == reason::decrypt_failed);
    };
    const auto at = [](bytes& b, std::size_t i) { return b.begin() + static_cast<std::ptrdiff_t>(i); };
    {
        encrypted_scene s;
        const secret wrong = random_secret(32);
        refused(s, wrong, 0, 0);
    }
    {
        encrypted_scene s;  // the first two change places
        std::swap_ranges(at(s.sealed, 0), at(s.sealed, 1016), at(s.sealed, 1016));
        refused(s, s.key, 2000, 0);
    }
    {
        encrypted_scene s;  // the last one dropped, and the one before it said to be the last
        s.sealed.resize(3 * 1016);
        refused(s, s.key, 0, 3000);
    }
    {
        encrypted_scene s;  // cut in the middle of the last
        s.sealed.resize(s.sealed.size() - 20);
        refused(s, s.key, 2000, 3050);
    }
    {
        encrypted_scene s;
        s.sealed[1500] ^= 1;
        refused(s, s.key, 0, 1000);
    }
    {
        encrypted_scene s;  // what changes on the disk after it was verified is found by its signed digest first
        s.begin(s.key);
        s.feed.all_good(s.described.sha256);
        s.node->content[1500] ^= 1;
        CHECK(why(s.read(1000, 100)) == reason::chunk_mismatch);
    }
}

TEST_CASE("a reader waits for the chunks around its bytes, says so once, and gets them as they were signed")
{
    scene s;
    CHECK(stream_feed::granularity(s.big_file) == chunk);
    CHECK(stream_feed::granularity(s.plain_file) == s.plain.size());
    result<bytes> got = fail(reason::internal_error);
    std::thread reader([&] { got = s.read("a/big.bin", 900, 1200); });  // chunks 0, 1 and 2
    s.begin();
    s.big_node->content = s.big;
    s.feed.growing(s.opener());
    const auto next_wanted = [&] {
        for (;;)
        {
            auto wanted = s.feed.take_wanted();
            if (!wanted.empty())
                return wanted;
            std::this_thread::yield();
        }
    };
    for (std::size_t i = 0; i < 3; ++i)
    {
        const auto wanted = next_wanted();
        REQUIRE(wanted.size() == 1);
        CHECK(wanted[0].content == s.big_file.sha256);
        CHECK(wanted[0].range == byte_range{i * chunk, (i + 1) * chunk});
        s.feed.chunk_good(s.big_file.sha256, i);
    }
    reader.join();
    CHECK(s.woken >= 3);
    REQUIRE(got.has_value());
    CHECK(*got == s.part(900, 2100));
    // What is good needs no waiting, and the end of the file is one.
    s.feed.chunk_good(s.big_file.sha256, 3);
    CHECK(s.read("a/big.bin", 3000, 500).value() == s.part(3000, 3010));
    CHECK(s.read("a/big.bin", 3010, 5).value().empty());
    CHECK(s.feed.take_wanted().empty());
    CHECK(why(s.read("no.bin", 0, 1)) == reason::bad_option);
}

TEST_CASE("what changed on the disk after it was verified is not given out, nor left in the reader's memory")
{
    scene s;
    s.begin();
    s.big_node->content = s.big;
    s.plain_node->content = s.plain;
    s.feed.growing(s.opener());
    s.feed.all_good(s.big_file.sha256);
    s.feed.all_good(s.plain_file.sha256);
    CHECK(s.read("a/big.bin", 0, 2 * chunk).value() == s.part(0, 2 * chunk));
    s.big_node->content[chunk + 5] ^= 1;
    for (const std::size_t size : {2 * chunk, chunk + 10})
    {
        bytes into(size, std::uint8_t{0xee});
        CHECK(why(s.feed.read("a/big.bin", 0, into)) == reason::chunk_mismatch);
        CHECK(std::ranges::all_of(bytes_view(into).first(size), [](std::uint8_t b) { return b == 0 || b == 0xee; }));
        CHECK(std::ranges::count(bytes_view(into).subspan(chunk), std::uint8_t{0xee}) == 0);
    }
    CHECK(s.read("a/big.bin", 2 * chunk, 10).value() == s.part(2 * chunk, 2 * chunk + 10));
    s.plain_node->content[3] ^= 1;
    CHECK(why(s.read("plain.bin", 500, 10)) == reason::digest_mismatch);
}

TEST_CASE("a file without chunks is there when all of it is, and its bytes are those that were hashed")
{
    scene s;
    s.begin();
    s.plain_node->content = s.plain;
    s.feed.growing(s.opener());
    result<bytes> got = fail(reason::internal_error);
    std::thread reader([&] { got = s.read("plain.bin", 700, 200); });
    while (s.feed.take_wanted().empty())
        std::this_thread::yield();
    s.feed.all_good(s.plain_file.sha256);
    reader.join();
    REQUIRE(got.has_value());
    CHECK(*got == bytes(s.plain.begin() + 700, s.plain.end()));
}

TEST_CASE("while a pack is moved nothing is opened there; once it is active everything is to be had")
{
    scene s;
    s.begin();
    s.feed.growing([](const artifact_file&) -> result<file> { return fail(reason::store_io, "not this one"); });
    s.feed.all_good(s.big_file.sha256);
    s.feed.moving();
    result<bytes> got = fail(reason::internal_error);
    std::thread reader([&] { got = s.read("a/big.bin", 0, 10); });
    s.big_node->content = s.big;
    s.feed.active(s.opener());
    reader.join();
    REQUIRE(got.has_value());
    CHECK(*got == s.part(0, 10));
    fetch_result end;
    end.version = "1";
    s.feed.ended(end);
    CHECK(s.feed.wait_ended().value().version == "1");
    s.plain_node->content = s.plain;
    CHECK(s.read("plain.bin", 0, 777).value() == s.plain);
}

TEST_CASE("after a failure, reads that wait and those that come later fail by its code, also of what was good")
{
    for (const reason failed : {reason::connection_lost, reason::cancelled, reason::chunks_contradict})
    {
        scene s;
        s.begin();
        s.big_node->content = s.big;
        s.feed.growing(s.opener());
        s.feed.chunk_good(s.big_file.sha256, 0);
        CHECK(s.read("a/big.bin", 0, 10).has_value());
        std::vector<reason> ends(3, reason::none);
        std::vector<std::thread> readers;
        for (std::size_t i = 0; i < ends.size(); ++i)
            readers.emplace_back([&, i] {
                ends[i] = why(i == 2 ? s.read("plain.bin", 100, 10) : s.read("a/big.bin", 100 + i * chunk, 1000));
            });
        while (s.woken < 3)
            std::this_thread::yield();
        s.feed.ended(fail(failed, "the attempt's"));
        for (auto& r : readers)
            r.join();
        CHECK(ends == std::vector<reason>(3, failed));
        CHECK(why(s.read("a/big.bin", 0, 10)) == failed);
        CHECK(why(s.feed.wait_ended()) == failed);
        CHECK(s.feed.wait_ended().error().detail == "the attempt's");
    }
    scene early;
    early.feed.ended(fail(reason::not_found));
    CHECK(why(early.feed.wait_begun()) == reason::not_found);
    CHECK(why(early.read("a/big.bin", 0, 1)) == reason::not_found);
}
