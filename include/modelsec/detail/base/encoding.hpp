// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_ENCODING_HPP
#define MODELSEC_DETAIL_BASE_ENCODING_HPP

#include <modelsec/detail/base/bytes.hpp>

#include <optional>
#include <span>

MODELSEC_BEGIN_NAMESPACE

/// Lower-case hex.
MODELSEC_DECL std::string to_hex(bytes_view data);
/// Hex of either case, even length, nothing else; else nothing.
MODELSEC_DECL std::optional<bytes> from_hex(std::string_view text);

enum class base64_alphabet
{
    standard,  ///< RFC 4648 section 4, with padding
    url_safe   ///< RFC 4648 section 5, with padding
};

MODELSEC_DECL std::string to_base64(bytes_view data, base64_alphabet alphabet = base64_alphabet::standard);
/// Strict (RFC 4648 sections 3.3 and 3.5): no line breaks, padding exact, unused bits zero; else nothing.
MODELSEC_DECL std::optional<bytes> from_base64(std::string_view text, base64_alphabet alphabet = base64_alphabet::standard);
/// The same into a buffer of exactly the text's size; false, and the buffer is of no use, if it is not or the text is wrong.
MODELSEC_DECL bool from_base64(std::string_view text, std::span<std::uint8_t> out,
                               base64_alphabet alphabet = base64_alphabet::standard);
/// How many bytes a base64 text has by its length and padding, right or wrong.
MODELSEC_DECL std::size_t base64_size(std::string_view text) noexcept;

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/base/encoding.ipp>
#endif

#endif
