// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_MODEL_KEY_HPP
#define MODELSEC_DETAIL_MANIFEST_MODEL_KEY_HPP

#include <modelsec/detail/trust/key.hpp>
#include <modelsec/detail/trust/sigstore/certificate.hpp>

MODELSEC_BEGIN_NAMESPACE

/// A private key that signs models, as OpenSSL makes them: ECDSA on P-256, P-384 or P-521, or Ed25519. For keys that are kept elsewhere see
/// message_signer. Cheap to copy; several threads may sign by one at once.
class model_key
{
public:
    /// The private key in a PEM text (PKCS #8 or "EC PRIVATE KEY"), without passphrase: `bad_option` (2). The caller wipes the text.
    MODELSEC_DECL static result<model_key> pem(std::string_view text);

    const public_key& public_half() const noexcept { return public_; }
    /// ECDSA in DER over the digest of its curve, or 64 bytes of Ed25519. As a message_signer: `[&](bytes_view m) { return key.sign(m); }`.
    MODELSEC_DECL result<bytes> sign(bytes_view message) const;

private:
    model_key(std::shared_ptr<evp_pkey_st> key, public_key half) : key_(std::move(key)), public_(std::move(half)) {}

    std::shared_ptr<evp_pkey_st> key_;
    public_key public_;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/manifest/model_key.ipp>
#endif

#endif
