// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_JOURNAL_IPP
#define MODELSEC_DETAIL_STORE_JOURNAL_IPP

#include <modelsec/detail/base/digest.hpp>
#include <modelsec/limits.hpp>
#include <modelsec/detail/store/journal.hpp>

#include <algorithm>
#include <charconv>
#include <utility>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::string_view journal_first_word = "modelsec-journal-2";
inline constexpr std::string_view journal_single_word = "modelsec-journal-1";
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

/// Calls `take` with each line whose checksum is good, up to the first that is not or that means nothing there; how many bytes were
/// taken.
template <class Take>
std::size_t read_journal_lines(bytes_view raw, const Take& take)
{
    const std::string_view text = as_text(raw);
    std::size_t at = 0;
    while (at < text.size())
    {
        const std::size_t end = text.find('\n', at);
        if (end == std::string_view::npos)
            break;
        const auto line = checked_journal_line(text.substr(at, end - at));
        if (!line || !take(*line))
            break;
        at = end + 1;
    }
    return at;
}

/// The first word of a line; the rest of it is left in `line`.
inline std::string_view take_journal_word(std::string_view& line)
{
    const std::size_t space = std::min(line.find(' '), line.size());
    const std::string_view out = line.substr(0, space);
    line.remove_prefix(std::min(space + 1, line.size()));
    return out;
}

inline bool read_journal_range(std::string_view text, partial_notes& notes)
{
    std::uint64_t r[2];
    if (!read_journal_numbers(text, r) || r[0] > r[1] || r[1] > notes.size)
        return false;
    notes.synced.add({r[0], r[1]});
    return true;
}

inline bool read_journal_path(std::string_view text, partial_notes& notes)
{
    auto path = relative_path::parse(text);
    if (path.has_error())
        return false;
    notes.placed = std::move(*path);
    return true;
}

bool is_running(const range_lease& lease, utc_time now) noexcept
{
    const std::int64_t seconds = now.time_since_epoch().count();
    if (seconds < 0)
        return false;
    const auto at = static_cast<std::uint64_t>(seconds);
    const auto skew = static_cast<std::uint64_t>(std::chrono::seconds(limits().clock_skew).count());
    return at < lease.until && lease.from <= at + skew;
}

/// One lease a range: a new one takes the place of the old one.
inline void set_lease(partial_notes& notes, const range_lease& lease)
{
    std::erase_if(notes.leases, [&](const range_lease& l) { return l.bytes == lease.bytes; });
    notes.leases.push_back(lease);
}

inline bool read_journal_lease(std::string_view text, partial_notes& notes)
{
    std::uint64_t n[5];
    if (!read_journal_numbers(text, n) || n[0] >= n[1] || n[1] > notes.size)
        return false;
    set_lease(notes, {{n[0], n[1]}, n[2], n[3], n[4]});
    return true;
}

inline bool read_journal_return(std::string_view text, partial_notes& notes)
{
    std::uint64_t r[2];
    if (!read_journal_numbers(text, r))
        return false;
    return std::erase_if(notes.leases, [&](const range_lease& l) { return l.bytes == byte_range{r[0], r[1]}; }) > 0;
}

inline std::optional<reason> journal_reason(std::string_view word)
{
#define MODELSEC_CODE(name, value, text)
#define MODELSEC_REASON(name, code, hint) \
    if (word == #name)                    \
        return reason::name;
#include <modelsec/detail/base/error_codes.def>
    return std::nullopt;
}

inline bool read_journal_failure(std::string_view text, partial_notes& notes)
{
    const std::size_t last = text.rfind(' ');
    std::uint64_t n[3];
    if (last == std::string_view::npos || !read_journal_numbers(text.substr(0, last), n))
        return false;
    const auto why = journal_reason(text.substr(last + 1));
    if (!why)
        return false;
    notes.failures[n[0]] = {n[1], n[2], *why};
    return true;
}

inline bool read_journal_good(std::string_view text, partial_notes& notes)
{
    std::uint64_t source[1];
    return read_journal_numbers(text, source) && notes.failures.erase(source[0]) > 0;
}

std::optional<partial_notes> journal::parse_single(bytes_view raw)
{
    std::optional<partial_notes> out;
    read_journal_lines(raw, [&](std::string_view line) {
        const std::string_view word = take_journal_word(line);
        if (!out)
        {
            std::uint64_t size[1];
            if (word != journal_single_word || !read_journal_numbers(line, size))
                return false;
            out.emplace().size = size[0];
            return true;
        }
        if (word == "synced")
            return read_journal_range(line, *out);
        return word == "placed" && read_journal_path(line, *out);
    });
    return out;
}

journal journal::parse(bytes_view raw)
{
    journal out;
    bool begun = false;
    std::map<std::uint64_t, std::string> digests;  // by number
    out.whole_bytes = read_journal_lines(raw, [&](std::string_view line) {
        const std::string_view word = take_journal_word(line);
        if (!begun)
            return begun = word == journal_first_word && line.empty();
        std::uint64_t number[1];
        if (!read_journal_numbers(take_journal_word(line), number))
            return false;
        if (word == "file")
        {
            std::uint64_t size[1];
            if (number[0] != out.next_number || !read_journal_numbers(take_journal_word(line), size) ||
                !sha256_digest::from_hex(line) || line != sha256_digest::from_hex(line)->hex())
                return false;
            ++out.next_number;
            digests[number[0]] = std::string(line);
            out.files[std::string(line)] = {size[0], {}, {}, number[0], {}, {}};
            return true;
        }
        const auto known = digests.find(number[0]);
        if (known == digests.end())
            return false;
        partial_notes& notes = out.files.at(known->second);
        if (notes.number != number[0])
            return false;
        if (word == "synced")
            return read_journal_range(line, notes);
        if (word == "placed")
            return read_journal_path(line, notes);
        if (word == "leased")
            return read_journal_lease(line, notes);
        if (word == "returned")
            return read_journal_return(line, notes);
        if (word == "failed")
            return read_journal_failure(line, notes);
        if (word == "good")
            return read_journal_good(line, notes);
        if (word != "dropped" || !line.empty())
            return false;
        notes.synced = {};
        notes.placed.reset();
        return true;
    });
    return out;
}

std::string journal::first_line()
{
    return journal_line(std::string(journal_first_word));
}

std::string journal::line_for_file(const std::string& digest, partial_notes& notes)
{
    notes.number = next_number++;
    return journal_line("file " + std::to_string(*notes.number) + ' ' + std::to_string(notes.size) + ' ' + digest);
}

std::string journal::note_synced(const std::string& digest, std::uint64_t size, const range_set& ranges)
{
    std::string out;
    partial_notes& notes = files[digest];
    if (!notes.number || notes.size != size)
    {
        if (notes.size != size)
            notes = {size, {}, {}, {}, {}, {}};
        out += line_for_file(digest, notes);
    }
    for (const byte_range& r : ranges.ranges())
    {
        out += journal_line("synced " + std::to_string(*notes.number) + ' ' + std::to_string(r.begin) + ' ' +
                            std::to_string(r.end));
        notes.synced.add(r);
    }
    return out;
}

std::string journal::note_placed(const std::string& digest, const relative_path& path)
{
    std::string out;
    partial_notes& notes = files[digest];
    if (!notes.number)
        out += line_for_file(digest, notes);
    notes.placed = path;
    return out + journal_line("placed " + std::to_string(*notes.number) + ' ' + path.str());
}

std::string journal::note_dropped(const std::string& digest)
{
    const auto found = files.find(digest);
    if (found == files.end())
        return {};
    partial_notes& notes = found->second;
    std::string out;
    if (!notes.number)
        out += line_for_file(digest, notes);
    notes.synced = {};
    notes.placed.reset();
    return out + journal_line("dropped " + std::to_string(*notes.number));
}

std::string journal::note_lease(const std::string& digest, std::uint64_t size, const range_lease& lease)
{
    std::string out = note_synced(digest, size, {});
    partial_notes& notes = files.at(digest);
    set_lease(notes, lease);
    return out + journal_line("leased " + std::to_string(*notes.number) + ' ' + std::to_string(lease.bytes.begin) + ' ' +
                              std::to_string(lease.bytes.end) + ' ' + std::to_string(lease.from) + ' ' +
                              std::to_string(lease.until) + ' ' + std::to_string(lease.source));
}

std::string journal::note_returned(const std::string& digest, byte_range bytes)
{
    const auto found = files.find(digest);
    if (found == files.end())
        return {};
    partial_notes& notes = found->second;
    if (std::erase_if(notes.leases, [&](const range_lease& l) { return l.bytes == bytes; }) == 0 || !notes.number)
        return {};
    return journal_line("returned " + std::to_string(*notes.number) + ' ' + std::to_string(bytes.begin) + ' ' +
                        std::to_string(bytes.end));
}

std::string journal::note_failed(const std::string& digest, std::uint64_t source, const source_trouble& trouble)
{
    const auto found = files.find(digest);
    if (found == files.end())
        return {};
    partial_notes& notes = found->second;
    std::string out;
    if (!notes.number)
        out += line_for_file(digest, notes);
    notes.failures[source] = trouble;
    return out + journal_line("failed " + std::to_string(*notes.number) + ' ' + std::to_string(source) + ' ' +
                              std::to_string(trouble.times) + ' ' + std::to_string(trouble.at) + ' ' +
                              std::string(to_string(trouble.why)));
}

std::string journal::note_good(const std::string& digest, std::uint64_t source)
{
    const auto found = files.find(digest);
    if (found == files.end() || found->second.failures.erase(source) == 0 || !found->second.number)
        return {};
    return journal_line("good " + std::to_string(*found->second.number) + ' ' + std::to_string(source));
}

std::string journal::rewritten()
{
    std::string out = first_line();
    next_number = 0;
    for (auto& [digest, notes] : files)
    {
        const range_set synced = std::exchange(notes.synced, {});
        notes.number.reset();
        out += note_synced(digest, notes.size, synced);
        if (notes.placed)
            out += note_placed(digest, relative_path(*notes.placed));
        for (const range_lease& lease : std::exchange(notes.leases, {}))
            if (!notes.synced.covers(lease.bytes))  // else nobody waits for them any more
                out += note_lease(digest, notes.size, lease);
        for (const auto& [source, trouble] : std::exchange(notes.failures, {}))
            out += note_failed(digest, source, trouble);
    }
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
