// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Roots that rotate, as clients see it: modelsec root makes them, an origin serves them.
#include "command.hpp"

#include <modelsec/detail/store/store.hpp>
#include <modelsec/detail/trust/root_chain.hpp>
#include <modelsec/tuf.hpp>

#include <filesystem>

using namespace integration;

namespace {

using arguments = std::vector<std::string>;

/// Keys alice, bob and carol for roots (two must sign), r1 for manifests; version 1 of the root is pinned.
struct house
{
    world w;
    arguments pinned;

    house()
    {
        for (const char* id : {"alice", "bob", "carol", "r1", "r2", "thief"})
            REQUIRE(run_command({"keygen", "--out", w.place / "keys", "--key-id", id}).exit_code == 0);
        REQUIRE(run({"root", "init", "--root-key", pub("alice"), "--root-key", pub("bob"), "--root-key", pub("carol"),
                     "--root-threshold", "2", "--targets-key", pub("r1"), "--out", root(1), "--key", key("alice"), "--key",
                     key("bob")}) == 0);
        w.place.write("model", support::noise(2'000'000));
        w.web.serve("/model.bin", support::noise(2'000'000));
    }

    std::string key(const std::string& id) const { return w.place / ("keys/" + id + ".pem"); }
    std::string pub(const std::string& id) const { return w.place / ("keys/" + id + ".pub.json"); }
    std::string root(int version) const { return w.place / (std::to_string(version) + ".root.json"); }
    static int run(const arguments& all) { return run_command(all).exit_code; }

    /// The root after `version`, changed and signed so, and served.
    int rotate(int version, const arguments& change, const arguments& signers)
    {
        arguments all{"root", "rotate", root(version), "--out", root(version + 1)};
        all.insert(all.end(), change.begin(), change.end());
        for (const std::string& id : signers)
            all.insert(all.end(), {"--key", key(id)});
        const int code = run(all);
        if (code == 0)
            serve_root(version + 1);
        return code;
    }
    void serve_root(int version)
    {
        w.web.serve("/" + std::to_string(version) + ".root.json", support::read_file(root(version)));
    }

    modelsec::fetch_options request() const
    {
        modelsec::fetch_options out = w.request();
        const auto file = support::read_file(root(1));
        out.trust = modelsec::pinned_root{modelsec::bytes(file.begin(), file.end()), w.web.url("/")};
        return out;
    }

    int publish(const std::string& by, int sequence, const std::string& version, const arguments& more = {})
    {
        arguments all{"publish",
                      "--key",
                      key(by),
                      "--model",
                      "demo",
                      "--version",
                      version,
                      "--platform",
                      "any",
                      "--file",
                      w.place / "model",
                      "--url",
                      w.web.url("/model.bin"),
                      "--sequence",
                      std::to_string(sequence),
                      "--expires",
                      "30d",
                      "--out",
                      w.place / "manifest"};
        all.insert(all.end(), more.begin(), more.end());
        const int code = run(all);
        if (code == 0)
            w.web.serve("/manifest", support::read_file(w.place / "manifest"));
        return code;
    }

    support::process_result fetch(const arguments& more = {})
    {
        arguments all{"fetch",   "--manifest", w.web.url("/manifest"), "--root",
                      root(1),   "--ca",       w.place / "ca.pem",     "--store",
                      w.store(), "--json"};
        all.insert(all.end(), more.begin(), more.end());
        return run_command(all);
    }
    std::string why(const arguments& more = {})
    {
        return std::string(result_line(fetch(more).out).string_at("reason").value_or("?"));
    }
};

}  // namespace

TEST_CASE("a rotated release key is followed, and the old one signs nothing any more")
{
    house h;
    h.publish("r1", 1, "1.0");
    CHECK(h.why() == "none");
    REQUIRE(h.rotate(1, {"--remove", "r1", "--targets-key", h.pub("r2")}, {"bob", "carol"}) == 0);
    CHECK(h.why() == "unknown_key");
    h.publish("r2", 2, "2.0");
    CHECK(h.why() == "none");
    CHECK(active_version(h.w) == "2.0");

    // The roots are kept: whoever holds them back from now on does not bring the old key back.
    h.w.web.remove("/2.root.json");
    h.publish("r1", 3, "3.0");
    CHECK(h.why() == "unknown_key");
    CHECK(active_version(h.w) == "2.0");
}

TEST_CASE("a stolen root key below the threshold rotates nothing, lost ones are replaced, and clients follow")
{
    house h;
    h.publish("r1", 1, "1.0");
    // The thief has Alice's key, and a root in which it would be enough.
    CHECK(h.rotate(1, {"--root-threshold", "1", "--targets-key", h.pub("thief")}, {"alice"}) == 0);
    CHECK(h.run({"root", "verify", h.root(1), h.root(2)}) == 20);
    CHECK(h.why() == "threshold_unmet");
    h.w.web.remove("/2.root.json");
    std::filesystem::remove(h.root(2));

    REQUIRE(h.rotate(1, {"--remove", "alice", "--root-key", h.pub("r2")}, {"bob", "carol"}) == 0);
    CHECK(h.run({"root", "verify", h.root(1), h.root(2)}) == 0);
    CHECK(h.why() == "none");
    // Alice's key is nobody's now, Carol's is lost: Bob and the new one go on.
    CHECK(h.rotate(2, {}, {"alice", "bob"}) == 20);
    REQUIRE(h.rotate(2, {"--remove", "carol", "--root-key", h.pub("thief")}, {"bob", "r2"}) == 0);
    CHECK(h.why() == "none");
}

TEST_CASE("a rotation in the middle of a download does no harm")
{
    house h;
    h.publish("r1", 1, "1.0");
    support::fault cut;
    cut.cut_at = 1'000'000;
    h.w.web.fail("/model.bin", cut, 1);
    bool rotated = false;
    auto options = h.w.options();
    modelsec::fetch_options request = h.request();
    request.operation.events = [&](const modelsec::event& e) {
        if (e.kind == event_kind::retry && !rotated)
        {
            rotated = true;
            CHECK(h.rotate(1, {"--remove", "r1", "--targets-key", h.pub("r2")}, {"alice", "carol"}) == 0);
        }
    };
    modelsec::client client(options);
    const auto got = client.fetch(request);
    CHECK(rotated);
    CHECK(got.version == "1.0");
    h.publish("r2", 2, "2.0");
    CHECK(h.why() == "none");
    CHECK(active_version(h.w) == "2.0");
}

TEST_CASE("a bundle brings the successors of a pinned root, and nobody is asked for them")
{
    house h;
    REQUIRE(h.rotate(1, {"--remove", "r1", "--targets-key", h.pub("r2")}, {"alice", "carol"}) == 0);
    REQUIRE(h.publish("r2", 1, "1.0") == 0);
    const std::string bundle = h.w.place / "demo.bundle", copy = h.w.place / "copy.bundle";
    REQUIRE(h.run({"bundle", "--manifest", h.w.web.url("/manifest"), "--root", h.root(1), "--ca", h.w.place / "ca.pem",
                   "--out", bundle}) == 0);
    CHECK(h.run({"check", "--manifest", h.w.web.url("/manifest"), "--root", h.root(1), "--ca", h.w.place / "ca.pem",
                 "--store", h.w.store()}) == 0);
    CHECK_FALSE(std::filesystem::exists(h.w.store()));
    h.w.web.forget_requests();
    CHECK(h.run({"check", "--bundle", bundle, "--root", h.root(1), "--store", h.w.store()}) == 0);
    CHECK_FALSE(std::filesystem::exists(h.w.store()));
    CHECK(h.run({"fetch", "--bundle", bundle, "--root", h.root(1), "--store", h.w.store()}) == 0);
    CHECK(active_version(h.w) == "1.0");
    // What judges an old store asks nobody either.
    CHECK(h.run({"repair", "--root", h.root(1), "--store", h.w.store()}) == 0);
    CHECK(h.run({"bundle", "--bundle", bundle, "--root", h.root(1), "--out", copy}) == 0);
    CHECK(h.run({"fetch", "--bundle", copy, "--root", h.root(1), "--root-url", "https://roots.invalid/", "--store",
                 h.w.place / "other"}) == 0);

    auto options = h.w.options();
    options.store = h.w.place / "third";
    modelsec::fetch_options request;
    request.manifest.bundle = bundle;
    const auto pinned = support::read_file(h.root(1));
    request.trust = modelsec::pinned_root{modelsec::bytes(pinned.begin(), pinned.end()), ""};
    modelsec::client client(options);
    CHECK(client.check(request).version == "1.0");
    CHECK(client.fetch(request).version == "1.0");
    CHECK(h.w.web.count() == 0);

    // One that holds the rotation back does not bring the old key back: nothing was signed by it.
    REQUIRE(h.rotate(2, {"--remove", "r2", "--targets-key", h.pub("r1")}, {"alice", "carol"}) == 0);
    CHECK(h.run({"fetch", "--bundle", bundle, "--root", h.root(3), "--store", h.w.place / "fourth"}) == 20);
}

TEST_CASE("published under a root, a manifest is by its keys and for clients that know it")
{
    house h;
    REQUIRE(h.rotate(1, {"--remove", "r1", "--targets-key", h.pub("r2")}, {"alice", "carol"}) == 0);
    CHECK(h.publish("r1", 1, "1.0", {"--root", h.root(2)}) == 20);
    CHECK(h.publish("r2", 1, "1.0", {"--root", h.pub("r2")}) == 24);
    REQUIRE(h.publish("r2", 1, "1.0", {"--root", h.root(2)}) == 0);
    CHECK(h.why() == "none");
    // Whoever is kept from the newer root is told so, even if the old one had the key as well.
    REQUIRE(h.rotate(2, {"--targets-key", h.pub("r1")}, {"alice", "carol"}) == 0);
    REQUIRE(h.publish("r2", 2, "2.0", {"--root", h.root(3)}) == 0);
    h.w.web.remove("/3.root.json");
    CHECK(h.why() == "older_root");
    h.serve_root(3);
    CHECK(h.why() == "none");
}

TEST_CASE("attempts under one root take turns, so that none writes an older root over another's")
{
    house h;
    h.publish("r1", 1, "1.0");
    auto options = h.w.options();
    options.lock_wait = std::chrono::milliseconds(20);
    modelsec::client client(options);
    REQUIRE(fetch(client, h.request()).code == errc::ok);
    {
        const auto disk = modelsec::detail::store::open({.path = h.w.store(), .caps = {}}).value();
        const auto pinned = modelsec::sha256(modelsec::as_bytes(support::read_file(h.root(1))));
        const auto other = disk.lock_metadata(pinned, {}, {}).value();
        h.w.web.forget_requests();
        CHECK(fetch(client, h.request()).why == reason::lock_timeout);
        CHECK(h.w.web.count() == 0);
    }
    CHECK(fetch(client, h.request()).code == errc::ok);
}

TEST_CASE("only the origin's own 404 says that there is no newer root: every other answer fails the attempt")
{
    house h;
    h.publish("r1", 1, "1.0");
    for (const auto& [what, code] : {std::pair(support::answer(403), 14), std::pair(support::answer(410), 12),
                                     std::pair(support::redirect("/404"), 12), std::pair(support::answer(200), 24)})
    {
        h.w.web.fail("/2.root.json", what, 1);
        CHECK(h.fetch().exit_code == code);
        h.w.web.heal("/2.root.json");
    }
    CHECK(active_version(h.w).empty());
    CHECK(h.w.web.count("/model.bin") == 0);
    CHECK(h.why() == "none");
}

TEST_CASE("a TUF client takes nothing but the origin's own 404 for the end of the roots")
{
    using modelsec::reason;
    house h;
    const auto refresh = [&] {
        modelsec::tuf_options how;
        how.metadata_folder = h.w.place / "metadata";
        how.metadata_url = h.w.web.url("/");
        const auto file = support::read_file(h.root(1));
        how.root.assign(file.begin(), file.end());
        how.transport.tls.ca_file = h.w.place / "ca.pem";
        how.caps.tuf_metadata_bytes = 1000;  // less than a root may have: it is no other request for that
        auto updater = modelsec::tuf_updater::open(how);
        REQUIRE(updater.has_value());
        const auto done = updater->refresh();
        return done.has_value() ? reason::none : done.error().why;
    };
    for (const auto& [what, why] :
         {std::pair(support::answer(403), reason::forbidden), std::pair(support::answer(410), reason::http_status),
          std::pair(support::redirect("/404"), reason::bad_redirect)})
    {
        h.w.web.fail("/2.root.json", what, 1);
        CHECK(refresh() == why);
        h.w.web.heal("/2.root.json");
    }
    CHECK(h.w.web.count("/404") == 0);
    CHECK(h.w.web.count("/timestamp.json") == 0);
    CHECK(refresh() != reason::none);
    CHECK(h.w.web.count("/timestamp.json") == 1);
}

TEST_CASE("root verify reminds in time by exit code and event, and the expiry of the last root counts for clients")
{
    house h;
    h.publish("r1", 1, "1.0");
    const auto soon = run_command({"root", "verify", h.root(1), "--remind", "400d", "--json"});
    CHECK(soon.exit_code == 60);
    CHECK(soon.out.find(R"("event":"warning")") != std::string::npos);
    CHECK(result_line(soon.out).string_at("reason") == "expires_soon");
    CHECK(h.run({"root", "verify", h.root(1), "--remind", "300d"}) == 0);
    REQUIRE(h.rotate(1, {"--expires", "1s"}, {"alice", "bob"}) == 0);
    std::this_thread::sleep_for(std::chrono::milliseconds(1100));
    CHECK(h.run({"root", "verify", h.root(1), h.root(2)}) == 21);
    CHECK(h.why() == "root_expired");
}

TEST_CASE("roots that nobody could use are not made, and a signature is added once, by keys that count")
{
    house h;
    const auto init = [&](arguments more) {
        arguments all{"root", "init", "--out", h.w.place / "x.json"};
        all.insert(all.end(), more.begin(), more.end());
        return h.run(all);
    };
    CHECK(init({"--root-key", h.pub("alice")}) == 2);
    CHECK(init({"--root-key", h.pub("alice"), "--targets-key", h.pub("alice")}) == 2);
    CHECK(init({"--root-key", h.pub("alice"), "--root-threshold", "2", "--targets-key", h.pub("r1")}) == 2);
    CHECK(init({"--root-key", h.pub("alice"), "--targets-key", h.pub("r1"), "--key", h.key("bob")}) == 20);
    CHECK_FALSE(std::filesystem::exists(h.w.place / "x.json"));
    CHECK(h.run({"root", "rotate", h.root(1), "--remove", "nobody", "--out", h.root(2)}) == 2);

    REQUIRE(h.rotate(1, {"--remove", "alice", "--root-key", h.pub("r2")}, {}) == 0);
    CHECK(h.run({"root", "sign", "--key", h.key("alice"), h.root(2)}) == 20);
    CHECK(h.run({"root", "sign", "--key", h.key("alice"), "--previous", h.root(1), h.root(2)}) == 0);
    CHECK(h.run({"root", "verify", h.root(1), h.root(2)}) == 20);
    CHECK(h.run({"root", "sign", "--key", h.key("bob"), h.root(2)}) == 0);
    CHECK(h.run({"root", "verify", h.root(1), h.root(2)}) == 20);  // two of the old ones, but one of the new
    const auto before = support::read_file(h.root(2));
    CHECK(h.run({"root", "sign", "--key", h.key("bob"), h.root(2)}) == 0);
    CHECK(support::read_file(h.root(2)) == before);
    CHECK(h.run({"root", "sign", "--key", h.key("r2"), h.root(2)}) == 0);
    CHECK(h.run({"root", "verify", h.root(1), h.root(2)}) == 0);
    CHECK(run_command({"inspect", h.root(2)}).out.find("TUF metadata: root") != std::string::npos);
}

TEST_CASE("a rollback asks trust again if it is told whom")
{
    house h;
    h.publish("r1", 1, "1.0");
    REQUIRE(h.why() == "none");
    h.w.place.write("model", "another one");
    h.w.web.serve("/model.bin", "another one");
    h.publish("r1", 2, "2.0");
    REQUIRE(h.why() == "none");
    const arguments back{"rollback", "--store", h.w.store(), "demo"};
    const auto with = [&](arguments more) {
        more.insert(more.begin(), back.begin(), back.end());
        return h.run(more);
    };
    CHECK(with({"--pins", h.pub("r2")}) == 20);
    CHECK(active_version(h.w) == "2.0");
    CHECK(with({"--root", h.root(1)}) == 0);
    CHECK(active_version(h.w) == "1.0");
}

TEST_CASE("trust has one source, and each option of it goes with its own")
{
    house h;
    h.publish("r1", 1, "1.0");
    CHECK(h.fetch({"--pins", h.pub("r1")}).exit_code == 2);
    CHECK(h.why({"--pin", "a=" + std::string(43, 'A') + "="}) == "trust_source_twice");
    CHECK(h.fetch({"--tuf", h.w.web.url("/metadata"), "--target", "x"}).exit_code == 2);
    CHECK(h.fetch({"--target", "x"}).exit_code == 2);
    CHECK(h.run({"fetch", "--tuf", h.w.web.url("/metadata"), "--target", "x", "--pins", h.pub("r1"), "--model", "demo",
                 "--store", h.w.store()}) == 2);
    CHECK(h.run({"fetch", "--manifest-file", h.w.place / "manifest", "--root", h.root(1), "--store", h.w.store()}) == 2);
    CHECK(h.run({"fetch", "--manifest", h.w.web.url("/manifest"), "--root", h.pub("r1"), "--store", h.w.store()}) == 24);
}
