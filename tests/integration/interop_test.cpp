// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Against programs that others wrote: manifests signed by OpenSSL and node, served by nginx.
#include "command.hpp"

#include <nginx.hpp>

#include <fstream>

using namespace integration;

namespace {

/// nginx behind the world's CA, with a model in its folder and a manifest that speaks of it.
struct nginx_world
{
    world w;
    support::nginx web;
    std::string content = support::noise(9'000'001);
    std::string payload;

    explicit nginx_world(support::nginx_options options = {}) : web(with_certificate(w, std::move(options)))
    {
        put("model.gguf", content);
        auto m = published_manifest::bare();
        m.artifacts = {published_artifact::of(content, web.url("/model.gguf"))};
        m.artifacts[0].file_name = "model.gguf";
        payload = m.json();
    }

    static support::nginx_options with_certificate(const world& w, support::nginx_options options)
    {
        options.server = w.ca.issue();
        return options;
    }

    void put(const std::string& name, const std::string& text) const
    {
        std::ofstream(web.folder() + "/" + name, std::ios::binary) << text;
    }

    std::vector<std::string> fetch_command(const std::string& pin) const
    {
        return {"fetch",
                "--manifest",
                web.url("/manifest.json"),
                "--pin",
                pin,
                "--ca",
                w.place / "ca.pem",
                "--store",
                w.store(),
                "--model",
                "demo",
                "--format",
                "pack",
                "--json"};
    }

    void expect_fetched(const std::string& pin) const
    {
        const auto done = run_command(fetch_command(pin));
        CHECK_MESSAGE(done.exit_code == 0, done.err);
        CHECK((active_content(w) == content));
        CHECK(run_command({"verify", "--store", w.store(), "demo"}).exit_code == 0);
    }

    std::string shell(const std::string& script) const
    {
        support::process_options options;
        options.folder = w.place.path();
        const auto done = support::run({"sh", "-ec", script}, options);
        REQUIRE_MESSAGE(done.exit_code == 0, done.err);
        return done.out;
    }
};

std::string last_line(std::string text)
{
    text.erase(text.find_last_not_of('\n') + 1);
    return text.substr(text.rfind('\n') + 1);
}

}  // namespace

TEST_CASE("a manifest signed by the OpenSSL command and served by nginx is fetched and activated")
{
    nginx_world n;
    n.w.place.write("payload.json", n.payload);
    n.shell(
        "openssl genpkey -algorithm ed25519 -out key.pem\n"
        "openssl pkeyutl -sign -rawin -inkey key.pem -in payload.json -out signature");
    const auto pin = n.shell("openssl pkey -in key.pem -pubout -outform DER | tail -c 32 | openssl base64 -A");
    const auto b64 = [&](const char* file) { return n.shell(std::string("openssl base64 -A -in ") + file); };
    n.put("manifest.json", "{\"key_id\": \"v1\", \"payload_b64\": \"" + b64("payload.json") + "\", \"sig_b64\": \"" +
                               b64("signature") + "\"}");
    n.expect_fetched("v1=" + pin);
}

TEST_CASE("a manifest signed by node and served by nginx is fetched and activated")
{
    if (support::run({"node", "--version"}).exit_code != 0)
    {
        MESSAGE("not tried: there is no node on this machine");
        return;
    }
    nginx_world n;
    n.w.place.write("payload.json", n.payload);
    n.w.place.write("sign.js", R"(
        const crypto = require('crypto'), fs = require('fs');
        const { publicKey, privateKey } = crypto.generateKeyPairSync('ed25519');
        const payload = fs.readFileSync('payload.json');
        fs.writeFileSync('envelope.json', JSON.stringify({
            payload_b64: payload.toString('base64'),
            sig_b64: crypto.sign(null, payload, privateKey).toString('base64') }));
        console.log('v1=' + Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url').toString('base64'));
    )");
    const auto pin = last_line(n.shell("exec node sign.js"));
    n.put("manifest.json", support::read_file(n.w.place / "envelope.json"));
    n.expect_fetched(pin);
}

TEST_CASE("a manifest of this publisher satisfies the OpenSSL command")
{
    support::temp_dir place;
    const auto run = [&](std::vector<std::string> arguments) {
        support::process_options options;
        options.folder = place.path();
        const auto done = run_command(arguments, options);
        CHECK_MESSAGE(done.exit_code == 0, done.err);
    };
    place.write("model.bin", "content");
    run({"keygen", "--out", "keys", "--key-id", "v1"});
    run({"publish",
         "--key",
         "keys/v1.pem",
         "--model",
         "demo",
         "--version",
         "1",
         "--platform",
         "any",
         "--file",
         "model.bin",
         "--url",
         "https://localhost/model.bin",
         "--sequence",
         "1",
         "--expires",
         "30d",
         "--format",
         "pack",
         "--out",
         "m.json"});
    const auto envelope = modelsec::detail::parse_json(modelsec::as_bytes(support::read_file(place / "m.json")));
    REQUIRE(envelope.has_value());
    const auto decoded = [&](const char* member, const char* file) {
        place.write(std::string(file) + ".b64", *envelope->string_at(member));
        return "openssl base64 -d -A -in " + std::string(file) + ".b64 -out " + file + "\n";
    };
    support::process_options options;
    options.folder = place.path();
    const auto verified = support::run({"sh", "-ec",
                                        decoded("payload_b64", "payload") + decoded("sig_b64", "signature") +
                                            "openssl pkey -in keys/v1.pem -pubout -out public.pem\n"
                                            "openssl pkeyutl -verify -rawin -pubin -inkey public.pem "
                                            "-in payload -sigfile signature"},
                                       options);
    CHECK_MESSAGE(verified.exit_code == 0, verified.err);
}

TEST_CASE("nginx with TLS 1.2 only and with TLS 1.3 only is spoken to, older ones are refused")
{
    for (const auto& [protocols, code] :
         std::vector<std::pair<std::string, int>>{{"TLSv1.2", 0}, {"TLSv1.3", 0}, {"TLSv1 TLSv1.1", 11}})
    {
        CAPTURE(protocols);
        support::nginx_options options;
        options.protocols = protocols;
        if (code != 0)
            options.ciphers = "ALL:@SECLEVEL=0";
        nginx_world n(options);
        n.put("manifest.json", support::pack_envelope(n.payload, n.w.key));
        const auto done = run_command(n.fetch_command(n.w.key.pin()));
        CHECK(done.exit_code == code);
        if (code != 0)
            CHECK(result_line(done.out).string_at("reason") == "tls_version");
    }
}

TEST_CASE("nginx that compresses, and nginx without ranges, serve the signed bytes all the same")
{
    for (const char* directives : {"gzip on; gzip_types *; gzip_min_length 1;", "max_ranges 0; etag off;"})
    {
        support::nginx_options options;
        options.location_directives = directives;
        nginx_world n(options);
        n.put("manifest.json", support::pack_envelope(n.payload, n.w.key));
        n.expect_fetched(n.w.key.pin());
    }
}
