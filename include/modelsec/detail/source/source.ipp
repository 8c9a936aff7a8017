// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_SOURCE_IPP
#define MODELSEC_DETAIL_SOURCE_SOURCE_IPP

#include <modelsec/detail/source/source.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

bool source_same(std::string_view a, std::string_view b) noexcept
{
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace detail

std::optional<std::string_view> source_answer::header(std::string_view name) const noexcept
{
    for (const http_header& h : headers)
        if (detail::source_same(h.name, name))
            return h.value.view();
    return std::nullopt;
}

MODELSEC_END_NAMESPACE

#endif
