// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "keys.hpp"

#include "platform.hpp"

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/base/pem.hpp>
#include <modelsec/pins.hpp>

#include <sodium.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace modelsec::tool {

namespace {

// RFC 8410 section 7: OneAsymmetricKey, version 0, Ed25519 (1.3.101.112), the seed in an OCTET STRING within an OCTET STRING;
// and version 1 (RFC 5958), where the public key follows.
constexpr std::array<std::uint8_t, 16> pkcs8_head{0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                                  0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
constexpr std::array<std::uint8_t, 16> pkcs8_v1_head{0x30, 0x51, 0x02, 0x01, 0x01, 0x30, 0x05, 0x06,
                                                     0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
constexpr std::size_t seed_bytes = crypto_sign_SEEDBYTES;
constexpr std::size_t pkcs8_bytes = pkcs8_head.size() + seed_bytes;
constexpr std::size_t pkcs8_v1_bytes = pkcs8_bytes + 3 + crypto_sign_PUBLICKEYBYTES;
constexpr std::string_view pem_begin = "-----BEGIN PRIVATE KEY-----";
constexpr std::string_view pem_end = "-----END PRIVATE KEY-----";

/// Wipes a buffer when it goes.
template <class Buffer>
class wiped
{
public:
    explicit wiped(Buffer& buffer) noexcept : buffer_(buffer) {}
    ~wiped() { wipe(buffer_.data(), buffer_.size()); }
    wiped(const wiped&) = delete;
    wiped& operator=(const wiped&) = delete;

private:
    Buffer& buffer_;
};

failure not_a_key(std::string detail)
{
    return fail(reason::bad_option, "the key file: " + std::move(detail));
}

bool space(char c) noexcept
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Base64 in a time that depends on its length alone.
std::optional<bytes> secret_base64(const std::string& text)
{
    bytes out(text.size() / 4 * 3);
    std::size_t size = 0;
    const char* end = nullptr;
    if (out.empty() ||
        sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size, &end,
                          sodium_base64_VARIANT_ORIGINAL) != 0 ||
        end != text.data() + text.size())
        return std::nullopt;
    out.resize(size);
    return out;
}

/// The seed within a PEM block (RFC 7468) and nothing else.
result<secret> parse_pem(std::string_view text)
{
    const auto block = detail::next_pem(text);
    if (!block || detail::next_pem(text))
        return not_a_key("not one PEM block");
    text = block->text;
    if (!text.starts_with(pem_begin) || !text.ends_with(pem_end) || text.size() < pem_begin.size() + pem_end.size())
        return not_a_key("no PEM block PRIVATE KEY");
    text = text.substr(pem_begin.size(), text.size() - pem_begin.size() - pem_end.size());
    std::string base64;
    base64.reserve(text.size());  // it never moves, so no copy of it stays behind
    std::copy_if(text.begin(), text.end(), std::back_inserter(base64), [](char c) { return !space(c); });
    const wiped text_guard(base64);
    auto der = secret_base64(base64);
    if (!der)
        return not_a_key("not base64");
    const wiped der_guard(*der);
    const bool v0 = der->size() == pkcs8_bytes && std::equal(pkcs8_head.begin(), pkcs8_head.end(), der->begin());
    const bool v1 = der->size() == pkcs8_v1_bytes && std::equal(pkcs8_v1_head.begin(), pkcs8_v1_head.end(), der->begin());
    if (!v0 && !v1)
        return not_a_key("not an Ed25519 key in PKCS#8");
    return secret(bytes_view(*der).subspan(pkcs8_head.size(), seed_bytes));
}

/// The id under which the public key is published beside the private one, if it is.
result<std::string> id_beside(const std::filesystem::path& key_file, const public_key& half)
{
    const std::string stem = key_file.stem().string();
    auto text = read_local_file((key_file.parent_path() / (stem + ".pub.json")).string(), limits{}.root_bytes);
    if (!text)
        return stem;
    MODELSEC_TRY(const pins beside, pins::parse(*text));
    for (const pin& p : beside.keys())
        if (p.key == half)
            return p.key_id;
    return not_a_key("the .pub.json beside it is for another key");
}

}  // namespace

result<signing_key> signing_key::from_seed(std::string id, const secret& seed)
{
    std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> half{};
    std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> expanded{};
    const wiped guard(expanded);
    if (sodium_init() < 0 || crypto_sign_seed_keypair(half.data(), expanded.data(), seed.reveal().data()) != 0)
        return fail(reason::internal_error, "libsodium");
    MODELSEC_TRY(public_key parsed, public_key::ed25519(half));
    return signing_key(std::move(id), seed.clone(), secret(bytes_view(expanded)), std::move(parsed));
}

result<signing_key> signing_key::generate(std::string id)
{
    if (sodium_init() < 0)
        return fail(reason::internal_error, "libsodium");
    std::array<std::uint8_t, seed_bytes> random{};
    const wiped guard(random);
    randombytes_buf(random.data(), random.size());
    MODELSEC_TRY(signing_key out, from_seed(std::move(id), secret(bytes_view(random))));
    if (out.id_.empty())
        out.id_ = sha256(out.public_.raw()).hex().substr(0, 16);
    return out;
}

result<signing_key> signing_key::read(const std::string& path)
{
    MODELSEC_TRY(const secret text, read_secret_file(path));
    MODELSEC_TRY(const secret seed, parse_pem(text.reveal_text()));
    MODELSEC_TRY(signing_key out, from_seed({}, seed));
    MODELSEC_TRY(out.id_, id_beside(path, out.public_));
    return out;
}

std::string signing_key::pin_text() const
{
    return id_ + '=' + to_base64(public_.raw());
}

std::string signing_key::pins_file() const
{
    pins only;
    only.add(pin{id_, public_, {}, {}, false}).value();
    return only.dump() + '\n';
}

secret signing_key::pem() const
{
    std::array<std::uint8_t, pkcs8_bytes> der{};
    const wiped der_guard(der);
    std::copy(pkcs8_head.begin(), pkcs8_head.end(), der.begin());
    std::copy(seed_.reveal().begin(), seed_.reveal().end(), der.begin() + pkcs8_head.size());
    std::string base64 = to_base64(der);  // 64 digits: exactly one line
    const wiped base64_guard(base64);
    std::string text;
    text.reserve(2 * pem_begin.size() + base64.size() + 8);
    const wiped text_guard(text);
    text.append(pem_begin).append(1, '\n').append(base64).append(1, '\n').append(pem_end).append(1, '\n');
    return secret(std::string_view(text));
}

signature signing_key::sign(bytes_view message) const
{
    signature out{id_, bytes(crypto_sign_BYTES)};
    crypto_sign_detached(out.value.data(), nullptr, message.data(), message.size(), expanded_.reveal().data());
    return out;
}

}  // namespace modelsec::tool
