// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_KEY_IPP
#define MODELSEC_DETAIL_TRUST_KEY_IPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/openssl.hpp>
#include <modelsec/detail/base/pem.hpp>
#include <modelsec/detail/trust/key.hpp>

#include <openssl/core_names.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <sodium.h>

#include <algorithm>
#include <array>

MODELSEC_BEGIN_NAMESPACE

namespace detail {

using evp_key = openssl_ptr<EVP_PKEY, EVP_PKEY_free>;

/// How a key's SubjectPublicKeyInfo begins when its only content is a key of fixed size (RFC 8410 section 4, RFC 5480
/// section 2). Comparing with this whole beginning leaves one encoding per key: named curve, uncompressed point. So bytes
/// decide whether two keys are one (TUF 1.0 section 5: a threshold counts unique keys).
struct spki_form
{
    key_type type;
    std::string_view prefix_hex;
    std::size_t point_bytes;  ///< what follows the prefix
};

inline constexpr std::array<spki_form, 4> spki_forms{{
    {key_type::ed25519, "302a300506032b6570032100", 32},
    {key_type::ecdsa_p256, "3059301306072a8648ce3d020106082a8648ce3d030107034200", 65},
    {key_type::ecdsa_p384, "3076301006072a8648ce3d020106052b81040022036200", 97},
    {key_type::ecdsa_p521, "30819b301006072a8648ce3d020106052b8104002303818600", 133},
}};

/// The same for ML-DSA (RFC 9881 section 4): no parameters, the key as FIPS 204 encodes it.
struct ml_dsa_form
{
    key_type type;
    std::string_view prefix_hex;
    const char* openssl_name;
    std::size_t key_bytes;
};

inline constexpr std::array<ml_dsa_form, 3> ml_dsa_forms{{
    {key_type::ml_dsa_44, "30820532300b06096086480165030403110382052100", "ML-DSA-44", 1312},
    {key_type::ml_dsa_65, "308207b2300b0609608648016503040312038207a100", "ML-DSA-65", 1952},
    {key_type::ml_dsa_87, "30820a32300b060960864801650304031303820a2100", "ML-DSA-87", 2592},
}};

inline failure bad_key(const char* what)
{
    return fail(reason::bad_option, what);
}

/// Whether these 32 bytes are a point of edwards25519 in its one encoding and of large order: RFC 8032 section 5.1.3
/// (decoding fails for y >= p and for -0), and section 8.8's cofactor question answered as strictly as signatures of
/// deployed keys allow. Adding by libsodium decodes and encodes: P + 0 == P only for the canonical encoding; 8P == 0 only
/// for the eight small points.
inline bool is_strong_ed25519_point(bytes_view raw)
{
    static constexpr std::array<std::uint8_t, 32> zero{1};
    std::array<std::uint8_t, 32> p{};
    if (raw.size() != p.size() || crypto_core_ed25519_add(p.data(), raw.data(), zero.data()) != 0 ||
        !std::equal(p.begin(), p.end(), raw.begin()))
        return false;
    for (int doubling = 0; doubling < 3; ++doubling)
        if (crypto_core_ed25519_add(p.data(), p.data(), p.data()) != 0)
            return false;
    return p != zero;
}

/// Decodes DER that has exactly one key in it and is its one encoding (X.690 section 10); null otherwise.
inline evp_key decode_spki(bytes_view der)
{
    const unsigned char* at = der.data();
    evp_key key(d2i_PUBKEY_ex(nullptr, &at, static_cast<long>(der.size()), openssl_library::instance().context(), nullptr));
    if (!key || at != der.data() + der.size())
        return nullptr;
    unsigned char* again = nullptr;
    const int size = i2d_PUBKEY(key.get(), &again);
    const bool same = size >= 0 && std::equal(again, again + size, der.begin(), der.end());
    OPENSSL_free(again);
    return same ? std::move(key) : nullptr;
}

/// FIPS 186-5 section 5.1: a modulus of at least 2,048 bits, an odd public exponent above 1; both odd and bounded, because a
/// key with exponent 1 would make every message its own signature and a huge one would cost seconds.
inline bool is_sound_rsa(EVP_PKEY* key)
{
    if (EVP_PKEY_is_a(key, "RSA") != 1)
        return false;
    BIGNUM* n = nullptr;
    BIGNUM* e = nullptr;
    const bool got = EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &n) == 1 &&
                     EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) == 1;
    const openssl_ptr<BIGNUM, BN_free> modulus(n), exponent(e);
    return got && BN_is_odd(n) && BN_num_bits(n) >= 2048 && BN_num_bits(n) <= 8192 && BN_is_odd(e) && !BN_is_one(e) &&
           BN_num_bits(e) <= 64;
}

inline const char* digest_name(key_type type)
{
    switch (type)
    {
    case key_type::ecdsa_p384:
    case key_type::rsa_pss_sha384: return "SHA2-384";
    case key_type::ecdsa_p521:
    case key_type::rsa_pss_sha512: return "SHA2-512";
    default: return "SHA2-256";
    }
}

inline bool is_rsa_pss(key_type type)
{
    return type == key_type::rsa_pss || type == key_type::rsa_pss_sha384 || type == key_type::rsa_pss_sha512;
}

/// FIPS 186-5 section 6.4.2 and RFC 8017 section 8.1.2. OpenSSL itself refuses ECDSA signatures that are not DER.
inline bool verify_by_openssl(key_type type, bytes_view spki, bytes_view message, bytes_view sig)
{
    const auto& lib = openssl_library::instance();
    const evp_key key = decode_spki(spki);
    const openssl_ptr<EVP_MD_CTX, EVP_MD_CTX_free> ctx(EVP_MD_CTX_new());
    EVP_PKEY_CTX* options = nullptr;  // owned by ctx
    if (!key || !ctx ||
        EVP_DigestVerifyInit_ex(ctx.get(), &options, digest_name(type), lib.context(), nullptr, key.get(), nullptr) != 1)
        return false;
    if (is_rsa_pss(type) && (EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) != 1 ||
                             EVP_PKEY_CTX_set_rsa_mgf1_md_name(options, digest_name(type), nullptr) != 1 ||
                             EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) != 1))
        return false;
    return EVP_DigestVerify(ctx.get(), sig.data(), sig.size(), message.data(), message.size()) == 1;
}

/// RFC 8032 section 5.1.7 without cofactor, and strict: A (checked when the key was made) and R are canonical and of large
/// order. libsodium judges the points; OpenSSL, which lets small ones pass, checks S < L and the equation, because its
/// SHA-512 takes half the time of libsodium's. The verdicts of both together are libsodium's: tests/unit/vectors_test.cpp
/// pins them.
inline bool verify_ed25519(bytes_view raw, bytes_view message, bytes_view sig)
{
    if (sig.size() != crypto_sign_BYTES || !is_strong_ed25519_point(sig.first(crypto_core_ed25519_BYTES)))
        return false;
    const auto& lib = openssl_library::instance();
    const evp_key key(EVP_PKEY_new_raw_public_key_ex(lib.context(), "ED25519", nullptr, raw.data(), raw.size()));
    const openssl_ptr<EVP_MD_CTX, EVP_MD_CTX_free> ctx(EVP_MD_CTX_new());
    return key && ctx &&
           EVP_DigestVerifyInit_ex(ctx.get(), nullptr, nullptr, lib.context(), nullptr, key.get(), nullptr) == 1 &&
           EVP_DigestVerify(ctx.get(), sig.data(), sig.size(), message.data(), message.size()) == 1;
}

/// Whether the OpenSSL that is linked has keys of this name: ML-DSA from 3.5 on.
inline bool openssl_knows_key(const char* name)
{
    return openssl_ptr<EVP_KEYMGMT, EVP_KEYMGMT_free>(
               EVP_KEYMGMT_fetch(openssl_library::instance().context(), name, nullptr)) != nullptr;
}

/// TUF's TAP 21: not the message is signed but the domain, the version of the scheme (1) and the message's SHA-512; pure ML-DSA with
/// an empty context, which is OpenSSL's default.
inline bool verify_tap_21(const ml_dsa_form& form, bytes_view key_bytes, bytes_view message, bytes_view sig)
{
    bytes signed_text{'t', 'u', 'f', 1};
    const bytes digest = sha512(message);
    signed_text.insert(signed_text.end(), digest.begin(), digest.end());
    const auto& lib = openssl_library::instance();
    const evp_key key(
        EVP_PKEY_new_raw_public_key_ex(lib.context(), form.openssl_name, nullptr, key_bytes.data(), key_bytes.size()));
    const openssl_ptr<EVP_MD_CTX, EVP_MD_CTX_free> ctx(EVP_MD_CTX_new());
    return key && ctx &&
           EVP_DigestVerifyInit_ex(ctx.get(), nullptr, nullptr, lib.context(), nullptr, key.get(), nullptr) == 1 &&
           EVP_DigestVerify(ctx.get(), sig.data(), sig.size(), signed_text.data(), signed_text.size()) == 1;
}

inline std::string_view trimmed(std::string_view text)
{
    static constexpr std::string_view space = " \t\r\n";
    const auto first = text.find_first_not_of(space);
    return first == std::string_view::npos ? "" : text.substr(first, text.find_last_not_of(space) - first + 1);
}

// RFC 7468 sections 3 and 13. Lines are not wider than the 76 characters that old writers used; no line is empty.
inline result<bytes> pem_content(std::string_view text, std::size_t largest)
{
    static constexpr std::size_t largest_file = 64u << 10;
    std::string_view rest = text.size() <= largest_file ? trimmed(text) : std::string_view();
    const auto block = next_pem(rest);
    // Another object in there could be meant as the key: nothing is chosen.
    if (!block || block->label != "PUBLIC KEY" || block->text.size() > largest || next_pem(rest))
        return bad_key("not one PEM block of a public key");
    std::string_view body = block->body;
    std::string base64;
    bool first = true;
    while (!body.empty())
    {
        const auto at = body.find('\n');
        std::string_view line = body.substr(0, at);
        if (line.ends_with('\r'))
            line.remove_suffix(1);
        if (at == std::string_view::npos || line.empty() != first || line.size() > 76)
            return bad_key("a PEM block with odd lines");
        base64 += line;
        body.remove_prefix(at + 1);
        first = false;
    }
    auto der = from_base64(base64);
    if (!der)
        return bad_key("a PEM block that is not base64");
    return std::move(*der);
}

}  // namespace detail

result<public_key> public_key::ed25519(bytes_view raw)
{
    if (raw.size() != crypto_sign_PUBLICKEYBYTES)
        return detail::bad_key("an Ed25519 key has 32 bytes");
    if (!detail::is_strong_ed25519_point(raw))
        return detail::bad_key("an Ed25519 key that is no canonical point of large order");
    return public_key(key_type::ed25519, bytes(raw.begin(), raw.end()));
}

result<public_key> public_key::ed25519_base64(std::string_view text)
{
    const auto raw = from_base64(text);
    if (!raw)
        return detail::bad_key("a key that is not base64");
    return ed25519(*raw);
}

result<public_key> public_key::spki(bytes_view der)
{
    for (const auto& form : detail::spki_forms)
    {
        const bytes prefix = from_hex(form.prefix_hex).value();
        if (der.size() != prefix.size() + form.point_bytes || !std::equal(prefix.begin(), prefix.end(), der.begin()))
            continue;
        if (form.type == key_type::ed25519)
            return ed25519(der.subspan(prefix.size()));
        // SEC 1 section 2.3.3: 04 is the uncompressed point; OpenSSL checks that it lies on the curve.
        if (der[prefix.size()] != 0x04 || !detail::decode_spki(der))
            return detail::bad_key("an elliptic curve key that is no uncompressed point of its curve");
        return public_key(form.type, bytes(der.begin(), der.end()));
    }
    static constexpr std::size_t largest_rsa = 1200;  // 8,192 bits of modulus and what belongs around them
    const detail::evp_key key = der.size() <= largest_rsa ? detail::decode_spki(der) : nullptr;
    if (!key || !detail::is_sound_rsa(key.get()))
        return detail::bad_key("not a key of a supported type in DER");
    return public_key(key_type::rsa_pss, bytes(der.begin(), der.end()));
}

result<public_key> public_key::pem(std::string_view text)
{
    static constexpr std::size_t largest = 2048;
    MODELSEC_TRY(const bytes der, detail::pem_content(text, largest));
    return spki(der);
}

result<public_key> public_key::tuf_pem(std::string_view text, key_type type)
{
    for (const auto& form : detail::ml_dsa_forms)
    {
        if (form.type != type)
            continue;
        static constexpr std::size_t largest = 4096;
        MODELSEC_TRY(bytes der, detail::pem_content(text, largest));
        const bytes prefix = from_hex(form.prefix_hex).value();
        if (der.size() != prefix.size() + form.key_bytes || !std::equal(prefix.begin(), prefix.end(), der.begin()))
            return detail::bad_key("not a key of this parameter set of ML-DSA");
        if (!detail::openssl_knows_key(form.openssl_name))
            return fail(reason::key_type_unsupported, std::string(form.openssl_name) + " needs OpenSSL 3.5 or newer");
        return public_key(type, std::move(der));
    }
    MODELSEC_TRY(public_key key, pem(text));
    if (key.type_ != type && !(detail::is_rsa_pss(key.type_) && detail::is_rsa_pss(type)))
        return detail::bad_key("a key of another type than it is said to be");
    key.type_ = type;
    return key;
}

result<public_key> public_key::tuf_hex(std::string_view text, key_type type)
{
    const auto raw = from_hex(text);
    if (!raw)
        return detail::bad_key("a key that is neither PEM nor hex");
    for (const auto& form : detail::spki_forms)
        if (form.type == type && raw->size() == form.point_bytes)
        {
            bytes der = from_hex(form.prefix_hex).value();
            der.insert(der.end(), raw->begin(), raw->end());
            return spki(der);
        }
    MODELSEC_TRY(public_key key, spki(*raw));
    if (key.type_ != type && !(detail::is_rsa_pss(key.type_) && detail::is_rsa_pss(type)))
        return detail::bad_key("a key of another type than it is said to be");
    key.type_ = type;
    return key;
}

bytes public_key::spki_der() const
{
    bytes der = type_ == key_type::ed25519 ? from_hex(detail::spki_forms[0].prefix_hex).value() : bytes();
    der.insert(der.end(), raw_.begin(), raw_.end());
    return der;
}

std::string public_key::pem_text() const
{
    const std::string base64 = to_base64(spki_der());
    std::string out = "-----BEGIN PUBLIC KEY-----\n";
    for (std::size_t at = 0; at < base64.size(); at += 64)
        out += base64.substr(at, 64) + '\n';
    return out + "-----END PUBLIC KEY-----\n";
}

bool public_key::verify(bytes_view message, bytes_view signature) const
{
    if (type_ == key_type::ed25519)
        return detail::verify_ed25519(raw_, message, signature);
    for (const auto& form : detail::ml_dsa_forms)
        if (form.type == type_)
            return detail::verify_tap_21(form, bytes_view(raw_).last(form.key_bytes), message, signature);
    return detail::verify_by_openssl(type_, raw_, message, signature);
}

MODELSEC_END_NAMESPACE

#endif
