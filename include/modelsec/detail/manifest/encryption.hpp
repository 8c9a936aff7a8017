// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_ENCRYPTION_HPP
#define MODELSEC_DETAIL_MANIFEST_ENCRYPTION_HPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/secret.hpp>

#include <array>
#include <functional>
#include <span>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// A file's key, wrapped for the holder of one X25519 key by libsodium's crypto_box_seal: 80 bytes.
struct key_recipient
{
    std::string key_id;  ///< of the recipient's X25519 key
    bytes wrapped_key;
};

/// How one file is encrypted (docs/manifest.md, "Encryption"): XChaCha20-Poly1305 in chunks, in the STREAM construction of Hoang,
/// Reyhanitabar, Rogaway and Vizár (2015).
struct encryption_info
{
    static constexpr std::string_view stream_scheme = "xchacha20poly1305-stream";
    static constexpr std::size_t key_bytes = 32;
    static constexpr std::size_t tag_bytes = 16;
    static constexpr std::size_t prefix_bytes = 19;
    static constexpr std::size_t wrapped_key_bytes = 80;

    std::string scheme;
    std::uint32_t chunk_bytes = 0;  ///< of plain text in every chunk but the last
    std::string key_id;             ///< of the file's key
    std::vector<key_recipient> recipients;
    std::array<std::uint8_t, prefix_bytes> nonce_prefix{};
    sha256_digest plain_sha256;
    std::uint64_t plain_size_bytes = 0;

    /// At least one: an empty file has one empty chunk, whose tag says that it is empty.
    std::uint64_t chunks() const noexcept
    {
        return plain_size_bytes == 0 || chunk_bytes == 0 ? 1 : (plain_size_bytes - 1) / chunk_bytes + 1;
    }
    std::uint64_t cipher_size_bytes() const noexcept { return plain_size_bytes + chunks() * tag_bytes; }
};

/// Gives the keys that a file may be opened by: 32 bytes each, the file's own key or the X25519 key of a recipient. All are tried. Called when a
/// file is opened; may ask a key service. No key fits: `decrypt_failed`.
using key_provider = std::function<result<std::vector<secret>>(const encryption_info& what)>;

namespace detail {

/// What binds a chunk to its place: no chunk of another model, version, file or position opens (CWE-345).
class chunk_cipher
{
public:
    /// `key`: 32 bytes, copied and wiped with this. `info` is copied but for its recipients.
    MODELSEC_DECL chunk_cipher(const encryption_info& info, bytes_view key, std::string_view model_id,
                               std::string_view version, std::string_view file_name);

    /// How much plain text chunk `index` holds.
    MODELSEC_DECL std::size_t plain_bytes(std::uint64_t index) const noexcept;
    /// Encrypts one chunk: `out` is tag_bytes longer than `plain`, which is as long as plain_bytes(index).
    MODELSEC_DECL void seal(std::uint64_t index, bytes_view plain, std::span<std::uint8_t> out) const;
    /// Decrypts one chunk; false if it is not the chunk of this file at this place, or the key is wrong. Nothing of it is in `out` then.
    [[nodiscard]] MODELSEC_DECL bool open(std::uint64_t index, bytes_view cipher,
                                          std::span<std::uint8_t> out) const noexcept;

    const encryption_info& info() const noexcept { return info_; }

private:
    MODELSEC_DECL std::array<std::uint8_t, 24> nonce(std::uint64_t index) const noexcept;

    encryption_info info_;
    secret key_;
    bytes associated_;
};

/// The keys of the file that `key` can be: `key` itself, and what it unwraps of the recipients' keys, as an X25519 key.
MODELSEC_DECL std::vector<secret> possible_file_keys(const encryption_info& info, const secret& key);

/// Wraps a file's key for an X25519 public key (32 bytes): `bad_option` if it is none.
MODELSEC_DECL result<bytes> wrap_file_key(bytes_view file_key, bytes_view recipient);
/// The X25519 public key of a secret one (both 32 bytes).
MODELSEC_DECL bytes x25519_public(const secret& key);
MODELSEC_DECL secret random_secret(std::size_t size);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/manifest/encryption.ipp>
#endif

#endif
