// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_ENCRYPTION_KEYS_IPP
#define MODELSEC_DETAIL_MANIFEST_ENCRYPTION_KEYS_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/base/openssl.hpp>
#include <modelsec/detail/base/pem.hpp>
#include <modelsec/detail/manifest/encryption_keys.hpp>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <memory>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// An X25519 key in PEM: "PRIVATE KEY" without passphrase, or "PUBLIC KEY". Null for anything else.
inline openssl_ptr<EVP_PKEY, EVP_PKEY_free> read_x25519(std::string_view text, bool secret_key)
{
    std::string_view pem;
    while (const auto block = pem.empty() ? next_pem(text) : std::nullopt)
        if (block->label == (secret_key ? "PRIVATE KEY" : "PUBLIC KEY"))
            pem = block->text;
    const openssl_ptr<BIO, BIO_free_all> in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
    OSSL_LIB_CTX* const context = openssl_library::instance().context();
    openssl_ptr<EVP_PKEY, EVP_PKEY_free> key;
    if (in)
        key.reset(secret_key ? PEM_read_bio_PrivateKey_ex(in.get(), nullptr, &no_passphrase, nullptr, context, nullptr)
                             : PEM_read_bio_PUBKEY_ex(in.get(), nullptr, &no_passphrase, nullptr, context, nullptr));
    if (key && EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_X25519)
        key.reset();
    return key;
}

/// The text without the white space around it.
inline std::string_view bare_key_text(const secret& text)
{
    static constexpr std::string_view blanks = " \t\r\n";
    const std::string_view all = text.reveal_text();
    const std::size_t first = all.find_first_not_of(blanks);
    return first == all.npos ? std::string_view() : all.substr(first, all.find_last_not_of(blanks) - first + 1);
}

inline failure not_an_encryption_key()
{
    return fail(reason::bad_option, "a key has 32 bytes: PEM of X25519, JSON, or base64");
}

inline std::optional<bytes> encryption_key_bytes(std::string_view base64)
{
    auto raw = from_base64(base64);
    return raw && raw->size() == encryption_info::key_bytes ? std::move(raw) : std::nullopt;
}

inline result<secret> encryption_secret(std::string_view base64)
{
    auto raw = encryption_key_bytes(base64);
    if (!raw)
        return not_an_encryption_key();
    secret out{bytes_view(*raw)};
    wipe(raw->data(), raw->size());
    return out;
}

/// A name for a public key that does not say one.
inline std::string encryption_key_name(bytes_view key)
{
    return sha256(key).hex().substr(0, 16);
}

}  // namespace detail

result<secret> parse_decryption_key(const secret& text)
{
    const std::string_view word = detail::bare_key_text(text);
    if (word.find("-----BEGIN") != word.npos)
    {
        const auto key = detail::read_x25519(word, true);
        std::array<std::uint8_t, encryption_info::key_bytes> raw{};
        std::size_t size = raw.size();
        if (!key || EVP_PKEY_get_raw_private_key(key.get(), raw.data(), &size) != 1)
            return detail::not_an_encryption_key();
        secret out{bytes_view(raw)};
        wipe(raw.data(), raw.size());
        return out;
    }
    if (word.starts_with('{'))
    {
        const auto doc = detail::parse_json(as_bytes(word));
        for (const char* member : {"x25519_secret_b64", "key_b64"})
            if (const auto value = doc ? doc->string_at(member) : std::nullopt)
                return detail::encryption_secret(*value);
        return detail::not_an_encryption_key();
    }
    return detail::encryption_secret(word);
}

key_provider make_key_provider(secret key)
{
    return [shared = std::make_shared<const secret>(std::move(key))](const encryption_info&) -> result<std::vector<secret>> {
        std::vector<secret> out;
        out.push_back(shared->clone());
        return out;
    };
}

result<encryption_target> parse_encryption_target(const secret& text)
{
    const std::string_view word = detail::bare_key_text(text);
    if (word.find("-----BEGIN") != word.npos)
    {
        const auto key = detail::read_x25519(word, false);
        bytes raw(encryption_info::key_bytes);
        std::size_t size = raw.size();
        if (!key || EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size) != 1)
            return fail(reason::bad_option, "a recipient is a public X25519 key");
        return encryption_target{detail::encryption_key_name(raw), raw};
    }
    if (word.starts_with('{'))
    {
        const auto doc = detail::parse_json(as_bytes(word));
        if (!doc)
            return detail::not_an_encryption_key();
        const std::string_view id = doc->string_at("key_id").value_or(std::string_view());
        if (const auto value = doc->string_at("x25519_b64"))
        {
            auto raw = detail::encryption_key_bytes(*value);
            if (!raw)
                return detail::not_an_encryption_key();
            return encryption_target{!id.empty() ? std::string(id) : detail::encryption_key_name(*raw), std::move(*raw)};
        }
        const auto content = doc->string_at("key_b64");
        if (!content || id.empty())
            return detail::not_an_encryption_key();
        MODELSEC_TRY(secret key, detail::encryption_secret(*content));
        return encryption_target{std::string(id), {}, std::move(key)};
    }
    auto raw = detail::encryption_key_bytes(word);
    if (!raw)
        return detail::not_an_encryption_key();
    return encryption_target{detail::encryption_key_name(*raw), std::move(*raw)};
}

MODELSEC_END_NAMESPACE

#endif
