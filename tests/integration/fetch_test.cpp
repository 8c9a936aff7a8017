// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// From a manifest to an active model: what succeeds, and what an honest publisher can run into.
#include "world.hpp"

#include <zip_writer.hpp>

#include <algorithm>
#include <filesystem>

using namespace integration;

TEST_CASE("a signed manifest by GET brings a model and makes it active")
{
    world w;
    const auto content = support::noise(3'000'000);
    w.release(content);
    const auto o = fetch(w);
    CHECK(o.code == errc::ok);
    CHECK(o.result.model_id == "demo");
    CHECK(o.result.version == "1.0.0");
    CHECK(o.result.sequence == 1);
    CHECK(!o.result.already_active);
    CHECK(o.result.bytes_fetched == content.size());
    CHECK((support::read_file(o.result.path + "/model.bin") == content));
    CHECK((active_content(w) == content));
    CHECK(w.client().verify("demo").version == "1.0.0");
    CHECK(w.web.count("/manifest") == 1);
}

TEST_CASE("an empty file is a model too")
{
    world w;
    w.release("");
    CHECK(fetch(w).code == errc::ok);
    CHECK(active_content(w).empty());
}

TEST_CASE("what is active already is not asked for again")
{
    world w;
    w.release(support::noise(700'000));
    REQUIRE(fetch(w).code == errc::ok);
    w.web.forget_requests();
    const auto again = fetch(w);
    CHECK(again.code == errc::ok);
    CHECK(again.result.already_active);
    CHECK(again.result.bytes_fetched == 0);
    CHECK(w.web.count("/model.bin") == 0);
    CHECK(w.web.count("/manifest") == 1);
}

TEST_CASE("the deployed Edge Function is asked by POST and its pack envelope accepted")
{
    world w;
    const auto content = support::noise(100'000);
    w.web.serve("/storage/v1/object/public/models/m.gguf", content);
    auto m = published_manifest::bare();
    m.model_id = "llama3_1_8b_instruct";
    m.tier = "llama8b";
    m.artifacts = {published_artifact::of(content, w.web.url("/storage/v1/object/public/models/m.gguf"))};
    m.artifacts[0].platform = "android_gguf";
    w.web.edge_function("/functions/v1/get-manifest", planted_secret,
                        {{"llama8b/android", support::pack_envelope(m.json(), w.key)}});
    auto options = w.request();
    options.format = modelsec::detail::envelope_format::pack;
    options.manifest.url = w.web.url("/functions/v1/get-manifest");
    options.manifest.post_body = R"({"tier": "llama8b",  "platform": "android"})";
    options.manifest.headers = {{"apikey", planted_secret}};
    options.model_id = "llama3_1_8b_instruct";
    options.tier = "llama8b";
    options.platforms = {"android_gguf"};

    CHECK(fetch(w, options).code == errc::ok);
    CHECK((active_content(w, options.model_id) == content));
    const auto seen = w.web.requests();
    REQUIRE(seen.size() >= 2);
    CHECK(seen[0].method == "POST");
    CHECK(seen[0].body == *options.manifest.post_body);
    CHECK(seen[0].header("content-type").find("application/json") == 0);

    options.manifest.headers = {{"apikey", "another"}};
    CHECK(fetch(w, options).why == reason::unauthorized);
}

TEST_CASE("the other envelope format is refused as policy")
{
    world w;
    auto m = w.manifest("x");
    w.web.serve("/manifest", support::pack_envelope(m.json(), w.key));
    CHECK(fetch(w).why == reason::wrong_format);
    w.publish(m);
    auto options = w.request();
    options.format = modelsec::detail::envelope_format::pack;
    CHECK(fetch(w, options).why == reason::wrong_format);
    CHECK(w.web.count("/model.bin") == 0);
}

TEST_CASE("the caller's order of platforms decides and nothing falls back by itself")
{
    world w;
    auto m = published_manifest::fresh();
    for (const char* platform : {"android_gguf", "macos_coreml_zip", "macos_intel_gguf"})
    {
        w.web.serve(std::string("/") + platform, platform);
        m.artifacts.push_back(published_artifact::of(platform, w.web.url(std::string("/") + platform)));
        m.artifacts.back().platform = platform;
    }
    w.publish(m);
    auto options = w.request();
    options.platforms = {"ios_coreml_zip", "macos_intel_gguf", "android_gguf"};
    CHECK(fetch(w, options).code == errc::ok);
    CHECK(active_content(w) == "macos_intel_gguf");
    options.platforms = {"ios_coreml_zip"};
    CHECK(fetch(w, options).code == errc::no_artifact);
    options.platforms = {};
    CHECK(fetch(w, options).code == errc::no_artifact);
    CHECK(active_content(w) == "macos_intel_gguf");
}

TEST_CASE("a device too small for the model is told so before any byte of it")
{
    world w;
    auto m = w.manifest("content");
    m.min_ram_mb = 1u << 30;
    w.publish(m);
    CHECK(fetch(w).why == reason::min_ram);
    m.min_ram_mb = 1;
    m.min_free_disk_mb = 1ull << 40;
    w.publish(m);
    CHECK(fetch(w).why == reason::min_disk);
    CHECK(w.web.count("/model.bin") == 0);
    m.min_free_disk_mb = 1;
    w.publish(m);
    CHECK(fetch(w).code == errc::ok);
}

TEST_CASE("a zip pack is unpacked at the top of its folder and the archive is not kept")
{
    world w;
    const auto weights = support::noise(900'000);
    const auto archive = support::zip_of({{"model.mlmodelc/", ""},
                                          {"model.mlmodelc/weights.bin", weights},
                                          {"model.mlmodelc/coremldata.bin", std::string(5000, 'a'), false},
                                          {"config.json", "{}"}});
    auto m = w.manifest(archive, "/m.zip");
    m.artifacts[0].is_zip = true;
    m.artifacts[0].file_name = "m.zip";
    w.publish(m);
    const auto o = fetch(w);
    CHECK(o.code == errc::ok);
    CHECK(tree(o.result.path) == std::vector<std::string>{"config.json", "model.mlmodelc", "model.mlmodelc/coremldata.bin",
                                                          "model.mlmodelc/weights.bin"});
    CHECK((support::read_file(o.result.path + "/model.mlmodelc/weights.bin") == weights));
    CHECK(w.client().verify("demo").version == "1.0.0");
}

TEST_CASE("an archive with an unsafe name becomes no pack and leaves nothing outside")
{
    for (const std::string bad : {"../outside", "/outside", "a/../../outside", "a\\outside", "CON", "x/."})
    {
        CAPTURE(bad);
        world w;
        const auto archive = support::zip_of({{"good.bin", "good"}, {bad, "bad"}});
        auto m = w.manifest(archive, "/m.zip");
        m.artifacts[0].is_zip = true;
        w.publish(m);
        CHECK(fetch(w).code == errc::unsafe);
        CHECK(active_version(w).empty());
        CHECK(tree(w.place.path() + "/store").size() > 0);
        for (const auto& file : tree(w.place.path()))
            CHECK(file.find("outside") == std::string::npos);
    }
}

TEST_CASE("a manifest in a local file will do")
{
    world w;
    auto options = w.request();
    options.manifest.url.clear();
    options.manifest.file = w.place.write("m.json", support::dsse_envelope(w.manifest("content").json(), {w.key}));
    CHECK(fetch(w, options).code == errc::ok);
    CHECK(active_content(w) == "content");
}

TEST_CASE("a dry run transfers nothing, changes nothing and remembers nothing")
{
    world w;
    w.release("content", 9);
    auto options = w.request();
    options.dry_run = true;
    const auto o = fetch(w, options);
    CHECK(o.code == errc::ok);
    CHECK(o.result.version == "1.0.0");
    CHECK(w.web.count("/model.bin") == 0);
    CHECK(!std::filesystem::exists(w.store()));
    w.release("content", 1);
    CHECK(fetch(w).code == errc::ok);
}

TEST_CASE("offline means no request: what is active, or none")
{
    world w;
    w.release("content");
    auto offline = w.request();
    offline.offline = true;
    CHECK(fetch(w, offline).code == errc::none_active);
    CHECK(w.web.connections() == 0);
    REQUIRE(fetch(w).code == errc::ok);
    w.web.forget_requests();
    const auto o = fetch(w, offline);
    CHECK(o.code == errc::ok);
    CHECK(o.result.already_active);
    CHECK(support::read_file(o.result.path + "/model.bin") == "content");
    CHECK(w.web.connections() == 0);
}

TEST_CASE("ensure falls back to the active model where the network fails, and only there")
{
    world w;
    w.release("content");
    w.web.fail("/manifest", support::answer(503));
    CHECK(ensure(w, w.request()).code == errc::http_status);
    w.web.heal("/manifest");
    REQUIRE(ensure(w, w.request()).code == errc::ok);

    w.web.fail("/manifest", support::answer(503));
    const auto o = ensure(w, w.request());
    CHECK(o.code == errc::ok);
    CHECK(o.result.stale);
    CHECK(o.result.version == "1.0.0");
    CHECK(fetch(w).why == reason::server_error);

    w.web.heal("/manifest");
    w.web.serve("/manifest", support::dsse_envelope(w.manifest("forged", "/f", 2).json(), {support::signer("v1")}));
    CHECK(ensure(w, w.request()).code == errc::signature);
}

TEST_CASE("the server's refusals are told apart")
{
    world w;
    w.release("content");
    const std::vector<std::pair<unsigned, reason>> expected = {
        {401, reason::unauthorized}, {403, reason::forbidden},    {404, reason::not_found},
        {410, reason::not_found},    {429, reason::rate_limited}, {402, reason::quota},
        {500, reason::server_error}, {503, reason::server_error}, {418, reason::http_status}};
    for (const auto& [status, why] : expected)
    {
        CAPTURE(status);
        w.web.fail("/manifest", support::answer(status, {{"Retry-After", "0"}}, planted_secret));
        CHECK(fetch(w).why == why);
        w.web.heal("/manifest");
    }
}

TEST_CASE("a broken connection is made again")
{
    world w;
    const auto content = support::noise(3'000'000);
    w.release(content);
    support::fault cut;
    cut.cut_at = 1'500'000;
    w.web.fail("/model.bin", cut, 1);
    const auto o = fetch(w);
    CHECK(o.code == errc::ok);
    CHECK((active_content(w) == content));
    CHECK(w.web.count("/model.bin") >= 2);
    CHECK(std::any_of(o.events.begin(), o.events.end(), [](const auto& e) { return e.kind == event_kind::retry; }));
}

TEST_CASE("progress begins with nothing, comes at least every 512 KiB, and ends with everything")
{
    world w;
    w.release(support::noise(5'000'001));
    const auto o = fetch(w);  // check_events() has looked at each of them
    std::vector<std::uint64_t> seen;
    for (const auto& e : o.events)
        if (e.kind == event_kind::progress && e.stage == modelsec::stage::download)
            seen.push_back(e.bytes);
    REQUIRE(seen.size() >= 10);
    CHECK(seen.front() == 0);
    CHECK(seen.back() == 5'000'001);
}

TEST_CASE("a redirect to another https origin is followed, the caller's headers are not")
{
    world w;
    w.release("content");
    support::origin_options other_options;
    other_options.server = w.ca.issue();
    support::origin other(other_options);
    other.serve("/there", support::dsse_envelope(w.manifest("content").json(), {w.key}));
    w.web.fail("/manifest", support::redirect(other.url("/there")));
    auto options = w.request();
    options.manifest.headers = {{"X-API-Key", planted_secret}};
    CHECK(fetch(w, options).code == errc::ok);
    REQUIRE(other.count("/there") == 1);
    CHECK(other.requests()[0].header("x-api-key").empty());
    CHECK(w.web.requests()[0].header("x-api-key") == planted_secret);
    for (const auto& request : w.web.requests())
        if (request.target == "/model.bin")
            CHECK(request.header("x-api-key").empty());

    w.web.fail("/model.bin", support::redirect("/model.bin"));
    w.release("other content", 2, "2.0.0");
    w.web.heal("/manifest");
    CHECK(fetch(w).why == reason::too_many_redirects);
}
