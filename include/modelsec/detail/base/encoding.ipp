// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_ENCODING_IPP
#define MODELSEC_DETAIL_BASE_ENCODING_IPP

#include <modelsec/detail/base/encoding.hpp>

#include <sodium.h>

#include <array>
#include <utility>

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

namespace detail {

/// The value of each base64 digit (RFC 4648, tables 1 and 2); 255 for what is none.
constexpr std::array<std::uint8_t, 256> base64_digits(std::string_view last_two)
{
    std::array<std::uint8_t, 256> out{};
    out.fill(255);
    std::uint8_t value = 0;
    for (const auto& [first, last] : {std::pair('A', 'Z'), std::pair('a', 'z'), std::pair('0', '9')})
        for (char c = first; c <= last; ++c)
            out[static_cast<unsigned char>(c)] = value++;
    for (const char c : last_two)
        out[static_cast<unsigned char>(c)] = value++;
    return out;
}

}  // namespace detail

std::size_t base64_size(std::string_view text) noexcept
{
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    return text.size() / 4 * 3 - (text.size() < 4 ? 0 : padding);
}

// By table: libsodium's decoder takes the same time for every text, which secrets need, and ten times as long as this one. Strict
// as it (RFC 4648 sections 3.2, 3.3 and 3.5): padding, nothing but digits, no bits left over.
bool from_base64(std::string_view text, std::span<std::uint8_t> out, base64_alphabet alphabet)
{
    static constexpr auto standard = detail::base64_digits("+/"), url_safe = detail::base64_digits("-_");
    const auto& digits = alphabet == base64_alphabet::standard ? standard : url_safe;
    if (text.size() % 4 != 0 || out.size() != base64_size(text))
        return false;
    const std::size_t padding = text.size() / 4 * 3 - out.size();
    std::uint8_t* to = out.data();
    unsigned seen = 0;  // all bits of all digits: 255 leaves its mark
    const auto digit = [&](std::size_t at) {
        const unsigned value = digits[static_cast<unsigned char>(text[at])];
        seen |= value;
        return value;
    };
    const std::size_t whole = padding == 0 ? text.size() : text.size() - 4;
    for (std::size_t at = 0; at < whole; at += 4, to += 3)
    {
        const unsigned group = digit(at) << 18 | digit(at + 1) << 12 | digit(at + 2) << 6 | digit(at + 3);
        to[0] = static_cast<std::uint8_t>(group >> 16);
        to[1] = static_cast<std::uint8_t>(group >> 8);
        to[2] = static_cast<std::uint8_t>(group);
    }
    if (padding != 0)
    {
        const unsigned group = digit(whole) << 18 | digit(whole + 1) << 12 | (padding == 1 ? digit(whole + 2) << 6 : 0);
        if ((group & (padding == 1 ? 0xffu : 0xffffu)) != 0)
            return false;
        to[0] = static_cast<std::uint8_t>(group >> 16);
        if (padding == 1)
            to[1] = static_cast<std::uint8_t>(group >> 8);
    }
    return seen <= 63;
}

std::optional<bytes> from_base64(std::string_view text, base64_alphabet alphabet)
{
    bytes out(base64_size(text));
    return from_base64(text, out, alphabet) ? std::optional(std::move(out)) : std::nullopt;
}

MODELSEC_END_NAMESPACE

#endif
