// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_PERCENT_IPP
#define MODELSEC_DETAIL_SOURCE_PERCENT_IPP

#include <modelsec/detail/source/percent.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

std::string percent_encode(std::string_view text, bool keep_slashes)
{
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text)
    {
        const auto byte = static_cast<unsigned char>(c);
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '_' || c == '.' || c == '~' || (c == '/' && keep_slashes);
        if (plain)
            out.push_back(c);
        else
            out.append({'%', hex[byte >> 4], hex[byte & 15]});
    }
    return out;
}

bool is_plain_path(std::string_view text) noexcept
{
    while (true)
    {
        const std::size_t slash = text.find('/');
        const std::string_view part = text.substr(0, slash);
        if (part.empty() || part == "." || part == ".." ||
            std::any_of(part.begin(), part.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }))
            return false;
        if (slash == std::string_view::npos)
            return true;
        text.remove_prefix(slash + 1);
    }
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
