// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/store/stream.hpp>

#include <doctest/doctest.h>

#include <algorithm>

using namespace modelsec;

using namespace modelsec::detail;

namespace {

bytes sample(std::size_t size)
{
    bytes out(size);
    std::uint32_t x = 1;
    for (auto& b : out)
        b = static_cast<std::uint8_t>((x = x * 1664525u + 1013904223u) >> 24);
    return out;
}

artifact_file signed_file(const bytes& content, std::uint64_t chunk_size = 0)
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
                sha256(bytes_view(content).subspan(at, std::min<std::size_t>(chunk_size, content.size() - at))));
    }
    return out;
}

result<verified_file> verify(const artifact_file& expected, bytes_view content, std::size_t step)
{
    stream_verifier v(expected);
    while (!content.empty())
    {
        const auto part = content.first(std::min(step, content.size()));
        MODELSEC_CHECK(v.update(part));
        content = content.subspan(part.size());
    }
    return v.finish();
}

}  // namespace

TEST_CASE("the signed bytes are verified however they are cut")
{
    for (const std::size_t size : {0u, 1u, 63u, 64u, 1000u, 4096u, 4097u})
    {
        const auto content = sample(size);
        for (const std::uint64_t chunk : {0u, 1u, 100u, 1000u, 5000u})
        {
            const auto expected = signed_file(content, chunk);
            for (const std::size_t step : {1u, 7u, 100u, 5000u})
            {
                const auto v = verify(expected, content, step);
                REQUIRE(v.has_value());
                CHECK(v->size() == size);
                CHECK(v->sha256() == expected.sha256);
            }
        }
    }
}

TEST_CASE("one flipped bit anywhere is a digest mismatch, or a chunk mismatch where chunks are signed")
{
    auto content = sample(1000);
    const auto plain = signed_file(content);
    const auto chunked = signed_file(content, 100);
    for (std::size_t at = 0; at < content.size(); at += 37)
    {
        content[at] ^= 0x10;
        CHECK(verify(plain, content, 64).error().why == reason::digest_mismatch);
        CHECK(verify(chunked, content, 64).error().why == reason::chunk_mismatch);
        content[at] ^= 0x10;
    }
}

TEST_CASE("one byte more than signed is refused before it is hashed, one byte less at the end")
{
    const auto content = sample(1000);
    const auto expected = signed_file(content);
    stream_verifier v(expected);
    REQUIRE(v.update(content).has_value());
    CHECK(v.update(bytes(1)).error().why == reason::size_mismatch);
    CHECK(verify(expected, bytes_view(content).first(999), 100).error().why == reason::size_mismatch);
    CHECK(stream_verifier(expected).finish().error().why == reason::size_mismatch);
}

TEST_CASE("a bad chunk can be sent again, and the whole is verified as if nothing had happened")
{
    const auto content = sample(1050);
    const auto expected = signed_file(content, 100);
    for (std::size_t chunk = 0; chunk < 11; ++chunk)
    {
        auto bad = content;
        bad[chunk * 100 + 3] ^= 1;
        stream_verifier v(expected);
        CHECK(v.update(bad).error().why == reason::chunk_mismatch);
        CHECK(v.position() == chunk * 100);
        CHECK(v.update(bytes_view(bad).subspan(chunk * 100)).error().why == reason::chunk_mismatch);
        CHECK(v.position() == chunk * 100);
        REQUIRE(v.update(bytes_view(content).subspan(chunk * 100)).has_value());
        CHECK(v.finish().has_value());
    }
}

TEST_CASE("good chunks and another whole are the publisher's contradiction")
{
    const auto content = sample(300);
    auto expected = signed_file(content, 100);
    expected.sha256 = sha256(sample(299));
    CHECK(verify(expected, content, 300).error().why == reason::chunks_contradict);
}

TEST_CASE("a chunk without a digest is a bad one")
{
    const auto content = sample(300);
    auto expected = signed_file(content, 100);
    expected.chunks->sha256.pop_back();
    CHECK(verify(expected, content, 300).error().why == reason::chunk_mismatch);
    expected.chunks->size_bytes = 0;
    CHECK(verify(expected, content, 300).error().why == reason::chunk_mismatch);
}

TEST_CASE("chunks that were not looked at are, once the whole turns out wrong")
{
    const auto content = sample(1000);
    const auto expected = signed_file(content, 100);
    auto bad = content;
    bad[450] ^= 1;

    stream_verifier v(expected);
    REQUIRE(v.update(bytes_view(bad).first(150)).has_value());  // in mid-chunk: from the next one on
    v.look_at_chunks(false);
    REQUIRE(v.update(bytes_view(bad).subspan(150)).has_value());
    CHECK(v.position() == 1000);
    const auto first = v.finish();
    REQUIRE(first.has_error());
    CHECK(first.error().why == reason::chunk_mismatch);
    REQUIRE(v.position() == 0);

    const auto again = v.update(bad);
    REQUIRE(again.has_error());
    CHECK(again.error().why == reason::chunk_mismatch);
    CHECK(v.position() == 400);
    REQUIRE(v.update(bytes_view(content).subspan(400)).has_value());
    CHECK(v.finish().has_value());
}

TEST_CASE(
    "a whole that is right needs no look at the chunks; one that is wrong with good chunks is a contradiction in the end")
{
    const auto content = sample(1000);
    auto expected = signed_file(content, 100);
    {
        stream_verifier v(expected);
        v.look_at_chunks(false);
        REQUIRE(v.update(content).has_value());
        CHECK(v.finish().has_value());
    }
    expected.sha256 = sha256(sample(999));
    stream_verifier v(expected);
    v.look_at_chunks(false);
    REQUIRE(v.update(content).has_value());
    CHECK(v.finish().error().why == reason::chunk_mismatch);
    REQUIRE(v.update(content).has_value());
    CHECK(v.finish().error().why == reason::chunks_contradict);
}
