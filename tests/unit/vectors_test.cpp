// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
//
// Verdicts on the public collections of hard signatures. They pin libsodium and OpenSSL: a newer one that judges otherwise
// fails here. The files are not copied into the project; their folder is MODELSEC_VECTORS or, by default, the one beside it.
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/trust/key.hpp>

#include <doctest/doctest.h>
#include <sodium.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>

namespace ms = modelsec;

namespace {

std::string vector_file(const char* name)
{
    std::string folder;
    if (const char* given = std::getenv("MODELSEC_VECTORS"))
        folder = given;
#ifdef MODELSEC_SOURCE_DIR
    else
        folder = MODELSEC_SOURCE_DIR "/../shared/vectors/external";
#endif
    return folder + "/" + name;
}

/// The document, or null (after saying so) where the folder is absent.
ms::detail::json load(const char* name)
{
    std::ifstream in(vector_file(name), std::ios::binary);
    if (!in)
    {
        // A folder that was named on purpose must have the files.
        const std::string what = name;
        CHECK_MESSAGE(std::getenv("MODELSEC_VECTORS") == nullptr, "MODELSEC_VECTORS has no " << what);
        MESSAGE("not checked, set MODELSEC_VECTORS to the folder that has it: " << what);
        return {};
    }
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    return ms::detail::parse_json(ms::as_bytes(text)).value();
}

ms::bytes hex_at(const ms::detail::json& object, std::string_view key)
{
    return ms::from_hex(object.string_at(key).value()).value();
}

bool ed25519_accepts(const ms::bytes& key, const ms::bytes& message, const ms::bytes& signature)
{
    const auto k = ms::public_key::ed25519(key);
    const bool accepted = k && k->verify(message, signature);
    // The library that is not asked about the equation must come to the same verdict.
    const bool libsodium = key.size() == crypto_sign_PUBLICKEYBYTES && signature.size() == crypto_sign_BYTES &&
                           crypto_sign_verify_detached(signature.data(), message.data(), message.size(), key.data()) == 0;
    CHECK(accepted == libsodium);
    return accepted;
}

/// Runs a Wycheproof file; `test` judges one signature of a group. Returns how many were run.
template <class Test>
std::size_t wycheproof(const char* name, Test test)
{
    const ms::detail::json doc = load(name);
    if (doc.is_null())
        return 0;
    std::size_t count = 0;
    for (const ms::detail::json& group : *doc.find("testGroups")->as_array())
        for (const ms::detail::json& t : *group.find("tests")->as_array())
        {
            ++count;
            CAPTURE(t.size_at("tcId").value());
            CAPTURE(std::string(t.string_at("comment").value()));
            // "acceptable" does not occur in these files; it would fail here and ask for a decision.
            CHECK(test(group, t) == (t.string_at("result") == "valid"));
        }
    CHECK(count == doc.size_at("numberOfTests"));
    return count;
}

void wycheproof_spki(const char* name, std::size_t expected)
{
    const std::size_t count = wycheproof(name, [](const ms::detail::json& group, const ms::detail::json& t) {
        const auto der = ms::public_key::spki(hex_at(group, "publicKeyDer"));
        const auto pem = ms::public_key::pem(group.string_at("publicKeyPem").value());
        REQUIRE(der.has_value());
        REQUIRE(pem.has_value());
        CHECK(*der == *pem);
        return der->verify(hex_at(t, "msg"), hex_at(t, "sig"));
    });
    CHECK((count == 0 || count == expected));
}

}  // namespace

TEST_CASE("Wycheproof Ed25519: all 151 verdicts are the expected ones")
{
    const std::size_t count =
        wycheproof("wycheproof_ed25519_test.json", [](const ms::detail::json& group, const ms::detail::json& t) {
            const ms::bytes raw = hex_at(*group.find("publicKey"), "pk");
            CHECK(ms::public_key::spki(hex_at(group, "publicKeyDer")).value() == ms::public_key::ed25519(raw).value());
            return ed25519_accepts(raw, hex_at(t, "msg"), hex_at(t, "sig"));
        });
    CHECK((count == 0 || count == 151));
}

TEST_CASE("ed25519-speccheck: of the 12 cases only number 3 is accepted")
{
    const ms::detail::json doc = load("ed25519_speccheck_cases.json");
    if (doc.is_null())
        return;
    const auto& cases = *doc.as_array();
    CHECK(cases.size() == 12);
    for (std::size_t i = 0; i < cases.size(); ++i)
    {
        CAPTURE(i);
        const bool accepted =
            ed25519_accepts(hex_at(cases[i], "pub_key"), hex_at(cases[i], "message"), hex_at(cases[i], "signature"));
        CHECK(accepted == (i == 3));
    }
}

TEST_CASE("CCTV Ed25519: of the 914 vectors none with a low-order or non-canonical A or R is accepted")
{
    const ms::detail::json doc = load("cctv_ed25519vectors.json");
    if (doc.is_null())
        return;
    const auto& vectors = *doc.as_array();
    CHECK(vectors.size() == 914);
    std::size_t accepted_count = 0;
    for (const ms::detail::json& v : vectors)
    {
        CAPTURE(v.size_at("number").value());
        const auto has = [&](std::string_view flag) {
            const ms::detail::json* flags = v.find("flags");
            const auto* list = flags ? flags->as_array() : nullptr;
            return list && std::any_of(list->begin(), list->end(),
                                       [&](const ms::detail::json& f) { return *f.as_string() == flag; });
        };
        // A residue of low order satisfies only the equation that is multiplied by the cofactor, which is not ours.
        const bool expected = !has("low_order_A") && !has("low_order_R") && !has("non_canonical_A") &&
                              !has("non_canonical_R") && !has("low_order_residue");
        const ms::bytes message(ms::as_bytes(*v.string_at("msg")).begin(), ms::as_bytes(*v.string_at("msg")).end());
        const bool accepted = ed25519_accepts(hex_at(v, "key"), message, hex_at(v, "sig"));
        CHECK(accepted == expected);
        accepted_count += accepted;
    }
    CHECK(accepted_count > 0);
}

TEST_CASE("Wycheproof ECDSA on P-256, P-384 and P-521: all verdicts are the expected ones")
{
    wycheproof_spki("wycheproof_ecdsa_secp256r1_sha256_test.json", 484);
    wycheproof_spki("wycheproof_ecdsa_secp384r1_sha384_test.json", 504);
    wycheproof_spki("wycheproof_ecdsa_secp521r1_sha512_test.json", 542);
}

TEST_CASE("Wycheproof RSA-PSS with SHA-256 and a salt of 32 bytes: all verdicts are the expected ones")
{
    wycheproof_spki("wycheproof_rsa_pss_2048_sha256_mgf1_32_test.json", 108);
}
