// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "tuf_world.hpp"

#include <doctest/doctest.h>

using namespace tuf_test;

TEST_CASE("TUF 5.6.7: delegated roles are fetched as the search meets them, percent-encoded, and kept under safe names")
{
    repository r;
    r.roles["targets"].first = delegating(targets(1), {{"../x?", {{5}}, {"a/*"}}, {"other", {{6}}, {"b/*"}}});
    r.roles["../x?"] = {delegating(targets(3), {{"deep", {{7}}, {"a/*"}}}), {5}};
    r.roles["deep"] = {targets(4, {{"a/file", target("content")}}), {7}};
    r.roles["other"] = {targets(1), {6}};
    world w = trusting(r);
    CHECK(w.find("a/file") == ms::reason::none);
    CHECK(w.fetched() ==
          lines{"2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json", "3...%2Fx%3F.json", "4.deep.json"});
    CHECK(w.kept.contains("..%2Fx%3F.json"));
    CHECK(w.find("a/file") == ms::reason::none);
    CHECK(w.fetched() == lines{"2.root.json", "timestamp.json"});
    CHECK(w.find("b/absent") == ms::reason::target_mismatch);
    CHECK(w.find("nowhere") == ms::reason::target_mismatch);
}

TEST_CASE("a kept delegated role is verified again against its present delegator")
{
    repository r;
    r.roles["targets"].first = delegating(targets(1), {{"d", {{5}}}});
    r.roles["d"] = {targets(1, {{"f", target("x")}}), {5}};
    world w = trusting(r);
    REQUIRE(w.find("f") == ms::reason::none);
    r.roles["targets"].first = delegating(targets(2), {{"d", {{6}}}});  // key 5 was stolen, say
    r.serve_next(w);
    CHECK(w.find("f") == ms::reason::unknown_key);
    CHECK(w.fetched().back() == "1.d.json");
}

TEST_CASE("one update serves several searches; a target that nobody lists does not end it")
{
    repository r;
    r.roles["targets"].first = delegating(targets(1, {{"top", target("x")}}), {{"d", {{5}}}});
    r.roles["d"] = {targets(1, {{"below", target("y")}}), {5}};
    world w = trusting(r);
    ms::detail::tuf_client client(std::nullopt, now);
    REQUIRE(w.refresh(client) == ms::reason::none);
    CHECK(w.run(client, client.search("absent")) == ms::reason::target_mismatch);
    CHECK(w.run(client, client.search("below")) == ms::reason::none);
    CHECK(client.found().path == "below");
    CHECK(w.run(client, client.search("top")) == ms::reason::none);
    CHECK(client.found().path == "top");
}

TEST_CASE("a role that the snapshot does not list, or that cannot be had, ends the search")
{
    repository r;
    r.roles["targets"].first = delegating(targets(1), {{"d", {{5}}}, {"e", {{6}}}});
    r.roles["e"] = {targets(1, {{"f", target("x")}}), {6}};
    world w = trusting(r);
    CHECK(w.find("f") == ms::reason::metadata_mismatch);
    r.roles["d"] = {targets(1, {}, earlier), {5}};
    r.serve_next(w);
    CHECK(w.find("f") == ms::reason::metadata_expired);
    CHECK_FALSE(w.kept.contains("d.json"));
    w.served.erase("1.d.json");
    CHECK(w.find("f") == ms::reason::not_found);
}

TEST_CASE("a search before the update's end, and anything after a failure, is refused")
{
    repository r;
    world w = trusting(r);
    ms::detail::tuf_client client(std::nullopt, now);
    CHECK(client.search("x").error().why == ms::reason::internal_error);
    w.served.erase("timestamp.json");
    CHECK(w.refresh(client) == ms::reason::not_found);
    CHECK(client.resume(ms::detail::trust_input::finished()).error().why == ms::reason::internal_error);
    CHECK(client.search("x").error().why == ms::reason::internal_error);
}

TEST_CASE("TUF 5.7.3: a target is checked as it arrives: never more than its length, then every known digest")
{
    const std::string content = "content";
    const auto parse = [](json t) { return read_targets(targets(1, {{"t", std::move(t)}}), "t")->target.value(); };
    const auto check = [&](const ms::detail::target_file& t, std::string_view got) {
        auto c = ms::detail::target_check::start(t);
        if (!c)
            return c.error().why;
        for (const char byte : got)
            if (const auto r = c->update(ms::as_bytes({&byte, 1})); !r)
                return r.error().why;
        const auto r = c->finish();
        return r ? ms::reason::none : r.error().why;
    };
    const auto good = parse(target(content));
    CHECK(check(good, content) == ms::reason::none);
    CHECK(check(good, "conten") == ms::reason::size_mismatch);
    CHECK(check(good, "content!") == ms::reason::size_mismatch);
    CHECK(check(good, "Content") == ms::reason::digest_mismatch);
    CHECK(check(parse(target("")), "") == ms::reason::none);

    json both = target(content);
    const std::string sha512 = ms::to_hex(ms::sha512(ms::as_bytes(content)));
    both.set("hashes", json{{"sha256", ms::sha256(ms::as_bytes(content)).hex()}, {"sha512", sha512}});
    CHECK(check(parse(both), content) == ms::reason::none);
    both.set("hashes", json{{"sha512", sha512}});
    CHECK(check(parse(both), content) == ms::reason::none);
    both.set("hashes", json{{"sha256", ms::sha256(ms::as_bytes(content)).hex()}, {"sha512", std::string(128, '0')}});
    CHECK(check(parse(both), content) == ms::reason::digest_mismatch);
    both.set("hashes", json{{"blake9", "00"}});
    CHECK(check(parse(both), content) == ms::reason::metadata_mismatch);

    repository r;
    r.roles["targets"].first = targets(1, {{"t", both}});
    world w = trusting(r);
    CHECK(w.find("t") == ms::reason::metadata_mismatch);
}
