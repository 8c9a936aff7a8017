// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// modelsec fetch --tuf, against a repository behind TLS.
#include "command.hpp"

#include <modelsec/tuf.hpp>

#include <tuf_publisher.hpp>

using namespace integration;

namespace {

const std::string far = "2099-01-01T00:00:00Z";

/// A repository with one delegated role, that lists the model.
struct tuf_house
{
    world w;
    std::string content = support::noise(3'000'000);
    std::string location;

    tuf_house()
    {
        tuf_test::root_spec root;
        root.expires = far;
        const auto file = root.file();
        w.place.write("root.json", modelsec::as_text(file));
        offer(1, content);
    }

    void serve(const std::string& name, const modelsec::bytes& file)
    {
        w.web.serve("/repo/metadata/" + name, std::string(modelsec::as_text(file)));
    }

    void offer(std::uint64_t version, const std::string& model)
    {
        using namespace tuf_test;
        const std::string number = std::to_string(version) + ".";
        serve("timestamp.json", sign(timestamp(version, listed(version), far), {2}));
        serve(number + "snapshot.json",
              sign(snapshot(version, {{"targets", listed(version)}, {"team/llama", listed(version)}}, far), {3}));
        serve(number + "targets.json",
              sign(delegating(targets(version, {}, far), {{"team/llama", {{5}}, {"llama/*"}}}), {4}));
        serve(number + "team%2Fllama.json", sign(targets(version, {{"llama/model.gguf", target(model)}}, far), {5}));
        location = "/repo/targets/llama/" + support::sha256_hex(model) + ".model.gguf";
        w.web.serve(location, model);
    }

    support::process_result fetch(const std::vector<std::string>& more = {})
    {
        std::vector<std::string> all{"fetch",
                                     "--tuf",
                                     w.web.url("/repo/metadata/"),
                                     "--target",
                                     "llama/model.gguf",
                                     "--root",
                                     w.place / "root.json",
                                     "--model",
                                     "demo",
                                     "--store",
                                     w.store(),
                                     "--ca",
                                     w.place / "ca.pem",
                                     "--json"};
        all.insert(all.end(), more.begin(), more.end());
        return run_command(all);
    }
};

}  // namespace

TEST_CASE("fetch --tuf finds a target by its delegations, downloads it like any artifact and makes it active")
{
    tuf_house h;
    support::fault cut;
    cut.cut_at = 2'000'000;
    h.w.web.fail(h.location, cut, 1);
    const auto first = h.fetch();
    CHECK_MESSAGE(first.exit_code == 0, first.out);
    CHECK(active_version(h.w) == support::sha256_hex(h.content).substr(0, 16));
    CHECK(active_content(h.w) == h.content);
    const auto path = run_command({"path", "--store", h.w.store(), "demo", "--file"});
    CHECK(path.out.ends_with("/model.gguf\n"));

    h.w.web.forget_requests();
    CHECK(result_line(h.fetch().out).bool_at("already_active") == true);
    CHECK(h.w.web.count() == 2);  // 2.root.json and timestamp.json

    const std::string next = support::noise(100'000, 2);
    h.offer(2, next);
    CHECK(h.fetch().exit_code == 0);
    CHECK(active_content(h.w) == next);
    CHECK(run_command({"rollback", "--store", h.w.store(), "demo"}).exit_code == 0);
    CHECK(result_line(h.fetch().out).string_at("reason") == "rejected");
}

TEST_CASE("what a TUF repository said before is known after a restart, and wrong bytes of a target are refused")
{
    tuf_house h;
    h.offer(5, h.content);
    REQUIRE(h.fetch().exit_code == 0);
    const auto root = support::read_file(h.w.place / "root.json");
    const std::string kept = h.w.store() + "/.modelsec/trust/" + support::sha256_hex(root);
    CHECK(tree(kept) ==
          std::vector<std::string>{"root.json", "snapshot.json", "targets.json", "team%2Fllama.json", "timestamp.json"});
    CHECK(support::read_file(kept + "/root.json") == root);

    h.offer(4, "an older one");
    CHECK(result_line(h.fetch().out).string_at("reason") == "older_metadata");
    h.offer(6, "a newer one");
    h.w.web.serve(h.location, "a never one");
    CHECK(h.fetch().exit_code == 30);
    h.w.web.serve(h.location, "a newer one and more");
    CHECK(h.fetch().exit_code == 30);
    CHECK(active_content(h.w) == h.content);
    CHECK(h.fetch({"--tier", "llama8b"}).exit_code == 2);
    CHECK(h.fetch({"--manifest", h.w.web.url("/manifest")}).exit_code == 2);
}

TEST_CASE("what a TUF repository lists by digest may come with the label of a content coding, and nothing else may")
{
    tuf_house h;
    const std::string name = "model", metadata = "/repo/metadata/";
    const std::string where = "/repo/targets/" + support::sha256_hex(name) + ".model";
    const auto offer = [&](std::uint64_t version, bool digests) {
        using namespace tuf_test;
        const std::string number = std::to_string(version) + ".";
        const auto targets_file = sign(targets(version, {{"model", target(name)}}, far), {4});
        const auto snapshot_file =
            sign(snapshot(version, {{"targets", digests ? listed(version, targets_file) : listed(version)}}, far), {3});
        h.serve(number + "targets.json", targets_file);
        h.serve(number + "snapshot.json", snapshot_file);
        h.serve("timestamp.json",
                sign(timestamp(version, digests ? listed(version, snapshot_file) : listed(version), far), {2}));
        h.w.web.serve(where, name);
    };
    support::fault labelled, wrong;
    labelled.gzip = wrong.gzip = true;
    wrong.flip_at = 3;
    // By the client of TUF that stands by itself, which asks for small targets as for metadata, and by the one of `fetch --tuf`.
    const auto update = [&](const std::string& folder) -> modelsec::result<std::string> {
        modelsec::tuf_options options{h.w.place / folder, h.w.web.url(metadata), h.w.web.url("/repo/targets/")};
        const std::string root = support::read_file(h.w.place / "root.json");
        options.root.assign(root.begin(), root.end());
        options.transport.tls.ca_file = h.w.place / "ca.pem";
        options.caps.retries = 0;
        MODELSEC_TRY(modelsec::tuf_updater client, modelsec::tuf_updater::open(options));
        MODELSEC_CHECK(client.refresh());
        MODELSEC_TRY(const modelsec::tuf_target target, client.find("model"));
        std::string got;
        MODELSEC_CHECK(client.fetch(target, [&](modelsec::bytes_view piece) -> modelsec::result<void> {
            got += modelsec::as_text(piece);
            return {};
        }));
        return got;
    };
    const auto fetch = [&](const std::string& store) {
        modelsec::client_options options = h.w.options();
        options.store = h.w.place / store;
        options.caps.retries = 0;
        modelsec::fetch_options wanted;
        const std::string root = support::read_file(h.w.place / "root.json");
        wanted.trust = modelsec::tuf_repository{{root.begin(), root.end()}, h.w.web.url(metadata), "model", {}};
        wanted.model_id = "demo";
        modelsec::client client(options);
        return integration::fetch(client, wanted);
    };
    offer(1, true);
    for (const std::string& path : {metadata + "1.snapshot.json", metadata + "1.targets.json", where})
        h.w.web.fail(path, labelled);
    const auto good = update("a");
    REQUIRE_MESSAGE(good.has_value(), good.error().detail);
    CHECK(*good == name);
    const auto fetched = fetch("a.store");
    CHECK_MESSAGE(fetched.code == errc::ok, fetched.detail);

    for (const std::string& path : {metadata + "1.snapshot.json", metadata + "1.targets.json", where})
    {
        CAPTURE(path);
        h.w.web.heal(path);
        h.w.web.fail(path, wrong);
        const auto others = update("b" + std::to_string(path.size()));
        REQUIRE(others.has_error());
        CHECK_MESSAGE(others.error().detail.find("gzip") != std::string::npos, others.error().detail);
        const auto attempt = fetch("b.store" + std::to_string(path.size()));
        CHECK_MESSAGE(attempt.detail.find("gzip") != std::string::npos, attempt.detail);
        h.w.web.heal(path);
    }
    h.w.web.fail(metadata + "timestamp.json", labelled);
    CHECK(update("c").error().why == modelsec::reason::content_encoding);
    CHECK(fetch("c.store").why == modelsec::reason::content_encoding);
    h.w.web.heal(metadata + "timestamp.json");
    offer(2, false);
    h.w.web.fail(metadata + "2.snapshot.json", labelled);
    CHECK(update("d").error().why == modelsec::reason::content_encoding);
    CHECK(fetch("d.store").why == modelsec::reason::content_encoding);
}

TEST_CASE("8 processes that fetch one TUF target at once download it once, and their metadata is not mixed")
{
    tuf_house h;
    std::vector<std::thread> all;
    std::atomic<int> good = 0;
    for (int i = 0; i < 8; ++i)
        all.emplace_back([&] {
            const auto done = support::run(command({"fetch", "--tuf", h.w.web.url("/repo/metadata"), "--target",
                                                    "llama/model.gguf", "--root", h.w.place / "root.json", "--model", "demo",
                                                    "--store", h.w.store(), "--ca", h.w.place / "ca.pem", "--quiet"}));
            good += done.exit_code == 0 ? 1 : 0;
        });
    for (std::thread& t : all)
        t.join();
    CHECK(good == 8);
    CHECK(h.w.web.sent(h.location) == h.content.size());
}
