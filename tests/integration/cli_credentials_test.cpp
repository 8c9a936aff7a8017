// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Secrets on their way from the environment or a file to the one origin that they are for; and what else an access needs.
#include "cli.hpp"

using namespace integration;

namespace {
constexpr std::size_t size = 2'000'000;
}

TEST_CASE("the token of the environment goes to the manifest's origin alone, also with what is on that origin")
{
    world w;
    const support::throwaway_ca& ca = w.ca;
    support::origin_options other_options;
    other_options.server = ca.issue();
    support::origin other(std::move(other_options));
    const std::string content = support::noise(size);
    auto m = w.manifest(content);
    other.serve("/elsewhere.bin", content);
    m.artifacts.push_back(published_artifact::of(content, other.url("/elsewhere.bin")));
    m.artifacts[1].platform = "elsewhere";
    w.publish(m);
    support::process_options env;
    env.environment = {std::string("TOKEN=") + planted_secret, std::string("KEY=") + planted_secret, "EMPTY="};
    const auto fetch = [&](const std::string& platform) {
        return run_command(people_fetch(w, {"--token-env", "TOKEN", "--header-env", "apikey=KEY", "--header-env",
                                            "X-None=EMPTY", "--header", "X-Client: demo app", "--platform", platform}),
                           env);
    };
    REQUIRE(fetch("elsewhere").exit_code == 0);
    for (const auto& request : other.requests())
        for (const auto& [name, value] : request.headers)
            CHECK_MESSAGE(value.find(planted_secret) == std::string::npos, name);
    const auto asked = w.web.requests().front();
    CHECK(asked.header("authorization") == std::string("Bearer ") + planted_secret);
    CHECK(asked.header("apikey") == planted_secret);
    CHECK(asked.header("x-client") == "demo app");
    CHECK(asked.headers.count("x-none") == 0);

    std::filesystem::remove_all(w.store());
    w.web.forget_requests();
    REQUIRE(fetch("any").exit_code == 0);
    std::string bearer = "Bearer ";
    bearer += planted_secret;
    for (const auto& request : w.web.requests())
        CHECK_MESSAGE(request.header("authorization") == bearer, request.target);
    for (const auto& name : tree(w.place.path()))
        if (std::filesystem::is_regular_file(w.place / name))
            CHECK_MESSAGE(support::read_file(w.place / name).find(planted_secret) == std::string::npos, name);
}

TEST_CASE("credentials come from a file by origin; an unset variable is a warning, not an empty header")
{
    world w;
    w.release(support::noise(size));
    const auto file =
        w.place.write("credentials.json", "{\"" + w.web.url("") +
                                              "\": {\"basic\": \"user:pass word\", \"headers\": {\"X-Team\": \"7\"}},"
                                              " \"https://elsewhere.invalid\": {\"bearer\": \"never sent\"}}");
    REQUIRE(run_command(people_fetch(w, {"--credentials", file})).exit_code == 0);
    for (const auto& request : w.web.requests())
    {
        CHECK(request.header("authorization") == "Basic " + support::base64("user:pass word"));
        CHECK(request.header("x-team") == "7");
    }
    w.web.forget_requests();
    const auto r = run_command(people_fetch(w, {"--token-env", "MODELSEC_TEST_UNSET"}));
    CHECK(r.exit_code == 0);
    CHECK(r.err.find("MODELSEC_TEST_UNSET is not set") != std::string::npos);
    CHECK(w.web.requests().front().headers.count("authorization") == 0);
}

TEST_CASE("a client profile refuses storage credentials from the environment, a server profile sends them")
{
    world w;
    w.release(support::noise(size));
    support::process_options env;
    env.environment = {"HF_TEST=hf_abcdefghijklmnopqrstuvwxyz012345"};
    CHECK(run_command(people_fetch(w, {"--profile", "client", "--token-env", "HF_TEST"}), env).exit_code == 50);
    for (const auto& request : w.web.requests())
        CHECK(request.headers.count("authorization") == 0);
    CHECK(run_command(people_fetch(w, {"--token-env", "HF_TEST"}), env).exit_code == 0);
}

TEST_CASE("post, rate limit and pinned server keys reach the library")
{
    world w;
    auto m = w.manifest(support::noise(400'000));
    w.web.edge_function("/functions/v1/manifest", "anon", {{"small/any", support::pack_envelope(m.json(), w.key)}});
    support::process_options env;
    env.environment = {"ANON=anon"};
    auto arguments = people_fetch(w, {"--post", R"({"tier": "small", "platform": "any"})", "--header-env", "apikey=ANON",
                                      "--format", "pack", "--model", "demo", "--limit-rate", "400k"});
    arguments[2] = w.web.url("/functions/v1/manifest");
    const auto begin = std::chrono::steady_clock::now();
    REQUIRE(run_command(arguments, env).exit_code == 0);
    CHECK(std::chrono::steady_clock::now() - begin > std::chrono::milliseconds(500));
    const auto spki = run_command(people_fetch(w, {"--spki-pin", support::base64(std::string(32, 'x'))}));
    CHECK(spki.exit_code == 11);
    CHECK(spki.err.find("spki_mismatch") != std::string::npos);
}
