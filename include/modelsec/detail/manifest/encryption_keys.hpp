// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_ENCRYPTION_KEYS_HPP
#define MODELSEC_DETAIL_MANIFEST_ENCRYPTION_KEYS_HPP

#include <modelsec/detail/manifest/encryption.hpp>
#include <modelsec/error.hpp>

#include <string>

MODELSEC_BEGIN_NAMESPACE

// Keys to encrypted models, as text. A recipient's secret key, or a file's own: PEM of X25519 (openssl genpkey -algorithm x25519), JSON
// {"key_id": …, "x25519_secret_b64" | "key_b64": …}, or the 32 bytes in base64. A recipient's public key: PEM, JSON {"key_id": …,
// "x25519_b64": …}, or 32 bytes in base64.

/// Who is to read an encrypted model: the holder of an X25519 key, or whoever has the file's key itself (then there is one target).
struct encryption_target
{
    std::string key_id;
    bytes recipient;       ///< an X25519 public key, 32 bytes; or empty and
    secret content_key{};  ///< 32 bytes
};

/// The 32 bytes of a secret key in any of these forms: `bad_option`.
MODELSEC_DECL result<secret> parse_decryption_key(const secret& text);
/// A provider of this one key, for fetch_options::decrypt_keys and client::open_decrypted().
MODELSEC_DECL key_provider make_key_provider(secret key);
/// A recipient's public key, or a file's own key, in any of these forms: `bad_option`.
MODELSEC_DECL result<encryption_target> parse_encryption_target(const secret& text);

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/manifest/encryption_keys.ipp>
#endif

#endif
