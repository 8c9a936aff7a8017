// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_KEY_HPP
#define MODELSEC_DETAIL_TRUST_KEY_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/error.hpp>

#include <compare>

MODELSEC_BEGIN_NAMESPACE

/// The kinds of keys whose signatures are understood.
enum class key_type
{
    ed25519,     ///< RFC 8032, strict: no small-order or non-canonical point
    ecdsa_p256,  ///< FIPS 186-4 with SHA-256, ASN.1 DER signatures
    ecdsa_p384,  ///< … with SHA-384
    ecdsa_p521,  ///< … with SHA-512
    rsa_pss,     ///< RFC 8017 RSASSA-PSS, SHA-256, MGF1 with SHA-256, salt of 32 bytes, 2,048 to 8,192 bits
    // Only in TUF metadata, whose keys say what they sign by:
    rsa_pss_sha384,  ///< … with SHA-384 and a salt of 48 bytes
    rsa_pss_sha512,  ///< … with SHA-512 and a salt of 64 bytes
    ml_dsa_44,       ///< FIPS 204, pure, with an empty context, over "tuf", 1 and the message's SHA-512 (TUF's TAP 21)
    ml_dsa_65,
    ml_dsa_87
};

/// Whether it is a key of TUF's TAP 21.
constexpr bool is_ml_dsa(key_type type) noexcept
{
    return type == key_type::ml_dsa_44 || type == key_type::ml_dsa_65 || type == key_type::ml_dsa_87;
}

/// A public key: its type and its bytes (32 raw bytes for Ed25519, DER SubjectPublicKeyInfo for the others). Two keys are
/// the same key if their bytes agree, whatever they are called and whatever they sign by.
class public_key
{
public:
    /// 32 bytes; refused (`usage`) unless they are a point of the curve in its canonical form and of large order.
    MODELSEC_DECL static result<public_key> ed25519(bytes_view raw);
    /// Base64 of the same: 44 characters.
    MODELSEC_DECL static result<public_key> ed25519_base64(std::string_view text);
    /// DER SubjectPublicKeyInfo (RFC 5280) of any supported type.
    MODELSEC_DECL static result<public_key> spki(bytes_view der);
    /// One PEM block "PUBLIC KEY" (RFC 7468); before and after it may stand explanatory text, but no other block.
    MODELSEC_DECL static result<public_key> pem(std::string_view text);

    /// The same for a key that signs TUF metadata: `type` is the one that the metadata names; a key of another kind is refused.
    /// ML-DSA is verified by OpenSSL from 3.5 on; by an older one such keys are `key_type_unsupported`.
    MODELSEC_DECL static result<public_key> tuf_pem(std::string_view text, key_type type);
    /// As older tools write it: hex of an uncompressed point (SEC 1 section 2.3.3), or of DER SubjectPublicKeyInfo.
    MODELSEC_DECL static result<public_key> tuf_hex(std::string_view text, key_type type);

    key_type type() const noexcept { return type_; }
    bytes_view raw() const noexcept { return raw_; }
    /// As pem() reads it and OpenSSL writes it: lines of 64 characters, a line break at the end.
    MODELSEC_DECL std::string pem_text() const;

    /// Whether `signature` over `message` was made with this key. Never throws on bad input: it is just not a signature.
    [[nodiscard]] MODELSEC_DECL bool verify(bytes_view message, bytes_view signature) const;

    /// DER SubjectPublicKeyInfo (RFC 5280), whatever the type.
    MODELSEC_DECL bytes spki_der() const;

    friend bool operator==(const public_key& a, const public_key& b) noexcept { return a.raw_ == b.raw_; }
    friend auto operator<=>(const public_key& a, const public_key& b) noexcept { return a.raw_ <=> b.raw_; }

private:
    public_key(key_type type, bytes raw) : type_(type), raw_(std::move(raw)) {}
    key_type type_;
    bytes raw_;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/key.ipp>
#endif

#endif
