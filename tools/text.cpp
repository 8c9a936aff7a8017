// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "text.hpp"

#include <modelsec/detail/base/name.hpp>
#include <modelsec/limits.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <optional>
#include <utility>

namespace modelsec::tool {

namespace {

/// The number that `text` begins with; `text` becomes what follows it.
std::optional<std::uint64_t> take_number(std::string_view& text)
{
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || value > limits::max_integer)
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

template <std::size_t N>
std::optional<std::uint64_t> unit(std::string_view name,
                                  const std::array<std::pair<std::string_view, std::uint64_t>, N>& table)
{
    for (const auto& [text, value] : table)
        if (name == text)
            return value;
    return std::nullopt;
}

char lower(char c) noexcept
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

std::string human_size(std::uint64_t bytes)
{
    static constexpr std::array units{"KiB", "MiB", "GiB", "TiB", "PiB"};
    if (bytes < 1024)
        return std::to_string(bytes) + " B";
    double value = static_cast<double>(bytes) / 1024;
    std::size_t at = 0;
    while (value >= 1023.95 && at + 1 < units.size())
    {
        value /= 1024;
        ++at;
    }
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f %s", value, units[at]);
    return text.data();
}

std::string human_time(std::uint64_t seconds)
{
    std::array<char, 48> text{};
    const unsigned long long hours = seconds / 3600;
    const auto minutes = static_cast<unsigned>(seconds / 60 % 60), rest = static_cast<unsigned>(seconds % 60);
    if (hours != 0)
        std::snprintf(text.data(), text.size(), "%llu:%02u:%02u", hours, minutes, rest);
    else
        std::snprintf(text.data(), text.size(), "%u:%02u", minutes, rest);
    return text.data();
}

std::string counted(std::uint64_t number, std::string_view thing)
{
    return std::to_string(number) + ' ' + std::string(thing) + (number == 1 ? "" : "s");
}

result<std::uint64_t> parse_size(std::string_view text)
{
    static constexpr std::uint64_t k = 1024;
    static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 15> units{{{"", 1},
                                                                                       {"B", 1},
                                                                                       {"k", k},
                                                                                       {"K", k},
                                                                                       {"KiB", k},
                                                                                       {"kB", 1000},
                                                                                       {"KB", 1000},
                                                                                       {"M", k * k},
                                                                                       {"m", k * k},
                                                                                       {"MiB", k * k},
                                                                                       {"MB", 1'000'000},
                                                                                       {"G", k * k * k},
                                                                                       {"g", k * k * k},
                                                                                       {"GiB", k * k * k},
                                                                                       {"GB", 1'000'000'000}}};
    const auto number = take_number(text);
    const auto factor = unit(text, units);
    if (!number || !factor || *number > limits::max_integer / *factor)
        return fail(reason::bad_option);
    return *number * *factor;
}

result<utc_time> parse_expiry(std::string_view text, utc_time now)
{
    static constexpr std::array<std::pair<std::string_view, std::uint64_t>, 5> units{
        {{"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86'400}, {"w", 604'800}}};
    if (const auto time = parse_rfc3339(text))
        return *time;
    const auto number = take_number(text);
    const auto factor = unit(text, units);
    if (!number || !factor || *number > limits::max_integer / 1024 / *factor)
        return fail(reason::bad_option);
    return now + std::chrono::seconds(static_cast<std::int64_t>(*number * *factor));
}

std::string printable(std::string_view text)
{
    if (name::parse(text).has_value())
        return std::string(text);
    static constexpr char digits[] = "0123456789abcdef";
    std::string out;
    for (const char c : text)
    {
        const auto u = static_cast<unsigned char>(c);
        if (u >= 0x20 && u < 0x7f)
            out += c;
        else
            ((out += "\\x") += digits[u >> 4]) += digits[u & 15];
    }
    return out;
}

bool same_ignoring_case(std::string_view a, std::string_view b) noexcept
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

}  // namespace modelsec::tool
