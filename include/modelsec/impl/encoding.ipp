// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_IMPL_ENCODING_IPP
#define MODELSEC_IMPL_ENCODING_IPP

#include <modelsec/core/encoding.hpp>

#include <sodium.h>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE

std::string to_hex(bytes_view data)
{
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    out.reserve(data.size() * 2);
    for (const std::uint8_t b : data)
    {
        out += digits[b >> 4];
        out += digits[b & 15];
    }
    return out;
}

std::optional<bytes> from_hex(std::string_view text)
{
    if (text.size() % 2 != 0)
        return std::nullopt;
    if (text.empty())
        return bytes();  // libsodium wants a buffer that is not null
    bytes out(text.size() / 2);
    std::size_t size = 0;
    const char* end = nullptr;
    if (sodium_hex2bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size, &end) != 0 || size != out.size() ||
        end != text.data() + text.size())
        return std::nullopt;
    return out;
}

namespace detail {
inline int sodium_variant(base64_alphabet alphabet) noexcept
{
    return alphabet == base64_alphabet::standard ? sodium_base64_VARIANT_ORIGINAL : sodium_base64_VARIANT_URLSAFE;
}
}  // namespace detail

std::string to_base64(bytes_view data, base64_alphabet alphabet)
{
    const int variant = detail::sodium_variant(alphabet);
    std::string out(sodium_base64_encoded_len(data.size(), variant), '\0');
    sodium_bin2base64(out.data(), out.size(), data.data(), data.size(), variant);
    out.pop_back();  // the terminating zero that libsodium counts
    return out;
}

std::optional<bytes> from_base64(std::string_view text, base64_alphabet alphabet)
{
    // libsodium 1.0.18 takes every byte above 127 for the alphabet's 62nd character (found by fuzz/encoding.cpp).
    if (text.size() % 4 != 0 || std::any_of(text.begin(), text.end(), [](char c) { return (c & 0x80) != 0; }))
        return std::nullopt;
    if (text.empty())
        return bytes();
    bytes out(text.size() / 4 * 3);
    std::size_t size = 0;
    const char* end = nullptr;
    if (sodium_base642bin(out.data(), out.size(), text.data(), text.size(), nullptr, &size, &end,
                          detail::sodium_variant(alphabet)) != 0 ||
        end != text.data() + text.size())
        return std::nullopt;
    out.resize(size);
    return out;
}

MODELSEC_END_NAMESPACE

#endif
