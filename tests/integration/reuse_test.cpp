// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// A new version of a model whose bytes are in the store for the most part: what the publisher says of it, and what travels then.
#include "cli.hpp"

#include <algorithm>
#include <filesystem>
#include <map>

using namespace integration;

namespace {

/// A publisher who uses the command, and a client that does.
struct released
{
    world w;

    released() { REQUIRE(run_command({"keygen", "--out", w.place / "keys", "--key-id", "v1"}).exit_code == 0); }
    /// Publishes these bytes; with an index, served too, or without.
    void publish(const std::string& content, unsigned version, bool indexed)
    {
        const std::string number = std::to_string(version);
        const std::string path = w.place.write("v" + number + ".bin", content);
        w.web.serve("/" + number + ".bin", content);
        std::vector<std::string> all{"publish",
                                     "--key",
                                     w.place / "keys/v1.pem",
                                     "--model",
                                     "demo",
                                     "--version",
                                     number + ".0.0",
                                     "--sequence",
                                     number,
                                     "--expires",
                                     "30d",
                                     "--out",
                                     w.place / "manifest.json",
                                     "--platform",
                                     "any",
                                     "--file",
                                     path,
                                     "--url",
                                     w.web.url("/" + number + ".bin")};
        if (indexed)
            all.insert(all.end(), {"--index", w.place / "v.index", "--index-url", w.web.url("/" + number + ".index")});
        const auto r = run_command(all);
        REQUIRE_MESSAGE(r.exit_code == 0, r.err);
        if (indexed)
        {
            index = support::read_file(w.place / "v.index");
            w.web.serve("/" + number + ".index", index);
        }
        w.web.serve("/manifest", support::read_file(w.place / "manifest.json"), "application/json");
    }
    support::process_result run_fetch() const
    {
        return run_command({"fetch", "--manifest", w.web.url("/manifest"), "--pins", w.place / "keys/v1.pub.json", "--ca",
                            w.place / "ca.pem", "--store", w.store(), "--json"});
    }
    modelsec::detail::json fetch() const
    {
        const auto r = run_fetch();
        REQUIRE_MESSAGE(r.exit_code == 0, r.out << r.err);
        return result_line(r.out);
    }
    std::string active() const
    {
        const auto r = run_command({"path", "demo", "--file", "--store", w.store()});
        return support::read_file(r.out.substr(0, r.out.size() - 1));
    }
    std::string index;
};

std::string changed_in_places(std::string content, std::size_t places)
{
    for (std::size_t i = 0; i < places; ++i)
        for (std::size_t k = 0; k < 200; ++k)
            content[i * (content.size() / places) + 12'345 + k] ^= 0x41;
    return content;
}

}  // namespace

TEST_CASE("publish --index writes what docs/manifest.md says, and its size and digest are signed")
{
    released s;
    const std::string content = support::noise(3'000'000);
    s.publish(content, 1, true);
    CHECK(s.index.substr(0, 6) == std::string("MSIX1\0", 6));
    CHECK(s.index.substr(6, 4) == std::string("\0\1\0\0", 4));
    REQUIRE((s.index.size() - 10) % 36 == 0);
    std::size_t at = 0;
    for (std::size_t i = 10; i < s.index.size(); i += 36)
    {
        std::size_t length = 0;
        for (std::size_t k = 0; k < 4; ++k)
            length = length << 8 | static_cast<unsigned char>(s.index[i + k]);
        const auto digest = modelsec::sha256(modelsec::as_bytes(std::string_view(content).substr(at, length)));
        CHECK(modelsec::as_text(digest.view()) == std::string_view(s.index).substr(i + 4, 32));
        at += length;
    }
    CHECK(at == content.size());
    for (const auto& alone :
         {std::vector<std::string>{"--index", "x"}, std::vector<std::string>{"--index-url", "https://h.example/x"}})
    {
        std::vector<std::string> all{"publish",
                                     "--key",
                                     s.w.place / "keys/v1.pem",
                                     "--model",
                                     "demo",
                                     "--version",
                                     "1",
                                     "--sequence",
                                     "1",
                                     "--expires",
                                     "30d",
                                     "--out",
                                     s.w.place / "m",
                                     "--platform",
                                     "any",
                                     "--file",
                                     s.w.place / "v1.bin",
                                     "--url",
                                     "https://h.example/x.bin"};
        all.insert(all.end(), alone.begin(), alone.end());
        CHECK(run_command(all).exit_code == 2);
    }
}

TEST_CASE("of a version that changed in a few places only those travel, and what is inserted in front moves nothing")
{
    released s;
    const std::string first = support::noise(12'000'000);
    s.publish(first, 1, true);
    CHECK(s.fetch().size_at("bytes_fetched") == first.size());
    const std::string second = changed_in_places(first, 3);
    s.publish(second, 2, true);
    const auto got = s.fetch().size_at("bytes_fetched").value();
    CHECK(got > 0);
    CHECK(got < second.size() / 8);
    CHECK(s.active() == second);
    const std::string third = "a new header" + second;
    s.publish(third, 3, true);
    CHECK(s.fetch().size_at("bytes_fetched").value() < third.size() / 20);
    CHECK(s.active() == third);
}

TEST_CASE("of a folder each file has an index beside it, and only what changed in each of them travels")
{
    released s;
    std::filesystem::create_directories(s.w.place / "llm/part");
    std::map<std::string, std::string> files{
        {"config.json", "{}"}, {"a.bin", support::noise(5'000'000)}, {"part/b.bin", support::noise(6'000'000)}};
    std::uint64_t total = 0;
    for (const std::string version : {"1", "2"})
    {
        total = 0;
        for (auto& [name, content] : files)
        {
            if (version == "2" && content.size() > 100)
                content = "in front" + changed_in_places(content, 2);
            s.w.place.write("llm/" + name, content);
            total += content.size();
        }
        const auto r =
            run_command({"publish", "--key", s.w.place / "keys/v1.pem", "--model", "demo", "--version", version,
                         "--sequence", version, "--expires", "30d", "--out", s.w.place / "manifest.json", "--folder",
                         s.w.place / "llm", "--base-url", s.w.web.url("/" + version), "--index-dir", s.w.place / "lists"});
        REQUIRE_MESSAGE(r.exit_code == 0, r.err);
        for (const auto& [name, content] : files)
        {
            s.w.web.serve("/" + version + "/" + name, content);
            if (content.size() > 100)
                s.w.web.serve("/" + version + "/" + name + ".msindex",
                              support::read_file(s.w.place / ("lists/" + name + ".msindex")));
        }
        s.w.web.serve("/manifest", support::read_file(s.w.place / "manifest.json"), "application/json");
        const auto travelled = s.fetch().size_at("bytes_fetched").value();
        if (version == "1")
            CHECK(travelled == total);
        else
            CHECK(travelled < total / 6);
    }
    const std::string pack = run_command({"path", "--store", s.w.store(), "demo"}).out;
    for (const auto& [name, content] : files)
        CHECK(support::read_file(pack.substr(0, pack.size() - 1) + '/' + name) == content);
}

TEST_CASE(
    "an index that comes with the label of a content coding is the signed one all the same; of another one that is told")
{
    released s;
    const std::string first = support::noise(3'000'000), second = changed_in_places(first, 3);
    s.publish(first, 1, true);
    s.fetch();
    s.publish(second, 2, true);
    support::fault labelled;
    labelled.gzip = true;
    s.w.web.fail("/2.index", labelled, 100);
    CHECK(s.fetch().size_at("bytes_fetched").value() < second.size() / 2);
    CHECK(s.active() == second);

    s.publish(changed_in_places(second, 2), 3, true);
    labelled.flip_at = 20;
    s.w.web.fail("/3.index", labelled, 100);
    const auto r = s.run_fetch();
    CHECK_MESSAGE(r.exit_code == 0, r.out);
    CHECK_MESSAGE(r.out.find("content_encoding") != std::string::npos, r.out);
}

TEST_CASE(
    "without an index, with one that is not to be had or is not the signed one, or a host without ranges, all is fetched")
{
    released s;
    const std::string first = support::noise(3'000'000);
    s.publish(first, 1, true);
    s.fetch();
    std::string content = first;
    for (const unsigned version : {2u, 3u, 4u, 5u})
    {
        CAPTURE(version);
        // Too small for more than one signed chunk: those do not help.
        content = changed_in_places(content, 3);
        content[version] ^= 1;
        if (version == 5)
            content.back() ^= 1;  // a host without ranges is asked for all that leads there
        s.publish(content, version, version != 2);
        const std::string number = std::to_string(version);
        INFO("version ", number);
        support::fault broken;
        if (version == 3)
            s.w.web.fail("/3.index", support::answer(404), 100);
        if (version == 4)
            broken.flip_at = 20;
        if (version == 5)
            broken.ignore_range = true;
        if (version > 3)
            s.w.web.fail(version == 4 ? "/4.index" : "/5.bin", broken, 100);
        CHECK(s.fetch().size_at("bytes_fetched").value() >= content.size() * 9 / 10);
        CHECK(s.active() == content);
    }
}
