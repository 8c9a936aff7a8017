// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../support/store_scene.hpp"

#include <doctest/doctest.h>

using namespace modelsec;

using namespace modelsec::detail;
using namespace support;

namespace {

const pack_content two{{"a/one.bin", "first half"}, {"b.bin", "other half"}};

verified_file verified(const artifact_file& f, const std::string& text)
{
    stream_verifier v(f);
    REQUIRE(v.update(as_bytes(text)).has_value());
    return v.finish().value();
}

std::vector<placed_file> placed(const pack_content& content)
{
    const artifact a = artifact_of(content);
    std::vector<placed_file> out;
    for (std::size_t i = 0; i < content.size(); ++i)
        out.push_back({*a.files[i].name, verified(a.files[i], content[i].second)});
    return out;
}

template <class T>
reason why(const result<T>& r)
{
    return r.has_error() ? r.error().why : reason::none;
}

}  // namespace

TEST_CASE("a pack is made of exactly the files of its artifact")
{
    const artifact a = artifact_of(two);
    const auto pack = make_verified_pack(placed(two), a);
    REQUIRE(pack.has_value());
    CHECK(pack->artifact() == a.content_digest());
    CHECK(pack->files().size() == 2);

    auto fewer = placed(two);
    fewer.pop_back();
    CHECK(why(make_verified_pack(fewer, a)) == reason::digest_mismatch);
    CHECK(why(make_verified_pack({}, a)) == reason::digest_mismatch);
    auto twice = placed(two);
    twice[1] = twice[0];
    CHECK(why(make_verified_pack(twice, a)) == reason::digest_mismatch);
    auto elsewhere = placed(two);
    elsewhere[1].path = relative_path::parse("c.bin").value();
    CHECK(why(make_verified_pack(elsewhere, a)) == reason::digest_mismatch);
    auto swapped = placed(two);
    std::swap(swapped[0].content, swapped[1].content);
    CHECK(why(make_verified_pack(swapped, a)) == reason::digest_mismatch);
    CHECK(why(make_verified_pack(placed({{"a/one.bin", "first"}, {"b.bin", "other half"}}), a)) == reason::size_mismatch);
}

TEST_CASE("the tree of an archive is accepted only with that archive, verified")
{
    const std::string zip = "the bytes of an archive";
    artifact a = artifact_of({{"m.zip", zip}});
    const verified_file archive = verified(a.files[0], zip);
    const artifact plain = a;
    a.is_zip = true;
    a.files[0].name.reset();
    const auto pack = make_verified_pack(placed(two), archive, a);
    REQUIRE(pack.has_value());
    CHECK(pack->artifact() == sha256(as_bytes(zip)));

    const artifact other = artifact_of({{"n.zip", "the bytes of AN archive"}});
    const verified_file wrong = verified(other.files[0], "the bytes of AN archive");
    CHECK(why(make_verified_pack(placed(two), wrong, a)) == reason::digest_mismatch);
    CHECK(why(make_verified_pack(placed(two), archive, plain)) == reason::digest_mismatch);
    CHECK(why(make_verified_pack(placed(two), a)) == reason::digest_mismatch);
    CHECK(why(make_verified_pack({}, archive, a)) == reason::digest_mismatch);
    auto clash = placed({{"a/one.bin", "x"}, {"A/one.bin", "y"}});
    CHECK(why(make_verified_pack(clash, archive, a)) == reason::unsafe_name);
}
