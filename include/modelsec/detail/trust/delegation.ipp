// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_DELEGATION_IPP
#define MODELSEC_DETAIL_TRUST_DELEGATION_IPP

#include <modelsec/detail/trust/delegation.hpp>

#include <algorithm>
#include <tuple>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Takes one UTF-8 character from the front of a text. What is no UTF-8 is taken byte by byte.
inline std::string_view take_character(std::string_view& text)
{
    std::size_t size = 1;
    while (size < text.size() && size < 4 && (static_cast<unsigned char>(text[0]) & 0xc0) == 0xc0 &&
           (static_cast<unsigned char>(text[size]) & 0xc0) == 0x80)
        ++size;
    const std::string_view character = text.substr(0, size);
    text.remove_prefix(size);
    return character;
}

/// Where the bracket expression at the front of a pattern ends (behind its `]`); 0 if it has no end: then `[` is a letter.
inline std::size_t bracket_size(std::string_view pattern)
{
    std::size_t at = 1;
    if (at < pattern.size() && pattern[at] == '!')
        ++at;
    const auto close = pattern.find(']', at + 1);  // a first `]` is a letter
    return close == std::string_view::npos ? 0 : close + 1;
}

/// Whether a character is in the bracket expression, given without its brackets. UTF-8 keeps the order of code points.
inline bool in_bracket(std::string_view character, std::string_view set)
{
    const bool negated = set.starts_with('!');
    if (negated)
        set.remove_prefix(1);
    bool found = false;
    while (!set.empty())
    {
        const std::string_view low = take_character(set);
        std::string_view high = low;
        if (set.size() > 1 && set[0] == '-')
        {
            set.remove_prefix(1);
            high = take_character(set);
        }
        found = found || (low <= character && character <= high);
    }
    return found != negated;
}

/// Matches the front of both once, other than by `*`; consumes what matched.
inline bool match_one(std::string_view& text, std::string_view& pattern)
{
    if (text.empty() || pattern.empty())
        return false;
    const std::string_view character = take_character(text);
    if (pattern[0] == '?')
    {
        pattern.remove_prefix(1);
        return true;
    }
    if (const std::size_t size = pattern[0] == '[' ? bracket_size(pattern) : 0; size != 0)
    {
        const bool in = in_bracket(character, pattern.substr(1, size - 2));
        pattern.remove_prefix(size);
        return in;
    }
    return take_character(pattern) == character;
}

/// One part of a path, without `/`. Going back to the last `*` only is enough, so the time is bounded (CWE-1333).
inline bool matches_part(std::string_view text, std::string_view pattern)
{
    std::optional<std::pair<std::string_view, std::string_view>> last_star;
    while (true)
    {
        if (pattern.starts_with('*'))
        {
            pattern.remove_prefix(1);
            last_star.emplace(text, pattern);
        }
        else if (text.empty() && pattern.empty())
            return true;
        else if (!match_one(text, pattern))
        {
            if (!last_star || last_star->first.empty())
                return false;
            take_character(last_star->first);
            std::tie(text, pattern) = *last_star;
        }
    }
}

bool matches_path_pattern(std::string_view path, std::string_view pattern)
{
    while (true)
    {
        const auto path_end = path.find('/');
        const auto pattern_end = pattern.find('/');
        if ((path_end == std::string_view::npos) != (pattern_end == std::string_view::npos) ||
            !matches_part(path.substr(0, path_end), pattern.substr(0, pattern_end)))
            return false;
        if (path_end == std::string_view::npos)
            return true;
        path.remove_prefix(path_end + 1);
        pattern.remove_prefix(pattern_end + 1);
    }
}

std::string bin_of_path(const succinct_roles& bins, std::string_view path)
{
    static constexpr char digits[] = "0123456789abcdef";
    const sha256_digest digest = sha256(as_bytes(path));
    std::uint32_t bin = 0;
    for (std::size_t i = 0; i < 4; ++i)
        bin = (bin << 8) | digest.view()[i];
    bin >>= 32 - bins.bit_length;
    std::string suffix;
    for (unsigned bits = 0; bits < bins.bit_length; bits += 4)
    {
        suffix.insert(suffix.begin(), digits[bin & 15]);
        bin >>= 4;
    }
    return bins.name_prefix + "-" + suffix;
}

delegation_walk::delegation_walk(std::string path, const limits& caps)
    : path_(std::move(path)), cap_(caps.delegations), to_visit_{{"targets", "root"}}
{
}

std::optional<delegation_step> delegation_walk::next() const
{
    if (to_visit_.empty() || capped())
        return std::nullopt;
    return to_visit_.back();
}

// TUF 1.0 section 5.6.7.1 and 5.6.7.2.
const target_file* delegation_walk::visit(const targets_metadata& metadata)
{
    const std::string role = to_visit_.back().role;
    to_visit_.pop_back();
    visited_.insert(role);
    if (metadata.target)
    {
        to_visit_.clear();
        return &*metadata.target;
    }
    std::vector<delegation_step> children;
    if (metadata.delegations)
    {
        for (const delegated_role& d : metadata.delegations->roles)
        {
            children.push_back({d.name, role});
            if (d.terminating)
            {
                to_visit_.clear();  // 5.6.7.2.1: no other branch may answer
                break;
            }
        }
        if (metadata.delegations->bins)
        {
            children.push_back({bin_of_path(*metadata.delegations->bins, path_), role});
            to_visit_.clear();  // bins are terminating (TAP 15)
        }
    }
    to_visit_.insert(to_visit_.end(), children.rbegin(), children.rend());
    drop_visited();
    return nullptr;
}

void delegation_walk::drop_visited()
{
    while (!to_visit_.empty() && visited_.contains(to_visit_.back().role))
        to_visit_.pop_back();
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
