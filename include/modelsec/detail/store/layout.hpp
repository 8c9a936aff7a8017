// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_LAYOUT_HPP
#define MODELSEC_DETAIL_STORE_LAYOUT_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/file_system/file_system.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/limits.hpp>

#include <charconv>
#include <optional>

// The names of what a store consists of, and how they are derived.

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr const char* inner_folder_name = ".modelsec";

/// The open folders of a store.
struct store_disk
{
    file_system* files;
    std::string path;
    file root;
    file state;
    file staging;
    file envelopes;
    file locks;
    limits caps;
    const clock* time;
};

/// Whether what this store holds is for its readers.
inline bool is_shared(const store_disk& d) noexcept
{
    return d.root.rule().policy == store_policy::shared_read && !d.root.rule().reader;
}

struct generation_name
{
    std::string model;
    std::uint64_t number = 0;

    std::string str() const { return model + '.' + std::to_string(number) + ".json"; }

    static std::optional<generation_name> parse(std::string_view text)
    {
        if (!text.ends_with(".json"))
            return std::nullopt;
        text.remove_suffix(5);
        const std::size_t dot = text.rfind('.');
        if (dot == std::string_view::npos || !identifier::parse(text.substr(0, dot)))
            return std::nullopt;
        generation_name out{std::string(text.substr(0, dot)), 0};
        std::from_chars(text.data() + dot + 1, text.data() + text.size(), out.number);
        const bool exact =
            out.number != 0 && out.str().size() == text.size() + 5 && text.substr(dot + 1) == std::to_string(out.number);
        return exact ? std::optional(std::move(out)) : std::nullopt;
    }
};

// Temporaries are `.new~<stem>~<unique word>`: no identifier begins with a dot or has a tilde, so no model's own file can be taken for
// one, nor one for another model's (CWE-706).
inline constexpr std::string_view temporary_prefix = ".new~";

/// Of whom a temporary file is (empty: of nobody in particular); nothing if the name is none of a temporary.
inline std::optional<std::string> stem_of_temporary(std::string_view name)
{
    if (name.starts_with(temporary_prefix))
    {
        const std::size_t mark = name.rfind('~');
        return std::string(mark < temporary_prefix.size() ? std::string_view() : name.substr(5, mark - 5));
    }
    // Version 0.1 wrote `<stem>.new-<process>-<ticks>-<count>`; everything else that it wrote ends with letters.
    constexpr std::string_view old_mark = ".new-";
    const std::size_t mark = name.rfind(old_mark);
    if (mark == std::string_view::npos)
        return std::nullopt;
    unsigned words = 1;
    std::size_t digits = 0;
    for (const char c : name.substr(mark + old_mark.size()))
    {
        const bool next = c == '-' && digits != 0;
        words += next ? 1 : 0;
        if (!next && (c < '0' || c > '9'))
            return std::nullopt;
        digits = next ? 0 : digits + 1;
    }
    return words == 3 && digits != 0 ? std::optional(std::string(name.substr(0, mark))) : std::nullopt;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
