// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_ENCRYPTION_KEYS_HPP
#define MODELSEC_TOOLS_ENCRYPTION_KEYS_HPP

#include <modelsec/detail/publish/encrypt_file.hpp>

#include <string>

namespace modelsec::tool {

// Keys to encrypted models, as text. A recipient's secret key, or a file's own: PEM of X25519 (openssl genpkey -algorithm x25519), JSON
// {"key_id": …, "x25519_secret_b64" | "key_b64": …}, or the 32 bytes in base64. A recipient's public key: PEM, JSON {"key_id": …,
// "x25519_b64": …}, or 32 bytes in base64.

/// The 32 bytes of a secret key in any of these forms: `bad_option`.
result<secret> parse_decryption_key(const secret& text);
/// Who --encrypt-for names.
result<encryption_target> parse_encryption_target(const secret& text);

/// The provider of --decrypt-key-env and --decrypt-key; empty if neither is given. Throws for what is no key.
key_provider find_decryption_key(const std::string& variable, const std::string& path);

}  // namespace modelsec::tool

#endif
