// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_CLOCK_IPP
#define MODELSEC_DETAIL_BASE_CLOCK_IPP

#include <modelsec/detail/base/clock.hpp>

#include <array>
#include <cstdio>

MODELSEC_BEGIN_NAMESPACE

namespace detail {

class system_clock final : public clock
{
public:
    utc_time now() const override { return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()); }
};

/// Reads `count` digits at `at`; -1 if there is anything else.
inline int digits(std::string_view text, std::size_t at, std::size_t count) noexcept
{
    int value = 0;
    for (std::size_t i = at; i < at + count; ++i)
    {
        if (i >= text.size() || text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value;
}

}  // namespace detail

steady_time clock::steady_now() const
{
    return std::chrono::steady_clock::now();
}

std::chrono::steady_clock::duration clock::sleep_time(steady_time due) const
{
    const steady_time present = steady_now();
    return due > present ? due - present : std::chrono::steady_clock::duration::zero();
}

std::shared_ptr<void> clock::on_change(
    std::function<void()> /*changed*/) const  // NOLINT(performance-unnecessary-value-param): who overrides it keeps it
{
    return nullptr;
}

const clock& clock::system() noexcept
{
    static const detail::system_clock instance;
    return instance;
}

// RFC 3339 section 5.6, narrowed: upper-case T and Z, no offset, no leap second (it cannot be told from an error).
std::optional<utc_time> parse_rfc3339(std::string_view text)
{
    namespace ch = std::chrono;
    if (text.size() < 20 || text[4] != '-' || text[7] != '-' || text[10] != 'T' || text[13] != ':' || text[16] != ':' ||
        text.back() != 'Z')
        return std::nullopt;
    const std::string_view fraction = text.substr(19, text.size() - 20);
    if (!fraction.empty() && (fraction[0] != '.' || fraction.size() < 2 || fraction.size() > 10 ||
                              detail::digits(fraction, 1, fraction.size() - 1) < 0))
        return std::nullopt;
    const int year = detail::digits(text, 0, 4), month = detail::digits(text, 5, 2), day = detail::digits(text, 8, 2);
    const int hour = detail::digits(text, 11, 2), minute = detail::digits(text, 14, 2), sec = detail::digits(text, 17, 2);
    if (year < 0 || month < 1 || day < 1 || hour < 0 || hour > 23 || minute < 0 || minute > 59 || sec < 0 || sec > 59)
        return std::nullopt;
    const ch::year_month_day date{ch::year(year), ch::month(static_cast<unsigned>(month)),
                                  ch::day(static_cast<unsigned>(day))};
    if (!date.ok())
        return std::nullopt;
    return ch::sys_days(date) + ch::hours(hour) + ch::minutes(minute) + ch::seconds(sec);
}

std::string format_rfc3339(utc_time time)
{
    namespace ch = std::chrono;
    const auto day = ch::floor<ch::days>(time);
    const ch::year_month_day date(day);
    const ch::hh_mm_ss<ch::seconds> clock_time(time - day);
    std::array<char, 64> out{};
    const int size = std::snprintf(
        out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
        static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), static_cast<int>(clock_time.hours().count()),
        static_cast<int>(clock_time.minutes().count()), static_cast<int>(clock_time.seconds().count()));
    return std::string(out.data(), static_cast<std::size_t>(size));
}

MODELSEC_END_NAMESPACE

#endif
