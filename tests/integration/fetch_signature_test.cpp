// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// A model that its publisher signed for everybody, fetched by that signature from real hosts: by the library and by the command.
#include "command.hpp"

#include <model_scene.hpp>

#include <modelsec/model_signing.hpp>

#include <filesystem>

using namespace integration;
using modelsec::detail::json;
using support::bundle_around;
using support::public_half;
using support::statement_about;

namespace {

using file_map = std::map<std::string, std::string>;

/// A publisher who signs folders, and a host with the files below /files.
struct signed_house
{
    world w;
    support::signer publisher{"any"};
    file_map files{{"config.json", "{\"a\": 1}\n"},
                   {"empty.txt", ""},
                   {"name with space.txt", "n"},
                   {"weights/part-1.bin", support::noise(2'000'000, 1)},
                   {"weights/part-2.bin", support::noise(700'000, 2)}};

    signed_house()
    {
        w.place.write("key.pub", public_half(publisher).pem_text());
        serve("/files/");
        sign();
    }

    static std::string encoded(const std::string& name)
    {
        std::string out;
        for (const char c : name)
            out += c == ' ' ? std::string("%20") : std::string(1, c);
        return out;
    }
    void serve(const std::string& folder)
    {
        for (const auto& [name, content] : files)
            w.web.serve(folder + encoded(name), content);
    }
    std::string version() const
    {
        return std::string(*statement_about(files).find("subject")->as_array()->front().find("digest")->string_at("sha256"))
            .substr(0, 16);
    }
    void sign() { put(bundle_around(statement_about(files).dump(), publisher).dump()); }
    void put(const std::string& bundle)
    {
        w.web.serve("/model.sig", bundle);
        w.place.write("model.sig", bundle);
    }

    modelsec::fetch_options request(std::vector<std::string> bases = {}) const
    {
        modelsec::fetch_options out;
        out.manifest.url = w.web.url("/model.sig");
        out.model_id = "demo";
        if (bases.empty())
            bases = {w.web.url("/files/")};
        out.trust = modelsec::model_signature{{public_half(publisher)}, std::move(bases), {}};
        return out;
    }
    outcome fetch(std::vector<std::string> bases = {}) const { return integration::fetch(w, request(std::move(bases))); }

    support::process_result run(const std::string& verb, const std::vector<std::string>& more = {},
                                const std::vector<std::string>& signer = {}) const
    {
        std::vector<std::string> all{
            verb,      "--signature", w.web.url("/model.sig"), "--base", w.web.url("/files/"), "--model", "demo", "--store",
            w.store(), "--ca",        w.place / "ca.pem"};
        const std::vector<std::string> by = signer.empty() ? std::vector<std::string>{"--key", w.place / "key.pub"} : signer;
        all.insert(all.end(), by.begin(), by.end());
        all.insert(all.end(), more.begin(), more.end());
        return run_command(all);
    }
    void check_active() const
    {
        CHECK(active_version(w) == version());
        const auto pack = w.client().open("demo");
        for (const auto& [name, content] : files)
            CHECK((support::read_file(pack.info().path + "/" + name) == content));
    }
};

support::fault flipped_at(std::uint64_t byte)
{
    support::fault f;
    f.flip_at = byte;
    return f;
}

support::fault cut_at(std::uint64_t byte)
{
    support::fault f;
    f.cut_at = byte;
    return f;
}

support::fault without_ranges()
{
    support::fault f;
    f.ignore_range = true;
    return f;
}

support::fault without_length(bool coded)
{
    support::fault f = without_ranges();
    (coded ? f.gzip : f.chunked) = true;
    return f;
}

void expect(const support::process_result& r, int code, const std::string& said)
{
    CHECK_MESSAGE(r.exit_code == code, r.err);
    CHECK_MESSAGE((r.out + r.err).find(said) != std::string::npos, r.out << r.err);
}

}  // namespace

TEST_CASE("a folder that was signed for others is fetched by its signature, verified and activated")
{
    signed_house h;
    const auto o = h.fetch();
    REQUIRE_MESSAGE(o.code == errc::ok, o.detail);
    CHECK(o.result.version == h.version());
    CHECK(o.result.bytes_fetched == 2'700'010);
    h.check_active();
    CHECK(h.w.client().verify("demo").version == h.version());

    h.w.web.forget_requests();
    const auto again = h.fetch();
    CHECK(again.code == errc::ok);
    CHECK(again.result.already_active);
    CHECK(h.w.web.count() == 1);  // the signature

    // A new version: files that stayed the same are not fetched again.
    const std::string before = h.version();
    h.files["config.json"] = "{\"a\": 2}\n";
    h.serve("/files/");
    h.sign();
    h.w.web.forget_requests();
    const auto next = h.w.client().fetch(h.request());
    CHECK(next.bytes_fetched == 9);
    CHECK(h.w.web.count("/files/weights/part-1.bin") == 0);
    h.check_active();

    modelsec::rollback_options back;
    back.model_id = "demo";
    back.trust = modelsec::model_signature{{public_half(support::signer("other"))}, {}, {}};
    modelsec::error_code ec;
    modelsec::diagnostics diag;
    (void)h.w.client().rollback(back, ec, diag);
    CHECK(diag.why == reason::bad_signature);
    back.trust = h.request().trust;
    CHECK(h.w.client().rollback(back).version == before);
    CHECK(h.fetch().why == reason::rejected);
}

TEST_CASE("each byte is matched: what a host changes, adds or cuts is refused, another host serves")
{
    signed_house h;
    const std::string path = "/files/weights/part-1.bin";
    h.w.web.fail(path, flipped_at(1'000'000));
    CHECK(h.fetch().code == errc::digest);
    CHECK(active_version(h.w).empty());
    h.serve("/mirror/");
    const auto o = h.fetch({h.w.web.url("/files/"), h.w.web.url("/mirror/")});
    REQUIRE_MESSAGE(o.code == errc::ok, o.detail);
    h.check_active();
}

TEST_CASE("the first length that is told holds for every host; where nothing good is so long, the next one's does, once")
{
    signed_house h;
    h.serve("/mirror/");
    h.serve("/other/");
    for (const std::string folder : {"/files/", "/other/"})
    {
        h.w.web.remove(folder + "config.json");
        h.w.web.serve(folder + "config.json", "{\"a\": 1}\n and more" + folder);
    }
    // Nothing that any host has is so long and has the digest.
    CHECK(h.fetch({h.w.web.url("/files/")}).code == errc::digest);
    CHECK(h.fetch({h.w.web.url("/files/"), h.w.web.url("/other/"), h.w.web.url("/mirror/")}).code == errc::digest);
    CHECK(active_version(h.w).empty());
    const auto lied = h.fetch({h.w.web.url("/files/"), h.w.web.url("/mirror/")});
    REQUIRE_MESSAGE(lied.code == errc::ok, lied.detail);
    h.check_active();
    std::filesystem::remove_all(h.w.store());
    const auto o = h.fetch({h.w.web.url("/mirror/"), h.w.web.url("/files/")});
    REQUIRE_MESSAGE(o.code == errc::ok, o.detail);
    h.check_active();
}

TEST_CASE("a host that tells no length, or in a coding, is passed over")
{
    for (const bool coded : {false, true})
    {
        signed_house h;
        h.serve("/mirror/");
        for (const auto& [name, content] : h.files)
            h.w.web.fail("/files/" + signed_house::encoded(name), without_length(coded));
        CHECK(h.fetch().why == reason::size_unknown);
        const auto o = h.fetch({h.w.web.url("/files/"), h.w.web.url("/mirror/")});
        CHECK_MESSAGE(o.code == errc::ok, o.detail);
    }
}

TEST_CASE("a host without ranges serves a signed model too")
{
    signed_house h;
    for (const auto& [name, content] : h.files)
        h.w.web.fail("/files/" + signed_house::encoded(name), without_ranges());
    const auto o = h.fetch();
    REQUIRE_MESSAGE(o.code == errc::ok, o.detail);
    h.check_active();
}

TEST_CASE("a host that forbids parts of files is asked for the whole, whose length is enough")
{
    signed_house h;
    for (const auto& [name, content] : h.files)
        h.w.web.handle("/files/" + signed_house::encoded(name), [body = content](const support::seen_request& asked) {
            return asked.header("range").empty() ? support::reply{200, {}, body} : support::reply{403, {}, "no parts"};
        });
    auto asked = h.request();
    asked.dry_run = true;
    const auto o = integration::fetch(h.w, asked);
    CHECK_MESSAGE(o.code == errc::ok, o.detail);
    CHECK(h.w.web.count("/files/config.json") == 2);
}

TEST_CASE("a bucket is a base, with the keys that belong to it")
{
    signed_house h;
    const std::string folder = "/bucket/llama/";
    for (const auto& [name, content] : h.files)
        h.w.web.handle(folder + signed_house::encoded(name), [body = content](const support::seen_request& asked) {
            const bool signed_for =
                asked.header("authorization").starts_with("AWS4-HMAC-SHA256 Credential=AKIAPLANTEDPLANTEDPL/");
            return signed_for && !asked.header("x-amz-date").empty()
                       ? support::reply{200, {}, body}
                       : support::reply{403, {}, "<Error><Code>AccessDenied</Code></Error>"};
        });
    const auto fetch_from_bucket = [&](const std::vector<std::string>& more) {
        std::vector<std::string> all{"fetch",
                                     "--signature",
                                     h.w.place / "model.sig",
                                     "--base",
                                     h.w.web.url(folder),
                                     "--model",
                                     "demo",
                                     "--store",
                                     h.w.store(),
                                     "--ca",
                                     h.w.place / "ca.pem",
                                     "--key",
                                     h.w.place / "key.pub"};
        all.insert(all.end(), more.begin(), more.end());
        return run_command(all);
    };
    CHECK(fetch_from_bucket({}).exit_code == 14);
    const std::string keys = h.w.place.write(
        "credentials.json",
        "{\"" + h.w.web.url("") +
            "\": {\"s3\": {\"access_key_id\": \"AKIAPLANTEDPLANTEDPL\", \"secret_access_key\": \"PLANTED\"}}}");
    std::filesystem::permissions(keys, std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    const auto r = fetch_from_bucket({"--credentials", keys});
    CHECK_MESSAGE(r.exit_code == 0, r.err);
    CHECK((r.out + r.err).find("PLANTED") == std::string::npos);
    h.check_active();
}

TEST_CASE("what arrived before the line broke is not fetched again")
{
    signed_house h;
    h.files["weights/part-1.bin"] = support::noise(9'000'000, 4);
    h.serve("/files/");
    h.sign();
    const std::string path = "/files/weights/part-1.bin";
    h.w.web.fail(path, {}, 1);  // the question for its length
    h.w.web.fail(path, cut_at(6'000'000), 6);
    const auto broken = h.fetch();
    CHECK(broken.code == errc::network);
    h.w.web.heal(path);
    h.w.web.forget_requests();
    const auto o = h.fetch();
    REQUIRE_MESSAGE(o.code == errc::ok, o.detail);
    CHECK(o.result.bytes_fetched < 9'000'000);
    h.check_active();
}

TEST_CASE("a model signed in shards is fetched, each shard checked, and known by the digest of its bytes from then on")
{
    signed_house h;
    const std::string folder = h.w.place / "model";
    h.files.erase("empty.txt");
    for (const auto& [name, content] : h.files)
        support::write_below(folder, name, content);
    modelsec::model_serialization how;
    how.method = modelsec::serialization_method::shards;
    how.shard_bytes = 150'000;
    const auto described = modelsec::describe_model(folder, how).value();
    const std::string bundle = modelsec::sign_bundle(described, public_half(h.publisher), [&](modelsec::bytes_view message) {
                                   const std::string made = h.publisher.sign(modelsec::as_text(message));
                                   return modelsec::result<modelsec::bytes>(modelsec::bytes(made.begin(), made.end()));
                               }).value();
    const auto signed_as = modelsec::verify_bundle(modelsec::as_bytes(bundle), public_half(h.publisher)).value();
    h.put(bundle);
    const std::string path = "/files/weights/part-1.bin";
    h.w.web.fail(path, flipped_at(1'000'000));
    CHECK(h.fetch().code == errc::digest);
    CHECK(active_version(h.w).empty());
    h.w.web.heal(path);
    const auto o = h.fetch();
    REQUIRE_MESSAGE(o.code == errc::ok, o.detail);
    CHECK(o.result.version == signed_as.subject.hex().substr(0, 16));
    for (const auto& [name, content] : h.files)
        CHECK((support::read_file(o.result.path + "/" + name) == content));
    CHECK(h.w.client().verify("demo").version == o.result.version);
    CHECK(h.fetch().result.already_active);
    h.w.place.write("store/demo/" + o.result.version + "/config.json", "{\"a\": 7}\n");
    modelsec::error_code ec;
    modelsec::diagnostics diag;
    (void)h.w.client().verify("demo", ec, diag);
    CHECK(diag.why == reason::pack_damaged);
}

TEST_CASE("files lie in a repository of a Hub at a commit")
{
    signed_house h;
    const std::string commit(40, 'c');
    for (const auto& [name, content] : h.files)
        h.w.web.serve("/org/llama/resolve/" + commit + "/sub/" + signed_house::encoded(name), content);
    auto options = h.w.options();
    options.sources.hub.endpoint = h.w.web.url("");
    modelsec::client client(options);
    const auto o = integration::fetch(client, h.request({"hf://org/llama@" + commit + "/sub"}));
    REQUIRE_MESSAGE(o.code == errc::ok, o.detail);
    h.check_active();
}

TEST_CASE("files are layers of an OCI artifact: its manifest says how long they are")
{
    signed_house h;
    json::array layers;
    for (const auto& [name, content] : h.files)
    {
        const std::string digest = "sha256:" + support::sha256_hex(content);
        h.w.web.serve("/v2/team/llama/blobs/" + digest, content);
        layers.push_back(json{{"mediaType", "application/octet-stream"},
                              {"digest", digest},
                              {"size", content.size()},
                              {"annotations", json{{"org.opencontainers.image.title", name}}}});
    }
    const std::string artifact = json{
        {"schemaVersion", 2},
        {"mediaType", "application/vnd.oci.image.manifest.v1+json"},
        {"config", json{{"mediaType", "application/vnd.oci.empty.v1+json"},
                        {"digest", "sha256:" + support::sha256_hex("{}")},
                        {"size", 2}}},
        {"layers",
         std::move(layers)}}.dump();
    const std::string digest = "sha256:" + support::sha256_hex(artifact);
    h.w.web.serve("/v2/", "{}");
    h.w.web.serve("/v2/team/llama/manifests/" + digest, artifact, "application/vnd.oci.image.manifest.v1+json");
    const std::string base = "oci://" + h.w.web.url("").substr(std::string("https://").size()) + "/team/llama@" + digest;
    const auto o = h.fetch({base});
    REQUIRE_MESSAGE(o.code == errc::ok, o.detail);
    h.check_active();

    // A registry that is gone, or has something else, ends nothing while another one, or a folder, is listed.
    const std::string gone = "oci://" + h.w.web.url("").substr(std::string("https://").size()) + "/gone/llama@" + digest;
    const auto fresh = [&](std::vector<std::string> bases) {
        std::filesystem::remove_all(h.w.store());
        return h.fetch(std::move(bases));
    };
    CHECK(fresh({gone}).code == errc::http_status);
    const std::string manifest = "/v2/team/llama/manifests/" + digest;
    support::fault labelled;
    labelled.gzip = true;
    h.w.web.fail(manifest, labelled);
    CHECK_MESSAGE(fresh({base}).code == errc::ok, "its digest was signed: what its label claims does not matter");
    h.check_active();
    labelled.flip_at = 20;
    h.w.web.heal(manifest);
    h.w.web.fail(manifest, labelled);
    const auto coded = fresh({base});
    CHECK(coded.code == errc::digest);
    CHECK_MESSAGE(coded.detail.find("gzip") != std::string::npos, coded.detail);
    h.w.web.heal(manifest);
    for (const std::vector<std::string>& bases :
         {std::vector<std::string>{gone, base}, {base, gone}, {gone, h.w.web.url("/files/")}, {gone, gone, base}})
    {
        const auto other = fresh(bases);
        REQUIRE_MESSAGE(other.code == errc::ok, other.detail);
        h.check_active();
    }

    h.files["config.json"] = "{\"a\": 2}\n";
    h.sign();
    CHECK(h.fetch({base}).code == errc::digest);  // the layer is not the signed file
}

TEST_CASE("modelsec fetch --signature: by whom, how old, how large, in what order; each refusal by its code")
{
    signed_house h;
    expect(h.run("check"), 0, "would be fetched: 5 files");
    CHECK_FALSE(std::filesystem::exists(h.w.store()));
    expect(h.run("fetch", {"--require-order"}), 22, "unordered");
    expect(h.run("fetch", {"--max-age", "30d"}), 21, "signature_too_old");
    expect(h.run("fetch", {"--max-age", "soon"}), 2, "--max-age");
    expect(h.run("fetch", {"--max-bytes", "2000000"}), 50, "model_too_large");
    CHECK(h.w.web.sent("/files/weights/part-1.bin") < 100);
    expect(h.run("fetch", {"--pin", h.w.key.pin()}), 2, "trust_source_twice");
    expect(h.run("fetch", {"--ca-signing", h.w.place / "ca.pem"}), 2, "trust_source_twice");
    expect(h.run("fetch", {"--manifest", h.w.web.url("/manifest")}), 2, "--signature");
    expect(h.run("fetch", {"--tier", "t"}), 2, "bad_option");
    expect(h.run("fetch", {}, {"--identity", "a@example.com", "--issuer", "https://i.example"}), 2, "--trusted-root");
    expect(h.run("fetch", {}, {"--ca-signing", h.w.place / "ca.pem"}), 20, "unknown_key");
    h.w.place.write("other.pub", public_half(support::signer("other")).pem_text());
    expect(h.run("fetch", {}, {"--key", h.w.place / "other.pub"}), 20, "bad_signature");
    expect(h.run("fetch", {"--dry-run"}), 0, "would be fetched");
    expect(h.run("fetch"), 0, "is active now");
    h.check_active();
    expect(h.run("fetch", {}, {"--key", h.w.place / "other.pub", "--key", h.w.place / "key.pub"}), 0, "is active");
    expect(run_command({"fetch", "--key", h.w.place / "key.pub", "--model", "demo", "--store", h.w.store(), "--signature",
                        h.w.place / "model.sig"}),
           2, "--base");
    const auto by_file = run_command({"fetch", "--signature", h.w.place / "model.sig", "--base", h.w.web.url("/files/"),
                                      "--key", h.w.place / "key.pub", "--model", "demo", "--store", h.w.store(), "--ca",
                                      h.w.place / "ca.pem", "--json"});
    CHECK(by_file.exit_code == 0);
    CHECK(*result_line(by_file.out).string_at("version") == h.version());
    expect(run_command({"fetch", "--offline", "--model", "demo", "--store", h.w.store()}), 0, "is active");

    json unsafe = statement_about({{"a:b", "x"}});
    h.put(bundle_around(unsafe.dump(), h.publisher).dump());
    expect(h.run("fetch"), 31, "unsafe_name");
    h.put("{}");
    expect(h.run("fetch"), 24, "bundle_malformed");
    json blake = statement_about(h.files);
    json predicate = *blake.find("predicate");
    predicate.set("serialization", json{{"method", "files"}, {"hash_type", "blake2b"}, {"allow_symlinks", false}});
    blake.set("predicate", std::move(predicate));
    h.put(bundle_around(blake.dump(), h.publisher).dump());
    expect(h.run("fetch"), 50, "hash_unsupported");
    h.check_active();
}
