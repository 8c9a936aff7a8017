// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_MODEL_KEY_HPP
#define MODELSEC_DETAIL_TRUST_MODEL_KEY_HPP

#include <modelsec/error.hpp>
#include <modelsec/detail/trust/key.hpp>

#include <openssl/evp.h>

#include <memory>
#include <string>

MODELSEC_BEGIN_NAMESPACE

/// A private key that signs models: ECDSA on P-256, P-384 or P-521, or Ed25519, as OpenSSL makes them.
class model_key
{
public:
    /// Reads a PEM file (PKCS#8 or "EC PRIVATE KEY"), which must be 0600. One with a passphrase is refused.
    MODELSEC_DECL static result<model_key> read(const std::string& path);

    const public_key& public_half() const noexcept { return public_; }
    /// ECDSA in DER over the digest of its curve, or 64 bytes of Ed25519.
    MODELSEC_DECL result<bytes> sign(bytes_view message) const;

private:
    using private_key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
    model_key(private_key key, public_key half) : key_(std::move(key)), public_(std::move(half)) {}

    private_key key_;
    public_key public_;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/model_key.ipp>
#endif

#endif
