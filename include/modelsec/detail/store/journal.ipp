// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_JOURNAL_IPP
#define MODELSEC_DETAIL_STORE_JOURNAL_IPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/limits.hpp>
#include <modelsec/detail/store/journal.hpp>

#include <charconv>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::string_view journal_first_word = "modelsec-journal-1";
inline constexpr std::size_t journal_checksum_digits = 16;

inline std::string journal_line(std::string text)
{
    text += ' ' + sha256(as_bytes(text)).hex().substr(0, journal_checksum_digits) + '\n';
    return text;
}

/// The line without its checksum; nothing if that is wrong.
inline std::optional<std::string_view> checked_journal_line(std::string_view line)
{
    if (line.size() <= journal_checksum_digits)
        return std::nullopt;
    const auto text = line.substr(0, line.size() - journal_checksum_digits - 1);
    const std::string checked = journal_line(std::string(text));
    return std::string_view(checked).substr(0, checked.size() - 1) == line ? std::optional(text) : std::nullopt;
}

/// Reads `words` as exactly these many numbers, separated by one space.
template <std::size_t N>
bool read_journal_numbers(std::string_view words, std::uint64_t (&out)[N])
{
    for (std::size_t i = 0; i < N; ++i)
    {
        const auto [end, error] = std::from_chars(words.data(), words.data() + words.size(), out[i]);
        if (error != std::errc() || out[i] > limits::max_integer)
            return false;
        words.remove_prefix(static_cast<std::size_t>(end - words.data()));
        if (i + 1 < N && !words.starts_with(' '))
            return false;
        words.remove_prefix(i + 1 < N ? 1 : 0);
    }
    return words.empty();
}

/// Takes one good line into `out`; false if it means nothing there.
inline bool read_journal_line(journal& out, std::string_view text)
{
    const std::size_t space = text.find(' ');
    if (space == std::string_view::npos)
        return false;
    const std::string_view word = text.substr(0, space);
    const std::string_view rest = text.substr(space + 1);
    if (out.whole_bytes == 0)
    {
        std::uint64_t size[1];
        const bool good = word == journal_first_word && read_journal_numbers(rest, size);
        out.size = good ? size[0] : 0;
        return good;
    }
    if (word == "synced")
    {
        std::uint64_t r[2];
        if (!read_journal_numbers(rest, r) || r[0] > r[1] || r[1] > out.size)
            return false;
        out.synced.add({r[0], r[1]});
        return true;
    }
    auto path = relative_path::parse(rest);
    if (word != "placed" || path.has_error())
        return false;
    out.placed = std::move(*path);
    return true;
}

journal journal::parse(bytes_view raw)
{
    journal out;
    const std::string_view text = as_text(raw);
    for (std::size_t at = 0; at < text.size();)
    {
        const std::size_t end = text.find('\n', at);
        if (end == std::string_view::npos)
            break;
        const auto line = checked_journal_line(text.substr(at, end - at));
        if (!line || !read_journal_line(out, *line))
            break;
        at = end + 1;
        out.whole_bytes = at;
    }
    return out;
}

std::string journal::first_line(std::uint64_t size)
{
    return journal_line(std::string(journal_first_word) + ' ' + std::to_string(size));
}

std::string journal::synced_line(byte_range r)
{
    return journal_line("synced " + std::to_string(r.begin) + ' ' + std::to_string(r.end));
}

std::string journal::placed_line(const relative_path& path)
{
    return journal_line("placed " + path.str());
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
