// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_SHOWN_NAME_HPP
#define MODELSEC_DETAIL_BASE_SHOWN_NAME_HPP

#include <modelsec/config.hpp>

#include <string>
#include <string_view>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A name that was refused, for a detail: what is not printable ASCII as `\xHH` (CWE-150, CWE-117), and no more than 200 bytes of it.
inline std::string shown_name(std::string_view text)
{
    static constexpr std::size_t most = 200;
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const char c : text.substr(0, most))
    {
        const auto byte = static_cast<unsigned char>(c);
        if (c >= ' ' && c <= '~' && c != '\\')
            out += c;
        else
            out += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    }
    return text.size() > most ? out + "..." : out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
