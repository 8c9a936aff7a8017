// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Every MUST of DSSE 1.0 (protocol and envelope documents, version 1.0.2), in their order.
#include "publisher.hpp"

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/trust/envelope.hpp>
#include <modelsec/detail/manifest/parse.hpp>
#include <modelsec/pins.hpp>

#include <doctest/doctest.h>

using namespace modelsec;

using namespace modelsec::detail;

namespace {

constexpr auto dsse = envelope_format::dsse;

std::vector<candidate_key> trusted(const std::vector<support::signer>& keys)
{
    std::vector<candidate_key> out;
    for (const auto& k : keys)
        out.push_back({k.key_id(), public_key::ed25519_base64(k.public_base64()).value(), reason::none});
    return out;
}

reason verdict(std::string_view text, const std::vector<support::signer>& keys, unsigned threshold = 1)
{
    auto e = parse_envelope(as_bytes(text), dsse);
    if (!e)
        return e.error().why;
    const auto r = verify_envelope(std::move(*e), trusted(keys), threshold);
    return r ? reason::none : r.error().why;
}

/// An envelope of "{}" with this one member of signatures[0] before "sig".
std::string with_keyid(const support::signer& key, const std::string& keyid_member)
{
    const std::string type(manifest_payload_type);
    const std::string sig = support::base64(key.sign("DSSEv1 " + std::to_string(type.size()) + ' ' + type + " 2 {}"));
    return R"({"payload":"e30=","payloadType":")" + type + R"(","signatures":[{)" + keyid_member + R"("sig":")" + sig +
           "\"}]}";
}

std::string replaced(std::string text, std::string_view what, std::string_view by)
{
    const auto at = text.find(what);
    REQUIRE(at != std::string::npos);
    return text.replace(at, what.size(), by);
}

}  // namespace

TEST_SUITE_BEGIN("DSSE protocol");

TEST_CASE("signature definition: what is signed is PAE, with lengths in bytes of UTF-8 and without leading zeros")
{
    CHECK(as_text(dsse_pae("", {})) == "DSSEv1 0  0 ");
    CHECK(as_text(dsse_pae("t\xC3\xBC", as_bytes("0123456789"))) == "DSSEv1 3 t\xC3\xBC 10 0123456789");
    CHECK(as_text(dsse_pae("a b", as_bytes(" 1 "))) == "DSSEv1 3 a b 3  1 ");
    CHECK(dsse_pae("a", as_bytes("b 1 c")) != dsse_pae("a 5 b", as_bytes("c")));
}

TEST_CASE("the test vector of the protocol document verifies")
{
    // Its x and y as SubjectPublicKeyInfo, its r and s, which it writes side by side, in DER.
    const auto key = public_key::spki(from_hex("3059301306072a8648ce3d020106082a8648ce3d03010703420004"
                                               "67cd390f77aa359cb08c2235f652270493a9ed832b0abcc01f70954c0390d238"
                                               "0c782bd54e269125a44f4433aff1432ce94e12bca73aa67ac80cea12608ddf74")
                                          .value())
                         .value();
    const bytes sig = from_hex(
                          "3044022003726ab101ad56c2763b6c6aac8e487275e2a79193a09dc5f859d9f8ef3c4a3b"
                          "022051eab0c06a369b64a7222537d4887a893dc200ae21060074d57825235b624864")
                          .value();
    CHECK(key.verify(dsse_pae("http://example.com/HelloWorld", as_bytes("hello world")), sig));
    CHECK_FALSE(key.verify(dsse_pae("http://example.com/HelloWorld", as_bytes("hello World")), sig));
    CHECK_FALSE(key.verify(as_bytes("hello world"), sig));
}

TEST_CASE("KEYID MUST NOT be used for security decisions")
{
    const support::signer a("a"), b("b");
    CHECK(verdict(with_keyid(a, R"("keyid":"a",)"), {a, b}) == reason::none);
    CHECK(verdict(with_keyid(a, R"("keyid":"b",)"), {a, b}) == reason::none);
    CHECK(verdict(with_keyid(a, R"("keyid":"nobody",)"), {a, b}) == reason::none);
    CHECK(verdict(with_keyid(b, R"("keyid":"a",)"), {a}) == reason::bad_signature);
    // Two names for one key are one key.
    CHECK(verdict(support::dsse_envelope("{}", {a, a.renamed("b")}), {a, b}, 2) == reason::threshold_unmet);
    const auto same = trusted({a, a.renamed("b")});
    auto e = parse_envelope(as_bytes(support::dsse_envelope("{}", {a, a.renamed("b")})), dsse).value();
    CHECK(verify_envelope(std::move(e), same, 2).error().why == reason::threshold_unmet);
}

TEST_CASE("an unset KEYID MUST be treated as a set but empty one")
{
    const support::signer a("a");
    CHECK(verdict(with_keyid(a, ""), {a}) == reason::none);
    CHECK(verdict(with_keyid(a, R"("keyid":"",)"), {a}) == reason::none);
    CHECK(verdict(with_keyid(a, R"("keyid":null,)"), {a}) == reason::none);
    for (const char* id : {"", R"("keyid":"",)"})
        CHECK(parse_envelope(as_bytes(with_keyid(a, id)), dsse)->signatures.at(0).key_id.empty());
}

TEST_CASE("verify: reject if decoding fails")
{
    const support::signer a("a");
    const std::string good = with_keyid(a, "");
    CHECK(verdict(good.substr(0, good.size() - 1), {a}) == reason::envelope_malformed);
    CHECK(verdict(replaced(good, "e30=", "e30"), {a}) == reason::envelope_malformed);
    CHECK(verdict(replaced(good, "e30=", "e31="), {a}) == reason::envelope_malformed);
    CHECK(verdict(replaced(good, "e30=", "e3 0="), {a}) == reason::envelope_malformed);
    CHECK(verdict(replaced(good, "==\"}]", "\"}]"), {a}) == reason::envelope_malformed);
}

TEST_CASE("verify: reject if the signature does not verify")
{
    const support::signer a("a"), b("b");
    CHECK(verdict(with_keyid(a, ""), {b}) == reason::bad_signature);
    CHECK(verdict(replaced(with_keyid(a, ""), "e30=", "W10="), {a}) == reason::bad_signature);
    // Over the payload itself, or another type's encoding: not DSSE's.
    const std::string type(manifest_payload_type);
    const std::string text = R"({"payload":"e30=","payloadType":")" + type + R"(","signatures":[{"sig":")";
    for (const std::string& signed_bytes : {std::string("{}"), "DSSEv1 1 t 2 {}" + type, "DSSEv1 " + type + " {}"})
        CHECK(verdict(text + support::base64(a.sign(signed_bytes)) + "\"}]}", {a}) == reason::bad_signature);
}

TEST_CASE("verify: reject if the payload type is not supported, which is compared case by case")
{
    const support::signer a("a");
    for (const char* type :
         {"application/json", "application/vnd.in-toto+json", "Application/vnd.modelsec.manifest.v1+json",
          "application/vnd.modelsec.manifest.v1+json ", "application/vnd.modelsec.manifest.v1+json;v=1", ""})
        CHECK(verdict(support::dsse_envelope("{}", {a}, type), {a}) == reason::envelope_malformed);
    CHECK(verdict(support::dsse_envelope("{}", {a}), {a}) == reason::none);
}

TEST_CASE("verify: reject if parsing the payload by its type fails")
{
    const support::signer a("a");
    for (const char* payload : {"not JSON", "[]", "{}", "{}{}"})
    {
        auto e = parse_envelope(as_bytes(support::dsse_envelope(payload, {a})), dsse).value();
        const auto verified = verify_envelope(std::move(e), trusted({a}), 1);
        REQUIRE(verified.has_value());
        CHECK(parse_manifest(*verified).error().code() == errc::malformed);
    }
}

TEST_CASE("verifiers MUST accept standard and URL-safe base64")
{
    const support::signer a("a");
    const std::string payload = "{\"n\":\"\xC3\xBF\xC3\xBE>>>???\"}";
    for (int i = 0; i < 8; ++i)  // signatures that differ, so that the alphabets do
    {
        const std::string standard = support::dsse_envelope(payload + std::string(static_cast<std::size_t>(i), ' '), {a});
        auto e = parse_envelope(as_bytes(standard), dsse).value();
        const std::string safe = R"({"payloadType":")" + std::string(manifest_payload_type) + R"(","payload":")" +
                                 to_base64(e.payload(), base64_alphabet::url_safe) + R"(","signatures":[{"sig":")" +
                                 to_base64(e.signatures[0].value, base64_alphabet::url_safe) + "\"}]}";
        CHECK(verdict(standard, {a}) == reason::none);
        CHECK(verdict(safe, {a}) == reason::none);
    }
}

TEST_CASE("multi-signature: t of n distinct keys, and signatures that do not verify are skipped over")
{
    const support::signer a("a"), b("b"), c("c"), stranger("x");
    const std::vector<support::signer> all{a, b, c};
    CHECK(verdict(support::dsse_envelope("{}", {a, b}), all, 2) == reason::none);
    CHECK(verdict(support::dsse_envelope("{}", {stranger, c, stranger, a}), all, 2) == reason::none);
    CHECK(verdict(support::dsse_envelope("{}", {a, b, c}), all, 3) == reason::none);
    CHECK(verdict(support::dsse_envelope("{}", {a, stranger}), all, 2) == reason::threshold_unmet);
    CHECK(verdict(support::dsse_envelope("{}", {a, a, a}), all, 2) == reason::threshold_unmet);
    CHECK(verdict(support::dsse_envelope("{}", {a, b}), all, 0) == reason::bad_option);
}

TEST_CASE("envelope: payload, payloadType, signatures and sig MUST be set")
{
    const support::signer a("a");
    const std::string good = with_keyid(a, "");
    CHECK(verdict(good, {a}) == reason::none);
    for (const char* member : {"\"payload\":", "\"payloadType\":", "\"signatures\":", "\"sig\":"})
    {
        CAPTURE(member);
        CHECK(verdict(replaced(good, member, "\"other\":"), {a}) == reason::envelope_malformed);
    }
}

TEST_CASE("envelope: consumers MUST ignore unrecognized fields")
{
    const support::signer a("a");
    const std::string good = with_keyid(a, R"("extension":{"kind":"x"},)");
    CHECK(verdict(good, {a}) == reason::none);
    CHECK(verdict(replaced(good, "{\"payload\"", R"({"version":2,"more":[{}],"payload")"), {a}) == reason::none);
}

TEST_SUITE_END();
