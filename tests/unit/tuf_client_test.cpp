// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "tuf_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace tuf_test;

TEST_CASE("an update asks for root N+1, timestamp, snapshot and targets in this order, and keeps the bytes as received")
{
    repository r;
    world w = trusting(r);
    w.served["timestamp.json"].push_back(' ');
    CHECK(w.refresh() == ms::reason::none);
    CHECK(w.fetched() == lines{"2.root.json", "timestamp.json", "1.snapshot.json", "1.targets.json"});
    CHECK(w.kept == files{{"root.json", w.served["1.root.json"]},
                          {"timestamp.json", w.served["timestamp.json"]},
                          {"snapshot.json", w.served["1.snapshot.json"]},
                          {"targets.json", w.served["1.targets.json"]}});
    CHECK(w.refresh() == ms::reason::none);
    CHECK(w.fetched() == lines{"2.root.json", "timestamp.json"});  // nothing new: nothing more is asked for
}

TEST_CASE("metadata whose digest is listed may come with the label of a content coding; other bytes are told with it")
{
    for (const bool hashes : {true, false})
    {
        repository r;
        r.hashes = hashes;
        world w = trusting(r);
        CHECK(w.refresh() == ms::reason::none);
        std::vector<bool> listed;
        w.kept.erase("timestamp.json");
        w.kept.erase("snapshot.json");
        w.kept.erase("targets.json");
        w.coding = "gzip";
        ms::detail::tuf_client client(std::nullopt, now);
        auto action = client.start();
        while (action && action->what != ms::detail::trust_action::kind::done)
        {
            if (action->what == ms::detail::trust_action::kind::fetch)
                listed.push_back(action->digest_signed);
            action = client.resume(w.perform(*action));
        }
        CHECK(action.has_value());
        CHECK(listed == std::vector<bool>{false, false, hashes, hashes});  // root, timestamp, snapshot, targets
    }
    for (const char* name : {"1.snapshot.json", "1.targets.json"})
    {
        repository r;
        r.hashes = true;
        world w = trusting(r);
        w.served[name].back() ^= 1;
        w.coding = "gzip";
        ms::detail::tuf_client client(std::nullopt, now);
        CHECK(w.refresh(client) == ms::reason::metadata_mismatch);
        CHECK(w.detail.find("gzip") != std::string::npos);
    }
}

TEST_CASE("TUF 5.3.12: without consistent snapshots names have no version, and targets no digest")
{
    repository r;
    r.root.consistent_snapshot = false;
    r.roles["targets"].first = targets(1, {{"a/b c", target("x")}});
    world w = trusting(r);
    std::string location;
    CHECK(w.find("a/b c", &location) == ms::reason::none);
    CHECK(w.fetched() == lines{"2.root.json", "timestamp.json", "snapshot.json", "targets.json"});
    CHECK(location == "a/b%20c");
    r.root.consistent_snapshot = true;
    world c = trusting(r);
    CHECK(c.find("a/b c", &location) == ms::reason::none);
    CHECK(location == "a/" + ms::sha256(ms::as_bytes("x")).hex() + ".b%20c");
}

TEST_CASE("without a valid root there is no update and no request")
{
    repository r;
    for (const ms::bytes& bad : {to_bytes("{}"), to_bytes(""), sign(r.root.signed_part(), {9})})
    {
        world w = trusting(r);
        w.kept["root.json"] = bad;
        CHECK(w.refresh() != ms::reason::none);
        CHECK(w.fetched().empty());
    }
    world w = trusting(r);
    w.kept.clear();
    CHECK(w.refresh() != ms::reason::none);
    CHECK(w.fetched().empty());
}

TEST_CASE("a pinned root stands in for a missing, broken or older one in the folder, and is kept then")
{
    repository r;
    const ms::bytes pinned = r.root.file({11});
    for (const ms::bytes& in_folder : {ms::bytes(), to_bytes("{}"), sign(r.root.signed_part(), {9})})
    {
        world w = trusting(r);
        w.kept["root.json"] = in_folder;
        ms::detail::tuf_client client(pinned, now);
        CHECK(w.refresh(client) == ms::reason::none);
        CHECK(w.kept["root.json"] == pinned);
    }
    repository second;
    second.root.version = 2;
    world w = trusting(r, true);
    second.serve(w);
    w.done.clear();
    ms::detail::tuf_client client(second.root.file(), now);
    CHECK(w.refresh(client) == ms::reason::none);
    CHECK(w.fetched() == lines{"3.root.json", "timestamp.json"});
    CHECK(version_of(w.kept["root.json"]) == 2);
}

TEST_CASE(
    "TUF 5.3.1, 5.3.8: every root on the way is verified and MUST be kept; a bad one ends the update with the last good")
{
    repository r;
    world w = trusting(r);
    root_spec root = r.root;
    for (root.version = 2; root.version < 4; ++root.version)
        w.served[std::to_string(root.version) + ".root.json"] = root.file();
    w.served["4.root.json"] = sign(root.signed_part(), {66});
    CHECK(w.refresh() == ms::reason::unknown_key);
    CHECK(w.kept == files{{"root.json", w.served["3.root.json"]}});
    CHECK(w.fetched() == lines{"2.root.json", "3.root.json", "4.root.json"});
}

TEST_CASE("TUF 5.3.10: after an expired last root nothing else is updated")
{
    repository r;
    world w = trusting(r, true);
    const files before = w.kept;
    r.root.version = 2;
    r.root.expires = earlier;
    r.serve_next(w);
    CHECK(w.refresh() == ms::reason::root_expired);
    CHECK(w.kept["root.json"] == w.served["2.root.json"]);
    CHECK(w.kept["timestamp.json"] == before.at("timestamp.json"));
    CHECK(w.fetched() == lines{"2.root.json", "3.root.json"});
}

TEST_CASE("TUF 5.3.11: when timestamp or snapshot keys go, both files go, which recovers from a fast-forward attack")
{
    for (const bool timestamp_goes : {true, false})
    {
        repository r;
        r.timestamp_version = r.snapshot_version = 1'000'000;
        r.roles["targets"].first = targets(1'000'000);
        world w = trusting(r, true);
        repository recovered;
        recovered.root.version = 2;
        (timestamp_goes ? recovered.root.timestamp : recovered.root.snapshot) = {{12}};
        w.served.clear();
        recovered.serve(w);
        CHECK(w.refresh() == ms::reason::none);
        CHECK(version_of(w.kept["timestamp.json"]) == 1);
        CHECK(version_of(w.kept["targets.json"]) == 1);
    }
    // Without a rotation the same is a rollback.
    repository r;
    r.timestamp_version = 2;
    world w = trusting(r, true);
    r.timestamp_version = 1;
    r.serve(w);
    CHECK(w.refresh() == ms::reason::older_metadata);
    CHECK(version_of(w.kept["timestamp.json"]) == 2);
}

TEST_CASE("the files of rotated keys go before the root is kept, so that a crash in between repeats it")
{
    repository r;
    world w = trusting(r, true);
    r.root.version = 2;
    r.root.timestamp = {{12}};
    r.serve_next(w);
    w.fail_at = "store root.json";
    CHECK(w.refresh() == ms::reason::connection_lost);
    CHECK_FALSE(w.kept.contains("timestamp.json"));
    CHECK_FALSE(w.kept.contains("snapshot.json"));
    CHECK(version_of(w.kept["root.json"]) == 1);
    w.fail_at.clear();
    CHECK(w.refresh() == ms::reason::none);
}

TEST_CASE("TUF 5.4.5, 5.5.7, 5.6.6: what was accepted MUST be kept at once, whatever becomes of the rest")
{
    for (const auto& [missing, keeps] : {std::pair<std::string, std::array<std::uint64_t, 3>>("timestamp.json", {1, 1, 1}),
                                         {"2.snapshot.json", {2, 1, 1}},
                                         {"2.targets.json", {2, 2, 1}}})
    {
        repository r;
        world w = trusting(r, true);
        r.roles["targets"].first = targets(2);
        r.serve_next(w);
        w.served.erase(missing);
        CHECK(w.refresh() == ms::reason::not_found);
        CHECK(version_of(w.kept["timestamp.json"]) == keeps[0]);
        CHECK(version_of(w.kept["snapshot.json"]) == keeps[1]);
        CHECK(version_of(w.kept["targets.json"]) == keeps[2]);
        r.serve(w);  // 5: errors leave the client able to update again
        CHECK(w.refresh() == ms::reason::none);
        CHECK(version_of(w.kept["targets.json"]) == 2);
    }
}

TEST_CASE("a failure at any action ends the update, keeps only whole accepted files, and the next update succeeds")
{
    repository r;
    r.roles["targets"].first = targets(2);
    r.root.version = 2;
    r.root.snapshot = {{13}};
    r.timestamp_version = r.snapshot_version = 2;
    lines all;
    {
        world w = trusting(repository(), true);
        r.serve(w);
        REQUIRE(w.refresh() == ms::reason::none);
        all = w.done;
    }
    REQUIRE(all.size() > 12);
    for (const std::string& at : all)
    {
        world w = trusting(repository(), true);
        r.serve(w);
        w.fail_at = at;
        CHECK(w.refresh() == ms::reason::connection_lost);
        CHECK(w.done.back() == at);
        w.fail_at.clear();
        CHECK(w.refresh() == ms::reason::none);
        CHECK(version_of(w.kept["targets.json"]) == 2);
    }
}

TEST_CASE("TUF 5.5.1, 5.6.1: no more is asked for than is listed, and never more than the cap")
{
    repository r;
    r.hashes = true;
    world w = trusting(r);
    w.served["1.snapshot.json"].push_back(' ');
    CHECK(w.refresh() == ms::reason::too_large);

    world huge = trusting(r);
    json lie = listed(1);
    lie.set("length", std::uint64_t{1} << 40);
    huge.served["timestamp.json"] = sign(timestamp(1, lie), {2});
    CHECK(huge.refresh() == ms::reason::too_large);
    CHECK(huge.fetched().back() == "timestamp.json");
}

TEST_CASE("the roots of one update are capped")
{
    repository r;
    world w = trusting(r);
    root_spec root = r.root;
    for (root.version = 2; root.version < 10; ++root.version)
        w.served[std::to_string(root.version) + ".root.json"] = root.file();
    ms::limits caps;
    caps.roots = 5;
    ms::detail::tuf_client client(std::nullopt, now, caps);
    CHECK(w.refresh(client) == ms::reason::too_large);
    CHECK(version_of(w.kept["root.json"]) == 6);
}

TEST_CASE("an update ends as soon as it is cancelled, and passes over nothing that is kept because of that")
{
    repository r;
    r.roles["targets"].first = targets(1, {{"t", target("x")}});
    world w = trusting(r, true);
    const auto kept = w.kept;
    // However often it is asked, at any of these moments.
    for (int moment = 1; moment < 12; ++moment)
    {
        int asked = 0;
        const auto go_on = [&]() -> ms::result<void> {
            return ++asked < moment ? ms::result<void>() : ms::fail(ms::reason::cancelled);
        };
        w.done.clear();
        ms::detail::tuf_client client(std::nullopt, now, {}, go_on);
        CHECK(w.run(client, client.start("t")) == ms::reason::cancelled);
        CHECK(asked <= moment + 1);
        CHECK(w.kept == kept);
    }
}

TEST_CASE("an update that ends with a search reads each role once")
{
    repository r;
    r.roles["targets"].first = delegating(targets(1), {{"d", {{5}}}});
    r.roles["d"] = {targets(1, {{"t", target("x")}}), {5}};
    world w = trusting(r);
    CHECK(w.find("t") == ms::reason::none);
    CHECK(std::count(w.done.begin(), w.done.end(), "load targets.json") == 1);
    CHECK(w.find("t") == ms::reason::none);
    CHECK(std::count(w.done.begin(), w.done.end(), "load targets.json") == 1);
    CHECK(std::count(w.done.begin(), w.done.end(), "load d.json") == 1);
    CHECK(w.find("absent") == ms::reason::target_mismatch);
}
