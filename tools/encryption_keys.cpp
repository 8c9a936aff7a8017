// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "encryption_keys.hpp"

#include "command_error.hpp"
#include "platform.hpp"

#include <modelsec/detail/base/encoding.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>

namespace modelsec::tool {

namespace {

using key_pointer = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

key_pointer read_pem(std::string_view text, bool secret_key)
{
    const std::unique_ptr<BIO, decltype(&BIO_free)> in(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), BIO_free);
    const auto no_password = [](char*, int, int, void*) { return -1; };
    return {secret_key ? PEM_read_bio_PrivateKey(in.get(), nullptr, no_password, nullptr) : PEM_read_bio_PUBKEY(in.get(), nullptr, no_password, nullptr),
            EVP_PKEY_free};
}

std::string_view trimmed(std::string_view text)
{
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    return first == std::string_view::npos ? std::string_view() : text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

failure not_a_key()
{
    return fail(reason::bad_option, "a key has 32 bytes: PEM of X25519, JSON, or base64");
}

std::optional<bytes> key_bytes(std::string_view base64)
{
    auto raw = from_base64(base64);
    return raw && raw->size() == encryption_info::key_bytes ? std::move(raw) : std::nullopt;
}

result<secret> secret_of(std::string_view base64)
{
    auto raw = key_bytes(base64);
    if (!raw)
        return not_a_key();
    secret out{bytes_view(*raw)};
    wipe(raw->data(), raw->size());
    return out;
}

/// A name for a public key that does not say one.
std::string name_of(bytes_view key)
{
    return sha256(key).hex().substr(0, 16);
}

}  // namespace

result<secret> parse_decryption_key(const secret& text)
{
    const std::string_view word = trimmed(text.reveal_text());
    if (word.find("-----BEGIN") != std::string_view::npos)
    {
        const key_pointer key = read_pem(word, true);
        std::array<std::uint8_t, encryption_info::key_bytes> raw{};
        std::size_t size = raw.size();
        if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_X25519 || EVP_PKEY_get_raw_private_key(key.get(), raw.data(), &size) != 1)
            return not_a_key();
        secret out{bytes_view(raw)};
        wipe(raw.data(), raw.size());
        return out;
    }
    if (word.starts_with('{'))
    {
        const auto doc = parse_json(as_bytes(word));
        for (const char* member : {"x25519_secret_b64", "key_b64"})
            if (const auto value = doc ? doc->string_at(member) : std::nullopt)
                return secret_of(*value);
        return not_a_key();
    }
    return secret_of(word);
}

result<encryption_target> parse_encryption_target(const secret& text)
{
    const std::string_view word = trimmed(text.reveal_text());
    if (word.find("-----BEGIN") != std::string_view::npos)
    {
        const key_pointer key = read_pem(word, false);
        bytes raw(encryption_info::key_bytes);
        std::size_t size = raw.size();
        if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_X25519 || EVP_PKEY_get_raw_public_key(key.get(), raw.data(), &size) != 1)
            return fail(reason::bad_option, "a recipient is a public X25519 key");
        return encryption_target{name_of(raw), raw};
    }
    if (word.starts_with('{'))
    {
        const auto doc = parse_json(as_bytes(word));
        const auto id = doc ? doc->string_at("key_id") : std::nullopt;
        if (const auto value = doc ? doc->string_at("x25519_b64") : std::nullopt)
        {
            auto raw = key_bytes(*value);
            if (!raw)
                return not_a_key();
            return encryption_target{id ? std::string(*id) : name_of(*raw), std::move(*raw)};
        }
        const auto content = doc ? doc->string_at("key_b64") : std::nullopt;
        if (!content || !id || id->empty())
            return not_a_key();
        MODELSEC_TRY(secret key, secret_of(*content));
        return encryption_target{std::string(*id), {}, std::move(key)};
    }
    auto raw = key_bytes(word);
    if (!raw)
        return not_a_key();
    return encryption_target{name_of(*raw), std::move(*raw)};
}

key_provider find_decryption_key(const std::string& variable, const std::string& path)
{
    if (variable.empty() && path.empty())
        return {};
    if (!variable.empty() && !path.empty())
        usage("--decrypt-key-env or --decrypt-key, not both");
    secret text;
    if (!path.empty())
        text = value_or_hint(read_secret_file(path), "--decrypt-key: a 0600 file with the key");
    else if (auto value = environment(variable))
    {
        text = secret(*value);
        wipe(*value);
    }
    else
        usage("--decrypt-key-env: the variable is not set");
    auto key = std::make_shared<secret>(value_or_hint(parse_decryption_key(text), "--decrypt-key takes 32 bytes: PEM of X25519, JSON, or base64"));
    return [key](const encryption_info&) -> result<std::vector<secret>> {
        std::vector<secret> out;
        out.push_back(key->clone());
        return out;
    };
}

}  // namespace modelsec::tool
