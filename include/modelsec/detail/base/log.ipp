// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_LOG_IPP
#define MODELSEC_DETAIL_BASE_LOG_IPP

#include <modelsec/log.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A name in a line: a caller's model id, a host or a version, which are checked where they come in; here all that could end or
/// recolour a line is replaced once more (CWE-117, improper output neutralization for logs).
inline std::string logged_name(std::string_view name)
{
    static constexpr std::size_t longest = 255;
    std::string out(name.substr(0, longest));
    std::replace_if(
        out.begin(), out.end(), [](char c) { return c <= ' ' || c > '~'; }, '?');
    return out;
}

inline std::string logged_reason(reason why)
{
    return std::string(to_string(why)) + ": " + std::string(message(code_of(why)));
}

/// Where the bytes of a download came from, and how fast.
inline std::string logged_sources(const attempt_metrics& metrics)
{
    std::string out = " in " + std::to_string(metrics.total().count()) + " ms";
    constexpr std::string_view scheme = "https://";  // of all of them: a line names hosts and no addresses
    for (const source_metrics& s : metrics.sources)
    {
        out += "; " + logged_name(s.origin.starts_with(scheme) ? s.origin.substr(scheme.size()) : s.origin) + ' ' +
               std::to_string(s.bytes) + " bytes, " + std::to_string(s.bytes_per_second()) + " bytes/s, " +
               std::to_string(s.requests) + " requests";
        if (s.failures != 0)
            out += ", " + std::to_string(s.failures) + " failed (" + std::string(to_string(s.last_failure)) + ')';
    }
    return out;
}

inline std::string logged_end(const event& e)
{
    std::string out = e.code == errc::ok ? "done" : "failed in stage " + std::string(to_string(e.stage));
    if (e.why != reason::none)
        out += (e.code == errc::ok ? " with what was active (" : " (") + logged_reason(e.why) + ')';
    return e.metrics ? out + ", " + std::to_string(e.bytes) + " bytes fetched" + logged_sources(*e.metrics) : out;
}

void log_event(const log_options& log, const event& e, std::string_view operation) noexcept
{
    try
    {
        if (const log_level level = level_of(e); log.write && level >= log.least)
            log.write(level, log_text(e, operation));
    }
    catch (...)
    {
        // Whoever cannot log must not fail a download by it.
    }
}

}  // namespace detail

std::string_view to_string(log_level level) noexcept
{
    switch (level)
    {
    case log_level::debug: return "debug";
    case log_level::info: return "info";
    case log_level::warning: return "warning";
    case log_level::error: return "error";
    }
    return "unknown";
}

log_level level_of(const event& e) noexcept
{
    switch (e.kind)
    {
    case event_kind::progress:
    case event_kind::redirect: return log_level::debug;
    case event_kind::stage:
    case event_kind::update: return log_level::info;
    case event_kind::retry:
    case event_kind::warning:
    case event_kind::alert: return log_level::warning;
    case event_kind::done:
        if (e.code != errc::ok)
            return e.code == errc::cancelled ? log_level::info : log_level::error;
        return e.why == reason::none ? log_level::info : log_level::warning;
    }
    return log_level::warning;
}

std::string log_text(const event& e, std::string_view operation)
{
    std::string out(operation);
    if (!out.empty() && !e.model_id.empty())
        out += ' ';
    if (!e.model_id.empty())
        out += detail::logged_name(e.model_id);
    if (!out.empty())
        out += ": ";
    switch (e.kind)
    {
    case event_kind::stage: return out + "stage " + std::string(to_string(e.stage));
    case event_kind::progress:
        return out + std::string(to_string(e.stage)) + ' ' + std::to_string(e.bytes) + " of " + std::to_string(e.total) +
               " bytes";
    case event_kind::redirect: return out + "redirected to " + detail::logged_name(e.host);
    case event_kind::retry:
        return out + "tried again in " + std::to_string(e.wait_ms) + " ms (" + detail::logged_reason(e.why) + ')';
    case event_kind::warning:
    case event_kind::alert: return out + std::string(to_string(e.why)) + ": " + std::string(hint(e.why));
    case event_kind::update: return out + "version " + detail::logged_name(e.detail) + " is not the active one";
    case event_kind::done: return out + detail::logged_end(e);
    }
    return out + std::string(to_string(e.kind));
}

MODELSEC_END_NAMESPACE

#endif
