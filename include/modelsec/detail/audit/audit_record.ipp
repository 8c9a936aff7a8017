// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_AUDIT_AUDIT_RECORD_IPP
#define MODELSEC_DETAIL_AUDIT_AUDIT_RECORD_IPP

#include <modelsec/detail/audit/audit_record.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE

bool audit_filter::matches(const audit_record& record) const
{
    return (model_id.empty() || model_id == record.model_id) && (!since || record.time >= *since) &&
           (!code || *code == record.code);
}

std::string to_json_line(const audit_record& record)
{
    return detail::audit_json(record).dump();
}

namespace detail {

inline constexpr std::string_view audit_event_name = "modelsec.attempt";
inline constexpr std::size_t audit_text_bytes =
    256;  ///< the longest text of a record: a line stays one small write (CWE-400)

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

}  // namespace detail

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

namespace detail {

/// At most audit_text_bytes of it, cut between two characters (RFC 3629 section 3: those that go on are 10xxxxxx).
inline std::string audit_text(std::string_view text)
{
    std::size_t end = std::min(text.size(), audit_text_bytes);
    while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0u) == 0x80u)
        --end;
    return std::string(text.substr(0, end));
}

json audit_json(const audit_record& r)
{
    json out{
        {"time", format_rfc3339(r.time)}, {"event.name", audit_event_name}, {"modelsec.operation", audit_text(r.operation)}};
    const auto text = [&](std::string_view key, std::string_view value) {
        if (!value.empty())
            out.set(key, audit_text(value));
    };
    text("user.id", r.user);
    text("user.name", r.actor);
    out.set("process.pid", r.process);
    text("modelsec.model.id", r.model_id);
    text("artifact.version", r.version);
    text("artifact.hash", r.digest);
    text("server.address", r.host);
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
    if (r.dry_run)
        out.set("modelsec.dry_run", true);
    if (!r.alerts.empty())
    {
        json::array names;
        for (const reason why : r.alerts)
            names.emplace_back(to_string(why));
        out.set("modelsec.alerts", std::move(names));
    }
    if (is_trace_parent(r.trace_parent))
    {
        text("trace_id", r.trace_parent.substr(3, 32));
        text("span_id", r.trace_parent.substr(36, 16));
        text("trace_flags", r.trace_parent.substr(53, 2));
    }
    return out;
}

std::optional<audit_record> parse_audit_line(std::string_view line)
{
    const auto document = parse_json(as_bytes(line), 3);
    if (!document || document->string_at("event.name") != audit_event_name)
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
    out.user = text("user.id");
    out.actor = text("user.name");
    out.process = number("process.pid");
    out.model_id = text("modelsec.model.id");
    out.version = text("artifact.version");
    out.host = text("server.address");
    out.digest = text("artifact.hash");
    out.bytes = number("modelsec.bytes");
    out.duration_ms = number("modelsec.duration_ms");
    out.code = *code;
    out.why = audit_reason(text("error.type"));
    out.already_active = document->bool_at("modelsec.already_active").value_or(false);
    out.stale = document->bool_at("modelsec.stale").value_or(false);
    out.dry_run = document->bool_at("modelsec.dry_run").value_or(false);
    if (const json* const alerts = document->find("modelsec.alerts"); alerts && alerts->as_array())
        for (const json& name : *alerts->as_array())
            if (const reason why = name.as_string() ? audit_reason(*name.as_string()) : reason::none; why != reason::none)
                out.alerts.push_back(why);
    const std::string parent = "00-" + text("trace_id") + '-' + text("span_id") + '-' + text("trace_flags");
    if (is_trace_parent(parent))
        out.trace_parent = parent;
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
