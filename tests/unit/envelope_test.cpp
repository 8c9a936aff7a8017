// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "publisher.hpp"

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/manifest/parse.hpp>
#include <modelsec/detail/manifest/select.hpp>
#include <modelsec/pins.hpp>

#include <doctest/doctest.h>

using namespace modelsec;

using namespace modelsec::detail;

namespace {

pins pinned(const std::vector<support::signer>& keys, unsigned threshold = 1)
{
    pins out;
    for (const auto& k : keys)
        CHECK(out.add(k.pin()).has_value());
    out.set_threshold(threshold);
    return out;
}

const utc_time now = parse_rfc3339("2026-06-01T00:00:00Z").value();

result<verified_payload> check(std::string_view text, envelope_format format, const pins& keys)
{
    MODELSEC_TRY(envelope e, parse_envelope(as_bytes(text), format));
    return verify_envelope(std::move(e), keys.candidates(now), keys.threshold());
}

reason why_not(std::string_view text, envelope_format format, const pins& keys)
{
    const auto r = check(text, format, keys);
    return r ? reason::none : r.error().why;
}

constexpr auto dsse = envelope_format::dsse;
constexpr auto pack = envelope_format::pack;

}  // namespace

TEST_SUITE_BEGIN("envelope");

TEST_CASE("the envelopes that a deployed Edge Function serves verify with its key, and their manifests parse")
{
    const std::string folder = MODELSEC_SOURCE_DIR "/tests/vectors/pack/";
    const auto key = read_local_file(folder + "public-key.b64", 100).value();
    pins keys;
    REQUIRE(keys.add("v1=" + std::string(as_text(key).substr(0, 44))).has_value());
    for (const auto* file : {"llama8b-all", "llama8b-android", "llama8b-macos", "small3b-ios", "small3b-macos"})
    {
        CAPTURE(file);
        const auto text = read_local_file(folder + file + ".json", 1 << 20).value();
        const auto payload = check(as_text(text), pack, keys);
        REQUIRE(payload.has_value());
        const auto m = parse_manifest(*payload);
        REQUIRE(m.has_value());
        const auto chosen = select_artifact(*m, {"macos_coreml_zip", "macos_intel_gguf"});
        const bool has_macos = std::string_view(file) == "llama8b-all" || std::string_view(file) == "llama8b-macos";
        CHECK(chosen.has_value() == has_macos);
        if (!has_macos)
            CHECK(chosen.error().why == reason::no_artifact);
    }
}

TEST_CASE("DSSE's pre-authentication encoding is that of its specification")
{
    CHECK(as_text(dsse_pae("http://example.com/HelloWorld", as_bytes("hello world"))) ==
          "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
}

TEST_CASE("a signed payload verifies in both formats, and one that was touched in neither")
{
    const support::signer key("v1");
    const auto keys = pinned({key});
    CHECK(why_not(support::pack_envelope("{}", key), pack, keys) == reason::none);
    CHECK(why_not(support::dsse_envelope("{}", {key}), dsse, keys) == reason::none);

    auto e = parse_envelope(as_bytes(support::dsse_envelope("{}", {key})), dsse).value();
    e.signed_bytes.back() ^= 1;
    CHECK(verify_envelope(e, keys.candidates(now), 1).error().why == reason::bad_signature);
}

TEST_CASE("pack binds the key id: a good signature by another pinned key does not count")
{
    const support::signer a("v1"), b("v2");
    const auto keys = pinned({a, b});
    CHECK(why_not(support::pack_envelope("{}", a.renamed("v2")), pack, keys) == reason::bad_signature);
    CHECK(why_not(support::pack_envelope("{}", a.renamed("v3")), pack, keys) == reason::unknown_key);
    CHECK(why_not(support::pack_envelope("{}", a.renamed("")), pack, keys) == reason::none);  // empty means v1
    const std::string named = support::pack_envelope("{}", a);
    CHECK(why_not("{" + named.substr(named.find("\"payload_b64\"")), pack, keys) == reason::none);  // so does none at all
    CHECK(why_not(support::pack_envelope("{}", b.renamed("")), pack, keys) == reason::bad_signature);
    CHECK(code_of(why_not(support::pack_envelope("{}", a), pack, pinned({a, b}, 2))) == errc::signature);
}

TEST_CASE("DSSE takes key ids as hints, counts keys once and tolerates bad extra signatures")
{
    const support::signer a("a"), b("b"), stranger("c");
    const auto both = pinned({a, b}, 2);
    CHECK(why_not(support::dsse_envelope("{}", {a, b}), dsse, both) == reason::none);
    CHECK(why_not(support::dsse_envelope("{}", {a.renamed(""), b.renamed("x")}), dsse, both) == reason::none);
    CHECK(why_not(support::dsse_envelope("{}", {a, stranger, b}), dsse, both) == reason::none);
    CHECK(why_not(support::dsse_envelope("{}", {a, a}), dsse, both) == reason::threshold_unmet);
    CHECK(why_not(support::dsse_envelope("{}", {a, a.renamed("b")}), dsse, both) == reason::threshold_unmet);
    CHECK(code_of(why_not(support::dsse_envelope("{}", {stranger}), dsse, both)) == errc::signature);
}

TEST_CASE("windows and revocation bar a key, inclusively and for good")
{
    const support::signer key("k");
    const std::string b64 = key.public_base64();
    const auto with = [&](const std::string& extra) {
        return pins::parse(as_bytes(R"({"keys":[{"key_id":"k","ed25519_b64":")" + b64 + "\"" + extra + "}]}")).value();
    };
    const auto text = support::dsse_envelope("{}", {key});
    CHECK(why_not(text, dsse, with("")) == reason::none);
    CHECK(why_not(text, dsse, with(R"(,"not_before":"2026-06-01T00:00:00Z")")) == reason::none);
    CHECK(why_not(text, dsse, with(R"(,"not_after":"2026-06-01T00:00:00Z")")) == reason::none);
    CHECK(why_not(text, dsse, with(R"(,"not_before":"2026-06-01T00:00:01Z")")) == reason::key_window);
    CHECK(why_not(text, dsse, with(R"(,"not_after":"2026-05-31T23:59:59Z")")) == reason::key_window);
    CHECK(why_not(text, dsse, with(R"(,"revoked":true)")) == reason::key_revoked);
    CHECK(why_not(text, dsse, with(R"(,"revoked":false)")) == reason::none);
}

TEST_CASE("pins that could be misread are refused")
{
    const support::signer key("k"), other("l");
    const std::string k = R"({"key_id":"k","ed25519_b64":")" + key.public_base64() + "\"}";
    const std::string same_bytes = R"({"key_id":"l","ed25519_b64":")" + key.public_base64() + "\"}";
    const std::string same_id = R"({"key_id":"k","ed25519_b64":")" + other.public_base64() + "\"}";
    const auto why = [](const std::string& text) {
        const auto r = pins::parse(as_bytes(text));
        return r ? reason::none : r.error().why;
    };
    CHECK(why("{\"keys\":[" + k + "]}") == reason::none);
    CHECK(why("{\"keys\":[" + k + "," + same_bytes + "]}") == reason::key_reused);
    CHECK(why("{\"keys\":[" + k + "," + same_id + "]}") == reason::key_reused);
    for (const auto& bad : {std::string("{}"), std::string("{\"keys\":[]}"), "{\"keys\":[" + k + "],\"threshold\":0}",
                            "{\"keys\":[" + k + "],\"threshold\":2}", "{\"keys\":[" + k + "],\"threshold\":\"1\"}",
                            "{\"keys\":[" + k.substr(0, k.size() - 1) + ",\"revoked\":\"yes\"}]}",
                            "{\"keys\":[" + k.substr(0, k.size() - 1) + ",\"not_after\":\"tomorrow\"}]}"})
    {
        CAPTURE(bad);
        CHECK(code_of(why(bad)) == errc::usage);
    }
    pins by_hand;
    CHECK(by_hand.add(key.pin()).has_value());
    CHECK(by_hand.add("no-separator").has_error());
    CHECK(by_hand.add("x=short").has_error());
    CHECK(by_hand.add("\xff\xfe=" + other.public_base64()).has_error());  // no JSON could name it
    CHECK(pins::parse(as_bytes(by_hand.dump())).value().keys().size() == 1);
}

TEST_CASE("what is not exactly an envelope is malformed, and the other format is policy")
{
    const support::signer key("v1");
    const std::string good_pack = support::pack_envelope("{}", key), good_dsse = support::dsse_envelope("{}", {key});
    const auto why = [](std::string_view text, envelope_format f) {
        const auto r = parse_envelope(as_bytes(text), f);
        return r ? reason::none : r.error().why;
    };
    CHECK(why(good_pack, dsse) == reason::wrong_format);
    CHECK(why(good_dsse, pack) == reason::wrong_format);
    CHECK(code_of(reason::wrong_format) == errc::policy);
    for (const auto f : {pack, dsse})
    {
        for (const auto* bad :
             {"", "[]", "{}", "null", "{\"error\":\"no such tier\"}", "<html>", "{\"payload\":1,\"payload_b64\":1}"})
        {
            CAPTURE(bad);
            CHECK(why(bad, f) == reason::envelope_malformed);
        }
        CHECK(why((f == pack ? good_pack : good_dsse) + "x", f) == reason::envelope_malformed);
    }
    CHECK(why(R"({"key_id":"v1","payload_b64":"e30","sig_b64":""})", pack) == reason::envelope_malformed);
    CHECK(why(R"({"key_id":7,"payload_b64":"e30=","sig_b64":""})", pack) == reason::envelope_malformed);
    CHECK(why(support::dsse_envelope("{}", {key}, "application/json"), dsse) == reason::envelope_malformed);
    CHECK(why(R"({"payloadType":"application/vnd.modelsec.manifest.v1+json","payload":"e30=","signatures":[]})", dsse) ==
          reason::envelope_malformed);
    CHECK(why(support::dsse_envelope("{}", std::vector<support::signer>(33, key)), dsse) == reason::envelope_malformed);
    CHECK(why(std::string((8u << 20) + 1, ' '), dsse) == reason::too_large);
}

TEST_CASE("DSSE's URL-safe base64 is read, a mixture of alphabets is not")
{
    const auto why = [](std::string_view payload) {
        const auto text = R"({"payloadType":"application/vnd.modelsec.manifest.v1+json","payload":")" +
                          std::string(payload) + R"(","signatures":[{"sig":"AA=="}]})";
        return parse_envelope(as_bytes(text), dsse).has_value();
    };
    CHECK(why("+/8="));
    CHECK(why("-_8="));
    CHECK_FALSE(why("+_8="));
}

TEST_CASE("an envelope that the library writes is read again")
{
    envelope e = make_envelope(dsse, bytes{1, 2, 3});
    e.signatures = {{"a", bytes(64, 7)}, {"b", bytes(64, 8)}};
    const auto again = parse_envelope(as_bytes(write_envelope(e)), dsse).value();
    CHECK(again.signed_bytes == e.signed_bytes);
    CHECK(std::ranges::equal(again.payload(), bytes{1, 2, 3}));
    CHECK(again.signatures.size() == 2);
    CHECK(again.signatures[1].value == e.signatures[1].value);
}

TEST_SUITE_END();
