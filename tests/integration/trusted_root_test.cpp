// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Sigstore's trusted_root.json as a target of a TUF repository: from there to a model that is verified, and fetched, by it.
#include "command.hpp"

#include <modelsec/model_signing.hpp>
#include <modelsec/tuf.hpp>

#include <tuf_publisher.hpp>

#include <filesystem>

using namespace integration;

namespace {

const std::string far = "2099-01-01T00:00:00Z", past = "2020-01-01T00:00:00Z";
const std::string vectors = MODELSEC_SOURCE_DIR "/tests/vectors/signed-model/";
const std::string identity = "https://ci.example/model.yml@refs/heads/main", issuer = "https://token.example";

/// A TUF repository that publishes whom a stand-in of Sigstore trusts, and a model that was signed through that stand-in.
struct sigstore_house
{
    world w;
    tuf_test::root_spec root;
    std::string trusted = support::read_file(vectors + "trusted_root.json"),
                other = support::read_file(vectors + "times/trusted_root.json");
    std::map<std::string, std::string> model{
        {"config.json", "{\"a\": 1}\n"}, {"empty.txt", ""}, {"weights/part-1.bin", std::string(300'000, '1')}};

    sigstore_house()
    {
        root.expires = far;
        const auto file = root.file();
        w.place.write("root.json", modelsec::as_text(file));
        std::filesystem::create_directories(w.place / "model/weights");
        for (const auto& [name, content] : model)
        {
            w.place.write("model/" + name, content);
            w.web.serve("/files/" + name, content);
        }
    }

    void serve(const std::string& name, const modelsec::bytes& file)
    {
        w.web.serve("/repo/metadata/" + name, std::string(modelsec::as_text(file)));
    }
    static std::string place_of(const std::string& content)
    {
        return "/repo/targets/" + support::sha256_hex(content) + ".trusted_root.json";
    }
    /// Metadata of this version, by the keys of `root`, that lists `content`.
    void offer(std::uint64_t version, const std::string& content, const std::string& expires = far)
    {
        using namespace tuf_test;
        const std::string number = std::to_string(version) + ".";
        serve("timestamp.json", sign(timestamp(version, listed(version), expires), root.timestamp.keys));
        serve(number + "snapshot.json", sign(snapshot(version, {{"targets", listed(version)}}, far), root.snapshot.keys));
        serve(number + "targets.json",
              sign(targets(version, {{"trusted_root.json", target(content)}}, far), root.targets.keys));
        w.web.serve(place_of(content), content);
    }

    support::process_result fetch_root() const
    {
        return run_command({"fetch", "--tuf", w.web.url("/repo/metadata/"), "--target", "trusted_root.json", "--root",
                            w.place / "root.json", "--model", "sigstore", "--store", w.place / "trust", "--ca",
                            w.place / "ca.pem", "--json"});
    }
    /// Where it is; empty: there is none.
    std::string root_path() const
    {
        const auto r = run_command({"path", "sigstore", "--store", w.place / "trust", "--file"});
        return r.exit_code == 0 ? r.out.substr(0, r.out.find('\n')) : std::string();
    }
    std::vector<std::string> signer() const
    {
        return {"--identity", identity, "--issuer", issuer, "--trusted-root", root_path()};
    }
    support::process_result verify() const
    {
        std::vector<std::string> all{"verify-model", vectors + "a_1.json", w.place / "model"};
        const auto by = signer();
        all.insert(all.end(), by.begin(), by.end());
        return run_command(all);
    }
    support::process_result fetch_model(const std::string& bundle = "a_1.json") const
    {
        std::vector<std::string> all{"fetch", "--signature", vectors + bundle, "--base", w.web.url("/files/"), "--model",
                                     "demo",  "--store",     w.store(),        "--ca",   w.place / "ca.pem",   "--json"};
        const auto by = signer();
        all.insert(all.end(), by.begin(), by.end());
        return run_command(all);
    }
    std::string reason_of(const support::process_result& r) const
    {
        return std::string(result_line(r.out).string_at("reason").value_or(""));
    }
};

}  // namespace

TEST_CASE(
    "trusted_root.json comes from a TUF repository; a model is verified and fetched by it, as long as it is the last one")
{
    sigstore_house h;
    h.offer(1, h.trusted);
    const auto first = h.fetch_root();
    REQUIRE_MESSAGE(first.exit_code == 0, first.out);
    CHECK(h.root_path().ends_with("/trusted_root.json"));
    CHECK(support::read_file(h.root_path()) == h.trusted);
    const auto verified = h.verify();
    CHECK_MESSAGE(verified.exit_code == 0, verified.err);
    CHECK(verified.out.find(identity) != std::string::npos);
    const auto fetched = h.fetch_model();
    REQUIRE_MESSAGE(fetched.exit_code == 0, fetched.out);
    const auto pack = h.w.client().open("demo");
    for (const auto& [name, content] : h.model)
        CHECK((support::read_file(pack.info().path + "/" + name) == content));

    // Its successor trusts others: what these did not vouch for is nothing any more.
    h.offer(2, h.other);
    REQUIRE(h.fetch_root().exit_code == 0);
    CHECK(support::read_file(h.root_path()) == h.other);
    CHECK(h.verify().exit_code == 20);
    CHECK(h.fetch_model("a_2.json").exit_code == 20);
    CHECK(active_version(h.w) == pack.info().version);
    // Nor does a host bring the former one back.
    h.offer(1, h.trusted);
    CHECK(h.reason_of(h.fetch_root()) == "older_metadata");
    CHECK(support::read_file(h.root_path()) == h.other);
}

TEST_CASE(
    "TUF 5.4.4: by an expired timestamp no trusted_root.json is had, nor is a later one; nor one that the host changed")
{
    sigstore_house h;
    h.offer(1, h.trusted, past);
    CHECK(h.fetch_root().exit_code == 21);
    CHECK(h.root_path().empty());
    h.offer(2, h.trusted);
    REQUIRE(h.fetch_root().exit_code == 0);

    h.offer(3, h.other, past);
    CHECK(h.fetch_root().exit_code == 21);
    CHECK(support::read_file(h.root_path()) == h.trusted);

    h.offer(4, h.other);
    for (std::string changed : {h.trusted, h.other + "\n", h.other.substr(1), h.other})
    {
        if (changed == h.other)
            changed[changed.size() / 2] ^= 1;
        h.w.web.serve(h.place_of(h.other), changed);
        CHECK(h.fetch_root().exit_code == 30);
        CHECK(support::read_file(h.root_path()) == h.trusted);
    }
    CHECK(h.verify().exit_code == 0);
    h.w.web.serve(h.place_of(h.other), h.other);
    CHECK(h.fetch_root().exit_code == 0);
    CHECK(support::read_file(h.root_path()) == h.other);
}

TEST_CASE(
    "TUF 5.3.4: a rotated root of the repository is followed to trusted_root.json, and none that the old keys did not sign")
{
    sigstore_house h;
    h.offer(1, h.other);
    REQUIRE(h.fetch_root().exit_code == 0);
    const tuf_test::root_spec before = h.root;
    h.root.version = 2;
    h.root.root.keys = {11};
    h.root.timestamp.keys = {12};
    h.root.snapshot.keys = {13};
    h.root.targets.keys = {14};
    h.offer(2, h.trusted);
    h.serve("2.root.json", h.root.file());
    CHECK(h.fetch_root().exit_code == 20);
    CHECK(support::read_file(h.root_path()) == h.other);
    h.serve("2.root.json", h.root.file(before.root.keys));
    const auto followed = h.fetch_root();
    CHECK_MESSAGE(followed.exit_code == 0, followed.out);
    CHECK(support::read_file(h.root_path()) == h.trusted);
    CHECK(h.verify().exit_code == 0);
    CHECK(h.fetch_model().exit_code == 0);
    // What the old keys sign from now on is nothing.
    h.root = before;
    h.offer(3, h.other);
    CHECK(h.fetch_root().exit_code == 20);
    CHECK(support::read_file(h.root_path()) == h.trusted);
}

TEST_CASE(
    "in code: a TUF client gets trusted_root.json, by which a bundle is verified; nothing is had of an expired repository")
{
    sigstore_house h;
    h.offer(1, h.trusted);
    const std::string bundle = support::read_file(vectors + "a_1.json");
    const auto update = [&](const std::string& folder, const modelsec::clock& time) -> modelsec::result<std::string> {
        modelsec::tuf_options how;
        how.metadata_folder = h.w.place / folder;
        how.metadata_url = h.w.web.url("/repo/metadata/");
        how.targets_url = h.w.web.url("/repo/targets/");
        const std::string root = support::read_file(h.w.place / "root.json");
        how.root.assign(root.begin(), root.end());
        how.transport = h.w.options().transport;
        how.clock = &time;
        auto updater = modelsec::tuf_updater::open(std::move(how));
        if (!updater)
            return updater.error();
        if (auto refreshed = updater->refresh(); !refreshed)
            return refreshed.error();
        auto target = updater->find("trusted_root.json");
        if (!target)
            return target.error();
        std::string got;
        const auto fetched = updater->fetch(*target, [&](modelsec::bytes_view piece) -> modelsec::result<void> {
            got += modelsec::as_text(piece);
            return {};
        });
        return fetched ? modelsec::result<std::string>(got) : fetched.error();
    };
    const auto got = update("first", h.w.time);
    REQUIRE_MESSAGE(got.has_value(), got.error().detail);
    const auto root = modelsec::sigstore_root::parse(modelsec::as_bytes(*got));
    REQUIRE(root.has_value());
    const modelsec::sigstore_signer by{*root, identity, issuer};
    const auto said = modelsec::verify_model_bundle(modelsec::as_bytes(bundle), by, h.w.time.now());
    REQUIRE_MESSAGE(said.has_value(), said.error().detail);
    CHECK(said->signer.identity == identity);

    h.offer(2, h.trusted, past);
    const auto expired = update("first", h.w.time);
    REQUIRE(expired.has_error());
    CHECK(expired.error().code() == errc::expired);
    h.offer(3, h.other);
    h.w.web.serve(h.place_of(h.other), h.trusted);
    const auto changed = update("first", h.w.time);
    REQUIRE(changed.has_error());
    CHECK(changed.error().code() == errc::digest);
}
