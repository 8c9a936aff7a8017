// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_ENCRYPTION_IPP
#define MODELSEC_DETAIL_MANIFEST_ENCRYPTION_IPP

#include <modelsec/detail/base/big_endian.hpp>
#include <modelsec/detail/manifest/encryption.hpp>

#include <sodium.h>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == encryption_info::key_bytes);
static_assert(crypto_aead_xchacha20poly1305_ietf_ABYTES == encryption_info::tag_bytes);
static_assert(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES == encryption_info::prefix_bytes + 5);

chunk_cipher::chunk_cipher(const encryption_info& info, bytes_view key, std::string_view model_id, std::string_view version,
                           std::string_view file_name)
    : info_(info), key_(key)
{
    info_.recipients.clear();
    for (const std::string_view text : {model_id, version, file_name})
    {
        append_u32(associated_, static_cast<std::uint32_t>(text.size()));
        associated_.insert(associated_.end(), text.begin(), text.end());
    }
    append_u32(associated_, static_cast<std::uint32_t>(info.plain_size_bytes >> 32));
    append_u32(associated_, static_cast<std::uint32_t>(info.plain_size_bytes));
}

std::array<std::uint8_t, 24> chunk_cipher::nonce(std::uint64_t index) const noexcept
{
    std::array<std::uint8_t, 24> out{};
    std::copy(info_.nonce_prefix.begin(), info_.nonce_prefix.end(), out.begin());
    for (unsigned i = 0; i < 4; ++i)
        out[19 + i] = static_cast<std::uint8_t>(index >> (24 - 8 * i));
    // The last chunk says so: a file that was cut short does not open (STREAM's flag against truncation).
    out[23] = index + 1 == info_.chunks() ? 1 : 0;
    return out;
}

std::size_t chunk_cipher::plain_bytes(std::uint64_t index) const noexcept
{
    const std::uint64_t begin = index * info_.chunk_bytes;
    return begin >= info_.plain_size_bytes
               ? 0
               : static_cast<std::size_t>(std::min<std::uint64_t>(info_.chunk_bytes, info_.plain_size_bytes - begin));
}

void chunk_cipher::seal(std::uint64_t index, bytes_view plain, std::span<std::uint8_t> out) const
{
    const auto unique = nonce(index);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(out.data(), nullptr, plain.data(), plain.size(), associated_.data(),
                                                     associated_.size(), nullptr, unique.data(), key_.reveal().data());
}

bool chunk_cipher::open(std::uint64_t index, bytes_view cipher, std::span<std::uint8_t> out) const noexcept
{
    if (index >= info_.chunks() || cipher.size() != plain_bytes(index) + encryption_info::tag_bytes ||
        out.size() < plain_bytes(index))
        return false;
    const auto unique = nonce(index);
    return crypto_aead_xchacha20poly1305_ietf_decrypt(out.data(), nullptr, nullptr, cipher.data(), cipher.size(),
                                                      associated_.data(), associated_.size(), unique.data(),
                                                      key_.reveal().data()) == 0;
}

std::vector<secret> possible_file_keys(const encryption_info& info, const secret& key)
{
    std::vector<secret> out;
    if (key.reveal().size() != encryption_info::key_bytes)
        return out;
    const bytes own = x25519_public(key);
    for (const key_recipient& r : info.recipients)
    {
        std::array<std::uint8_t, encryption_info::key_bytes> plain{};
        if (own.size() == crypto_box_PUBLICKEYBYTES && r.wrapped_key.size() == plain.size() + crypto_box_SEALBYTES &&
            crypto_box_seal_open(plain.data(), r.wrapped_key.data(), r.wrapped_key.size(), own.data(),
                                 key.reveal().data()) == 0)
            out.emplace_back(bytes_view(plain));
        wipe(plain.data(), plain.size());
    }
    out.push_back(key.clone());
    return out;
}

result<bytes> wrap_file_key(bytes_view file_key, bytes_view recipient)
{
    bytes out(file_key.size() + crypto_box_SEALBYTES);
    // crypto_box_seal refuses keys of small order.
    if (recipient.size() != crypto_box_PUBLICKEYBYTES ||
        crypto_box_seal(out.data(), file_key.data(), file_key.size(), recipient.data()) != 0)
        return fail(reason::bad_option, "the recipient's key is no X25519 key");
    return out;
}

bytes x25519_public(const secret& key)
{
    bytes out(crypto_scalarmult_curve25519_BYTES);
    if (key.reveal().size() != crypto_scalarmult_curve25519_SCALARBYTES ||
        crypto_scalarmult_curve25519_base(out.data(), key.reveal().data()) != 0)
        return {};
    return out;
}

secret random_secret(std::size_t size)
{
    bytes raw(size);
    randombytes_buf(raw.data(), raw.size());
    secret out{bytes_view(raw)};
    wipe(raw.data(), raw.size());
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
