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

bool audit_filter::matches(const audit_record& record) const
{
    return (model_id.empty() || model_id == record.model_id) && (!since || record.time >= *since) &&
           (!code || *code == record.code);
}

namespace detail {

inline constexpr const char* audit_file_name = "audit.jsonl";
inline constexpr std::size_t audit_text_bytes = 512;  ///< the longest text of a record: a line stays one write (CWE-400)

struct audit_code_name
{
    errc code;
    std::string_view name;
};

inline std::optional<errc> audit_code(std::string_view name)
{
    static constexpr errc all[] = {
#define MODELSEC_CODE(name, value, text) errc::name,
#define MODELSEC_REASON(name, code, hint)
#include <modelsec/detail/base/error_codes.def>
    };
    const auto* const at = std::find_if(std::begin(all), std::end(all), [&](errc e) { return to_string(e) == name; });
    return at == std::end(all) ? std::nullopt : std::optional(*at);
}

inline reason audit_reason(std::string_view name)
{
    static constexpr reason all[] = {
#define MODELSEC_CODE(name, value, text)
#define MODELSEC_REASON(name, code, hint) reason::name,
#include <modelsec/detail/base/error_codes.def>
    };
    const auto* const at = std::find_if(std::begin(all), std::end(all), [&](reason r) { return to_string(r) == name; });
    return at == std::end(all) ? reason::none : *at;
}

bool is_trace_parent(std::string_view text) noexcept
{
    const auto is_hex = [](std::string_view part) {
        return std::all_of(part.begin(), part.end(),
                           [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
    };
    const auto is_zero = [](std::string_view part) { return part.find_first_not_of('0') == std::string_view::npos; };
    if (text.size() != 55 || !text.starts_with("00-") || text[35] != '-' || text[52] != '-')
        return false;
    const auto trace = text.substr(3, 32), span = text.substr(36, 16), flags = text.substr(53, 2);
    return is_hex(trace) && is_hex(span) && is_hex(flags) && !is_zero(trace) && !is_zero(span);
}

std::string audit_line(const audit_record& r)
{
    json out{{"time", format_rfc3339(r.time)}, {"event.name", "modelsec.attempt"}, {"modelsec.operation", r.operation}};
    const auto text = [&](std::string_view key, std::string_view value) {
        if (!value.empty())
            out.set(key, std::string(value.substr(0, audit_text_bytes)));
    };
    text("modelsec.actor", r.actor);
    out.set("process.pid", r.process);
    text("modelsec.model.id", r.model_id);
    text("modelsec.model.version", r.version);
    text("server.address", r.host);
    text("modelsec.artifact.sha256", r.digest);
    out.set("modelsec.bytes", r.bytes);
    out.set("modelsec.duration_ms", r.duration_ms);
    out.set("modelsec.code", static_cast<std::uint64_t>(r.code));
    text("modelsec.outcome", to_string(r.code));
    if (r.why != reason::none)
        text("error.type", to_string(r.why));
    if (r.already_active)
        out.set("modelsec.already_active", true);
    if (r.stale)
        out.set("modelsec.stale", true);
    if (is_trace_parent(r.trace_parent))
    {
        text("trace_id", r.trace_parent.substr(3, 32));
        text("span_id", r.trace_parent.substr(36, 16));
        text("trace_flags", r.trace_parent.substr(53, 2));
    }
    return out.dump() + '\n';
}

std::optional<audit_record> parse_audit_line(std::string_view line)
{
    const auto document = parse_json(as_bytes(line));
    if (!document || document->string_at("event.name") != "modelsec.attempt")
        return std::nullopt;
    const auto text = [&](std::string_view key) {
        return std::string(document->string_at(key).value_or(std::string_view()));
    };
    const auto number = [&](std::string_view key) { return document->size_at(key).value_or(0); };
    const auto time = parse_rfc3339(text("time"));
    const auto code = audit_code(text("modelsec.outcome"));
    if (!time || !code)
        return std::nullopt;
    audit_record out;
    out.time = *time;
    out.operation = text("modelsec.operation");
    out.actor = text("modelsec.actor");
    out.process = number("process.pid");
    out.model_id = text("modelsec.model.id");
    out.version = text("modelsec.model.version");
    out.host = text("server.address");
    out.digest = text("modelsec.artifact.sha256");
    out.bytes = number("modelsec.bytes");
    out.duration_ms = number("modelsec.duration_ms");
    out.code = *code;
    out.why = audit_reason(text("error.type"));
    out.already_active = document->bool_at("modelsec.already_active").value_or(false);
    out.stale = document->bool_at("modelsec.stale").value_or(false);
    const std::string parent = "00-" + text("trace_id") + '-' + text("span_id") + '-' + text("trace_flags");
    if (is_trace_parent(parent))
        out.trace_parent = parent;
    return out;
}

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

/// The file that is appended to, open and locked; an invalid one if it has to be looked for again.
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
    MODELSEC_TRY(const bool mine, files.try_lock(at, lock_kind::exclusive));
    return mine ? std::move(at) : file();
}

result<void> audit_log::append(const audit_record& record, const audit_options& how) const
{
    // Others hold it for as long as a line takes.
    static constexpr unsigned patience = 20'000;
    for (unsigned tries = 0; tries < patience; ++tries)
    {
        auto at = open_to_append(files_, folder_);
        // A backup of hard links has the same bytes: what is appended must not be appended there.
        if (at.has_error() && at.error().why == reason::store_layout)
        {
            MODELSEC_CHECK(put_aside(how.kept_files));
            continue;
        }
        if (at.has_error())
            return std::move(at).error();
        if (!*at)
        {
            std::this_thread::yield();
            continue;
        }
        MODELSEC_TRY(const file_info what, files_.info(*at));
        MODELSEC_TRY(const file_info named, files_.info_at(folder_, audit_file_name));
        if (named.inode != what.inode || named.device != what.device)
            continue;  // put aside between opening and locking it
        if (what.size >= how.file_bytes)
        {
            MODELSEC_CHECK(put_aside(how.kept_files));
            continue;
        }
        std::string line = audit_line(record);
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
            if (rest.size() > 64 * audit_text_bytes)  // no line of this log
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

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
