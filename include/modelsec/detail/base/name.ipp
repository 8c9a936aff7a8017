// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_NAME_IPP
#define MODELSEC_DETAIL_BASE_NAME_IPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/detail/base/shown_name.hpp>

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <optional>

MODELSEC_BEGIN_NAMESPACE

namespace detail {

inline char lower(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// A Windows device: CON, PRN, AUX, NUL, CONIN$, CONOUT$, COM0-9, LPT0-9 (also with superscript digits), alone or before a dot.
inline bool is_device_name(std::string_view text)
{
    std::string stem;
    for (const char c : text.substr(0, text.find('.')))
        stem += lower(c);
    while (!stem.empty() && stem.back() == ' ')
        stem.pop_back();
    static constexpr std::array<std::string_view, 6> devices{"con", "prn", "aux", "nul", "conin$", "conout$"};
    if (std::find(devices.begin(), devices.end(), stem) != devices.end())
        return true;
    if (!stem.starts_with("com") && !stem.starts_with("lpt"))
        return false;
    static constexpr std::array<std::string_view, 13> numbers{"0", "1", "2", "3",        "4",        "5",       "6",
                                                              "7", "8", "9", "\xC2\xB9", "\xC2\xB2", "\xC2\xB3"};
    return std::find(numbers.begin(), numbers.end(), std::string_view(stem).substr(3)) != numbers.end();
}

/// Maps text by utf8proc; nothing if it is not well-formed UTF-8.
inline std::optional<std::string> map_utf8(std::string_view text, int options)
{
    utf8proc_uint8_t* mapped = nullptr;
    const utf8proc_ssize_t size =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()), static_cast<utf8proc_ssize_t>(text.size()),
                     &mapped, static_cast<utf8proc_option_t>(options));
    if (size < 0)
        return std::nullopt;
    std::string out(reinterpret_cast<const char*>(mapped), static_cast<std::size_t>(size));
    std::free(mapped);
    return out;
}

/// Letters, marks, numbers, punctuation, symbols and the plain space. Not: controls, format characters (bidi controls among
/// them), surrogates, private use, unassigned, other separators.
inline bool is_printable(utf8proc_int32_t code_point)
{
    switch (utf8proc_category(code_point))
    {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP: return false;
    case UTF8PROC_CATEGORY_ZS: return code_point == ' ';
    default: return true;
    }
}

inline bool all_printable(std::string_view text)
{
    const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    auto left = static_cast<utf8proc_ssize_t>(text.size());
    while (left > 0)
    {
        utf8proc_int32_t code_point = -1;
        const utf8proc_ssize_t used = utf8proc_iterate(at, left, &code_point);
        if (used <= 0 || !is_printable(code_point))
            return false;
        at += used;
        left -= used;
    }
    return true;
}

}  // namespace detail

result<identifier> identifier::parse(std::string_view text)
{
    const auto alnum = [](char c) { return (c >= '0' && c <= '9') || (detail::lower(c) >= 'a' && detail::lower(c) <= 'z'); };
    const auto rest = [&](char c) { return alnum(c) || c == '.' || c == '_' || c == '+' || c == '-'; };
    if (text.empty() || text.size() > 128 || !alnum(text[0]) || !std::all_of(text.begin(), text.end(), rest))
        return fail(reason::unsafe_name, "not a model id or version: " + detail::shown_name(text));
    if (text.back() == '.' || detail::is_device_name(text))
        return fail(reason::unsafe_name,
                    "a model id or version that some file systems read as something else: " + detail::shown_name(text));
    return identifier(std::string(text));
}

// OWASP Path Traversal; CWE-22, CWE-41, CWE-67 (device names), CWE-176 (Unicode encoding). docs/manifest.md, Names.
result<name> name::parse(std::string_view text)
{
    if (text.empty() || text.size() > 255)
        return fail(reason::unsafe_name, "a name of no or of more than 255 bytes");
    if (text == "." || text == ".." || text.back() == '.')
        return fail(reason::unsafe_name, "a name that ends in a dot");
    if (text.front() == ' ' || text.back() == ' ')
        return fail(reason::unsafe_name, "a name with a space at one end");
    if (text.find_first_of("/\\:*?\"<>|") != std::string_view::npos)
        return fail(reason::unsafe_name, "a name with a reserved character");
    // Of ASCII, which most names are, Unicode has nothing to add; a state may have 131,070 of them.
    const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
    if ((text.front() == '.' || !ascii) && case_fold(text).starts_with(".modelsec"))
        return fail(reason::unsafe_name, "a name that the store keeps for itself");
    if (detail::is_device_name(text))
        return fail(reason::unsafe_name, "the name of a device");
    if (ascii)
        return name(std::string(text));
    if (!detail::all_printable(text))
        return fail(reason::unsafe_name, "a name that is not printable UTF-8");
    if (detail::map_utf8(text, UTF8PROC_STABLE | UTF8PROC_COMPOSE) != std::string(text))
        return fail(reason::unsafe_name, "a name that is not in Unicode NFC");
    return name(std::string(text));
}

result<relative_path> relative_path::parse(std::string_view text)
{
    if (text.size() > 1024)
        return fail(reason::unsafe_name, "a path of more than 1,024 bytes: " + detail::shown_name(text));
    relative_path out;
    for (std::size_t at = 0; at <= text.size();)
    {
        const std::size_t end = std::min(text.find('/', at), text.size());
        auto part = name::parse(text.substr(at, end - at));
        if (part.has_error())
            return fail(part.error().why, part.error().detail + ": " + detail::shown_name(text));
        out.parts_.push_back(std::move(*part));
        if (out.parts_.size() > 32)
            return fail(reason::unsafe_name, "a path of more than 32 parts: " + detail::shown_name(text));
        at = end + 1;
    }
    return out;
}

std::string relative_path::str() const
{
    std::string out;
    for (const name& part : parts_)
    {
        if (!out.empty())
            out += '/';
        out += part.str();
    }
    return out;
}

std::string case_fold(std::string_view text)
{
    return detail::map_utf8(text, UTF8PROC_STABLE | UTF8PROC_CASEFOLD | UTF8PROC_COMPOSE).value_or(std::string(text));
}

result<void> path_set::add_file(const relative_path& path)
{
    return add(path, true);
}

result<void> path_set::add_folder(const relative_path& path)
{
    return add(path, false);
}

inline path_set::mark path_set::mark_of(std::string_view text)
{
    const sha256_digest whole = sha256(as_bytes(text));
    mark out;
    std::copy_n(whole.view().begin(), out.size(), out.begin());
    return out;
}

result<void> path_set::add(const relative_path& path, bool is_file)
{
    std::string spelling;
    for (std::size_t i = 0; i < path.parts().size(); ++i)
    {
        spelling += spelling.empty() ? "" : "/";
        spelling += path.parts()[i].str();
        const bool file_here = is_file && i + 1 == path.parts().size();
        const mark spelled = mark_of(spelling);
        const auto [it, fresh] = by_folded_.try_emplace(mark_of(case_fold(spelling)), entry{spelled, file_here});
        if (!fresh && (file_here || it->second.is_file || it->second.spelling != spelled))
            return fail(reason::unsafe_name,
                        "two names that some file systems take for one: " + detail::shown_name(spelling));
    }
    return {};
}

MODELSEC_END_NAMESPACE

#endif
