// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// keygen, publish, sign and inspect, checked by programs that share nothing with them.
#include "command.hpp"

#include <modelsec/detail/base/encoding.hpp>

#include <zip_builder.hpp>
#include <zip_writer.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include <sys/stat.h>

using namespace integration;

namespace {

/// A folder with a key "first" and a model file.
struct workshop
{
    workshop()
    {
        make_key("first");
        place.write("model.gguf", content);
    }

    void make_key(const std::string& id) const
    {
        REQUIRE(run_command({"keygen", "--out", place / "keys", "--key-id", id}).exit_code == 0);
    }
    std::string key(const std::string& id = "first") const { return place / ("keys/" + id + ".pem"); }
    std::string pins(const std::string& id = "first") const { return place / ("keys/" + id + ".pub.json"); }
    std::string manifest() const { return place / "manifest.json"; }

    std::vector<std::string> publish(const std::vector<std::string>& more = {}) const
    {
        std::vector<std::string> all{"publish",    "--key", key(),       "--model", "demo",  "--version", "1.0.0",
                                     "--sequence", "1",     "--expires", "30d",     "--out", manifest()};
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    std::vector<std::string> publish_file(const std::vector<std::string>& more = {}) const
    {
        auto all = publish({"--platform", "any", "--file", place / "model.gguf", "--url", "https://cdn.example/model.gguf"});
        all.insert(all.end(), more.begin(), more.end());
        return all;
    }
    /// What the manifest says, without asking whether it is signed.
    modelsec::detail::json payload() const
    {
        const auto doc = parse(support::read_file(manifest()));
        const auto raw = modelsec::from_base64(doc.string_at(doc.find("payload") ? "payload" : "payload_b64").value());
        return parse(std::string(modelsec::as_text(*raw)));
    }
    static modelsec::detail::json parse(const std::string& text)
    {
        return modelsec::detail::parse_json(modelsec::as_bytes(text)).value();
    }

    support::temp_dir place;
    std::string content = support::noise(3'000'000);
};

void expect_refused(const std::vector<std::string>& arguments, int code, const std::string& why)
{
    const auto r = run_command(arguments);
    CHECK(r.exit_code == code);
    CHECK_MESSAGE(r.err.find(why) != std::string::npos, r.err);
}

mode_t mode_of(const std::string& path)
{
    struct stat info = {};
    REQUIRE(::stat(path.c_str(), &info) == 0);
    return info.st_mode & 07777;
}

}  // namespace

TEST_CASE("keygen makes a private key for its user alone, also under umask 000, and never overwrites one")
{
    const support::temp_dir place;
    const std::vector<std::string> arguments{"keygen", "--out", place / "keys", "--key-id", "release"};
    support::process_options open;
    open.umask = 0;
    const auto made = run_command(arguments, open);
    REQUIRE(made.exit_code == 0);
    CHECK(mode_of(place / "keys") == 0700);
    CHECK(mode_of(place / "keys/release.pem") == 0600);
    const auto before = support::read_file(place / "keys/release.pem");
    CHECK(made.out.find(before) == std::string::npos);
    expect_refused(arguments, 2, "file_exists");
    CHECK(support::read_file(place / "keys/release.pem") == before);

    std::filesystem::remove(place / "keys/release.pem");
    expect_refused(arguments, 2, "file_exists");  // the public half is somebody's pin
    CHECK(!std::filesystem::exists(place / "keys/release.pem"));
    expect_refused({"keygen", "--out", place / "keys", "--key-id", "../up"}, 2, "bad_option");
    expect_refused({"keygen", "--out", place / "no/such/parent"}, 2, "file_unreadable");
}

TEST_CASE("without an id a key is named by the digest of its public half")
{
    const support::temp_dir place;
    const auto line = result_line(run_command({"keygen", "--out", place.path(), "--json"}).out);
    const std::string pin(line.string_at("pin").value()), id(line.string_at("key_id").value());
    const auto raw = modelsec::from_base64(pin.substr(pin.find('=') + 1));
    REQUIRE(raw.has_value());
    CHECK(id == support::sha256_hex(modelsec::as_text(*raw)).substr(0, 16));
    CHECK(std::filesystem::exists(place / (id + ".pem")));
}

TEST_CASE("OpenSSL reads the private key, and makes one that publish takes")
{
    const workshop w;
    const auto text =
        support::run({"openssl", "pkey", "-in", w.key(), "-pubout", "-outform", "DER", "-out", w.place / "pub.der"});
    REQUIRE(text.exit_code == 0);
    const auto pins = workshop::parse(support::read_file(w.pins()));
    const auto der = support::read_file(w.place / "pub.der");
    CHECK(support::base64(der.substr(der.size() - 32)) == pins.find("keys")->as_array()->front().string_at("ed25519_b64"));

    const auto foreign = w.place / "foreign.pem";
    REQUIRE(support::run({"openssl", "genpkey", "-algorithm", "ed25519", "-out", foreign}).exit_code == 0);
    ::chmod(foreign.c_str(), 0600);
    auto arguments = w.publish_file();
    arguments[2] = foreign;
    CHECK(run_command(arguments).exit_code == 0);
    CHECK(workshop::parse(support::read_file(w.manifest())).find("signatures")->as_array()->front().string_at("keyid") ==
          "foreign");

    ::chmod(foreign.c_str(), 0644);
    expect_refused(arguments, 2, "secret_file_exposed");
    arguments[2] = w.place.write("rubbish.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
    expect_refused(arguments, 2, "bad_option");
}

TEST_CASE("publish describes a file by its true size, digest and chunks, and signs it so that OpenSSL agrees")
{
    const workshop w;
    REQUIRE(run_command(
                w.publish_file({"--chunk-size", "1MiB", "--tier", "small", "--mirror", "https://mirror.example/model.gguf"}))
                .exit_code == 0);
    const auto said = w.payload();
    CHECK(said.string_at("model_id") == "demo");
    CHECK(said.size_at("sequence") == 1u);
    CHECK(said.string_at("tier") == "small");
    const auto& artifact = said.find("artifacts")->as_array()->front();
    CHECK(artifact.size_at("size_bytes") == w.content.size());
    CHECK(artifact.string_at("sha256") == support::sha256_hex(w.content));
    CHECK(artifact.string_at("file_name") == "model.gguf");
    CHECK(artifact.find("mirrors")->as_array()->size() == 1);
    const auto& chunks = *artifact.find("chunks");
    REQUIRE(chunks.find("sha256_b64")->as_array()->size() == 3);
    for (std::size_t i = 0; i < 3; ++i)
    {
        const auto raw = modelsec::from_base64(*(*chunks.find("sha256_b64")->as_array())[i].as_string());
        REQUIRE(raw.has_value());
        CHECK(modelsec::to_hex(*raw) == support::sha256_hex(w.content.substr(i << 20, 1 << 20)));
    }

    const auto envelope = workshop::parse(support::read_file(w.manifest()));
    const auto payload = modelsec::from_base64(envelope.string_at("payload").value()).value();
    const std::string type(envelope.string_at("payloadType").value()), body(modelsec::as_text(payload));
    const auto message = w.place.write(
        "pae", "DSSEv1 " + std::to_string(type.size()) + ' ' + type + ' ' + std::to_string(body.size()) + ' ' + body);
    const auto sig =
        modelsec::from_base64(envelope.find("signatures")->as_array()->front().string_at("sig").value()).value();
    const auto verdict = support::run({"openssl", "pkeyutl", "-verify", "-inkey", w.key(), "-rawin", "-in", message,
                                       "-sigfile", w.place.write("sig", modelsec::as_text(sig))});
    CHECK_MESSAGE(verdict.exit_code == 0, (verdict.out + verdict.err));
}

TEST_CASE("publish makes files[] of several files, and an artifact for every platform")
{
    const workshop w;
    const auto other = w.place.write("model-2.gguf", "second"), config = w.place.write("config.json", "{}");
    REQUIRE(run_command(w.publish({"--platform", "a", "--file", w.place / "model.gguf", "--url", "https://c.example/1",
                                   "--mirror", "https://m.example/1", "--url", "https://c.example/2", "--file", other,
                                   "--platform", "b", "--file", config, "--url", "https://c.example/3"}))
                .exit_code == 0);
    const auto said = w.payload();
    const auto& artifacts = *said.find("artifacts")->as_array();
    REQUIRE(artifacts.size() == 2);
    const auto& files = *artifacts[0].find("files")->as_array();
    REQUIRE(files.size() == 2);
    CHECK(files[0].string_at("name") == "model.gguf");
    CHECK(files[0].find("mirrors") != nullptr);
    CHECK(files[1].string_at("name") == "model-2.gguf");
    CHECK(files[1].string_at("url") == "https://c.example/2");
    CHECK(files[1].find("mirrors") == nullptr);
    CHECK(artifacts[1].string_at("platform") == "b");
    CHECK(artifacts[1].string_at("file_name") == "config.json");

    expect_refused(w.publish({"--platform", "a", "--file", other, "--file", config, "--url", "https://c.example/1"}), 2,
                   "come in pairs");
    expect_refused(w.publish({"--platform", "a", "--platform", "b", "--file", other, "--url", "https://c.example/1"}), 2,
                   "platform needs a --file");
    // A wrong argument of the publisher, seen before there is a manifest: 2. That clients refuse such a manifest is their 24.
    expect_refused(w.publish({"--platform", "a", "--file", other, "--url", "https://c.example/1", "--platform", "a",
                              "--file", config, "--url", "https://c.example/2"}),
                   2, "platform stands once");
}

TEST_CASE("publish refuses secrets, home folders and what no client would take, and then writes nothing")
{
    const workshop w;
    const auto with_url = [&](const std::string& url) {
        return w.publish({"--platform", "any", "--file", w.place / "model.gguf", "--url", url});
    };
    expect_refused(with_url("https://cdn.example/m?token=" + std::string(planted_secret)), 50, "secret_in_metadata");
    expect_refused(with_url("https://user:pass@cdn.example/m"), 2, "secret_in_argument");
    expect_refused(with_url("https://cdn.example/hf_abcdefghijklmnopqrstuvwxyz012345/m"), 50, "secret_in_metadata");
    expect_refused(with_url("https://cdn.example/home/someone/m"), 50, "secret_in_metadata");
    expect_refused(with_url("http://cdn.example/m"), 50, "plain_http");
    expect_refused(with_url("hf://org/repo@main/m"), 50, "mutable_revision");
    expect_refused(w.publish_file({"--tier", "/Users/someone/models"}), 50, "secret_in_metadata");
    expect_refused(w.publish_file({"--mirror", "https://cdn.example/m?sig=x"}), 50, "secret_in_metadata");
    const auto absent = w.place / "absent";
    expect_refused(w.publish({"--platform", "any", "--file", absent, "--url", "https://c.example/m"}), 2, "file_unreadable");
    const auto unsafe = w.place.write("CON.gguf", "x");
    expect_refused(w.publish({"--platform", "any", "--file", unsafe, "--url", "https://c.example/m"}), 31, "unsafe_name");
    auto late = w.publish_file();
    *(std::find(late.begin(), late.end(), "--expires") + 1) = "401d";
    expect_refused(late, 2, "at most 400 days");
    expect_refused(w.publish_file({"--chunk-size", "1k"}), 2, "--chunk-size");
    expect_refused(w.publish_file({"--key", w.key()}), 2, "key_reused");
    CHECK(!std::filesystem::exists(w.manifest()));
}

TEST_CASE("publish looks into an archive: it says how large it unpacks and refuses what clients refuse")
{
    const workshop w;
    const auto publish_zip = [&](const std::string& bytes) {
        const auto file = w.place.write("model.zip", bytes);
        return w.publish({"--platform", "any", "--zip", "--file", file, "--url", "https://cdn.example/model.zip"});
    };
    const std::string archive = support::zip_of({{"a/weights.bin", std::string(100'000, 'w')}, {"config.json", "{}"}});
    REQUIRE(run_command(publish_zip(archive)).exit_code == 0);
    const auto said = w.payload();
    const auto& artifact = said.find("artifacts")->as_array()->front();
    CHECK(artifact.bool_at("is_zip") == true);
    CHECK(artifact.size_at("extracted_bytes") == 100'002u);
    std::filesystem::remove(w.manifest());
    expect_refused(publish_zip(support::zip_of({{"../up", "x"}})), 31, "unsafe_name");
    expect_refused(publish_zip("no archive at all"), 31, "unsafe_archive");
    CHECK(!std::filesystem::exists(w.manifest()));
}

TEST_CASE("publish names what is at fault: the archive's entry, the file, the file with too many mirrors")
{
    const workshop w;
    const auto told = [&](const std::vector<std::string>& arguments, int code, const std::string& what) {
        CAPTURE(what);
        const auto people = run_command(arguments);
        CHECK(people.exit_code == code);
        CHECK_MESSAGE(people.err.find(what) != std::string::npos, people.err);
        auto by_json = arguments;
        by_json.push_back("--json");
        const auto r = run_command(by_json);
        const auto line = result_line(r.out);
        const auto detail = line.string_at("detail");
        REQUIRE(detail.has_value());
        CHECK_MESSAGE(detail->find(what) != std::string::npos, *detail);
    };
    const auto archive_with = [&](support::zip_part odd) {
        support::zip_image image;
        image.add("good.bin", "good").add(std::move(odd));
        return w.publish({"--platform", "any", "--zip", "--file", w.place.write("model.zip", image.str()), "--url",
                          "https://cdn.example/model.zip"});
    };
    const auto item = [](const std::string& name, const auto& change) {
        support::zip_part out = support::zip_item(name, "x", false);
        change(out);
        return out;
    };
    told(archive_with(item("sub/packed.bin", [](auto& p) { p.local.method = p.central.method = 12; })), 31,
         "unknown compression method: sub/packed.bin");
    told(archive_with(item("locked.bin", [](auto& p) { p.local.flags = p.central.flags = 1; })), 31,
         "an encrypted entry: locked.bin");
    told(archive_with(item("link", [](auto& p) { p.central.external = 0120777u << 16; })), 31, ": link");
    told(archive_with(item("../up", [](auto&) {})), 31, ": ../up");
    told(archive_with(item("a\x1b[31m", [](auto&) {})), 31, "a\\x1b[31m");
    told(archive_with(item("GOOD.bin", [](auto&) {})), 31, "take for one: GOOD.bin");

    for (const char* name : {"CON.bin", "a:b.bin"})
        told(w.publish({"--platform", "any", "--file", w.place.write(name, "x"), "--url", "https://c.example/m"}), 31,
             std::string(": ") + name);
    auto mirrors = w.publish_file();
    for (int i = 0; i < 17; ++i)
        mirrors.insert(mirrors.end(), {"--mirror", "https://m" + std::to_string(i) + ".example/m"});
    told(mirrors, 24, "more than 16 mirrors for model.gguf");
    told(w.publish({"--platform", "any", "--file", w.place / "model.gguf", "--url", "hf://org/repo@main/m"}), 50, "main");
}

TEST_CASE("a pack envelope is made by one key over the raw payload")
{
    const workshop w;
    REQUIRE(run_command(w.publish_file({"--format", "pack"})).exit_code == 0);
    const auto envelope = workshop::parse(support::read_file(w.manifest()));
    CHECK(envelope.string_at("key_id") == "first");
    CHECK(w.payload().string_at("model_id") == "demo");
    w.make_key("second");
    expect_refused(w.publish_file({"--format", "pack", "--key", w.key("second")}), 2, "one signature");
}

TEST_CASE("sign adds a second signature, once, and leaves anything else alone")
{
    const workshop w;
    w.make_key("second");
    REQUIRE(run_command(w.publish_file()).exit_code == 0);
    const auto said = w.payload();
    const std::vector<std::string> arguments{"sign", "--key", w.key("second"), w.manifest(), "--json"};
    CHECK(result_line(run_command(arguments).out).bool_at("added") == true);
    const auto envelope = workshop::parse(support::read_file(w.manifest()));
    REQUIRE(envelope.find("signatures")->as_array()->size() == 2);
    CHECK(w.payload() == said);
    const auto before = support::read_file(w.manifest());
    CHECK(result_line(run_command(arguments).out).bool_at("added") == false);
    CHECK(support::read_file(w.manifest()) == before);

    REQUIRE(run_command(w.publish_file({"--format", "pack"})).exit_code == 0);
    expect_refused({"sign", "--key", w.key("second"), w.manifest()}, 50, "wrong_format");
    const auto no_manifest = w.place.write("letter.json", support::dsse_envelope("\"hello\"", {support::signer("x")}));
    expect_refused({"sign", "--key", w.key(), no_manifest}, 24, "manifest_malformed");
    const auto other_type = w.place.write("other.json", support::dsse_envelope("{}", {support::signer("x")}, "text/plain"));
    expect_refused({"sign", "--key", w.key(), other_type}, 24, "envelope_malformed");
}

TEST_CASE("inspect shows every kind of file, says that nothing is verified, and escapes what could fool a terminal")
{
    const workshop w;
    REQUIRE(run_command(w.publish_file()).exit_code == 0);
    const auto shown = run_command({"inspect", w.manifest()});
    CHECK(shown.exit_code == 0);
    for (const char* part :
         {"DSSE envelope", "verified: no", "signatures_claimed_by: first", "model_id: demo", "model.gguf", "2.9 MiB"})
        CHECK_MESSAGE(shown.out.find(part) != std::string::npos, part);
    CHECK(run_command({"inspect", w.pins()}).out.find("pins") != std::string::npos);
    REQUIRE(run_command(w.publish_file({"--format", "pack"})).exit_code == 0);
    CHECK(workshop::parse(run_command({"inspect", "--json", w.manifest()}).out).string_at("kind") == "pack envelope");

    const auto nasty = w.place.write("nasty.json", R"({"model_id": "\u001b[2Jevil \u202e", "artifacts": []})");
    const auto r = run_command({"inspect", nasty});
    CHECK(r.exit_code == 0);
    CHECK(r.out.find('\x1b') == std::string::npos);
    CHECK(r.out.find("\xe2\x80\xae") == std::string::npos);
    CHECK(r.out.find("evil") != std::string::npos);
    for (const char* unknown : {"no JSON", "{}"})
        expect_refused({"inspect", w.place.write("unknown", unknown)}, 24, "json_malformed");
}

TEST_CASE("a whole folder is published in one line, and a client gets all of it: names, subfolders, odd letters")
{
    world w;
    workshop shop;
    std::map<std::string, std::string> files;
    for (int i = 0; i < 300; ++i)
        files["shard " + std::to_string(i / 50) + "/part-" + std::to_string(i) + ".bin"] = support::noise(200 + i);
    files["config+é.json"] = "{}";
    files["empty"] = "";
    for (const auto& [name, content] : files)
    {
        std::filesystem::create_directories(std::filesystem::path(shop.place / ("hub/" + name)).parent_path());
        shop.place.write("hub/" + name, content);
    }
    std::filesystem::create_directories(shop.place / "hub/.git/objects");
    shop.place.write("hub/.git/objects/x", "of git");
    shop.place.write("hub/README.md", "left out");
    shop.place.write("hub/shard 0/notes.md", "left out");
    const auto r = run_command(shop.publish({"--platform", "any", "--folder", shop.place / "hub", "--base-url",
                                             w.web.url("/hub/"), "--exclude", "*.md", "--json"}));
    REQUIRE_MESSAGE(r.exit_code == 0, r.out);
    CHECK(result_line(r.out).size_at("files") == files.size());
    const auto payload = shop.payload();
    const auto& listed = *payload.find("artifacts")->as_array()->front().find("files")->as_array();
    CHECK(listed.size() == files.size());
    for (const auto& entry : listed)
    {
        const std::string name(entry.string_at("name").value());
        REQUIRE(files.contains(name));
        const std::string url(entry.string_at("url").value());
        CHECK(url.find(' ') == std::string::npos);
        w.web.serve(url.substr(w.web.url("/").size() - 1), files[name]);
    }
    const auto fetched = run_command({"fetch", "--manifest-file", shop.manifest(), "--pins", shop.pins(), "--ca",
                                      w.place / "ca.pem", "--store", w.store()});
    REQUIRE_MESSAGE(fetched.exit_code == 0, fetched.err);
    const std::string pack = run_command({"path", "--store", w.store(), "demo"}).out;
    for (const auto& [name, content] : files)
        CHECK(support::read_file(pack.substr(0, pack.size() - 1) + '/' + name) == content);
}

TEST_CASE("publish refuses a link in a folder unless it is told to follow it, and a name that no client takes")
{
    const workshop shop;
    std::filesystem::create_directories(shop.place / "folder");
    shop.place.write("folder/a.bin", "a");
    std::filesystem::create_symlink("a.bin", shop.place / "folder/b.bin");
    const std::vector<std::string> folder{"--platform",          "any",        "--folder",
                                          shop.place / "folder", "--base-url", "https://cdn.example/m"};
    expect_refused(shop.publish(folder), 31, "unsafe_entry");
    auto following = shop.publish(folder);
    following.push_back("--follow-links");
    CHECK(run_command(following).exit_code == 0);
    shop.place.write("folder/a:b", "c");
    following.insert(following.end(), {"--exclude", "none"});
    expect_refused(following, 31, "unsafe_name");
}

namespace {

/// What the manifest says of an index; it is that of the file at `path`, or there is none and no such file.
std::string index_url_of(const modelsec::detail::json& file, const std::string& path)
{
    const auto* index = file.find("index");
    CHECK((index != nullptr) == std::filesystem::exists(path));
    if (!index)
        return {};
    const std::string text = support::read_file(path);
    CHECK(text.starts_with("MSIX1"));
    CHECK(index->size_at("size_bytes") == text.size());
    CHECK(index->string_at("sha256") == support::sha256_hex(text));
    return std::string(index->string_at("url").value());
}

}  // namespace

TEST_CASE("publish --index-dir writes an index for each file that gains by it, beside which clients get it")
{
    const workshop shop;
    std::filesystem::create_directories(shop.place / "llm/shard 1");
    shop.place.write("llm/config.json", "{}");
    shop.place.write("llm/a.bin", support::noise(1'048'576));
    shop.place.write("llm/b.bin", support::noise(1'048'575));
    shop.place.write("llm/shard 1/c.bin", support::noise(2'000'000));
    // Written into the folder itself it is no file of the model the next time.
    for (const std::string to : {"lists", "llm", "llm"})
    {
        const auto r = run_command(shop.publish(
            {"--index-dir", shop.place / to, "--folder", shop.place / "llm", "--base-url", "https://cdn.example/llm"}));
        REQUIRE_MESSAGE(r.exit_code == 0, r.err);
        const auto payload = shop.payload();
        const auto& files = *payload.find("artifacts")->as_array()->front().find("files")->as_array();
        REQUIRE(files.size() == 4);
        CHECK(index_url_of(files[0], shop.place / (to + "/a.bin.msindex")) == "https://cdn.example/llm/a.bin.msindex");
        CHECK(index_url_of(files[1], shop.place / (to + "/b.bin.msindex")).empty());
        CHECK(index_url_of(files[2], shop.place / (to + "/config.json.msindex")).empty());
        CHECK(index_url_of(files[3], shop.place / (to + "/shard 1/c.bin.msindex")) ==
              "https://cdn.example/llm/shard%201/c.bin.msindex");
    }
}

TEST_CASE(
    "with several platforms indexes lie below theirs; a file keeps its own, and what no client keeps as it is has none")
{
    const workshop shop;
    shop.place.write("m.zip", support::zip_of({{"m.bin", support::noise(2'000'000)}}));
    const auto r = run_command(shop.publish({"--platform",
                                             "one",
                                             "--file",
                                             shop.place / "model.gguf",
                                             "--url",
                                             "https://cdn.example/model.gguf",
                                             "--platform",
                                             "two",
                                             "--file",
                                             shop.place / "model.gguf",
                                             "--url",
                                             "https://cdn.example/2/model.gguf",
                                             "--index",
                                             shop.place / "own",
                                             "--index-url",
                                             "https://cdn.example/own",
                                             "--platform",
                                             "zip",
                                             "--file",
                                             shop.place / "m.zip",
                                             "--url",
                                             "https://cdn.example/m.zip",
                                             "--zip",
                                             "--platform",
                                             "registry",
                                             "--file",
                                             shop.place / "model.gguf",
                                             "--url",
                                             "oci://registry.example/m@sha256:" + support::sha256_hex(shop.content),
                                             "--index-dir",
                                             shop.place / "lists"}));
    REQUIRE_MESSAGE(r.exit_code == 0, r.err);
    const auto payload = shop.payload();
    const auto& all = *payload.find("artifacts")->as_array();
    CHECK(index_url_of(all[0], shop.place / "lists/one/model.gguf.msindex") == "https://cdn.example/model.gguf.msindex");
    CHECK(index_url_of(all[1], shop.place / "own") == "https://cdn.example/own");
    CHECK(index_url_of(all[2], shop.place / "lists/zip/m.zip.msindex").empty());
    CHECK(index_url_of(all[3], shop.place / "lists/registry/model.gguf.msindex").empty());

    REQUIRE(support::run({"openssl", "genpkey", "-algorithm", "x25519", "-out", shop.place / "reader.pem"}).exit_code == 0);
    REQUIRE(
        support::run({"openssl", "pkey", "-in", shop.place / "reader.pem", "-pubout", "-out", shop.place / "reader.pub.pem"})
            .exit_code == 0);
    const auto sealed = run_command(
        shop.publish_file({"--encrypt-for", shop.place / "reader.pub.pem", "--index-dir", shop.place / "sealed"}));
    REQUIRE_MESSAGE(sealed.exit_code == 0, sealed.err);
    CHECK_FALSE(shop.payload().find("artifacts")->as_array()->front().find("index"));
    CHECK_FALSE(std::filesystem::exists(shop.place / "sealed"));

    expect_refused(shop.publish_file({"--index-dir", shop.place / "model.gguf"}), 2, "file_unreadable");
}

TEST_CASE("a description names an index for a file, with an address of its own or beside it, or a folder for all of them")
{
    const workshop shop;
    const auto describe = [&](const std::string& platforms, const std::string& more = {}) {
        shop.place.write("demo.publish.json", R"({"model_id": "m", "version": "1", "expires": "20d", "sequence": 1, )" +
                                                  more + R"("platforms": [)" + platforms + "]}");
        return std::vector<std::string>{"publish", "--key",        shop.key(), "--from", shop.place / "demo.publish.json",
                                        "--out",   shop.manifest()};
    };
    const std::string file = R"("file": "model.gguf", "url": "https://cdn.example/m.gguf")";
    REQUIRE(run_command(describe(R"({"platform": "any", )" + file + R"(, "index": {"file": "m.list"}})")).exit_code == 0);
    CHECK(index_url_of(shop.payload().find("artifacts")->as_array()->front(), shop.place / "m.list") ==
          "https://cdn.example/m.gguf.msindex");
    std::filesystem::remove(shop.manifest());  // under its sequence nobody takes other bytes
    shop.place.write("b.bin", support::noise(2'000'000));
    const std::string several = R"({"platform": "any", "files": [{)" + file +
                                R"(, "index": {"file": "m2.list", "url": "https://lists.example/m2"}},
                                {"file": "b.bin", "url": "https://cdn.example/b.bin"}]})";
    REQUIRE(run_command(describe(several, R"("index_dir": "lists", )")).exit_code == 0);
    const auto payload = shop.payload();
    const auto& files = *payload.find("artifacts")->as_array()->front().find("files")->as_array();
    CHECK(index_url_of(files[0], shop.place / "m2.list") == "https://lists.example/m2");
    CHECK(index_url_of(files[1], shop.place / "lists/b.bin.msindex") == "https://cdn.example/b.bin.msindex");
    auto elsewhere = describe(several);
    elsewhere.insert(elsewhere.end(), {"--index-dir", shop.place / "more"});
    REQUIRE(run_command(elsewhere).exit_code == 0);
    CHECK(std::filesystem::exists(shop.place / "more/b.bin.msindex"));

    for (const std::string wrong :
         {R"("m.list")", R"({"url": "https://cdn.example/i"})", R"({"file": "i", "path": "i"})", R"({"file": ""})"})
        expect_refused(describe(R"({"platform": "any", )" + file + R"(, "index": )" + wrong + "}"), 24, "json_malformed");
    expect_refused(describe(R"({"platform": "any", )" + file + "}", R"("index_dir": 1, )"), 24, "json_malformed");
    expect_refused(describe(R"({"platform": "any", "file": "model.gguf", "url": "oci://registry.example/m@sha256:)" +
                            support::sha256_hex(shop.content) + R"(", "index": {"file": "i"}})"),
                   2, "bad_option");
}

TEST_CASE("renew signs the same pack again without its files, and only what a known key has signed")
{
    const workshop shop;
    REQUIRE(run_command(shop.publish_file()).exit_code == 0);
    const auto before = shop.payload();
    std::filesystem::remove(shop.place / "model.gguf");
    const std::vector<std::string> renew{"renew",     "--key", shop.key(), shop.manifest(),
                                         "--expires", "60d",   "--out",    shop.place / "renewed.json"};
    REQUIRE(run_command(renew).exit_code == 0);
    const auto text = support::read_file(shop.place / "renewed.json");
    const auto after = workshop::parse(
        std::string(modelsec::as_text(*modelsec::from_base64(workshop::parse(text).string_at("payload").value()))));
    CHECK(after.size_at("sequence") == 2u);
    CHECK(after.string_at("expires_at") > before.string_at("expires_at"));
    CHECK(after.find("artifacts")->dump() == before.find("artifacts")->dump());

    auto lower = renew;
    lower.insert(lower.end(), {"--sequence", "1"});
    expect_refused(lower, 22, "older_sequence");
    shop.make_key("second");
    auto stranger = renew;
    stranger[2] = shop.key("second");
    expect_refused(stranger, 20, "unknown_key");
    stranger.insert(stranger.end(), {"--pins", shop.pins("first")});
    CHECK(run_command(stranger).exit_code == 0);
}

TEST_CASE("a description in a repository says what is published; options go before it, and what it does not know is refused")
{
    const workshop shop;
    const auto description =
        shop.place.write("demo.publish.json", R"({"model_id": "described", "version": "2.0.0", "tier": "t",
        "expires": "20d", "chunk_size": "1MiB", "min_device": {"min_ram_mb": 64}, "platforms": [{"platform": "any",
        "file": "model.gguf", "url": "https://cdn.example/m.gguf", "mirrors": ["https://mirror.example/m.gguf"]}]})");
    const std::vector<std::string> from{"publish", "--key",         shop.key(),   "--from", description,
                                        "--out",   shop.manifest(), "--sequence", "7"};
    REQUIRE(run_command(from).exit_code == 0);
    const auto payload = shop.payload();
    CHECK(payload.string_at("model_id") == "described");
    CHECK(payload.size_at("sequence") == 7u);
    CHECK(payload.find("min_device")->size_at("min_ram_mb") == 64u);
    CHECK(payload.find("artifacts")->as_array()->front().find("chunks")->size_at("size_bytes") == 1048576u);
    auto other = from;
    other.insert(other.end(), {"--version", "2.0.1", "--tier", "u"});
    REQUIRE(run_command(other).exit_code == 0);
    CHECK(shop.payload().string_at("version") == "2.0.1");
    CHECK(shop.payload().string_at("tier") == "u");
    auto both = from;
    both.insert(both.end(), {"--platform", "any"});
    expect_refused(both, 2, "bad_option");
    shop.place.write("demo.publish.json", R"({"model_id": "m", "version": "1", "expires": "1d", "platform": []})");
    expect_refused(from, 24, "json_malformed");
}

TEST_CASE("a file whose digests are known is not read again, unless it changed or --rehash says so")
{
    const workshop shop;
    support::process_options options;
    options.environment = {"XDG_CACHE_HOME=" + (shop.place / "cache")};
    const auto cached = [&](const std::vector<std::string>& more = {}) {
        auto all = shop.publish_file({"--json"});
        all.insert(all.end(), more.begin(), more.end());
        const auto r = run_command(all, options);
        REQUIRE_MESSAGE(r.exit_code == 0, r.out);
        return result_line(r.out).size_at("cached").value();
    };
    CHECK(cached() == 0u);
    const auto first = shop.payload().find("artifacts")->dump();
    CHECK(cached() == 1u);
    CHECK(shop.payload().find("artifacts")->dump() == first);
    CHECK(cached({"--rehash"}) == 0u);
    CHECK(cached({"--digest-cache", ""}) == 0u);
    const auto time = std::filesystem::last_write_time(shop.place / "model.gguf");
    std::string altered = shop.content;
    altered[0] ^= 1;
    std::filesystem::remove(shop.manifest());  // under its sequence nobody takes other bytes
    shop.place.write("model.gguf", altered);
    std::filesystem::last_write_time(shop.place / "model.gguf", time);  // the change time tells
    CHECK(cached() == 0u);
    CHECK(shop.payload().find("artifacts")->dump() != first);
}

TEST_CASE("a manifest is not replaced by one of a lower sequence, which nobody who saw it would take")
{
    const workshop shop;
    const auto with = [&](const char* option, const char* value) {
        auto all = shop.publish_file();
        *std::next(std::find(all.begin(), all.end(), option)) = value;
        return all;
    };
    REQUIRE(run_command(with("--sequence", "2")).exit_code == 0);
    const std::string before = support::read_file(shop.manifest());
    expect_refused(shop.publish_file(), 2, "--sequence");
    CHECK(support::read_file(shop.manifest()) == before);
    expect_refused({"renew", "--key", shop.key(), shop.manifest(), "--sequence", "4", "--expires", "5d", "--out",
                    shop.place / "four.json"},
                   0, "");
    expect_refused({"renew", "--key", shop.key(), shop.manifest(), "--expires", "5d", "--out", shop.place / "four.json"}, 2,
                   "--sequence");
    // Another model's is another matter.
    CHECK(run_command(with("--model", "other")).exit_code == 0);
}

TEST_CASE("check-remote finds what hosts serve wrongly, by status, length, whole digest and chunk")
{
    world w;
    const workshop shop;
    w.web.serve("/good.bin", shop.content);
    std::string altered = shop.content;
    altered[altered.size() / 2] ^= 1;
    w.web.serve("/altered.bin", altered);
    w.web.serve("/short.bin", shop.content.substr(1));
    const auto check = [&](const std::string& path, const std::vector<std::string>& more = {}) {
        REQUIRE(run_command(shop.publish({"--platform", "any", "--file", shop.place / "model.gguf", "--chunk-size", "1MiB",
                                          "--url", w.web.url("/good.bin"), "--mirror", w.web.url(path)}))
                    .exit_code == 0);
        std::vector<std::string> all{"check-remote", shop.manifest(), "--ca", w.place / "ca.pem", "--json"};
        all.insert(all.end(), more.begin(), more.end());
        return run_command(all);
    };
    CHECK(check("/good.bin").exit_code == 0);
    const auto wrong = check("/altered.bin");
    CHECK(wrong.exit_code == 60);
    CHECK(wrong.out.find("digest_mismatch") != std::string::npos);
    CHECK(wrong.out.find("chunk_mismatch") != std::string::npos);
    CHECK(check("/altered.bin", {"--quick"}).exit_code == 0);
    // Clients take no notice of a coding's label: it is a finding only where it says why the bytes are others.
    support::fault labelled;
    labelled.gzip = true;
    w.web.fail("/good.bin", labelled);
    w.web.fail("/altered.bin", labelled);
    CHECK(check("/good.bin").exit_code == 0);
    const auto coded = check("/altered.bin");
    CHECK(coded.exit_code == 60);
    CHECK(coded.out.find("Content-Encoding: gzip") != std::string::npos);
    w.web.heal("/good.bin");
    w.web.heal("/altered.bin");
    CHECK(check("/short.bin", {"--quick"}).out.find("size_mismatch") != std::string::npos);
    CHECK(check("/absent.bin", {"--quick"}).out.find("not_found") != std::string::npos);
    const auto renew = run_command({"renew", "--key", shop.key(), shop.manifest(), "--expires", "60d", "--check", "--ca",
                                    w.place / "ca.pem", "--out", shop.place / "renewed.json"});
    CHECK(renew.exit_code == 60);
    CHECK(!std::filesystem::exists(shop.place / "renewed.json"));
}

TEST_CASE("every command that asks a host believes what SSL_CERT_FILE and SSL_CERT_DIR name, unless --ca says otherwise")
{
    world w;
    w.release("content");
    const workshop shop;
    w.web.serve("/good.bin", shop.content);
    REQUIRE(run_command(
                shop.publish({"--platform", "any", "--file", shop.place / "model.gguf", "--url", w.web.url("/good.bin")}))
                .exit_code == 0);
    std::filesystem::create_directory(w.place / "roots");
    w.place.write("roots/00000000.0", w.ca.certificate());
    const std::string ca = w.place / "ca.pem";
    int made = 0;
    const auto another_file = [&] { return w.place / ("made-" + std::to_string(++made)); };
    using arguments = std::vector<std::string>;
    const std::vector<std::function<arguments()>> commands{
        [&] {
            return arguments{"check-remote", shop.manifest()};
        },
        [&] {
            return arguments{"renew", "--key",   shop.key(), shop.manifest(), "--expires",
                             "60d",   "--check", "--out",    another_file()};
        },
        [&] {
            return arguments{"doctor", "--store", w.store(), "--manifest", w.web.url("/manifest")};
        },
        [&] {
            return arguments{"bundle", "--manifest", w.web.url("/manifest"), "--pin", w.key.pin(), "--out", another_file()};
        },
    };
    for (const auto& command : commands)
    {
        const auto code = [&](const arguments& options, const arguments& variables) {
            support::process_options how;
            how.environment = variables;
            auto all = command();
            all.insert(all.end(), options.begin(), options.end());
            return run_command(all, how).exit_code;
        };
        CAPTURE(command().front());
        CHECK(code({}, {}) != 0);
        CHECK(code({}, {"SSL_CERT_FILE=" + ca}) == 0);
        CHECK(code({}, {"SSL_CERT_DIR=" + (w.place / "roots")}) == 0);
        CHECK(code({"--ca", ca}, {"SSL_CERT_FILE=/absent"}) == 0);
        CHECK(code({"--ca", ca, "--ca-partial"}, {}) == 0);
        CHECK(code({"--ca-partial"}, {}) == 2);
    }
}

TEST_CASE("init makes all that a publisher begins with, and never replaces a key")
{
    const support::temp_dir place;
    const std::string folder = place / "publishing";
    REQUIRE(run_command({"init", folder, "--key-id", "k1", "--model", "demo"}).exit_code == 0);
    CHECK(mode_of(folder + "/keys/k1.pem") == 0600);
    const std::string key = support::read_file(folder + "/keys/k1.pem");
    for (const char* name : {"/keys/k1.pub.json", "/pins.hpp", "/pins.dart", "/pins.py", "/pins.swift"})
        CHECK(support::read_file(folder + name).find("k1") != std::string::npos);
    expect_refused({"init", folder, "--key-id", "k1"}, 2, "file_exists");
    CHECK(support::read_file(folder + "/keys/k1.pem") == key);
    std::ofstream(folder + "/model.gguf") << "weights";
    CHECK(run_command({"publish", "--key", folder + "/keys/k1.pem", "--from", folder + "/demo.publish.json", "--sequence",
                       "1", "--out", place / "manifest.json"})
              .exit_code == 0);
}

TEST_CASE("doctor says what is wrong with the server, the CA and the proxy, and what to do")
{
    world w;
    const auto doctor = [&](const std::vector<std::string>& more) {
        std::vector<std::string> all{"doctor", "--store", w.store()};
        all.insert(all.end(), more.begin(), more.end());
        return run_command(all);
    };
    w.web.serve("/manifest", "anything");
    const auto good = doctor({"--manifest", w.web.url("/manifest"), "--ca", w.place / "ca.pem"});
    CHECK_MESSAGE(good.exit_code == 0, good.out);
    const auto untrusted = doctor({"--manifest", w.web.url("/manifest")});
    CHECK(untrusted.exit_code == 60);
    CHECK_MESSAGE(untrusted.out.find("--ca") != std::string::npos, untrusted.out);
    CHECK(doctor({"--ca", w.place / "absent.pem"}).exit_code == 60);
    CHECK(doctor({"--proxy", "ftp://proxy.invalid"}).exit_code == 60);
}
