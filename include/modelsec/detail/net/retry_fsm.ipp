// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_RETRY_FSM_IPP
#define MODELSEC_DETAIL_NET_RETRY_FSM_IPP

#include <modelsec/detail/net/retry_fsm.hpp>

#include <algorithm>
#include <array>
#include <charconv>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::chrono::milliseconds retry_longest_wait{30'000};
/// Nobody waits for a server for longer, whatever it says, where no deadline says so.
inline constexpr std::chrono::hours retry_patience{1};

/// A decimal number that is all of `text`; more than a day is a day.
inline std::optional<std::chrono::seconds> retry_seconds(std::string_view text)
{
    constexpr std::chrono::seconds day = std::chrono::hours(24);
    if (text.empty() || !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; }))
        return std::nullopt;
    std::int64_t value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ec != std::errc{})
        return day;
    return std::min(day, std::chrono::seconds(value));
}

/// IMF-fixdate, "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7).
inline std::optional<utc_time> retry_date(std::string_view text)
{
    constexpr std::array<std::string_view, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT" || text[7] != ' ' || text[11] != ' ' ||
        text[16] != ' ')
        return std::nullopt;
    const auto month = std::find(months.begin(), months.end(), text.substr(8, 3));
    if (month == months.end())
        return std::nullopt;
    const auto number = static_cast<int>(month - months.begin()) + 1;
    std::string rfc3339(text.substr(12, 4));
    rfc3339.append(number < 10 ? "-0" : "-1").append(1, static_cast<char>('0' + number % 10)).append("-");
    rfc3339.append(text.substr(5, 2)).append("T").append(text.substr(17, 8)).append("Z");
    return parse_rfc3339(rfc3339);
}

/// `t` of an entry with `r=0` in a RateLimit field: `"api";r=0;t=55` (draft-ietf-httpapi-ratelimit-headers).
inline std::optional<std::chrono::seconds> retry_rate_limit(std::string_view field)
{
    bool exhausted = false;
    std::optional<std::chrono::seconds> reset;
    while (!field.empty())
    {
        const std::size_t end = std::min(field.find_first_of(";,"), field.size());
        std::string_view part = field.substr(0, end);
        field.remove_prefix(std::min(end + 1, field.size()));
        part.remove_prefix(std::min(part.find_first_not_of(" \t"), part.size()));
        part = part.substr(0, part.find_last_not_of(" \t") + 1);
        if (part.starts_with("r="))
            exhausted = part == "r=0";
        else if (part.starts_with("t=") && exhausted)
            reset = std::max(reset.value_or(std::chrono::seconds(0)),
                             retry_seconds(part.substr(2)).value_or(std::chrono::seconds(0)));
    }
    return reset;
}

failure status_failure(unsigned status)
{
    const std::string detail = "status " + std::to_string(status);
    switch (status)
    {
    case 401: return fail(reason::unauthorized, detail);
    case 402: return fail(reason::quota, detail);
    case 403: return fail(reason::forbidden, detail);
    case 404:
    case 410: return fail(reason::not_found, detail);
    case 407: return fail(reason::proxy_auth, detail);
    case 429: return fail(reason::rate_limited, detail);
    case 408: return fail(reason::server_error, detail);
    case 501:
    case 505: return fail(reason::http_status, detail);  // would be no different next time
    default: return fail(status >= 500 && status <= 599 ? reason::server_error : reason::http_status, detail);
    }
}

std::optional<std::chrono::seconds> server_wait(std::optional<std::string_view> retry_after,
                                                std::optional<std::string_view> rate_limit, utc_time now)
{
    if (retry_after)
    {
        if (const auto seconds = retry_seconds(*retry_after))
            return seconds;
        if (const auto date = retry_date(*retry_after))
            return std::clamp<std::chrono::seconds>(*date - now, std::chrono::seconds(0), std::chrono::hours(24));
    }
    if (rate_limit)
        if (const auto reset = retry_rate_limit(*rate_limit))
            return *reset + std::chrono::seconds(1);
    return std::nullopt;
}

bool retry_fsm::worth_retrying(reason why) noexcept
{
    switch (why)
    {
    case reason::deadline: return false;  // of code 10, but the time is over
    case reason::server_error:
    case reason::rate_limited: return true;
    default: return code_of(why) == errc::network;
    }
}

result<std::chrono::milliseconds> retry_fsm::next(const input& in)
{
    using std::chrono::milliseconds;
    if (!worth_retrying(in.problem.why) || tried_ >= retries_)
        return in.problem;
    if (in.problem.why == reason::bad_response)
    {
        std::string answer = "bad_response: " + in.problem.detail;
        if (answer == last_answer_)
            return in.problem;
        last_answer_ = std::move(answer);
    }
    // Full jitter: anything between nothing and the exponential step, so that clients that failed together do not come back
    // together.
    const milliseconds first = std::clamp(first_wait_, milliseconds(0), retry_longest_wait);
    const milliseconds step = std::min(retry_longest_wait, first * (1u << std::min(tried_, 10u)));
    // But not at once: no hot loop.
    milliseconds wait =
        std::max(std::max(first / 10, milliseconds(1)),
                 milliseconds(static_cast<milliseconds::rep>(static_cast<double>(step.count()) * in.random)));
    if (in.server_wait)
        wait += *in.server_wait;
    // A server's wish is never obeyed beyond the attempt's deadline (CWE-400): give up now rather than later.
    if (wait > in.time_left.value_or(retry_patience))
        return in.problem;
    ++tried_;
    return wait;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
