// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// What a store remembers of a model, and what it refuses because of it (docs/manifest.md, Memory and time).
#include "world.hpp"

using namespace integration;

TEST_CASE("an older sequence is refused after a newer one was accepted, even if that one was never downloaded")
{
    world w;
    w.release("one", 5);
    REQUIRE(fetch(w).code == errc::ok);
    w.release("two", 7, "2.0.0");
    w.web.fail("/model.bin", support::answer(404));
    REQUIRE(fetch(w).code == errc::http_status);
    w.web.heal("/model.bin");
    w.release("three", 6, "1.5.0");
    CHECK(fetch(w).why == reason::older_sequence);
    CHECK(active_content(w) == "one");
}

TEST_CASE("the same sequence for another digest is equivocation once one of them was active")
{
    world w;
    w.release("one", 5);
    REQUIRE(fetch(w).code == errc::ok);
    w.release("two", 5, "1.0.1");
    CHECK(fetch(w).why == reason::equivocation);
    w.release("one", 5);
    CHECK(fetch(w).code == errc::ok);
    CHECK(active_content(w) == "one");
}

TEST_CASE("a manifest below the application's minimum is refused by a fresh store")
{
    world w;
    w.release("one", 5);
    auto options = w.request();
    options.min_sequence = 6;
    CHECK(fetch(w, options).why == reason::below_min_sequence);
    options.min_sequence = 5;
    CHECK(fetch(w, options).code == errc::ok);
}

TEST_CASE("an expired manifest activates nothing, and does not close what is active")
{
    world w;
    w.release("one");
    REQUIRE(fetch(w).code == errc::ok);
    w.time.move(std::chrono::hours(24 * 31));
    CHECK(active_content(w) == "one");
    w.time.move(std::chrono::hours(-24 * 31));
    auto m = w.manifest("two", "/model.bin", 2, "2.0.0");
    m.expires_at = *m.issued_at + std::chrono::minutes(5);
    w.publish(m);
    CHECK(fetch(w).why == reason::manifest_expired);
    CHECK(active_content(w) == "one");
}

TEST_CASE("a manifest from the future, and a clock before the last accepted manifest, are the clock's fault")
{
    world w;
    auto m = w.manifest("one");
    m.issued_at = w.time.now() + std::chrono::minutes(20);
    w.publish(m);
    CHECK(fetch(w).why == reason::issued_in_future);
    m.issued_at = w.time.now();
    w.publish(m);
    REQUIRE(fetch(w).code == errc::ok);
    w.time.move(std::chrono::minutes(-30));  // not before the certificate, which would be refused first
    w.release("two", 2, "2.0.0");
    CHECK(fetch(w).why == reason::clock_went_back);
    CHECK(active_content(w) == "one");
}

TEST_CASE("after a DSSE manifest, a pack envelope for the same model is a downgrade")
{
    world w;
    w.release("one");
    REQUIRE(fetch(w).code == errc::ok);
    auto m = w.manifest("two", "/model.bin", 2, "2.0.0");
    w.web.serve("/manifest", support::pack_envelope(m.json(), w.key));
    auto options = w.request();
    options.format = modelsec::detail::envelope_format::pack;
    CHECK(fetch(w, options).why == reason::format_downgrade);
    CHECK(active_content(w) == "one");
}

TEST_CASE("in pack, an older pack that a host replays does not lock the newest one out")
{
    world w;
    auto options = w.request();
    options.format = modelsec::detail::envelope_format::pack;
    const auto publish = [&](const std::string& content, const std::string& version) {
        auto m = published_manifest::bare();
        m.version = version;
        w.web.serve("/" + version, content);
        m.artifacts = {published_artifact::of(content, w.web.url("/" + version))};
        w.web.serve("/manifest", support::pack_envelope(m.json(), w.key));
    };
    for (const char* version : {"1", "3", "2", "3"})
    {
        publish(std::string("content ") + version, version);
        CHECK(fetch(w, options).code == errc::ok);
        CHECK(active_content(w) == std::string("content ") + version);
    }
    options.require_order = true;
    CHECK(fetch(w, options).why == reason::unordered);
}

TEST_CASE("a version that was rolled back from is not installed again, its successor is")
{
    world w;
    w.release("one");
    REQUIRE(fetch(w).code == errc::ok);
    w.release("two", 2, "2.0.0");
    REQUIRE(fetch(w).code == errc::ok);
    CHECK(w.client().rollback({"demo", {}}).version == "1.0.0");
    CHECK(active_content(w) == "one");
    CHECK(fetch(w).why == reason::rejected);
    w.release("three", 3, "2.0.1");
    CHECK(fetch(w).code == errc::ok);
    CHECK(active_content(w) == "three");
    const auto status = w.client().status();
    REQUIRE(status.size() == 1);
    REQUIRE(status[0].last_good);
    CHECK(status[0].last_good->version == "1.0.0");
    REQUIRE(status[0].rejected.size() == 1);
    CHECK(status[0].rejected[0].version == "2.0.0");
}

TEST_CASE("a rollback asks trust again: a key that was revoked meanwhile vouches for nothing")
{
    world w;
    w.release("one");
    REQUIRE(fetch(w).code == errc::ok);
    const support::signer second("v2");
    w.web.serve("/manifest", support::dsse_envelope(w.manifest("two", "/model.bin", 2, "2.0.0").json(), {second}));
    auto options = w.request();
    options.trust = pins_of({w.key, second});
    REQUIRE(fetch(w, options).code == errc::ok);

    auto client = w.client();
    modelsec::error_code ec;
    modelsec::diagnostics diag;
    client.rollback({"demo", pins_of({second})}, ec, diag);
    CHECK(ec == errc::signature);
    CHECK(active_content(w) == "two");
    client.rollback({"demo", pins_of({w.key, second})}, ec, diag);
    CHECK(!ec);
    CHECK(active_content(w) == "one");
}

TEST_CASE("a manifest for another model or tier is refused")
{
    world w;
    auto m = w.manifest("one");
    m.model_id = "other";
    w.publish(m);
    CHECK(fetch(w).why == reason::model_mismatch);
    m.model_id = "demo";
    w.publish(m);
    auto options = w.request();
    options.tier = "llama8b";
    CHECK(fetch(w, options).why == reason::tier_mismatch);
    m.tier = "llama1b";
    w.publish(m);
    CHECK(fetch(w, options).why == reason::tier_mismatch);
    m.tier = "llama8b";
    w.publish(m);
    CHECK(fetch(w, options).code == errc::ok);
    CHECK(w.web.count("/model.bin") == 1);
}

TEST_CASE("no attempt runs without a trust source")
{
    world w;
    w.release("one");
    auto options = w.request();
    options.trust = {};
    CHECK(fetch(w, options).why == reason::trust_source_missing);
    options.trust = modelsec::pins();
    CHECK(fetch(w, options).code == errc::usage);
    CHECK(active_version(w).empty());
}
