// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/trust/key.hpp>
#include <modelsec/detail/trust/metadata.hpp>

#include <doctest/doctest.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>

#include <array>
#include <memory>

namespace ms = modelsec;

namespace {

ms::bytes hex(std::string_view text)
{
    return ms::from_hex(text).value();
}

struct rfc8032_vector
{
    const char* seed;
    const char* key;
    const char* message;
    const char* signature;
};

// RFC 8032 section 7.1, tests 1, 2, 3 and SHA(abc).
constexpr std::array<rfc8032_vector, 4> rfc8032{{
    {"9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
    {"833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
     "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
     "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
     "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589"
     "09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704"},
}};

/// The order of the base point, little-endian (RFC 8032 section 5.1).
const ms::bytes group_order = hex("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010");

ms::bytes add_little_endian(ms::bytes a, const ms::bytes& b)
{
    unsigned carry = 0;
    for (std::size_t i = 0; i < a.size(); ++i)
    {
        carry += static_cast<unsigned>(a[i]) + b[i];
        a[i] = static_cast<std::uint8_t>(carry);
        carry >>= 8;
    }
    return a;
}

using evp_key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

evp_key make_key(const char* type, const char* curve_or_null, std::size_t rsa_bits = 0)
{
    EVP_PKEY* k = curve_or_null ? EVP_PKEY_Q_keygen(nullptr, nullptr, type, curve_or_null)
                                : EVP_PKEY_Q_keygen(nullptr, nullptr, type, rsa_bits);
    REQUIRE(k != nullptr);
    return {k, &EVP_PKEY_free};
}

ms::bytes spki_of(EVP_PKEY* key)
{
    unsigned char* der = nullptr;
    const int size = i2d_PUBKEY(key, &der);
    ms::bytes out(der, der + size);
    OPENSSL_free(der);
    return out;
}

ms::bytes sign(EVP_PKEY* key, const char* digest, ms::bytes_view message, int pss_salt = -100)
{
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> ctx(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
    EVP_PKEY_CTX* options = nullptr;
    REQUIRE(EVP_DigestSignInit_ex(ctx.get(), &options, digest, nullptr, nullptr, key, nullptr) == 1);
    if (pss_salt != -100)
    {
        REQUIRE(EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1);
        REQUIRE(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, pss_salt) == 1);
    }
    std::size_t size = 0;
    REQUIRE(EVP_DigestSign(ctx.get(), nullptr, &size, message.data(), message.size()) == 1);
    ms::bytes out(size);
    REQUIRE(EVP_DigestSign(ctx.get(), out.data(), &size, message.data(), message.size()) == 1);
    out.resize(size);
    return out;
}

}  // namespace

TEST_CASE("the vectors of RFC 8032 verify, and no longer do after any one bit of them is flipped")
{
    for (const auto& v : rfc8032)
    {
        const auto key = ms::public_key::ed25519(hex(v.key)).value();
        const ms::bytes message = hex(v.message);
        const ms::bytes signature = hex(v.signature);
        CHECK(key.verify(message, signature));
        for (std::size_t bit = 0; bit < signature.size() * 8; ++bit)
        {
            ms::bytes other = signature;
            other[bit / 8] ^= static_cast<std::uint8_t>(1u << (bit % 8));
            CHECK_FALSE(key.verify(message, other));
        }
        ms::bytes longer = message;
        longer.push_back(0);
        CHECK_FALSE(key.verify(longer, signature));
        CHECK_FALSE(key.verify(message, ms::bytes_view(signature).first(63)));
        longer = signature;
        longer.push_back(0);
        CHECK_FALSE(key.verify(message, longer));
        CHECK_FALSE(key.verify(message, {}));
    }
}

TEST_CASE("a signature whose S was raised by the order of the group is refused")
{
    const auto& v = rfc8032[1];
    const auto key = ms::public_key::ed25519(hex(v.key)).value();
    ms::bytes signature = hex(v.signature);
    const ms::bytes s = add_little_endian(ms::bytes(signature.begin() + 32, signature.end()), group_order);
    std::copy(s.begin(), s.end(), signature.begin() + 32);
    CHECK_FALSE(key.verify(hex(v.message), signature));
}

TEST_CASE("Ed25519 keys of small order, off the curve or in a second encoding are refused")
{
    const ms::bytes p = hex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f");
    // The point of order 4 is (sqrt(-1), 0); the identity (0, 1); the point of order 2 (0, -1).
    ms::bytes identity(32, 0), minus_one = p, order_4(32, 0);
    identity[0] = 1;
    minus_one[0] = 0xec;
    const ms::bytes order_8 = hex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05");
    const auto refused = [](const ms::bytes& raw) {
        const auto r = ms::public_key::ed25519(raw);
        return r.has_error() && r.error().code() == ms::errc::usage;
    };
    for (ms::bytes small : {identity, minus_one, order_4, order_8})
        for (const unsigned sign_bit : {0x00u, 0x80u})
        {
            small[31] = static_cast<std::uint8_t>((small[31] & 0x7f) | sign_bit);
            CHECK(refused(small));
        }

    // y + p for every y that fits below 2^255: the same point, written otherwise.
    for (std::uint8_t y = 0; y < 19; ++y)
    {
        ms::bytes low(32, 0);
        low[0] = y;
        CHECK(refused(add_little_endian(low, p)));
    }

    // Half of all y belong to no point.
    int off_the_curve = 0;
    for (std::uint8_t y = 2; y < 50; ++y)
    {
        ms::bytes raw(32, 0);
        raw[0] = y;
        off_the_curve += refused(raw);
    }
    CHECK(off_the_curve > 10);
    CHECK(off_the_curve < 40);

    CHECK(refused({}));
    CHECK(refused(ms::bytes(31, 1)));
    CHECK(refused(ms::bytes(33, 1)));
}

TEST_CASE("a signature with a small-order R is refused even if the equation holds")
{
    // With R = 0 the equation S*B = R + k*A is solved by S = k*a, for whoever knows a.
    std::array<unsigned char, crypto_sign_PUBLICKEYBYTES> pk{};
    std::array<unsigned char, crypto_sign_SECRETKEYBYTES> sk{};
    REQUIRE(crypto_sign_keypair(pk.data(), sk.data()) == 0);
    std::array<unsigned char, 64> expanded{};
    crypto_hash_sha512(expanded.data(), sk.data(), 32);
    expanded[0] &= 248;
    expanded[31] = static_cast<unsigned char>((expanded[31] & 127) | 64);
    std::array<unsigned char, 64> wide{};
    std::copy_n(expanded.begin(), 32, wide.begin());
    std::array<unsigned char, 32> a{};
    crypto_core_ed25519_scalar_reduce(a.data(), wide.data());

    const ms::bytes message{'m'};
    ms::bytes signature(64, 0);
    signature[0] = 1;
    ms::bytes input(signature.begin(), signature.begin() + 32);
    input.insert(input.end(), pk.begin(), pk.end());
    input.insert(input.end(), message.begin(), message.end());
    crypto_hash_sha512(wide.data(), input.data(), input.size());
    std::array<unsigned char, 32> k{};
    crypto_core_ed25519_scalar_reduce(k.data(), wide.data());
    crypto_core_ed25519_scalar_mul(signature.data() + 32, k.data(), a.data());

    const auto key = ms::public_key::ed25519(ms::bytes(pk.begin(), pk.end())).value();
    CHECK_FALSE(key.verify(message, signature));
}

TEST_CASE("keys in base64 have 44 characters and no other spelling")
{
    const ms::bytes raw = hex(rfc8032[0].key);
    const std::string text = ms::to_base64(raw);
    CHECK(text.size() == 44);
    CHECK(ms::public_key::ed25519_base64(text).value() == ms::public_key::ed25519(raw).value());
    CHECK(ms::public_key::ed25519_base64(text.substr(0, 43)).has_error());
    CHECK(ms::public_key::ed25519_base64(text + "\n").has_error());
    CHECK(ms::public_key::ed25519_base64(ms::to_hex(raw)).has_error());
}

TEST_CASE("ECDSA keys verify signatures in strict DER with the digest of their curve")
{
    struct curve
    {
        const char* name;
        const char* digest;
        const char* other_digest;
        ms::key_type type;
    };
    for (const curve& c : {curve{"P-256", "SHA2-256", "SHA2-512", ms::key_type::ecdsa_p256},
                           curve{"P-384", "SHA2-384", "SHA2-256", ms::key_type::ecdsa_p384},
                           curve{"P-521", "SHA2-512", "SHA2-256", ms::key_type::ecdsa_p521}})
    {
        const auto pair = make_key("EC", c.name);
        const auto key = ms::public_key::spki(spki_of(pair.get())).value();
        CHECK(key.type() == c.type);
        const ms::bytes message{1, 2, 3};
        ms::bytes signature = sign(pair.get(), c.digest, message);
        CHECK(key.verify(message, signature));
        CHECK_FALSE(key.verify(message, sign(pair.get(), c.other_digest, message)));
        CHECK_FALSE(key.verify(ms::bytes{1, 2, 4}, signature));
        signature.push_back(0);
        CHECK_FALSE(key.verify(message, signature));
        CHECK_FALSE(key.verify(message, {}));
    }
}

TEST_CASE("RSA-PSS needs SHA-256 with a salt of 32 bytes, and a key of 2,048 bits or more")
{
    const auto pair = make_key("RSA", nullptr, 2048);
    const auto key = ms::public_key::spki(spki_of(pair.get())).value();
    CHECK(key.type() == ms::key_type::rsa_pss);
    const ms::bytes message{1, 2, 3};
    CHECK(key.verify(message, sign(pair.get(), "SHA2-256", message, 32)));
    CHECK_FALSE(key.verify(message, sign(pair.get(), "SHA2-256", message, 20)));
    CHECK_FALSE(key.verify(message, sign(pair.get(), "SHA2-512", message, 32)));
    CHECK_FALSE(key.verify(message, sign(pair.get(), "SHA2-256", message)));  // PKCS #1 v1.5
    CHECK_FALSE(key.verify(ms::bytes{1, 2, 4}, sign(pair.get(), "SHA2-256", message, 32)));

    CHECK(ms::public_key::spki(spki_of(make_key("RSA", nullptr, 1024).get())).has_error());
}

TEST_CASE("an RSA key of TUF metadata signs by the digest that its scheme names, and stays the same key")
{
    const auto pair = make_key("RSA", nullptr, 2048);
    const std::string pem = ms::public_key::spki(spki_of(pair.get())).value().pem_text();
    const ms::bytes message{1, 2, 3};
    struct scheme
    {
        const char* name;
        const char* digest;
        int salt;
        ms::key_type type;
    };
    const std::array<scheme, 3> schemes{scheme{"rsassa-pss-sha256", "SHA2-256", 32, ms::key_type::rsa_pss},
                                        scheme{"rsassa-pss-sha384", "SHA2-384", 48, ms::key_type::rsa_pss_sha384},
                                        scheme{"rsassa-pss-sha512", "SHA2-512", 64, ms::key_type::rsa_pss_sha512}};
    for (const scheme& by : schemes)
    {
        const auto key = ms::detail::tuf_key{"rsa", by.name, pem}.parse().value();
        CHECK(key.type() == by.type);
        CHECK(key == ms::public_key::pem(pem).value());  // so that a threshold counts it once
        for (const scheme& other : schemes)
            CHECK(key.verify(message, sign(pair.get(), other.digest, message, other.salt)) == (by.type == other.type));
        CHECK_FALSE(key.verify(message, sign(pair.get(), by.digest, message, by.salt - 1)));
        CHECK_FALSE(key.verify(message, sign(pair.get(), by.digest, message)));  // PKCS #1 v1.5
    }
    CHECK(ms::detail::tuf_key{"rsa", "rsa-pkcs1v15-sha256", pem}.parse().has_error());
    CHECK(ms::detail::tuf_key{"rsassa-pss-sha384", "rsassa-pss-sha384", pem}.parse().has_error());
    CHECK(ms::detail::tuf_key{"ecdsa", "ecdsa-sha2-nistp256", pem}.parse().has_error());
}

TEST_CASE("a key in DER has one encoding and nothing after it")
{
    const auto pair = make_key("EC", "P-256");
    const ms::bytes der = spki_of(pair.get());
    REQUIRE(ms::public_key::spki(der).has_value());

    ms::bytes longer = der;
    longer.push_back(0);
    CHECK(ms::public_key::spki(longer).has_error());
    for (std::size_t cut = 0; cut < der.size(); ++cut)
        CHECK(ms::public_key::spki(ms::bytes_view(der).first(cut)).has_error());
    ms::bytes off_the_curve = der;
    off_the_curve.back() ^= 1;
    CHECK(ms::public_key::spki(off_the_curve).has_error());
    ms::bytes hybrid = der;
    hybrid[26] = static_cast<std::uint8_t>(6 | (der.back() & 1));  // X9.62 hybrid form of the same point
    CHECK(ms::public_key::spki(hybrid).has_error());

    REQUIRE(EVP_PKEY_set_utf8_string_param(pair.get(), "point-format", "compressed") == 1);
    CHECK(ms::public_key::spki(spki_of(pair.get())).has_error());
    CHECK(ms::public_key::spki(spki_of(make_key("EC", "secp256k1").get())).has_error());
    CHECK(ms::public_key::spki(spki_of(make_key("ED448", "").get())).has_error());
}

TEST_CASE("PEM holds one public key and nothing else")
{
    const std::string base64 = ms::to_base64(hex(std::string("302a300506032b6570032100") + rfc8032[0].key));
    const std::string block = "-----BEGIN PUBLIC KEY-----\n" + base64 + "\n-----END PUBLIC KEY-----\n";
    const auto key = ms::public_key::ed25519(hex(rfc8032[0].key)).value();
    CHECK(ms::public_key::pem(block).value() == key);
    CHECK(ms::public_key::pem(" \r\n" + block + "\n ").value() == key);
    CHECK(ms::public_key::pem("-----BEGIN PUBLIC KEY-----\r\n" + base64 + "\r\n-----END PUBLIC KEY-----").value() == key);

    CHECK(ms::public_key::pem("").has_error());
    // RFC 7468 section 5.2: explanatory text, as `openssl` writes it; and what some editors put before it.
    CHECK(ms::public_key::pem("Publisher's key, since 2026\r\n\n" + block + "that was it\n").value() == key);
    CHECK(ms::public_key::pem("\xEF\xBB\xBF" + block).value() == key);
    CHECK(ms::public_key::pem("key: " + block).has_error());
    CHECK(ms::public_key::pem("-----BEGIN CERTIFICATE-----\n" + block).has_error());
    CHECK(ms::public_key::pem(block + "-----BEGIN CERTIFICATE-----\n").has_error());
    CHECK(ms::public_key::pem(block + block).has_error());
    CHECK(ms::public_key::pem(base64).has_error());
    CHECK(ms::public_key::pem("-----BEGIN PUBLIC KEY-----\n\n" + base64 + "\n-----END PUBLIC KEY-----\n").has_error());
    CHECK(ms::public_key::pem("-----BEGIN PUBLIC KEY-----" + base64 + "\n-----END PUBLIC KEY-----\n").has_error());
    CHECK(ms::public_key::pem("-----BEGIN PUBLIC KEY-----\n" + base64 + "-----END PUBLIC KEY-----\n").has_error());
    CHECK(ms::public_key::pem("-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n").has_error());
    CHECK(ms::public_key::pem("-----BEGIN PUBLIC KEY-----\nA: b\n" + base64 + "\n-----END PUBLIC KEY-----\n").has_error());
    CHECK(ms::public_key::pem("-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n").has_error());
}
