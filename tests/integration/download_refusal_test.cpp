// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The download engine against answers that are not what they should be.
#include "download_scene.hpp"

using namespace download_scene;

TEST_CASE("200 to a range request is taken from its beginning and never appended")
{
    scene s;
    s.keep(s.content.substr(0, mib));
    support::fault whole;
    whole.ignore_range = true;
    s.web.fail("/model.bin", whole);
    CHECK(s.get() == reason::none);
    CHECK(s.web.requests().size() == 1);
}

TEST_CASE("416 is no end of the file: the whole is asked for instead")
{
    scene s;
    s.keep(s.content.substr(0, mib));
    support::fault refuse;
    refuse.refuse_range = true;
    s.web.fail("/model.bin", refuse);
    CHECK(s.get() == reason::none);
    CHECK(s.web.requests().back().header("range").empty());
}

TEST_CASE("another Content-Range than was asked is never written")
{
    for (const auto* lie :
         {"bytes 0-2097228/3145805", "bytes 1048577-3145804/3145805", "bytes 1048576-3145804/*", "nonsense"})
    {
        scene s;
        s.keep(s.content.substr(0, mib));
        support::fault wrong;
        wrong.content_range = lie;
        s.web.fail("/model.bin", wrong, 1);
        CHECK(s.get() == reason::none);
    }
}

TEST_CASE("another announced size is refused before a byte is read; a mirror may do better")
{
    for (const bool range : {false, true})
    {
        scene s;
        if (range)
            s.keep(s.content.substr(0, mib));
        support::fault lie;
        if (range)
            lie.content_range = "bytes 1048576-3145804/3145806";
        else
            lie.announce = s.content.size() + 1;
        s.web.fail("/model.bin", lie);
        CHECK(s.get() == reason::size_mismatch);
        CHECK(s.fetched == 0);
        CHECK(s.web.requests().size() == 1);
        // What is here already is not thrown away for it.
        s.web.forget_requests();
        CHECK(s.get({"/model.bin", "/mirror.bin"}) == reason::none);
        for (const auto& seen : s.web.requests())
            CHECK(seen.header("range").empty() != range);
    }
}

TEST_CASE("a body that goes on after the last signed byte is refused, however it is framed")
{
    for (const bool endless : {false, true})
    {
        scene s;
        support::fault longer;
        longer.chunked = true;
        longer.extra_bytes = 1;
        if (endless)
            longer.endless = true;
        s.web.fail("/model.bin", longer);
        const auto why = s.get();
        CHECK((why == reason::size_mismatch || (endless && why == reason::digest_mismatch)));
        CHECK(s.fetched <= 2 * (s.content.size() + mib));
    }
}

TEST_CASE("a chunked body without any length is good if it has the signed bytes")
{
    scene s;
    support::fault chunked;
    chunked.chunked = true;
    s.web.fail("/model.bin", chunked);
    CHECK(s.get() == reason::none);
}

TEST_CASE("a flipped bit is refused and nothing is kept; a mirror is tried from scratch")
{
    scene s;
    support::fault flip;
    flip.flip_at = mib + 5;
    s.web.fail("/model.bin", flip);
    CHECK(s.get() == reason::digest_mismatch);
    CHECK(s.on_disk.empty());
    CHECK(s.get({"/model.bin", "/mirror.bin"}) == reason::none);
    CHECK(s.web.requests().back().header("range").empty());
}

TEST_CASE("a prefix altered on disk between runs is found, dropped and fetched again")
{
    scene s;
    s.keep(flipped(s.content.substr(0, mib), 77));
    CHECK(s.get() == reason::none);
    REQUIRE(s.web.requests().size() == 2);
    CHECK(s.web.requests()[1].header("range").empty());
}

TEST_CASE("with chunk digests a flipped bit costs one chunk, from another mirror first")
{
    scene s(5 * mib, 256 * 1024);
    support::fault flip;
    flip.flip_at = mib + 5;
    s.web.fail("/model.bin", flip);
    CHECK(s.get({"/model.bin", "/mirror.bin"}) == reason::none);
    CHECK(s.web.sent("/mirror.bin") >= 256 * 1024);
    CHECK(s.fetched <= s.content.size() + 256 * 1024 + mib);
}

TEST_CASE("with chunk digests an altered partial costs one chunk, and the good rest is kept")
{
    scene s(5 * mib, 256 * 1024);
    s.keep(flipped(s.content, 3 * mib));
    CHECK(s.get() == reason::none);
    REQUIRE(s.web.requests().size() == 1);
    CHECK(s.web.requests()[0].header("range") == "bytes=3145728-3407871");
}

TEST_CASE("a chunk that every source has wrong is a chunk mismatch")
{
    scene s(2 * mib, 256 * 1024);
    support::fault flip;
    flip.flip_at = 9;
    s.web.fail("/model.bin", flip);
    s.web.fail("/mirror.bin", flip);
    CHECK(s.get({"/model.bin", "/mirror.bin"}) == reason::chunk_mismatch);
}

TEST_CASE("chunk digests that contradict the whole end it, and no mirror is asked")
{
    scene s(2 * mib, 256 * 1024);
    s.expected.sha256 = modelsec::sha256(modelsec::as_bytes("other"));
    CHECK(s.get({"/model.bin", "/mirror.bin"}) == reason::chunks_contradict);
    CHECK(s.web.count("/mirror.bin") == 0);
    CHECK(s.on_disk.empty());
}
