// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_AUDIT_AUDIT_LOG_IPP
#define MODELSEC_DETAIL_AUDIT_AUDIT_LOG_IPP

#include <modelsec/detail/audit/audit_log.hpp>
#include <modelsec/detail/base/json.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <thread>

MODELSEC_BEGIN_NAMESPACE

namespace detail {

inline constexpr const char* audit_file_name = "audit.jsonl";
inline constexpr const char* audit_memory_name = "audit.state.json";
inline constexpr const char* audit_lock_folder = "locks";  // the store's (docs/manifest.md, Store)
inline constexpr const char* audit_lock_name = ".audit";
inline constexpr std::size_t longest_audit_line = 8192;
/// How often a lock that others hold is tried: they hold it for as long as a line takes.
inline constexpr unsigned audit_patience = 20'000;

/// The n in `audit.<n>.jsonl`.
inline std::optional<std::uint64_t> audit_file_number(std::string_view name)
{
    constexpr std::string_view head = "audit.", tail = ".jsonl";
    if (name.size() <= head.size() + tail.size() || !name.starts_with(head) || !name.ends_with(tail))
        return std::nullopt;
    const std::string_view digits = name.substr(head.size(), name.size() - head.size() - tail.size());
    std::uint64_t out = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), out);
    return error == std::errc() && end == digits.data() + digits.size() && digits == std::to_string(out) ? std::optional(out)
                                                                                                         : std::nullopt;
}

inline std::string audit_file(std::uint64_t number)
{
    return "audit." + std::to_string(number) + ".jsonl";
}

result<std::vector<std::uint64_t>> audit_log::numbers() const
{
    MODELSEC_TRY(const std::vector<std::string> names, files_.list(folder_));
    std::vector<std::uint64_t> out;
    for (const std::string& name : names)
        if (const auto number = audit_file_number(name))
            out.push_back(*number);
    std::sort(out.begin(), out.end());
    return out;
}

/// Of several processes one does it; the others' lines go to the file under its new name, and none is lost.
result<void> audit_log::put_aside(unsigned kept_files) const
{
    MODELSEC_TRY(std::vector<std::uint64_t> known, numbers());
    const std::uint64_t next = known.empty() ? 1 : known.back() + 1;
    MODELSEC_TRY(const bool moved, files_.rename(folder_, audit_file_name, folder_, audit_file(next)));
    if (!moved)
        return {};
    known.push_back(next);
    for (std::size_t i = 0; i + std::max(kept_files, 1u) < known.size(); ++i)
        MODELSEC_CHECK(files_.remove_file(folder_, audit_file(known[i])));
    return files_.sync(folder_);
}

/// The lock of log and memory; an invalid file if others hold it.
inline result<file> take_audit_lock(file_system& files, const file& folder)
{
    MODELSEC_TRY(const file locks, files.open_private_folder(folder, audit_lock_folder, true));
    MODELSEC_TRY(file at, files.open_file(locks, audit_lock_name, open_mode::lock));
    if (!at)
    {
        MODELSEC_TRY(at, files.open_file(locks, audit_lock_name, open_mode::create_private));
        if (!at)
            return at;
    }
    MODELSEC_TRY(const bool mine, files.try_lock(at, lock_kind::exclusive));
    return mine ? std::move(at) : file();
}

/// The file that is appended to; an invalid one if it has to be looked for again.
inline result<file> open_to_append(file_system& files, const file& folder)
{
    MODELSEC_TRY(file at, files.open_file(folder, audit_file_name, open_mode::read_write));
    if (!at)
    {
        MODELSEC_TRY(at, files.open_file(folder, audit_file_name, open_mode::create_new));
        if (!at)
            return at;
        MODELSEC_CHECK(files.sync(folder));
    }
    return at;
}

result<void> audit_log::append(const audit_record& record, const audit_rotation& rotation) const
{
    for (unsigned tries = 0; tries < audit_patience; ++tries)
    {
        MODELSEC_TRY(const file lock, take_audit_lock(files_, folder_));
        if (!lock)
        {
            std::this_thread::yield();
            continue;
        }
        auto at = open_to_append(files_, folder_);
        // A backup of hard links has the same bytes: what is appended must not be appended there.
        if (at.has_error() && at.error().why == reason::store_layout)
        {
            MODELSEC_CHECK(put_aside(rotation.kept_files));
            continue;
        }
        if (at.has_error())
            return std::move(at).error();
        if (!*at)
            continue;
        MODELSEC_TRY(const file_info what, files_.info(*at));
        MODELSEC_TRY(const file_info named, files_.info_at(folder_, audit_file_name));
        if (named.inode != what.inode || named.device != what.device)
            continue;  // put aside meanwhile by somebody without this lock
        if (what.size >= rotation.file_bytes)
        {
            MODELSEC_CHECK(put_aside(rotation.kept_files));
            continue;
        }
        std::string line = audit_json(record).dump() + '\n';
        std::array<std::uint8_t, 1> last{'\n'};
        if (what.size > 0)
            MODELSEC_CHECK(files_.read_at(*at, what.size - 1, last));
        if (last[0] != '\n')  // what a crash left of a line is a line of its own, which readers skip
            line.insert(line.begin(), '\n');
        return files_.write_at(*at, what.size, as_bytes(line));
    }
    return fail(reason::lock_timeout, "the audit log is written to all the time");
}

result<std::vector<audit_record>> audit_log::read(const audit_filter& filter, std::size_t most) const
{
    std::vector<audit_record> out;
    MODELSEC_TRY(const std::vector<std::uint64_t> known, numbers());
    std::vector<std::string> names;
    names.reserve(known.size() + 1);
    for (const std::uint64_t number : known)
        names.push_back(audit_file(number));
    names.emplace_back(audit_file_name);
    for (const std::string& name : names)
    {
        MODELSEC_TRY(const file at, files_.open_file(folder_, name, open_mode::read_linked));
        if (!at)
            continue;
        std::string rest;
        bytes block(std::size_t{1} << 16);
        for (std::uint64_t done = 0;;)
        {
            MODELSEC_TRY(const std::size_t got, files_.read_at(at, done, block));
            done += got;
            rest.append(as_text(bytes_view(block).first(got)));
            std::size_t begin = 0;
            for (std::size_t end = 0; (end = rest.find('\n', begin)) != std::string::npos; begin = end + 1)
                if (auto record = parse_audit_line(std::string_view(rest).substr(begin, end - begin));
                    record && filter.matches(*record))
                    out.push_back(std::move(*record));
            rest.erase(0, begin);
            if (rest.size() > longest_audit_line)  // no line of this log
                rest.clear();
            if (out.size() > 2 * most)
                out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(most));
            if (got < block.size())
                break;
        }
    }
    if (out.size() > most)
        out.erase(out.begin(), out.end() - static_cast<std::ptrdiff_t>(most));
    return out;
}

result<audit_memory> audit_log::memory() const
{
    MODELSEC_TRY(const file at, files_.open_file(folder_, audit_memory_name, open_mode::read_linked));
    if (!at)
        return audit_memory();
    bytes text(audit_memory::longest_text + 1);
    MODELSEC_TRY(const std::size_t size, files_.read_at(at, 0, text));
    return size > audit_memory::longest_text ? audit_memory() : audit_memory::parse(as_text(bytes_view(text).first(size)));
}

// Written under a name of its own and renamed, so that a crash leaves the old memory or the new one; the lock makes that name safe.
result<void> audit_log::update(const std::function<void(audit_memory&)>& change) const
{
    static constexpr const char* draft = ".new~audit";
    for (unsigned tries = 0; tries < audit_patience; ++tries)
    {
        MODELSEC_TRY(const file lock, take_audit_lock(files_, folder_));
        if (!lock)
        {
            std::this_thread::yield();
            continue;
        }
        MODELSEC_TRY(audit_memory known, memory());
        change(known);
        MODELSEC_CHECK(files_.remove_file(folder_, draft));  // of a crash
        MODELSEC_TRY(const file out, files_.open_file(folder_, draft, open_mode::create_new));
        if (!out)
            return fail(reason::store_io, "somebody else writes the memory of the audit log");
        MODELSEC_CHECK(files_.write_at(out, 0, as_bytes(known.text())));
        return files_.replace(folder_, draft, folder_, audit_memory_name);
    }
    return fail(reason::lock_timeout, "the memory of the audit log is written to all the time");
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
