// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "text.hpp"

#include <modelsec/options.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace modelsec::tool {

namespace {

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
