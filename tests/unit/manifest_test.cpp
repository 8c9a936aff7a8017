// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "publisher.hpp"

#include <modelsec/detail/manifest/parse.hpp>
#include <modelsec/detail/manifest/select.hpp>
#include <modelsec/pins.hpp>

#include <doctest/doctest.h>

#include <functional>

using namespace modelsec;

using namespace modelsec::detail;

namespace {

/// What the parser says of a payload that is validly signed.
result<manifest> parse(const std::string& payload, envelope_format format = envelope_format::dsse)
{
    const support::signer key("v1");
    pins keys;
    CHECK(keys.add(key.pin()).has_value());
    const auto text =
        format == envelope_format::dsse ? support::dsse_envelope(payload, {key}) : support::pack_envelope(payload, key);
    MODELSEC_TRY(envelope e, parse_envelope(as_bytes(text), format));
    MODELSEC_TRY(const verified_payload payload_ok, verify_envelope(std::move(e), keys.candidates({}), 1));
    return parse_manifest(payload_ok);
}

const std::string digest(64, 'a');

json good()
{
    json artifact{{"platform", "linux"}, {"url", "https://h.example/m"}, {"sha256", digest},
                  {"size_bytes", 10},    {"file_name", "m.gguf"},        {"is_zip", false}};
    return json{{"schema", 1},
                {"model_id", "m"},
                {"version", "1"},
                {"sequence", 4},
                {"issued_at", "2026-01-01T00:00:00Z"},
                {"expires_at", "2026-02-01T00:00:00Z"},
                {"artifacts", json::array{std::move(artifact)}}};
}

json& first_artifact(json& doc)
{
    return const_cast<json*>(doc.find("artifacts"))->as_array()->front();
}

reason why(const std::function<void(json&)>& change, envelope_format format = envelope_format::dsse)
{
    json doc = good();
    change(doc);
    const auto r = parse(doc.dump(), format);
    return r ? reason::none : r.error().why;
}

reason why_artifact(const std::function<void(json&)>& change)
{
    return why([&](json& doc) { change(first_artifact(doc)); });
}

}  // namespace

TEST_SUITE_BEGIN("manifest");

TEST_CASE("a manifest says what it says")
{
    const manifest m = parse(good().dump()).value();
    CHECK(m.model_id.str() == "m");
    CHECK(m.sequence == 4u);
    REQUIRE(m.artifacts.size() == 1);
    CHECK(m.artifacts[0].files[0].size_bytes == 10);
    CHECK(m.artifacts[0].files[0].name->str() == "m.gguf");
    CHECK(m.artifacts[0].content_digest().hex() == digest);
    CHECK(why([](json& d) { d.set("unknown", json{{"x", 1}}); }) == reason::none);
}

TEST_CASE("a DSSE manifest must have schema, sequence and times; a pack manifest need not")
{
    for (const auto* field : {"schema", "sequence", "issued_at", "expires_at"})
    {
        const auto without = [&](json& d) { d.set(field, nullptr); };
        CHECK(why(without) == reason::manifest_malformed);
        CHECK(why(without, envelope_format::pack) == reason::none);
    }
    for (const auto* field : {"model_id", "version", "artifacts"})
    {
        const auto without = [&](json& d) { d.set(field, nullptr); };
        CHECK(why(without) == reason::manifest_malformed);
        CHECK(why(without, envelope_format::pack) == reason::manifest_malformed);
    }
    CHECK(why([](json& d) { d.set("sequence", "4"); }, envelope_format::pack) == reason::manifest_malformed);
}

TEST_CASE("fields of the wrong type or out of range are malformed")
{
    CHECK(why([](json& d) { d.set("schema", 2); }) == reason::manifest_malformed);
    CHECK(why([](json& d) { d.set("sequence", -1); }) == reason::manifest_malformed);
    CHECK(why([](json& d) { d.set("sequence", 1.5); }) == reason::manifest_malformed);
    CHECK(why([](json& d) { d.set("issued_at", "yesterday"); }) == reason::manifest_malformed);
    CHECK(why([](json& d) { d.set("expires_at", "2025-12-31T00:00:00Z"); }) == reason::manifest_malformed);
    CHECK(why([](json& d) { d.set("expires_at", "2027-02-06T00:00:00Z"); }) == reason::manifest_malformed);  // 401 days
    CHECK(why([](json& d) { d.set("expires_at", "2027-02-05T00:00:00Z"); }) == reason::none);                // 400 days
    CHECK(why([](json& d) { d.set("tier", 3); }) == reason::manifest_malformed);
    CHECK(why([](json& d) { d.set("min_device", 3); }) == reason::manifest_malformed);
    CHECK(why([](json& d) { d.set("artifacts", json{}); }) == reason::manifest_malformed);
    CHECK(why_artifact([](json& a) { a.set("sha256", std::string(63, 'a')); }) == reason::manifest_malformed);
    CHECK(why_artifact([](json& a) { a.set("sha256", std::string(64, 'A')); }) == reason::none);
    CHECK(why_artifact([](json& a) { a.set("size_bytes", 9007199254740992.0); }) == reason::manifest_malformed);
    CHECK(why_artifact([](json& a) { a.set("size_bytes", 0); }) ==
          reason::manifest_malformed);  // its digest is not that of nothing
    CHECK(why_artifact([](json& a) { a.set("is_zip", "yes"); }) == reason::manifest_malformed);
    CHECK(why_artifact([](json& a) { a.set("url", nullptr); }) == reason::manifest_malformed);
    CHECK(why_artifact([](json& a) { a.set("mirrors", json::array(17, json("https://m.example/x"))); }) ==
          reason::manifest_malformed);
    CHECK(why_artifact([](json& a) { a.set("platform", ""); }) == reason::manifest_malformed);
}

TEST_CASE("an empty file is a file whose digest is that of nothing")
{
    CHECK(why_artifact([](json& a) {
              a.set("size_bytes", 0);
              a.set("sha256", sha256({}).hex());
          }) == reason::none);
}

TEST_CASE("names that are not safe are refused as such")
{
    CHECK(why([](json& d) { d.set("model_id", "../x"); }) == reason::unsafe_name);
    CHECK(why([](json& d) { d.set("version", "a/b"); }) == reason::unsafe_name);
    CHECK(why_artifact([](json& a) { a.set("file_name", "../m"); }) == reason::unsafe_name);
    CHECK(why_artifact([](json& a) { a.set("file_name", "dir/m"); }) == reason::unsafe_name);
    CHECK(why_artifact([](json& a) { a.set("file_name", ".modelsec"); }) == reason::unsafe_name);
}

TEST_CASE("too many artifacts, or one platform twice, are refused")
{
    CHECK(why([](json& d) {
              json::array many;
              for (int i = 0; i < 257; ++i)
              {
                  many.push_back(first_artifact(d));
                  many.back().set("platform", std::to_string(i));
              }
              d.set("artifacts", std::move(many));
          }) == reason::manifest_malformed);
    CHECK(why([](json& d) { d.set("artifacts", json::array(2, first_artifact(d))); }) == reason::manifest_malformed);
}

TEST_CASE("several files are one pack, each with its place, and their names fit together")
{
    const auto file = [](const char* name) {
        return json{{"name", name}, {"url", "https://h.example/x"}, {"sha256", digest}, {"size_bytes", 5}};
    };
    const auto with = [&](std::vector<const char*> names, bool keep_single = false) {
        return why_artifact([&](json& a) {
            json::array files;
            for (const auto* n : names)
                files.push_back(file(n));
            if (!keep_single)
                for (const auto* single : {"url", "sha256", "size_bytes"})
                    a.set(single, nullptr);
            a.set("files", std::move(files));
        });
    };
    CHECK(with({"a.bin", "sub/b.bin"}) == reason::none);
    CHECK(with({"a.bin", "A.bin"}) == reason::unsafe_name);
    CHECK(with({"a", "a/b"}) == reason::unsafe_name);
    CHECK(with({"../a"}) == reason::unsafe_name);
    CHECK(with({"a.bin"}, true) == reason::manifest_malformed);
}

TEST_CASE("chunk digests are as many as there are chunks, of a sane size")
{
    const auto with = [](std::uint64_t size, std::uint64_t chunk, std::size_t count) {
        return why_artifact([&](json& a) {
            a.set("size_bytes", size);
            a.set("chunks", json{{"size_bytes", chunk},
                                 {"sha256_b64", json::array(count, json("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="))}});
        });
    };
    CHECK(with(1u << 20, 256u << 10, 4) == reason::none);
    CHECK(with((1u << 20) + 1, 256u << 10, 5) == reason::none);
    CHECK(with((1u << 20) + 1, 256u << 10, 4) == reason::manifest_malformed);
    CHECK(with(1u << 20, 128u << 10, 8) == reason::manifest_malformed);
    CHECK(with(1u << 20, 65u << 20, 1) == reason::manifest_malformed);
    CHECK(why_artifact([](json& a) {
              a.set("chunks", json{{"size_bytes", 262144}, {"sha256_b64", json::array{json("AA==")}}});
          }) == reason::manifest_malformed);
}

TEST_CASE("the first platform in the caller's order that exists is taken, exactly")
{
    json doc = good();
    json other = first_artifact(doc);
    other.set("platform", "macos");
    const_cast<json*>(doc.find("artifacts"))->as_array()->push_back(std::move(other));
    const manifest m = parse(doc.dump()).value();
    CHECK(select_artifact(m, {"macos", "linux"}).value()->platform == "macos");
    CHECK(select_artifact(m, {"windows", "linux"}).value()->platform == "linux");
    CHECK(select_artifact(m, {"Linux"}).error().why == reason::no_artifact);
    CHECK(select_artifact(m, {}).error().why == reason::no_artifact);
    CHECK(select_artifact(parse(good().dump()).value(), {}).has_value());
}

TEST_CASE("a manifest for something else is a mismatch")
{
    json doc = good();
    CHECK(check_identity(parse(doc.dump()).value(), "m", "", true).has_value());
    CHECK(check_identity(parse(doc.dump()).value(), "n", "", true).error().why == reason::model_mismatch);
    CHECK(check_identity(parse(doc.dump()).value(), "m", "t", true).error().why == reason::tier_mismatch);
    CHECK(check_identity(parse(doc.dump()).value(), "m", "t", false).has_value());
    doc.set("tier", "u");
    CHECK(check_identity(parse(doc.dump()).value(), "m", "t", false).error().why == reason::tier_mismatch);
    CHECK(check_identity(parse(doc.dump()).value(), "m", "u", true).has_value());
}

TEST_CASE("a device with too little of something is told which")
{
    const device_needs needs{8192, 12288};
    const std::uint64_t mb = 1'000'000;
    CHECK(check_device(needs, {8192 * mb, 12288 * mb}).has_value());
    CHECK(check_device(needs, {8191 * mb, 12288 * mb}).error().why == reason::min_ram);
    CHECK(check_device(needs, {8192 * mb, 12287 * mb}).error().why == reason::min_disk);
}

TEST_SUITE_END();
