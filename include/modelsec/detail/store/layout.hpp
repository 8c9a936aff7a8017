// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_LAYOUT_HPP
#define MODELSEC_DETAIL_STORE_LAYOUT_HPP

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
};

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

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
