// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_SIGNING_KEY_IPP
#define MODELSEC_DETAIL_PUBLISH_SIGNING_KEY_IPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/detail/base/pem.hpp>
#include <modelsec/detail/publish/signing_key.hpp>

#include <sodium.h>

#include <algorithm>
#include <array>
#include <filesystem>

MODELSEC_BEGIN_NAMESPACE

namespace detail {

// RFC 8410 section 7: OneAsymmetricKey, version 0, Ed25519 (1.3.101.112), the seed in an OCTET STRING within an OCTET STRING;
// and version 1 (RFC 5958), where the public key follows.
inline constexpr std::array<std::uint8_t, 16> pkcs8_head{0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06,
                                                         0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
inline constexpr std::array<std::uint8_t, 16> pkcs8_v1_head{0x30, 0x51, 0x02, 0x01, 0x01, 0x30, 0x05, 0x06,
                                                            0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20};
inline constexpr std::size_t seed_bytes = crypto_sign_SEEDBYTES;
inline constexpr std::size_t pkcs8_bytes = pkcs8_head.size() + seed_bytes;
inline constexpr std::size_t pkcs8_v1_bytes = pkcs8_bytes + 3 + crypto_sign_PUBLICKEYBYTES;
inline constexpr std::string_view private_pem_label = "PRIVATE KEY";

/// Wipes a buffer when it goes.
template <class Buffer>
class wiped_buffer
{
public:
    explicit wiped_buffer(Buffer& buffer) noexcept : buffer_(buffer) {}
    ~wiped_buffer() { wipe(buffer_.data(), buffer_.size()); }
    wiped_buffer(const wiped_buffer&) = delete;
    wiped_buffer& operator=(const wiped_buffer&) = delete;

private:
    Buffer& buffer_;
};

inline failure bad_signing_key(std::string detail)
{
    return fail(reason::bad_option, "the key file: " + std::move(detail));
}

inline bool pem_space(char c) noexcept
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/// Base64 in a time that depends on its length alone.
inline std::optional<bytes> secret_base64(const std::string& text)
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

/// The seed within the one block PRIVATE KEY (RFC 7468). Other objects may be there; of two keys none is chosen.
inline result<secret> parse_private_pem(std::string_view pem)
{
    std::string_view text;
    while (const auto block = next_pem(pem))
    {
        if (block->label != private_pem_label)
            continue;
        if (!text.empty())
            return bad_signing_key("more than one PEM block PRIVATE KEY");
        text = block->body;
    }
    if (text.empty())
        return bad_signing_key("no PEM block PRIVATE KEY");
    std::string base64;
    base64.reserve(text.size());  // it never moves, so no copy of it stays behind
    std::copy_if(text.begin(), text.end(), std::back_inserter(base64), [](char c) { return !pem_space(c); });
    const wiped_buffer text_guard(base64);
    auto der = secret_base64(base64);
    if (!der)
        return bad_signing_key("not base64");
    const wiped_buffer der_guard(*der);
    const bool v0 = der->size() == pkcs8_bytes && std::equal(pkcs8_head.begin(), pkcs8_head.end(), der->begin());
    const bool v1 = der->size() == pkcs8_v1_bytes && std::equal(pkcs8_v1_head.begin(), pkcs8_v1_head.end(), der->begin());
    if (!v0 && !v1)
        return bad_signing_key("not an Ed25519 key in PKCS#8");
    return secret(bytes_view(*der).subspan(pkcs8_head.size(), seed_bytes));
}

/// The id under which the public key is published beside the private one, if it is.
inline result<std::string> id_beside(const std::filesystem::path& key_file, const public_key& half)
{
    const std::string stem = key_file.stem().string();
    auto text = read_local_file((key_file.parent_path() / (stem + ".pub.json")).string(), limits{}.root_bytes);
    if (!text)
        return stem;
    MODELSEC_TRY(const pins beside, pins::parse(*text));
    for (const pin& p : beside.keys())
        if (p.key == half)
            return p.key_id;
    return bad_signing_key("the .pub.json beside it is for another key");
}

}  // namespace detail

result<signing_key> signing_key::from_seed(std::string id, const secret& seed)
{
    std::array<std::uint8_t, crypto_sign_PUBLICKEYBYTES> half{};
    std::array<std::uint8_t, crypto_sign_SECRETKEYBYTES> expanded{};
    const detail::wiped_buffer guard(expanded);
    if (sodium_init() < 0 || crypto_sign_seed_keypair(half.data(), expanded.data(), seed.reveal().data()) != 0)
        return fail(reason::internal_error, "libsodium");
    MODELSEC_TRY(public_key parsed, public_key::ed25519(half));
    signing_key out(std::move(id), std::move(parsed));
    out.seed_ = seed.clone();
    out.expanded_ = secret(bytes_view(expanded));
    return out;
}

result<signing_key> signing_key::generate(std::string id)
{
    if (!id.empty() && !identifier::parse(id))
        return fail(reason::bad_option, "a key's id takes letters, digits and . _ + -, at most 128");
    if (sodium_init() < 0)
        return fail(reason::internal_error, "libsodium");
    std::array<std::uint8_t, detail::seed_bytes> random{};
    const detail::wiped_buffer guard(random);
    randombytes_buf(random.data(), random.size());
    MODELSEC_TRY(signing_key out, from_seed(std::move(id), secret(bytes_view(random))));
    if (out.id_.empty())
        out.id_ = sha256(out.public_.raw()).hex().substr(0, 16);
    return out;
}

result<signing_key> signing_key::from_pem(std::string id, std::string_view pem)
{
    MODELSEC_TRY(const secret seed, detail::parse_private_pem(pem));
    return from_seed(std::move(id), seed);
}

result<signing_key> signing_key::load(const std::string& path)
{
    MODELSEC_TRY(const secret text, detail::read_secret_file(path));
    MODELSEC_TRY(signing_key out, from_pem({}, text.reveal_text()));
    MODELSEC_TRY(out.id_, detail::id_beside(path, out.public_));
    return out;
}

signing_key signing_key::external(std::string id, public_key half, std::function<result<bytes>(bytes_view)> sign)
{
    signing_key out(std::move(id), std::move(half));
    out.elsewhere_ = std::move(sign);
    return out;
}

std::string signing_key::pin_text() const
{
    return id_ + '=' + to_base64(public_.raw());
}

std::string signing_key::pins_file() const
{
    pins only;
    only.add(as_pin()).value();
    return only.dump() + '\n';
}

secret signing_key::pem() const
{
    if (seed_.empty())
        return {};
    std::array<std::uint8_t, detail::pkcs8_bytes> der{};
    const detail::wiped_buffer der_guard(der);
    std::copy(detail::pkcs8_head.begin(), detail::pkcs8_head.end(), der.begin());
    std::copy(seed_.reveal().begin(), seed_.reveal().end(), der.begin() + detail::pkcs8_head.size());
    std::string base64 = to_base64(der);  // 64 digits: exactly one line
    const detail::wiped_buffer base64_guard(base64);
    std::string text;
    static constexpr std::string_view begin = "-----BEGIN ", end = "-----END ", dashes = "-----\n";
    text.reserve(base64.size() + 1 + begin.size() + end.size() + 2 * (detail::private_pem_label.size() + dashes.size()));
    const detail::wiped_buffer text_guard(text);
    text.append(begin).append(detail::private_pem_label).append(dashes).append(base64).append(1, '\n');
    text.append(end).append(detail::private_pem_label).append(dashes);
    return secret(std::string_view(text));
}

result<bytes> signing_key::sign(bytes_view message) const
{
    bytes out(crypto_sign_BYTES);
    if (elsewhere_)
    {
        MODELSEC_TRY(out, elsewhere_(message));
    }
    else
        crypto_sign_detached(out.data(), nullptr, message.data(), message.size(), expanded_.reveal().data());
    if (!public_.verify(message, out))
        return fail(reason::bad_signature, "what the key " + id_ + " signed does not verify by its public half");
    return out;
}

namespace detail {

inline bool is_cpp_name(std::string_view text) noexcept
{
    const auto letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
    return !text.empty() && letter(text.front()) && text.find("__") == std::string_view::npos &&
           std::all_of(text.begin(), text.end(), [&](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

/// A C++ string literal of any text in UTF-8.
inline std::string cpp_literal(std::string_view text)
{
    static constexpr std::string_view digits = "01234567";
    std::string out = "\"";
    for (const char c : text)
    {
        const auto u = static_cast<unsigned char>(c);
        if (u >= 0x20 && u < 0x7f && c != '"' && c != '\\' && c != '?')
            out += c;
        else  // octal: three digits at most, so that what follows stays apart
            ((out += '\\') += digits[u >> 6]) += {digits[u >> 3 & 7], digits[u & 7]};
    }
    return out + '"';
}

inline std::string cpp_time(const std::optional<utc_time>& time)
{
    return time ? std::to_string(time->time_since_epoch().count()) : "modelsec::pinned_key::always";
}

}  // namespace detail

result<std::string> write_pins_header(const pins& keys, std::string_view name)
{
    if (!detail::is_cpp_name(name))
        return fail(reason::bad_option, "the name in a pins header is a C++ identifier");
    if (keys.keys().empty() || keys.threshold() < 1 || keys.threshold() > keys.keys().size())
        return fail(reason::bad_option, "pins without a key, or with a threshold that their keys cannot meet");
    const std::string title(name);
    std::string out =
        "// Written by modelsec: the public keys that may sign. Do not edit; write it again.\n"
        "#pragma once\n\n#include <modelsec/pinned_keys.hpp>\n\ninline constexpr modelsec::pinned_key " +
        title + "_keys[] = {\n";
    for (const pin& p : keys.keys())
    {
        if (p.key.type() != key_type::ed25519)
            return fail(reason::bad_option, "pins hold Ed25519 keys");
        out += "    {" + detail::cpp_literal(p.key_id) + ",\n     {";
        for (std::size_t i = 0; i < p.key.raw().size(); ++i)
            out += (i == 0 ? "" : i % 16 == 0 ? ",\n      " : ", ") + ("0x" + to_hex(p.key.raw().subspan(i, 1)));
        out += "},\n     " + detail::cpp_time(p.not_before) + ", " + detail::cpp_time(p.not_after) +
               (p.revoked ? ", true},\n" : ", false},\n");
    }
    out +=
        "};\n\n/// Throws modelsec::error if a key is none, which the writer of this file has made sure of.\ninline "
        "modelsec::pins " +
        title + "()\n{\n    return modelsec::make_pins(" + title + "_keys, " + std::to_string(keys.threshold()) +
        ").value();\n}\n";
    return out;
}

result<std::string> write_pins_source(const pins& keys, pins_language language, std::string_view name)
{
    if (!detail::is_cpp_name(name))
        return fail(reason::bad_option, "the name of the constant is an identifier");
    for (const pin& p : keys.keys())
        if (!identifier::parse(p.key_id))
            return fail(reason::bad_option, "a key's id takes letters, digits and . _ + -, at most 128");
    const std::string text = keys.dump(), title(name);  // no quote of a language but `"` is in there, and no backslash
    switch (language)
    {
    case pins_language::dart:
        return "// Written by modelsec: the public keys that may sign. Do not edit; write it again.\nconst String " + title +
               " =\n    r'" + text + "';\n";
    case pins_language::python:
        return "# Written by modelsec: the public keys that may sign. Do not edit; write it again.\n" + title + " = r'" +
               text + "'\n";
    case pins_language::swift: break;
    }
    return "// Written by modelsec: the public keys that may sign. Do not edit; write it again.\npublic let " + title +
           " = #\"" + text + "\"#\n";
}

MODELSEC_END_NAMESPACE

#endif
