// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Publishing as a library: keys, folders, descriptions; and that what is signed is accepted.
#include "temp_dir.hpp"
#include "zip_writer.hpp"

#include <modelsec/detail/manifest/parse.hpp>
#include <modelsec/detail/publish/signing.hpp>
#include <modelsec/detail/source/locator.hpp>
#include <modelsec/pinned_keys.hpp>
#include <modelsec/publish.hpp>

#include <doctest/doctest.h>

#include <filesystem>
#include <mutex>
#include <random>

using namespace modelsec;

namespace {

const utc_time now = *parse_rfc3339("2026-06-01T00:00:00Z");

publication content_of(const std::string& path, const std::string& url = "https://cdn.example/model.bin")
{
    publication out;
    out.model_id = "demo";
    out.version = "1.0.0";
    out.sequence = 1;
    out.issued_at = now;
    out.expires_at = now + std::chrono::hours(24);
    out.artifacts = {{"any", {{path, url}}}};
    return out;
}

std::vector<signing_key> one_key(const char* id = "k1")
{
    std::vector<signing_key> out;
    out.push_back(signing_key::generate(id).value());
    return out;
}

/// What a client that pins these keys reads.
result<manifest> read_by_client(const std::string& text, const std::vector<signing_key>& keys,
                                envelope_format format = envelope_format::dsse)
{
    pins trusted;
    for (const signing_key& k : keys)
        trusted.add(k.as_pin()).value();
    trusted.set_threshold(static_cast<unsigned>(keys.size()));
    MODELSEC_TRY(detail::envelope e, detail::parse_envelope(as_bytes(text), format));
    MODELSEC_TRY(const auto payload, detail::verify_envelope(std::move(e), trusted.candidates(now), trusted.threshold()));
    return detail::parse_manifest(payload);
}

}  // namespace

TEST_CASE("a key that was generated reads its own PEM again, and signs so that its pin verifies")
{
    const signing_key made = signing_key::generate("release-1").value();
    const signing_key read = signing_key::from_pem("other", made.pem().reveal_text()).value();
    CHECK(read.public_half() == made.public_half());
    CHECK(read.id() == "other");
    const bytes signature = read.sign(as_bytes("text")).value();
    CHECK(made.public_half().verify(as_bytes("text"), signature));
    CHECK(signing_key::generate("no/name").error().why == reason::bad_option);
    CHECK(signing_key::from_pem("k", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----").has_error());
    CHECK(pins::parse(as_bytes(made.pins_file())).value().keys().front().key == made.public_half());
}

TEST_CASE("a key that lies elsewhere signs by its module, and what the module gets wrong is never published")
{
    const signing_key inner = signing_key::generate("hsm").value();
    const auto outer = signing_key::external("hsm", inner.public_half(), [&](bytes_view m) { return inner.sign(m); });
    CHECK(outer.sign(as_bytes("a")).value() == inner.sign(as_bytes("a")).value());
    CHECK(outer.pem().empty());
    const auto faulty =
        signing_key::external("hsm", inner.public_half(), [](bytes_view) -> result<bytes> { return bytes(64); });
    CHECK(faulty.sign(as_bytes("a")).error().why == reason::bad_signature);
}

TEST_CASE("pins survive as constants of a program, with their windows and their threshold")
{
    static constexpr pinned_key keys[] = {{"a", {}, 5, 7, true}};
    CHECK(make_pins(keys).has_error());  // 32 zero bytes are no key
    const signing_key key = signing_key::generate("a").value();
    pinned_key good{"a", {}, 5, pinned_key::always, false};
    std::copy(key.public_half().raw().begin(), key.public_half().raw().end(), good.ed25519.begin());
    const pins made = make_pins({&good, 1}).value();
    CHECK(made.keys().front().not_before == utc_time(std::chrono::seconds(5)));
    CHECK(!made.keys().front().not_after);
    CHECK(make_pins({&good, 1}, 2).error().why == reason::bad_option);
    const std::string header = write_pins_header(made, "my_pins").value();
    CHECK(header.find("inline constexpr modelsec::pinned_key my_pins_keys[]") != std::string::npos);
    CHECK(write_pins_header(made, "no name").has_error());
    CHECK(write_pins_header(pins(), "name").has_error());
}

TEST_CASE("globs name files, folders with all below them, and nothing else")
{
    CHECK(matches_glob("README.md", "*.md"));
    CHECK(matches_glob("a/b/README.md", "*.md"));
    CHECK(matches_glob(".cache/x/y", ".cache"));
    CHECK(matches_glob("logs/a/b.txt", "logs/**"));
    CHECK(matches_glob("logs/a.txt", "logs/*"));
    CHECK(matches_glob("logs/a/b.txt", "logs/*"));  // the folder logs/a is named, with all below it
    CHECK(matches_glob("a/b/c.bin", "a/**/c.bin"));
    CHECK(matches_glob("part-1.bin", "part-?.bin"));
    CHECK(!matches_glob("part-12.bin", "part-?.bin"));
    CHECK(!matches_glob("a/logs/x", "logs/*"));
    CHECK(!matches_glob("model.mdx", "*.md"));
    CHECK(!matches_glob("a", ""));
    CHECK(!matches_glob(std::string(250, 'a'), "*a*a*a*a*a*a*a*a*b"));
}

TEST_CASE("files are hashed once each on all threads, as wholes and in chunks, with progress that never goes back")
{
    const support::temp_dir place;
    std::vector<std::string> paths;
    std::vector<std::string> contents;
    for (int i = 0; i < 9; ++i)
    {
        contents.push_back(std::string(static_cast<std::size_t>(i) * 700'000, static_cast<char>('a' + i)));
        paths.push_back(place.write("f" + std::to_string(i), contents.back()));
    }
    for (const unsigned threads : {1u, 4u, 16u})
    {
        std::uint64_t last = 0, total = 0;
        bool forward = true;
        hash_options how;
        how.threads = threads;
        how.on_progress = [&](std::uint64_t bytes, std::uint64_t all) {
            forward = forward && bytes >= last && bytes <= all;
            last = bytes;
            total = all;
        };
        const auto digests = hash_files(paths, 1u << 20, how).value();
        CHECK(forward);
        CHECK(last == total);
        for (std::size_t i = 0; i < paths.size(); ++i)
        {
            CHECK(digests[i].sha256 == sha256(as_bytes(contents[i])));
            CHECK(digests[i].size_bytes == contents[i].size());
            if (contents[i].size() > 1u << 20)
            {
                CHECK(digests[i].chunks.size() == (contents[i].size() + (1u << 20) - 1) / (1u << 20));
                CHECK(digests[i].chunks.back() ==
                      sha256(as_bytes(std::string_view(contents[i]).substr((digests[i].chunks.size() - 1) << 20))));
            }
        }
    }
    hash_options cancelled;
    cancelled.handle.cancel();
    CHECK(hash_files(paths, 1u << 20, cancelled).error().why == reason::cancelled);
    CHECK(hash_files({place / "absent"}, 1u << 20).error().why == reason::file_unreadable);
    CHECK(hash_files({place.path()}, 1u << 20).error().why == reason::file_unreadable);
}

TEST_CASE(
    "what is published is accepted: names, addresses and texts of every kind are refused before, or read by clients after")
{
    const support::temp_dir place;
    const std::string path = place.write("model.bin", "weights");
    const auto keys = one_key();
    std::mt19937 random(20260601);
    static const std::vector<std::string> parts{
        "a",   "B", "é",  " ",     ".",        "..",        "/",    "\\",           ":",
        "%41", "?", "#",  "@",     "con",      "\x01",      "\xff", "\xe2\x80\xae", "-",
        "~",   "[", "日", "x.bin", "https://", "h.example", "0"};
    const auto odd = [&](std::size_t most) {
        std::string out;
        for (std::size_t n = random() % most; n != 0; --n)
            out += parts[random() % parts.size()];
        return out;
    };
    int published = 0, refused = 0;
    for (int i = 0; i < 4000; ++i)
    {
        publication content = content_of(path);
        file_to_publish& file = content.artifacts.front().files.front();
        switch (random() % 6)
        {
        case 0: content.model_id = odd(4); break;
        case 1: content.version = odd(4); break;
        case 2: file.name = odd(6); break;
        case 3: file.url = "https://h.example/" + odd(5); break;
        case 4: file.url = odd(6); break;
        case 5:
            content.artifacts.push_back({odd(3), {{path, "https://h.example/x", {"https://m.example/" + odd(4)}, odd(4)}}});
            break;
        }
        const auto made = make_manifest(content, keys);
        if (made.has_error())
        {
            ++refused;
            continue;
        }
        ++published;
        const auto read = read_by_client(made->text, keys);
        REQUIRE(read.has_value());
        CHECK(read->model_id.str() == content.model_id);
        for (const artifact& a : read->artifacts)
            for (const artifact_file& f : a.files)
            {
                CHECK(detail::resolve_locator(f.url).has_value());
                CHECK(f.sha256 == sha256(as_bytes("weights")));
            }
    }
    CHECK(published > 200);
    CHECK(refused > 200);
}

TEST_CASE("chunks grow until all of their digests, and everything else, fit into the envelope that clients take")
{
    publication content = content_of("unused");
    content.chunk_bytes = limits::chunk_min_bytes;
    const auto chunk = [&](std::uint64_t size) { return detail::fitting_chunk(content, {size}, 1); };
    CHECK(chunk(1u << 30).value() == limits::chunk_min_bytes);
    CHECK(chunk(std::uint64_t{400} << 30).value() > limits::chunk_min_bytes);
    CHECK(chunk(std::uint64_t{1} << 50).error().why == reason::too_large);
    content.artifacts.front().files.front().url = "https://h.example/" + std::string(7u << 20, 'a');
    CHECK(chunk(1).error().why == reason::too_large);
}

TEST_CASE("an archive is published only if clients unpack it, and the entry at fault is named")
{
    const support::temp_dir place;
    const auto keys = one_key();
    std::string archive = support::zip_of({{"folder/weights.bin", std::string(1000, 'w'), false, 0}});
    publication content = content_of(place.write("good.zip", archive), "https://cdn.example/good.zip");
    content.artifacts.front().is_zip = true;
    const auto made = make_manifest(content, keys).value();
    CHECK(read_by_client(made.text, keys).value().artifacts.front().extracted_bytes == 1000u);

    archive[archive.find("www")] ^= 1;  // its checksum is wrong then
    content.artifacts.front().files.front().path = place.write("broken.zip", archive);
    const auto refused = make_manifest(content, keys);
    REQUIRE(refused.has_error());
    CHECK(refused.error().why == reason::unsafe_archive);
    CHECK_MESSAGE(refused.error().detail.find("weights.bin") != std::string::npos, refused.error().detail);
}

TEST_CASE("a description is read whole or not at all")
{
    const auto parsed = [](const std::string& text) { return parse_description(as_bytes(text), "/repository", now); };
    const auto good =
        parsed(R"({"model_id": "m", "platforms": [{"platform": "p", "file": "a/../b.bin", "url": "https://h.example/b"}]})");
    REQUIRE(good.has_value());
    CHECK(good->artifacts.front().files.front().path == "/repository/b.bin");
    for (const char* wrong :
         {"[]", "{}", R"({"platforms": []})", R"({"platforms": [{"platform": "p"}]})",
          R"({"platforms": [{"platform": "p", "file": "f", "url": "u", "files": []}]})",
          R"({"platforms": [{"platform": "p", "file": "f", "url": "u", "ulr": "x"}]})",
          R"({"platforms": [{"platform": "p", "file": "f", "url": "u"}], "expires": "soon"})",
          R"({"platforms": [{"platform": "p", "file": "f", "url": "u"}], "sequence": -1})",
          R"({"platforms": [{"platform": "p", "file": "f", "url": "u"}], "sequence": 1, "sequence": 2})"})
        CHECK_MESSAGE(parsed(wrong).has_error(), wrong);
    CHECK(parse_size("4MiB") == 4u << 20);
    CHECK(!parse_size("4 MiB"));
    CHECK(!parse_size("99999999999999999G"));
    CHECK(parse_expiry("2d", now) == now + std::chrono::hours(48));
    CHECK(!parse_expiry("2 days", now));
}

TEST_CASE("two signatures by different keys make a threshold, and renewing keeps what it does not know")
{
    const support::temp_dir place;
    std::vector<signing_key> keys = one_key("a");
    std::string text = make_manifest(content_of(place.write("m.bin", "x")), keys).value().text;
    keys.push_back(signing_key::generate("b").value());
    CHECK(add_signature(text, keys[1]).value());
    CHECK(!add_signature(text, keys[1]).value());
    CHECK(read_by_client(text, keys).has_value());

    renewal change;
    change.issued_at = now + std::chrono::hours(1);
    change.expires_at = now + std::chrono::hours(30);
    const std::string renewed = renew_manifest(text, change, keys).value();
    CHECK(read_by_client(renewed, keys).value().sequence == 2u);
    change.issued_at = now - std::chrono::hours(1);
    CHECK(renew_manifest(text, change, keys).error().why == reason::clock_went_back);
    change.issued_at = now;
    CHECK(renew_manifest(text, change, one_key("c")).error().why == reason::unknown_key);
    change.expires_at = now + std::chrono::hours(24 * 500);
    CHECK(renew_manifest(text, change, keys).has_error());
}
