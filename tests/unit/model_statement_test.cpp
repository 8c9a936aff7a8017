// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// OpenSSF Model Signing: what a bundle must be before a file is looked at.
#include "made_certificate.hpp"
#include "model_scene.hpp"

#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/trust/signature_bundle.hpp>
#include <modelsec/detail/manifest/model_statement.hpp>
#include <modelsec/detail/trust/sigstore/verify.hpp>
#include <modelsec/clock.hpp>
#include <modelsec/model_signing.hpp>

#include <doctest/doctest.h>

#include <openssl/evp.h>

#include <functional>
#include <memory>

using namespace modelsec;

using namespace modelsec::detail;
using support::certified_bundle;
using support::made_certificate;
using support::made_leaf;
using support::made_root;

namespace {

const support::signer key("k");

reason why_not(const json& bundle, const public_key& by = support::public_half(key))
{
    const auto r = verify_bundle(as_bytes(bundle.dump()), by);
    return r ? reason::none : r.error().why;
}

json good_statement()
{
    return support::statement_about({{"a.txt", "hello"}, {"sub/b.bin", "world"}});
}

/// The reason why a signed statement is refused after `change`.
reason after(const std::function<void(json&)>& change)
{
    json s = good_statement();
    change(s);
    return why_not(support::bundle_around(s.dump(), key));
}

json& member(json& object, std::string_view name)
{
    for (auto& [key_of_it, value] : *object.as_object())
        if (key_of_it == name)
            return value;
    FAIL("no such member");
    return object;
}

json& record(json& s)
{
    return member(member(s, "predicate"), "serialization");
}

json& resource(json& s, std::size_t i)
{
    return (*member(member(s, "predicate"), "resources").as_array())[i];
}

/// As `after`, with the subject's digest made right again.
reason after_consistent(const std::function<void(json&)>& change)
{
    return after([&](json& s) {
        change(s);
        std::string digests;
        for (const json& r : *member(member(s, "predicate"), "resources").as_array())
            digests += as_text(from_hex(r.string_at("digest").value_or("")).value_or(bytes()));
        member((*member(s, "subject").as_array())[0], "digest").set("sha256", support::sha256_hex(digests));
    });
}

/// Two resources of these names, by shards of 4 bytes.
reason shards(const std::vector<std::string>& names)
{
    return after_consistent([&](json& s) {
        record(s).set("method", "shards");
        record(s).set("shard_size", 4);
        json::array resources;
        for (const std::string& n : names)
            resources.push_back(json{{"name", n}, {"algorithm", "sha256-sharded-4"}, {"digest", support::sha256_hex(n)}});
        member(s, "predicate").set("resources", std::move(resources));
    });
}

reason named(const std::string& name)
{
    return after([&](json& s) { resource(s, 0).set("name", name); });
}

std::string kept(const std::string& file)
{
    const std::string folder = MODELSEC_SOURCE_DIR "/tests/vectors/model-signing/";
    return std::string(as_text(read_local_file(folder + file, 1u << 20).value()));
}

}  // namespace

TEST_SUITE_BEGIN("model signing");

TEST_CASE("a bundle is tried within the budget that is configured, and cancelled between signatures")
{
    const std::string bundle = kept("p256.json");
    const auto by = public_key::pem(kept("p256.pub")).value();
    signature_budget budget;
    REQUIRE(verify_bundle(as_bytes(bundle), by, {}, &budget).has_value());
    const std::uint64_t once = budget.hashed;
    CHECK(once == parse_signature_bundle(as_bytes(bundle))->content.signed_bytes.size());
    limits caps;
    caps.signature_message_bytes = once;
    CHECK(verify_bundle(as_bytes(bundle), by, caps).has_value());
    caps.signature_message_bytes = once - 1;
    CHECK(verify_bundle(as_bytes(bundle), by, caps).error().why == reason::too_many_signatures);
    budget.go_on = []() -> result<void> { return fail(reason::cancelled); };
    CHECK(verify_bundle(as_bytes(bundle), by, {}, &budget).error().why == reason::cancelled);

    // Of several signers all together have it, whatever kind they are of.
    const utc_time now = parse_rfc3339("2027-01-01T00:00:00Z").value();
    const auto certified = [&](const char* file) { return kept(std::string("certificate/") + file); };
    signing_authority authority;
    REQUIRE(authority.add(certified("ca.pem")).has_value());
    signature_budget shared;
    for (int i = 1; i <= 2; ++i)
        CHECK(verify_model_bundle(as_bytes(certified("bundle.json")), authority, now, {}, &shared).has_value());
    shared.message_bytes = shared.hashed;
    CHECK(shared.hashed > 0);
    CHECK(verify_model_bundle(as_bytes(certified("bundle.json")), authority, now, {}, &shared).error().why ==
          reason::too_many_signatures);
}

TEST_CASE("bundles that model-signing made verify on every curve, and by no other key")
{
    for (const std::string curve : {"p256", "p384", "p521"})
    {
        CAPTURE(curve);
        const std::string bundle = kept(curve + ".json");
        const auto by = public_key::pem(kept(curve + ".pub")).value();
        const auto said = verify_bundle(as_bytes(bundle), by);
        REQUIRE(said.has_value());
        CHECK(said->model_name == "model");
        CHECK(said->files.size() == support::kept_model.size());
        CHECK(said->serialization.method == serialization_method::files);
        CHECK(said->serialization.ignored.size() == 4);
        CHECK(parse_signature_bundle(as_bytes(bundle))->key_hint == model_key_hint(by));
        const auto other = public_key::pem(kept(curve == "p256" ? "p384.pub" : "p256.pub")).value();
        CHECK(verify_bundle(as_bytes(bundle), other).error().why == reason::unknown_key);
    }
    const auto by = public_key::pem(kept("p256.pub")).value();
    const auto shards = verify_bundle(as_bytes(kept("shards.json")), by).value();
    CHECK(shards.serialization.method == serialization_method::shards);
    CHECK(shards.serialization.shard_bytes == 4);
    CHECK(verify_bundle(as_bytes(kept("links.json")), by)->serialization.follow_links);
    CHECK_FALSE(verify_bundle(as_bytes(kept("one.json")), by)->files.at(0).path.has_value());
}

TEST_CASE("a bundle whose signature or signed bytes were touched is refused")
{
    json b = support::bundle_around(good_statement().dump(), key);
    CHECK(why_not(b) == reason::none);
    const support::signer stranger("s");
    CHECK(why_not(b, support::public_half(stranger)) == reason::bad_signature);
    json s = good_statement();
    s.set("extra", 1);
    member(b, "dsseEnvelope").set("payload", support::base64(s.dump()));
    CHECK(why_not(b) == reason::bad_signature);
    CHECK(code_of(reason::bad_signature) == errc::signature);
}

TEST_CASE("a bundle names its key by the digest of the PEM block, or not at all")
{
    const auto with_hint = [](json hint) {
        json b = support::bundle_around(good_statement().dump(), key);
        member(member(b, "verificationMaterial"), "publicKey").set("hint", std::move(hint));
        return why_not(b);
    };
    CHECK(with_hint(model_key_hint(support::public_half(key))) == reason::none);
    CHECK(with_hint(nullptr) == reason::none);
    CHECK(with_hint(model_key_hint(support::public_half(support::signer("s")))) == reason::unknown_key);
    CHECK(with_hint(7) == reason::bundle_malformed);
}

TEST_CASE("a bundle is exactly a Sigstore bundle of 0.1 to 0.3 with one DSSE signature by a key")
{
    const auto changed = [](const std::function<void(json&)>& change) {
        json b = support::bundle_around(good_statement().dump(), key);
        change(b);
        return why_not(b);
    };
    // protobuf-specs, Bundle: "clients must be able to accept" the types of before; OMS 1.0 section 4 takes what Sigstore takes.
    for (const std::string number : {"0.1", "0.2", "0.3"})
        CHECK(changed([&](json& b) { b.set("mediaType", "application/vnd.dev.sigstore.bundle+json;version=" + number); }) ==
              reason::none);
    for (const char* type : {"application/vnd.dev.sigstore.bundle+json;version=0.4", "application/json", "",
                             "application/vnd.dev.sigstore.bundle.v0.2+json", "application/vnd.dev.sigstore.bundle+json"})
        CHECK(changed([&](json& b) { b.set("mediaType", type); }) == reason::bundle_malformed);
    CHECK(changed([](json& b) { b.set("mediaType", nullptr); }) == reason::bundle_malformed);
    CHECK(changed([](json& b) { b.set("dsseEnvelope", nullptr); }) == reason::bundle_malformed);
    CHECK(changed([](json& b) { b.set("dsseEnvelope", "x"); }) == reason::bundle_malformed);
    CHECK(changed([](json& b) { b.set("messageSignature", json{{"signature", "AA=="}}); }) == reason::bundle_malformed);
    CHECK(changed([](json& b) { b.set("verificationMaterial", nullptr); }) == reason::bundle_malformed);
    CHECK(changed([](json& b) { member(b, "verificationMaterial").set("publicKey", nullptr); }) == reason::bundle_malformed);
    CHECK(changed([](json& b) {
              member(b, "verificationMaterial").set("certificate", json{{"rawBytes", "AA=="}});
          }) == reason::bundle_malformed);
    CHECK(changed([](json& b) {
              member(b, "verificationMaterial") = json{{"certificate", json{{"rawBytes", "AA=="}}}};
          }) == reason::unknown_key);
    CHECK(changed([](json& b) {
              json::array& signatures = *member(member(b, "dsseEnvelope"), "signatures").as_array();
              signatures.push_back(signatures[0]);
          }) == reason::bundle_malformed);
    CHECK(changed([](json& b) { member(b, "dsseEnvelope").set("signatures", json::array()); }) ==
          reason::envelope_malformed);
    CHECK(changed([](json& b) { member(b, "dsseEnvelope").set("payload", "e30"); }) == reason::envelope_malformed);
    CHECK(changed([](json& b) { b.set("unknown", 1); }) == reason::none);
    CHECK(why_not(support::bundle_around(good_statement().dump(), key, "application/vnd.in-toto")) ==
          reason::envelope_malformed);
    for (const char* text : {"", "[]", "{}", "{\"mediaType\":1}", "{}x"})
        CHECK(verify_bundle(as_bytes(std::string_view(text)), support::public_half(key)).error().why ==
              reason::bundle_malformed);
    CHECK(verify_bundle(as_bytes(std::string((8u << 20) + 1, ' ')), support::public_half(key)).error().why ==
          reason::too_large);
}

TEST_CASE("a statement is exactly in-toto's with the predicate of model signing 1.0 about one subject")
{
    CHECK(after([](json&) {}) == reason::none);
    CHECK(after([](json& s) { s.set("unknown", 1); }) == reason::none);
    for (const char* name : {"_type", "predicateType", "subject", "predicate"})
    {
        CAPTURE(name);
        CHECK(after([&](json& s) { s.set(name, "https://example.org"); }) == reason::bundle_malformed);
        CHECK(after([&](json& s) { s.set(name, nullptr); }) == reason::bundle_malformed);
    }
    CHECK(after([](json& s) { s.set("_type", "https://in-toto.io/Statement/v0.1"); }) == reason::bundle_malformed);
    CHECK(after([](json& s) { s.set("predicateType", "https://model_signing/Digests/v0.2"); }) == reason::bundle_malformed);
    CHECK(after([](json& s) { s.set("subject", json::array()); }) == reason::bundle_malformed);
    CHECK(after([](json& s) {
              json::array& subjects = *member(s, "subject").as_array();
              subjects.push_back(subjects[0]);
          }) == reason::bundle_malformed);
    CHECK(after([](json& s) {
              member((*member(s, "subject").as_array())[0], "digest").set("sha256", support::sha256_hex("other"));
          }) == reason::bundle_malformed);
    CHECK(after([](json& s) { (*member(s, "subject").as_array())[0].set("name", 1); }) == reason::bundle_malformed);
    CHECK(why_not(support::bundle_around("not JSON", key)) == reason::bundle_malformed);
    CHECK(why_not(support::bundle_around(good_statement().dump() + "x", key)) == reason::bundle_malformed);
}

TEST_CASE("a serialization record says method, hash and links, and nothing unknown is guessed")
{
    const auto with = [](const char* name, json value) {
        return after([&](json& s) { record(s).set(name, std::move(value)); });
    };
    CHECK(with("method", "tensors") == reason::bundle_malformed);
    CHECK(with("method", nullptr) == reason::bundle_malformed);
    CHECK(with("hash_type", "md5") == reason::bundle_malformed);
    CHECK(with("hash_type", "SHA256") == reason::bundle_malformed);
    CHECK(with("hash_type", "blake2b") == reason::hash_unsupported);
    CHECK(with("hash_type", "blake3") == reason::hash_unsupported);
    CHECK(with("allow_symlinks", "false") == reason::bundle_malformed);
    CHECK(with("allow_symlinks", nullptr) == reason::bundle_malformed);
    CHECK(with("ignore_paths", json::array{".git", "model.sig"}) == reason::none);
    CHECK(with("ignore_paths", ".git") == reason::bundle_malformed);
    CHECK(with("ignore_paths", json::array{1}) == reason::bundle_malformed);
    for (const char* path : {".", "", "..", "../model.sig", "/tmp/x", "a//b"})
        CHECK(with("ignore_paths", json::array{path}) == reason::unsafe_name);
    CHECK(with("ignore_paths", json::array{"a.txt"}) == reason::bundle_malformed);  // signed and ignored
    CHECK(with("ignore_paths", json::array{"sub"}) == reason::bundle_malformed);
    CHECK(with("ignore_paths", json::array{"su"}) == reason::none);
    CHECK(with("unknown", 1) == reason::none);
}

TEST_CASE("signed names lead out of no folder and stand once each, and no file is another's folder")
{
    for (const char* bad : {"../a", "/a", "a/../b", "a/", "", "./a", "A.TXT/..", "a/./b", "a//b"})
    {
        CAPTURE(bad);
        CHECK(named(bad) == reason::unsafe_name);
    }
    CHECK(named(std::string(256, 'a').c_str()) == reason::unsafe_name);
    // What POSIX takes, and the specification allows.
    for (const char* good : {"a\\b", "a:b", "NUL", "a.", " a", ".modelsec", "a\nb", "sub/B.bin"})
    {
        CAPTURE(good);
        CHECK(named(good) == reason::none);
    }
    CHECK(named("sub") == reason::unsafe_name);
    CHECK(named("sub/b.bin") == reason::bundle_malformed);  // twice
    CHECK(named(".") == reason::bundle_malformed);          // a model that is one file has no other
    CHECK(after([](json& s) { resource(s, 1).set("name", "."); }) == reason::bundle_malformed);
    CHECK(named("c.txt") == reason::none);
}

TEST_CASE("a resource has a name, the digest of the record's algorithm, and belongs to the subject")
{
    CHECK(after([](json& s) { resource(s, 0).set("name", 1); }) == reason::bundle_malformed);
    CHECK(after([](json& s) { resource(s, 0).set("algorithm", "sha512"); }) == reason::bundle_malformed);
    CHECK(after([](json& s) { resource(s, 0).set("algorithm", nullptr); }) == reason::bundle_malformed);
    CHECK(after([](json& s) { resource(s, 0).set("digest", "00"); }) == reason::bundle_malformed);
    CHECK(after([](json& s) { resource(s, 0).set("digest", support::sha256_hex("other")); }) == reason::bundle_malformed);
    CHECK(after_consistent([](json& s) { resource(s, 0).set("digest", support::sha256_hex("other")); }) == reason::none);
    CHECK(after_consistent([](json& s) { member(s, "predicate").set("resources", json::array()); }) ==
          reason::bundle_malformed);
    CHECK(after([](json& s) { member(s, "predicate").set("resources", json::array{1}); }) == reason::bundle_malformed);
    limits few;
    few.files = 1;
    const json b = support::bundle_around(good_statement().dump(), key);
    CHECK(verify_bundle(as_bytes(b.dump()), support::public_half(key), few).error().why == reason::too_large);
}

TEST_CASE("shards of a file cover it without gap or overlap in whatever order they stand, the last one may be shorter")
{
    CHECK(shards({"a:0:4", "a:4:7", "b:0:4"}) == reason::none);
    CHECK(shards({"a:0:4", "a:4:8"}) == reason::none);
    for (const std::vector<std::string>& bad : {std::vector<std::string>{"a:0:4", "a:5:8"},
                                                {"a:0:4", "a:3:7"},
                                                {"a:0:3", "a:3:7"},
                                                {"a:0:5"},
                                                {"a:1:4"},
                                                {"a:0:0"},
                                                {"a:4:8"},
                                                {"a:0:4", "b:4:8"},
                                                {"a:4:7", "b:0:4"},
                                                {"a:0:4", "a:0:4"},
                                                {"a:0:4", "a:4:7", "a:7:9"},
                                                {"a"},
                                                {"a:0"},
                                                {"a:00:4"},
                                                {"a:-0:4"},
                                                {"a:0:4 "},
                                                {"a:0:99999999999999999999"},
                                                {".:0:4", "a:0:4"}})
    {
        CAPTURE(bad);
        CHECK(shards(bad) == reason::bundle_malformed);
    }
    // OMS 1.0 section 6.4: by name as text, which puts 12 before 4, and another file's between.
    CHECK(shards({"a:0:4", "a:12:14", "a:4:8", "a:8:12"}) == reason::none);
    CHECK(shards({"a:4:8", "a:0:4"}) == reason::none);
    CHECK(shards({"a:0:4", "a:0:4:0:4", "a:4:8"}) == reason::none);
    CHECK(shards({"../a:0:4"}) == reason::unsafe_name);
    CHECK(shards({"a:b:0:4"}) == reason::none);
    const auto by_hash = [](const char* algorithm) {
        return after_consistent([&](json& s) {
            record(s).set("method", "shards");
            record(s).set("shard_size", 4);
            json one{{"name", "a:0:4"}, {"algorithm", algorithm}, {"digest", support::sha256_hex("a")}};
            member(s, "predicate").set("resources", json::array{one});
        });
    };
    CHECK(by_hash("sha256") == reason::none);  // OMS 1.0 section 6.3.2
    CHECK(by_hash("sha256-sharded-4") == reason::none);
    CHECK(by_hash("sha256-sharded-8") == reason::bundle_malformed);
    const auto sized = [](json size) {
        return after([&](json& s) {
            record(s).set("method", "shards");
            record(s).set("shard_size", std::move(size));
        });
    };
    for (json bad : {json(0), json(-1), json("4"), json(), json(0.5), json(1e300)})
        CHECK(sized(bad) == reason::bundle_malformed);
}

TEST_CASE("an RSA key signs no model")
{
    const auto rsa = public_key::pem(kept("rsa.pub")).value();
    CHECK(why_not(support::bundle_around(good_statement().dump(), key), rsa) == reason::bad_option);
}

TEST_CASE("a bundle that the library signs is the one it verifies")
{
    model_statement model;
    model.model_name = "m";
    for (const char* path : {"b", "a/c"})
        model.files.push_back({model_path::parse(path).value(), 5, {sha256(as_bytes("hello"))}});
    const auto sign = [](bytes_view message) -> result<bytes> {
        const std::string s = key.sign(as_text(message));
        return bytes(s.begin(), s.end());
    };
    const auto half = support::public_half(key);
    const auto said = verify_bundle(as_bytes(sign_bundle(model, half, sign).value()), half).value();
    CHECK(said.files.at(0).path->str() == "a/c");
    CHECK(said.files.at(1).path->str() == "b");
    model.serialization.method = serialization_method::shards;
    model.serialization.shard_bytes = 4;
    for (auto& f : model.files)
        f.digests.resize(2);
    const auto again = verify_bundle(as_bytes(sign_bundle(model, half, sign).value()), half).value();
    CHECK(again.files.at(0).size == 5);
    CHECK(again.files.at(0).digests.size() == 2);

    CHECK(sign_bundle(model, half, [](bytes_view) -> result<bytes> { return bytes(64); }).error().why ==
          reason::bad_signature);
    model.files.push_back(model.files.front());
    CHECK(sign_bundle(model, half, sign).has_error());
}

TEST_SUITE_END();

// Signed by model-signing 1.1 with a certificate below an intermediate below ca.pem.
TEST_CASE(
    "a bundle by certificate is verified by the CA that is given: only what is self-signed is trusted, the others help")
{
    const auto text = [](const char* name) { return kept(std::string("certificate/") + name); };
    const std::string bundle = text("bundle.json");
    const auto judged = [&](std::vector<const char*> files, std::string_view about, utc_time now) {
        signing_authority by;
        for (const char* file : files)
            CHECK(by.add(text(file)).has_value());
        const auto r = verify_model_bundle(as_bytes(about), by, now);
        return r ? reason::none : r.error().why;
    };
    const utc_time now = parse_rfc3339("2027-01-01T00:00:00Z").value();
    CHECK(judged({"ca.pem"}, bundle, now) == reason::none);
    CHECK(judged({"ca.pem", "intermediate.pem", "other.pem"}, bundle, now) == reason::none);
    CHECK(judged({"intermediate.pem"}, bundle, now) == reason::no_trust_anchor);
    CHECK(code_of(reason::no_trust_anchor) == errc::usage);
    CHECK(judged({"other.pem"}, bundle, now) == reason::chain_invalid);
    CHECK(judged({"ca.pem"}, bundle, now + std::chrono::days(40 * 365)) == reason::signer_expired);
    CHECK(code_of(reason::signer_expired) == errc::expired);
    CHECK(judged({"ca.pem"}, support::bundle_around(good_statement().dump(), key).dump(), now) == reason::unknown_key);
    CHECK(verify_model_bundle(as_bytes(bundle), support::public_half(key), now).has_error());
    signing_authority none;
    CHECK(none.add("no certificate").error().why == reason::bad_option);
    CHECK(none.add("a comment\n" + text("ca.pem")).has_value());
}

TEST_CASE(
    "every one-byte change of a bundle that model-signing made is refused or without effect, by key and by certificate")
{
    const utc_time now = parse_rfc3339("2027-01-01T00:00:00Z").value();
    signing_authority authority;
    REQUIRE(authority.add(kept("certificate/ca.pem")).has_value());
    std::vector<std::pair<std::string, model_signer>> all{{"certificate/bundle.json", authority}};
    for (const char* curve : {"p256", "p384", "p521"})
        all.emplace_back(std::string(curve) + ".json", public_key::pem(kept(std::string(curve) + ".pub")).value());
    for (const char* name : {"inside.json", "links.json", "one.json", "shards.json"})
        all.emplace_back(name, public_key::pem(kept("p256.pub")).value());
    for (const auto& [name, by] : all)
    {
        CAPTURE(name);
        const std::string bundle = kept(name);
        const auto said = verify_model_bundle(as_bytes(bundle), by, now);
        REQUIRE_MESSAGE(said.has_value(), said.error().detail);
        std::size_t accepted = 0;
        for (std::size_t at = 0; at < bundle.size(); ++at)
        {
            static constexpr unsigned char masks[] = {0x01, 0x20, 0x02, 0x80, 0x04, 0xFF, 0x08, 0x40, 0x10};
            std::string changed = bundle;
            changed[at] = static_cast<char>(static_cast<unsigned char>(changed[at]) ^ masks[at % std::size(masks)]);
            const auto r = verify_model_bundle(as_bytes(changed), by, now);
            if (!r)
            {
                CHECK(r.error().code() != errc::internal);
                CHECK(r.error().code() != errc::usage);
                continue;
            }
            ++accepted;
            CHECK_MESSAGE(r->payload == said->payload, "at ", at);
            CHECK(r->signer.signer == said->signer.signer);
            CHECK(r->signer.identity.empty());
            CHECK(!r->signer.trusted_time);
            CHECK(r->statement.subject == said->statement.subject);
        }
        CHECK(accepted < bundle.size() / 4);
    }
}

TEST_CASE("what release 0.2 of model-signing signed is read: one subject a file, and its own encoding")
{
    json old{
        {"_type", "https://in-toto.io/Statement/v1"},
        {"subject", json::array{json{{"name", "a.txt"}, {"digest", json{{"sha256", sha256(as_bytes("hello")).hex()}}}}}},
        {"predicateType", "https://model_signing/Digests/v0.1"},
        {"predicate", json(json::object())}};
    CHECK(why_not(support::bundle_around(old.dump(), key)) == reason::none);
    old.set("subject", json::array{});
    CHECK(why_not(support::bundle_around(old.dump(), key)) == reason::bundle_malformed);

    const bytes encoded = historic_pae(as_bytes("{\"a\":\n'\\\xC3\xA9'}"));
    CHECK(as_text(encoded) == "DSSEV1 28 application/vnd.in-toto+json 12 b'{\"a\":\\n\\'\\\\\\xc3\\xa9\\'}'");
}

TEST_CASE(
    "what releases 0.2 and 0.3 of model-signing signed verifies by key and by certificate, and so does nothing beside it")
{
    const std::string payload = good_statement().dump(), other = support::statement_about({{"b.txt", "bye"}}).dump();
    const bytes encoded = historic_pae(as_bytes(payload)), of_other = historic_pae(as_bytes(other));
    const auto by_key = [&](const bytes& signed_bytes) {
        json b = support::bundle_around(payload, key);
        json& signature = (*member(member(b, "dsseEnvelope"), "signatures").as_array())[0];
        signature.set("sig", support::base64(key.sign(as_text(signed_bytes))));
        return why_not(b);
    };
    CHECK(by_key(encoded) == reason::none);
    CHECK(by_key(of_other) == reason::bad_signature);

    const made_certificate root = made_root("root"), leaf = made_leaf(root);
    signing_authority by;
    REQUIRE(by.add(root.pem()).has_value());
    const auto certified = [&](const bytes& signed_bytes) {
        const auto r = verify_model_bundle(as_bytes(certified_bundle(payload, leaf, signed_bytes).dump()), by,
                                           parse_rfc3339("2027-01-01T00:00:00Z").value());
        return r ? reason::none : r.error().why;
    };
    CHECK(certified({}) == reason::none);
    CHECK(certified(encoded) == reason::none);
    CHECK(certified(of_other) == reason::bad_signature);
}

TEST_CASE(
    "a certificate for a kind of key that nothing is verified by belongs to no chain: that is no wrong option of the "
    "caller's")
{
    const made_certificate root = made_root("root"), good = made_leaf(root);
    const made_certificate odd = made_leaf(
        root, std::shared_ptr<EVP_PKEY>(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "brainpoolP256r1"), EVP_PKEY_free));
    CHECK(odd.parsed().key().error().why == reason::bad_option);
    signing_authority by;
    REQUIRE(by.add(root.pem()).has_value());
    json bundle = certified_bundle(good_statement().dump(), good);
    member(member(member(bundle, "verificationMaterial"), "x509CertificateChain"), "certificates") =
        json::array{json{{"rawBytes", to_base64(odd.der())}}};
    const auto r = verify_model_bundle(as_bytes(bundle.dump()), by, parse_rfc3339("2027-01-01T00:00:00Z").value());
    REQUIRE(r.has_error());
    CHECK(r.error().why == reason::chain_invalid);
    CHECK(r.error().code() == errc::signature);

    // The issuer's key is a part of what a certificate log signs (RFC 6962 section 3.2).
    const std::string logged = support::read_file(MODELSEC_SOURCE_DIR "/tests/vectors/sigstore/message_v1.sigstore.json");
    const certificate leaf = parse_sigstore_bundle(as_bytes(logged)).value().certificates.front();
    CHECK(verify_embedded_scts({leaf, odd.parsed()}, {}).error().why == reason::chain_invalid);
}

TEST_CASE("of several signers any may have signed, and the failure is that of the one who came furthest")
{
    const support::signer stranger("s");
    const utc_time now = parse_rfc3339("2027-01-01T00:00:00Z").value();
    const auto hinted = [&](const support::signer& by) {
        json b = support::bundle_around(good_statement().dump(), by);
        member(member(b, "verificationMaterial"), "publicKey").set("hint", model_key_hint(support::public_half(by)));
        return b.dump();
    };
    const auto judged = [&](const std::string& bundle, const std::vector<model_signer>& by) {
        const auto r = verify_model_bundle_by_any(as_bytes(bundle), by, now);
        return r ? reason::none : r.error().why;
    };
    const model_signer own = support::public_half(key), other = support::public_half(stranger);
    CHECK(judged(hinted(key), {own, other}) == reason::none);
    CHECK(judged(hinted(key), {other, own}) == reason::none);
    CHECK(judged(hinted(key), {other}) == reason::unknown_key);
    CHECK(judged(hinted(key), {}) == reason::trust_source_missing);
    std::string touched = hinted(key);
    const auto at = touched.find("\"sig\":\"") + 7;
    touched[at] = touched[at] == 'A' ? 'B' : 'A';
    CHECK(judged(touched, {own, other}) == reason::bad_signature);
    CHECK(judged(touched, {other, own}) == reason::bad_signature);
    limits caps;
    caps.signature_message_bytes = 1;
    CHECK(verify_model_bundle_by_any(as_bytes(hinted(key)), {own}, now, caps).error().why == reason::too_many_signatures);
}

// RFC 5280 sections 4.2.1.3 and 4.2.1.12.
TEST_CASE("a certificate signs models by both of its usages, below none that is for other uses")
{
    const char *is_ca = "critical,CA:TRUE", *is_leaf = "critical,CA:FALSE", *issues = "critical,keyCertSign";
    const char *signs = "critical,digitalSignature", *code = "codeSigning", *servers = "serverAuth,clientAuth";
    // What the anchor says of itself counts for nothing.
    const made_certificate root("root", nullptr, is_ca, issues, servers);
    const made_certificate middle("middle", &root, is_ca, issues, ""), code_middle("code", &root, is_ca, issues, code),
        any_middle("any", &root, is_ca, issues, "anyExtendedKeyUsage"),
        servers_middle("servers", &root, is_ca, issues, servers),
        below_servers("below", &servers_middle, is_ca, issues, code);
    model_statement model;
    model.model_name = "m";
    model.files.push_back({model_path::parse("a").value(), 5, {sha256(as_bytes("hello"))}});
    signing_authority by;
    REQUIRE(by.add(root.pem()).has_value());
    const auto judged = [&](const made_certificate& leaf, const std::vector<const made_certificate*>& above) {
        std::vector<certificate> chain{leaf.parsed()};
        for (const made_certificate* c : above)
            chain.push_back(c->parsed());
        std::vector<bytes> raw;
        for (const certificate& c : chain)
            raw.emplace_back(c.raw().begin(), c.raw().end());
        // What signs here is for signing; the certificate that is judged takes the place of the one that was asked for the signature.
        const made_certificate good("good", &middle, is_leaf, signs, code, leaf.key);
        std::string bundle =
            sign_bundle(model, leaf.public_half(), [&](bytes_view m) { return leaf.sign(m); }, {}, {good.der()}).value();
        json tree = parse_json(as_bytes(bundle)).value();
        json::array certificates;
        for (const bytes& c : raw)
            certificates.push_back(json{{"rawBytes", to_base64(c)}});
        member(member(member(tree, "verificationMaterial"), "x509CertificateChain"), "certificates") =
            json(std::move(certificates));
        const auto said = verify_model_bundle(as_bytes(tree.dump()), by, clock::system().now());
        chain.push_back(root.parsed());
        const auto purpose = check_purpose(chain);
        CHECK(purpose.has_value() == said.has_value());
        if (!purpose)
            CHECK(purpose.error().why == reason::chain_invalid);
        return said ? reason::none : said.error().why;
    };
    const auto leaf = [&](const made_certificate& issuer, const char* usage, const char* extended) {
        return made_certificate("leaf", &issuer, is_leaf, usage, extended);
    };
    CHECK(judged(leaf(middle, signs, code), {&middle}) == reason::none);
    CHECK(judged(leaf(code_middle, signs, code), {&code_middle}) == reason::none);
    CHECK(judged(leaf(any_middle, signs, code), {&any_middle}) == reason::none);
    CHECK(judged(leaf(root, signs, code), {}) == reason::none);
    CHECK(judged(leaf(middle, "", code), {&middle}) == reason::none);
    CHECK(judged(leaf(middle, signs, ""), {&middle}) == reason::none);
    CHECK(judged(leaf(middle, "", ""), {&middle}) == reason::chain_invalid);
    CHECK(judged(leaf(middle, signs, servers), {&middle}) == reason::chain_invalid);
    CHECK(judged(leaf(middle, "critical,keyAgreement", code), {&middle}) == reason::chain_invalid);
    CHECK(judged(leaf(servers_middle, signs, code), {&servers_middle}) == reason::chain_invalid);
    CHECK(judged(leaf(below_servers, signs, code), {&below_servers, &servers_middle}) == reason::chain_invalid);

    for (const auto& [usage, extended] :
         {std::pair{"critical,keyAgreement", code}, std::pair{signs, servers}, std::pair{signs, ""}})
    {
        const made_certificate wrong = leaf(middle, usage, extended);
        CHECK(sign_bundle(model, wrong.public_half(), [&](bytes_view m) { return wrong.sign(m); }, {}, {wrong.der()})
                  .error()
                  .why == reason::bad_option);
    }
}
