// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The command's options for the network, and what it says when it cannot be used.
#include "cli.hpp"

#include <doctest/doctest.h>
#include <talker.hpp>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <thread>

#include <sys/stat.h>

using namespace integration;
using namespace std::chrono_literals;

namespace {

std::vector<std::string> fetch_from(const world& w, const std::string& manifest, const std::vector<std::string>& more = {})
{
    std::vector<std::string> all{"fetch", "--manifest", manifest, "--pin", w.key.pin(), "--store", w.store(), "--json"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
}

}  // namespace

TEST_CASE("SIGTERM ends a fetch within a second, while the server sends TLS messages without end")
{
    world w;
    const support::talker server(w.ca.issue(), [](support::talk& t, unsigned) {
        if (t.handshake() && !t.read_request().empty())
            for (int i = 0; t.ticket(); ++i)
                if (i % 8 == 0)
                    std::this_thread::sleep_for(10ms);  // so slowly that the cap is far away
    });
    support::process fetch(command(fetch_from(w, server.url("/x"), {"--ca", w.place / "ca.pem"})));
    while (server.connections() == 0)
        std::this_thread::sleep_for(1ms);
    std::this_thread::sleep_for(200ms);
    const auto told = std::chrono::steady_clock::now();
    fetch.signal(SIGTERM);
    const auto ended = fetch.wait();
    CHECK(std::chrono::steady_clock::now() - told < 1s);
    CHECK(ended.exit_code == 3);
}

namespace {

/// A usage error that names the file.
void expect_unreadable(const support::process_result& r, const std::string& file)
{
    CHECK(r.exit_code == 2);
    CHECK(result_line(r.out).string_at("reason") == "file_unreadable");
    CHECK(r.out.find(file) != r.out.npos);
}

}  // namespace

TEST_CASE("a CA that is not there is named, before any server is asked")
{
    world w;
    w.release("content");
    for (const std::vector<std::string>& option :
         {std::vector<std::string>{"--ca", "/nope.pem"},
          {"--ca", w.place / "ca.pem", "--cert", "/nope.pem", "--cert-key", "/nope.pem"}})
    {
        const auto r = run_command(fetch_from(w, w.web.url("/manifest"), option));
        expect_unreadable(r, "/nope.pem");
    }
    CHECK(w.web.connections() == 0);
}

TEST_CASE("a file of the command line that is not there is named by every command that asks servers")
{
    world w;
    w.release("content");
    REQUIRE(run_command({"keygen", "--out", w.place / "keys", "--key-id", "k"}).exit_code == 0);
    const auto published = w.place / "signed.json";
    REQUIRE(run_command({"publish", "--key", w.place / "keys/k.pem", "--model", "demo", "--version", "1.0.0", "--sequence",
                         "1", "--expires", "30d", "--platform", "any", "--file", w.place.write("model.bin", "content"),
                         "--url", w.web.url("/model.bin"), "--out", published})
                .exit_code == 0);
    const std::vector<std::string> check{"check-remote", published};
    const std::vector<std::string> renew{"renew",   "--key", w.place / "keys/k.pem",  published, "--expires", "60d",
                                         "--check", "--out", w.place / "renewed.json"};
    const std::vector<std::string> bundle{"bundle", "--manifest", w.web.url("/manifest"), "--pin", w.key.pin(), "--model",
                                          "demo",   "--out",      w.place / "b"};
    for (const auto& asking : {check, renew, bundle})
        for (const char* option : {"--ca", "--credentials"})
        {
            auto all = asking;
            all.insert(all.end(), {option, "/nope.pem", "--json"});
            const auto r = run_command(all);
            CAPTURE(asking.front());
            CAPTURE(option);
            expect_unreadable(r, "/nope.pem");
        }
    CHECK(w.web.connections() == 0);
}

TEST_CASE("a file beyond the process's limit is told as that, and does not end the command by a signal")
{
    world w;
    w.release(support::noise(3'000'000));
    std::string line = "ulimit -f 64; exec";
    for (const std::string& argument : command(fetch_from(w, w.web.url("/manifest"), {"--ca", w.place / "ca.pem"})))
        line += " '" + argument + '\'';
    const auto r = support::run({"/bin/sh", "-c", line});
    CHECK(r.signal == 0);
    CHECK(r.exit_code == 41);
    CHECK(result_line(r.out).string_at("reason") == "file_too_big");
}

TEST_CASE("a pipe in place of a file is refused at once, and nobody waits for it")
{
    world w;
    w.release("content");
    const std::string pipe = w.place / "pipe";
    REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
    const auto ca = run_command(fetch_from(w, w.web.url("/manifest"), {"--ca", pipe}));
    CHECK(ca.exit_code == 2);
    CHECK(result_line(ca.out).string_at("reason") == "file_unreadable");
    for (const char* option : {"--manifest-file", "--bundle"})
    {
        const auto r =
            run_command({"fetch", option, pipe, "--pin", w.key.pin(), "--model", "demo", "--store", w.store(), "--json"});
        CAPTURE(option);
        CHECK(r.exit_code == 2);
        CHECK(result_line(r.out).string_at("reason") == "file_unreadable");
    }
    CHECK(w.web.connections() == 0);
}

TEST_CASE("the command believes a folder, and what SSL_CERT_FILE and SSL_CERT_DIR name")
{
    world w;
    w.release("content");
    const std::string folder = w.place / "roots";
    std::filesystem::create_directory(folder);
    w.place.write("roots/00000000.0", w.ca.certificate());
    const auto code = [&](const std::vector<std::string>& options, const std::vector<std::string>& variables) {
        support::process_options how;
        how.environment = variables;
        std::filesystem::remove_all(w.store());
        return run_command(fetch_from(w, w.web.url("/manifest"), options), how).exit_code;
    };
    CHECK(code({"--ca", folder}, {}) == 0);
    CHECK(code({}, {}) == 11);
    CHECK(code({}, {"SSL_CERT_FILE=" + (w.place / "ca.pem")}) == 0);
    CHECK(code({}, {"SSL_CERT_DIR=" + folder}) == 0);
    CHECK(code({}, {"SSL_CERT_FILE=/nope.pem"}) == 2);
    CHECK(code({"--ca-partial"}, {}) == 2);
    CHECK(code({"--ca", folder, "--ca-partial"}, {}) == 0);
}

TEST_CASE("--first-byte says how long a server may take to begin an answer")
{
    world w;
    w.release("content");
    support::fault late;
    late.delay = 1500ms;
    w.web.fail("/manifest", late, 1);
    const std::string ca = w.place / "ca.pem";
    CHECK(run_command(fetch_from(w, w.web.url("/manifest"), {"--ca", ca, "--first-byte", "0"})).exit_code == 2);
    const auto r = run_command(fetch_from(w, w.web.url("/manifest"), {"--ca", ca, "--first-byte", "1"}));
    CHECK(r.exit_code == 0);
    CHECK(r.out.find("first_byte_timeout") != r.out.npos);  // then it was asked once more
    std::filesystem::remove_all(w.store());
    w.web.fail("/manifest", late, 1);
    CHECK(run_command(fetch_from(w, w.web.url("/manifest"), {"--ca", ca})).out.find("retry") == std::string::npos);
}

TEST_CASE("a failed fetch says how many bytes came over the network")
{
    world w;
    w.release(support::noise(300'000));
    support::fault flipped;
    flipped.flip_at = 299'999;
    w.web.fail("/model.bin", flipped);
    const auto r = run_command(fetch_from(w, w.web.url("/manifest"), {"--ca", w.place / "ca.pem"}));
    CHECK(r.exit_code == 30);
    const auto line = result_line(r.out);
    const auto* bytes = line.find("bytes_fetched");
    REQUIRE(bytes != nullptr);
    REQUIRE(bytes->as_integer() != nullptr);
    CHECK(*bytes->as_integer() >= 300'000);
}
