// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/encoding.hpp>

#include <algorithm>

using namespace modelsec;

namespace {

std::string lower_case(std::string_view text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; });
    return out;
}

}  // namespace

// Hex, Base64 and RFC 3339 times: nothing has two spellings but the letters of hex, and the fraction of a second.
MODELSEC_FUZZ_TARGET(encoding)
{
    const std::string_view text = as_text(input);
    if (const auto raw = from_hex(text))
        fuzz::require(to_hex(*raw) == lower_case(text), "hex has one reading");
    if (const auto digest = sha256_digest::from_hex(text))
        fuzz::require(digest->hex() == lower_case(text), "a digest has one reading");
    fuzz::require(from_hex(to_hex(input)).value() == bytes(input.begin(), input.end()), "hex can be read back");
    for (const auto alphabet : {base64_alphabet::standard, base64_alphabet::url_safe})
    {
        if (const auto raw = from_base64(text, alphabet))
            fuzz::require(to_base64(*raw, alphabet) == text, "Base64 has one spelling");
        const auto back = from_base64(to_base64(input, alphabet), alphabet);
        fuzz::require(back.value() == bytes(input.begin(), input.end()), "Base64 can be read back");
    }
    if (const auto time = parse_rfc3339(text))
        fuzz::require(format_rfc3339(*time).substr(0, 19) == text.substr(0, 19), "a time has one spelling");
}
