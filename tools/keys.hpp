// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_KEYS_HPP
#define MODELSEC_TOOLS_KEYS_HPP

#include <modelsec/detail/base/secret.hpp>
#include <modelsec/detail/trust/envelope.hpp>
#include <modelsec/error.hpp>
#include <modelsec/detail/trust/threshold.hpp>

#include <string>
#include <string_view>

namespace modelsec::tool {

/// An Ed25519 key pair that signs manifests. Kept as a PKCS#8 PEM file (RFC 8410), which OpenSSL reads and makes too; the
/// public key lies beside it as a pins file, ID.pub.json.
class signing_key
{
public:
    /// A new key. Without an id: the first 16 hex digits of the public key's SHA-256.
    static result<signing_key> generate(std::string id);
    /// Reads the private key at `path`, a 0600 file. Its id: that of the pins file beside it, else the file's name without
    /// extension.
    static result<signing_key> read(const std::string& path);

    const std::string& id() const noexcept { return id_; }
    const public_key& public_half() const noexcept { return public_; }
    /// "ID=BASE64", for --pin.
    std::string pin_text() const;
    /// {"keys": …, "threshold": 1}
    std::string pins_file() const;
    secret pem() const;

    signature sign(bytes_view message) const;
    /// As the one that checks signatures sees it.
    candidate_key candidate() const { return {id_, public_, reason::none}; }

private:
    signing_key(std::string id, secret seed, secret expanded, public_key half)
        : id_(std::move(id)), seed_(std::move(seed)), expanded_(std::move(expanded)), public_(std::move(half))
    {
    }
    static result<signing_key> from_seed(std::string id, const secret& seed);

    std::string id_;
    secret seed_;      ///< 32 bytes, RFC 8032 section 5.1.5
    secret expanded_;  ///< seed and public key, as libsodium signs
    public_key public_;
};

}  // namespace modelsec::tool

#endif
