// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// OpenSSF Model Signing: a folder is the model that was signed, or it says how it is not.
#include "model_scene.hpp"

#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/manifest/model_folder.hpp>

#include <doctest/doctest.h>

#include <atomic>

#include <sys/stat.h>
#include <unistd.h>

using namespace modelsec;

using namespace modelsec::detail;
namespace fs = std::filesystem;

namespace {

std::string kept(const std::string& file)
{
    const std::string folder = MODELSEC_SOURCE_DIR "/tests/vectors/model-signing/";
    return std::string(as_text(read_local_file(folder + file, 1u << 20).value()));
}

model_statement kept_statement(const std::string& bundle, const std::string& key = "p256")
{
    return verify_bundle(as_bytes(kept(bundle)), public_key::pem(kept(key + ".pub")).value()).value();
}

/// The model of the kept bundles in a folder of its own.
struct model_on_disk
{
    model_on_disk() : model(place / "model")
    {
        for (const auto& [name, content] : support::kept_model)
            write(name, content);
    }
    void write(const std::string& name, std::string_view content) const { support::write_below(model, name, content); }
    std::string operator/(std::string_view name) const { return model + "/" + std::string(name); }

    reason verdict(const model_statement& expected, const std::vector<std::string>& also_ignored = {}) const
    {
        model_walk how;
        how.also_ignored = also_ignored;
        how.on_difference = [this](const model_difference& d) {
            differences.push_back(std::string(to_string(d.kind)) + ' ' + d.path);
        };
        const auto r = verify_model(model, expected, how);
        return r ? reason::none : r.error().why;
    }

    support::temp_dir place;
    std::string model;
    mutable std::vector<std::string> differences;
};

using strings = std::vector<std::string>;

}  // namespace

TEST_SUITE_BEGIN("model signing");

TEST_CASE(
    "a model that model-signing signed is that model: by files, by shards, with links, as one file, with the bundle inside")
{
    model_on_disk m;
    for (const char* curve : {"p256", "p384", "p521"})
        CHECK(m.verdict(kept_statement(std::string(curve) + ".json", curve)) == reason::none);
    const auto seen = verify_model(m.model + "/", kept_statement("p256.json")).value();
    CHECK(seen.files == 5);
    CHECK(seen.bytes == 24);

    m.write("model.sig", kept("inside.json"));
    CHECK(m.verdict(kept_statement("inside.json")) == reason::none);
    CHECK(m.verdict(kept_statement("p256.json")) == reason::file_unsigned);
    CHECK(m.verdict(kept_statement("p256.json"), {"model.sig"}) == reason::none);  // where the caller's bundle lies
    fs::remove(m / "model.sig");

    fs::create_symlink("weights/part-1.bin", m / "alias.bin");
    CHECK(m.verdict(kept_statement("links.json")) == reason::none);
    fs::remove(m / "alias.bin");
    CHECK(m.verdict(kept_statement("links.json")) == reason::file_missing);

    fs::remove(m / "empty.txt");
    CHECK(m.verdict(kept_statement("shards.json")) == reason::none);

    const auto one = m.place.write("one.bin", "one file");
    CHECK(verify_model(one, kept_statement("one.json")).value().bytes == 8);
    m.place.write("one.bin", "one filf");
    CHECK(verify_model(one, kept_statement("one.json")).error().why == reason::file_altered);
}

TEST_CASE("what is ignored may be written in each way that leads there, and leads out of no model")
{
    const model_on_disk m;
    m.write("cache/a", "x");
    m.write("cache/deep/b", "x");
    const auto expected = kept_statement("p256.json");
    REQUIRE(m.verdict(expected) == reason::file_unsigned);
    fs::create_directory_symlink(m.model, m.place / "link");
    for (const std::string& way : {std::string("cache"), std::string("cache/"), std::string("./cache"),
                                   std::string("./cache//"), std::string(".//cache/."), m / "cache", m / "cache/",
                                   m / "./cache/.", m / "weights/../cache", m.place / "link/cache"})
    {
        CAPTURE(way);
        CHECK(m.verdict(expected, {way}) == reason::none);
    }
    // What is elsewhere is no part of the model, nor are names that are only alike.
    for (const std::string& way : {m.place / "cache", std::string("/cache"), m.model + "x/cache", std::string("Cache"),
                                   std::string("weights/cache"), std::string("cach"), std::string("cache/a")})
    {
        CAPTURE(way);
        CHECK(m.verdict(expected, {way}) == reason::file_unsigned);
    }
    for (const std::string& way : {std::string("../cache"), std::string("weights/../cache"), std::string(".."),
                                   std::string(), std::string("."), std::string("./"), m.model, m.model + "/"})
    {
        CAPTURE(way);
        CHECK(m.verdict(expected, {way}) == reason::unsafe_name);
    }
    CHECK(place_in_model(m.model, "./a//b/").value()->str() == "a/b");
    CHECK(place_in_model(m.model, m / "none/such").value()->str() == "none/such");
    CHECK(place_in_model(m.model, m / "..cache").value()->str() == "..cache");
    CHECK_FALSE(place_in_model(m.model, m / "..").value().has_value());
    CHECK(place_in_model(m.place / "none", m / "cache").error().why == reason::file_unreadable);
}

TEST_CASE("missing, additional and altered files are refused and named")
{
    for (const char* bundle : {"p256.json", "shards.json"})
    {
        CAPTURE(bundle);
        const model_on_disk m;
        const bool sharded = std::string_view(bundle) == "shards.json";
        const auto expected = kept_statement(bundle);
        REQUIRE(m.verdict(expected) == reason::none);
        m.write("config.json", "{\"a\": 2}\n");
        m.write("weights/part-2.bin", "World!");
        CHECK(m.verdict(expected) == reason::file_altered);
        CHECK(m.differences == strings{"altered config.json", "altered weights/part-2.bin"});
        m.write("config.json", "{\"a\": 1}\n");
        m.write("weights/part-2.bin", "world!!");
        CHECK(m.verdict(expected) == reason::file_altered);
        m.write("weights/part-2.bin", "world");
        CHECK(m.verdict(expected) == reason::file_altered);
        m.write("weights/part-2.bin", "world!");

        m.differences.clear();
        if (sharded)  // an empty file has no shard
        {
            m.write("weights/more/part-3.bin", "");
            CHECK(m.verdict(expected) == reason::none);
            fs::remove(m / "empty.txt");
            CHECK(m.verdict(expected) == reason::none);
        }
        m.write("weights/more/part-3.bin", sharded ? "x" : "");
        CHECK(m.verdict(expected) == reason::file_unsigned);
        fs::remove(m / "config.json");
        CHECK(code_of(m.verdict(expected)) == errc::digest);
        CHECK(m.differences ==
              strings{"unsigned weights/more/part-3.bin", "unsigned weights/more/part-3.bin", "missing config.json"});
        fs::remove(m / "weights/more/part-3.bin");
        CHECK(m.verdict(expected) == reason::file_missing);  // the empty folder says nothing
        fs::create_directory(m / "config.json");
        CHECK(m.verdict(expected) == reason::file_missing);
    }
    CHECK(code_of(reason::file_missing) == errc::digest);
    CHECK(code_of(reason::file_altered) == errc::digest);
}

TEST_CASE("a file of any name that was not signed is found, also one that is no text")
{
    const model_on_disk m;
    for (const char* name : {".hidden", "\xff\xfe", "a\nb", "con"})
    {
        m.write(name, "x");
        m.differences.clear();
        CHECK(m.verdict(kept_statement("p256.json")) == reason::file_unsigned);
        CHECK(m.differences == strings{std::string("unsigned ") + name});
        fs::remove(m / name);
    }
    for (int i = 0; i < 1100; ++i)
        m.write("extra-" + std::to_string(i), "");
    m.differences.clear();
    CHECK(m.verdict(kept_statement("p256.json")) == reason::file_unsigned);
    CHECK(m.differences.size() == 1000);
}

TEST_CASE("links are refused unless the signature allows them, and a link to a folder always")
{
    const model_on_disk m;
    const auto strict = kept_statement("p256.json");
    auto lenient = strict;
    lenient.serialization.follow_links = true;

    fs::rename(m / "config.json", m.place / "elsewhere");
    fs::create_symlink(m.place / "elsewhere", m / "config.json");
    CHECK(m.verdict(strict) == reason::unsafe_entry);
    CHECK(code_of(reason::unsafe_entry) == errc::unsafe);
    CHECK(m.verdict(lenient) == reason::none);
    m.place.write("elsewhere", "other");
    CHECK(m.verdict(lenient) == reason::file_altered);
    fs::remove(m.place / "elsewhere");
    CHECK(m.verdict(lenient) == reason::unsafe_entry);  // it leads nowhere
    fs::remove(m / "config.json");
    fs::create_symlink("config.json", m / "config.json");
    CHECK(m.verdict(lenient) == reason::unsafe_entry);  // a circle
    fs::remove(m / "config.json");
    m.write("config.json", "{\"a\": 1}\n");

    fs::create_symlink(m.place.path(), m / "more");
    CHECK(m.verdict(lenient) == reason::unsafe_entry);
    fs::remove(m / "more");
    fs::rename(m / "weights", m.place / "weights");
    fs::create_symlink(m.place / "weights", m / "weights");
    CHECK(m.verdict(lenient) == reason::unsafe_entry);
    CHECK(m.verdict(strict) == reason::unsafe_entry);
    fs::remove(m / "weights");
    fs::rename(m.place / "weights", m / "weights");

    // The model's own path is the caller's: it may be a link.
    fs::create_directory_symlink(m.model, m.place / "link");
    CHECK(verify_model(m.place / "link", strict).has_value());
}

TEST_CASE("pipes and sockets are refused and not waited for")
{
    const model_on_disk m;
    REQUIRE(::mkfifo((m / "pipe").c_str(), 0600) == 0);
    CHECK(m.verdict(kept_statement("p256.json")) == reason::unsafe_entry);
    fs::remove(m / "pipe");
    fs::remove(m / "config.json");
    REQUIRE(::mkfifo((m / "config.json").c_str(), 0600) == 0);
    CHECK(m.verdict(kept_statement("p256.json")) == reason::unsafe_entry);
    fs::create_symlink("config.json", m / "link");
    CHECK(m.verdict(kept_statement("links.json")) == reason::unsafe_entry);
    CHECK(verify_model(m / "config.json", kept_statement("one.json")).error().why == reason::file_unreadable);
}

TEST_CASE("what is ignored is not looked at, whatever it is")
{
    const model_on_disk m;
    const auto expected = kept_statement("p256.json");
    m.write(".git/objects/aa", "x");
    fs::create_symlink("/", m / ".git/link");
    m.write(".gitignore", "x");
    CHECK(m.verdict(expected) == reason::none);
    m.write("weights/.gitignore", "x");  // only at the top
    CHECK(m.verdict(expected) == reason::file_unsigned);
}

TEST_CASE("a model that is somebody else's to write, read-only or has second names can be verified, for it is only read")
{
    const model_on_disk m;
    fs::create_hard_link(m / "config.json", m.place / "second-name");
    ::chmod((m / "config.json").c_str(), 0666);
    ::chmod((m / "weights").c_str(), 0500);
    CHECK(m.verdict(kept_statement("p256.json")) == reason::none);
    ::chmod((m / "weights").c_str(), 0700);
}

TEST_CASE("a folder where a file was signed, a file where a folder was, nothing at all")
{
    const model_on_disk m;
    CHECK(m.verdict(kept_statement("one.json")) == reason::file_missing);
    CHECK(verify_model(m / "config.json", kept_statement("p256.json")).error().why == reason::file_missing);
    CHECK(verify_model(m / "none", kept_statement("p256.json")).error().why == reason::file_unreadable);
    CHECK(verify_model(m.model, model_statement{}).error().why == reason::bad_option);
    auto hollow = kept_statement("p256.json");
    hollow.files[0].digests.clear();
    CHECK(m.verdict(hollow) == reason::file_altered);
}

TEST_CASE("folders too many or too deep end the walk")
{
    const model_on_disk m;
    limits few;
    few.files = 5;
    for (int i = 0; i < 5; ++i)
        fs::create_directory(m / ("d" + std::to_string(i)));
    CHECK(verify_model(m.model, kept_statement("p256.json"), {}, few).error().why == reason::too_large);
    std::string deep;
    for (int i = 0; i < 40; ++i)
        deep += "d/";
    fs::create_directories(m / deep);
    CHECK(m.verdict(kept_statement("p256.json")) == reason::unsafe_name);
}

TEST_CASE("a described model verifies by every number of threads, and progress ends at the total")
{
    const model_on_disk m;
    std::string large(3u << 20, 'x');
    for (int i = 0; i < 5; ++i)
        m.write("large-" + std::to_string(i), large + std::to_string(i));
    for (const auto method : {serialization_method::files, serialization_method::shards})
    {
        model_serialization how;
        how.method = method;
        how.shard_bytes = 1'000'000;
        if (method == serialization_method::shards)
            fs::remove(m / "empty.txt");
        for (const unsigned threads : {1u, 3u, 8u})
        {
            std::atomic<std::uint64_t> last{0}, total{0};
            model_walk walk;
            walk.threads = threads;
            walk.on_progress = [&](std::uint64_t bytes, std::uint64_t all) {
                CHECK(bytes >= last);
                last = bytes;
                total = all;
            };
            const auto said = describe_model(m.model, how, walk).value();
            CHECK(last == total);
            CHECK(said.model_name == "model");
            // As sign_bundle() will sign it.
            CHECK(said.subject == parse_model_statement(as_bytes(write_model_statement(said)), {})->subject);
            last = 0;
            CHECK(verify_model(m.model, said, walk).value().bytes == total);
            CHECK(last == total);
        }
    }
}

TEST_CASE("shards that stand sorted by name as text, as OMS 1.0 has them, are those of the file")
{
    const model_on_disk m;
    const std::string content = "0123456789abcd";
    fs::remove_all(m.model);
    m.write("a", content);
    json s = support::statement_about({{"a", content}});
    json::array resources;
    std::string digests;
    const auto add = [&](std::size_t begin, std::size_t end) {
        const std::string hex = support::sha256_hex(content.substr(begin, end - begin));
        const std::string name = "a:" + std::to_string(begin) + ':' + std::to_string(end);
        resources.push_back(json{{"name", name}, {"algorithm", "sha256"}, {"digest", hex}});
        digests += as_text(from_hex(hex).value());
    };
    add(0, 4), add(12, 14), add(4, 8), add(8, 12);
    s.set("subject", json::array{json{{"name", "m"}, {"digest", json{{"sha256", support::sha256_hex(digests)}}}}});
    s.set("predicate",
          json{{"serialization",
                json{{"method", "shards"}, {"hash_type", "sha256"}, {"allow_symlinks", false}, {"shard_size", 4}}},
               {"resources", resources}});
    const auto said = parse_model_statement(as_bytes(s.dump()), {}).value();
    CHECK(said.files.at(0).size == content.size());
    CHECK(m.verdict(said) == reason::none);
    m.write("a", "0123456789abcD");
    CHECK(m.verdict(said) == reason::file_altered);
    m.write("a", "89abcd01234567");
    CHECK(m.verdict(said) == reason::file_altered);
}

TEST_CASE("a model that is one file may be signed under the file's own name, and is that file then")
{
    const model_on_disk m;
    const auto said = parse_model_statement(as_bytes(support::statement_about({{"m.bin", "hello"}}).dump()), {}).value();
    m.write("m.bin", "hello");
    CHECK(verify_model(m / "m.bin", said)->bytes == 5);  // OMS 1.0 section 6.1.2
    m.write("other.bin", "hello");
    CHECK(verify_model(m / "other.bin", said).error().why == reason::file_missing);
    m.write("m.bin", "hellO");
    CHECK(verify_model(m / "m.bin", said).error().why == reason::file_altered);
    const auto two =
        parse_model_statement(as_bytes(support::statement_about({{"m.bin", "hello"}, {"n", "x"}}).dump()), {}).value();
    CHECK(verify_model(m / "m.bin", two).error().why == reason::file_missing);
}

TEST_CASE("only a model of safe names can be signed, and no empty one")
{
    const model_on_disk m;
    const auto why = [&](model_serialization how = {}) {
        const auto r = describe_model(m.model, how);
        return r ? reason::none : r.error().why;
    };
    CHECK(why() == reason::none);
    for (const char* name : {"a:b", "NUL", "Config.json", "\xff"})
    {
        m.write(name, "x");
        CHECK(why() == reason::unsafe_name);
        fs::remove(m / name);
    }
    fs::create_symlink("config.json", m / "link");
    CHECK(why() == reason::unsafe_entry);
    CHECK(why({serialization_method::files, 1, true, {}}) == reason::none);
    fs::remove(m / "link");
    CHECK(why({serialization_method::shards, 4, false, {}}) == reason::none);
    CHECK(describe_model(m.model, {serialization_method::shards, 4, false, {}})->files.size() == 4);  // without empty.txt
    CHECK(why({serialization_method::shards, 0, false, {}}) == reason::bad_option);
    limits few;
    few.files = 4;
    CHECK(describe_model(m.model, {}, {}, few).error().why == reason::too_large);
    few.files = 10;
    few.chunks_per_file = 2;
    fs::remove(m / "empty.txt");
    CHECK(describe_model(m.model, {serialization_method::shards, 2, false, {}}, {}, few).error().why == reason::too_large);
    const support::temp_dir empty;
    CHECK(describe_model(empty.path(), {}).error().why == reason::file_missing);
}

TEST_CASE("a cancelled verification ends")
{
    const model_on_disk m;
    model_walk how;
    how.handle.cancel();
    CHECK(verify_model(m.model, kept_statement("p256.json"), how).error().why == reason::cancelled);
    CHECK(describe_model(m.model, {}, how).error().why == reason::cancelled);
}

TEST_SUITE_END();
