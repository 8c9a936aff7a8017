// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "progress_bar.hpp"

#include "text.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace modelsec::tool {

namespace {
constexpr auto redraw_interval = std::chrono::milliseconds(100);
constexpr double smoothing_seconds = 3;
constexpr unsigned most_cells = 40;
constexpr unsigned fewest_cells = 8;
}  // namespace

progress_bar::progress_bar(std::FILE* terminal, std::function<unsigned()> width, bool utf8)
    : terminal_(terminal), width_(std::move(width)), utf8_(utf8)
{
}

progress_bar::~progress_bar()
{
    clear();
}

void progress_bar::begin(std::string_view label)
{
    label_ = label;
    bytes_.reset();
    weighted_bytes_ = weighted_seconds_ = rate_ = 0;
    draw();
}

void progress_bar::update(std::uint64_t bytes, std::uint64_t total, clock::time_point now)
{
    if (!bytes_)
    {
        measured_at_ = now;
        measured_bytes_ = bytes;
    }
    const bool first_or_last = !bytes_ || bytes == total;
    bytes_ = bytes;
    total_ = total;
    if (!first_or_last && now - drawn_at_ < redraw_interval)
        return;
    measure(now);
    drawn_at_ = now;
    draw();
}

// An exponential moving average over time: what was long ago weighs less, however often it is called. Divided by the weights, so
// that a slow start is not taken for more than it was.
void progress_bar::measure(clock::time_point now)
{
    const double seconds = std::chrono::duration<double>(now - measured_at_).count();
    if (seconds < 0.02 || *bytes_ < measured_bytes_)
        return;
    const double kept = std::exp(-seconds / smoothing_seconds);
    weighted_bytes_ = weighted_bytes_ * kept + static_cast<double>(*bytes_ - measured_bytes_);
    weighted_seconds_ = weighted_seconds_ * kept + seconds;
    rate_ = weighted_bytes_ / weighted_seconds_;
    measured_at_ = now;
    measured_bytes_ = *bytes_;
}

void progress_bar::print_above(std::string_view line)
{
    clear();
    std::fprintf(terminal_, "%.*s\n", static_cast<int>(line.size()), line.data());
    draw();
}

void progress_bar::clear()
{
    if (drawn_)
        std::fputs("\r\x1b[K", terminal_);  // ECMA-48: erase to the end of the line
    std::fflush(terminal_);
    drawn_ = false;
}

void progress_bar::draw()
{
    if (label_.empty())
        return;
    // One column stays free: a full line would wrap on some terminals.
    const unsigned columns = std::max(width_(), 2u) - 1;
    std::fprintf(terminal_, "\r%s\x1b[K", render(columns).c_str());
    std::fflush(terminal_);
    drawn_ = true;
}

std::string progress_bar::numbers(int detail) const
{
    const double share = total_ == 0 ? 1 : static_cast<double>(*bytes_) / static_cast<double>(total_);
    std::array<char, 16> percent{};
    std::snprintf(percent.data(), percent.size(), "%3d %%", static_cast<int>(share * 100));
    std::string out = percent.data();
    if (detail >= 1)
        out += "  " + human_size(*bytes_) + " / " + human_size(total_);
    if (detail >= 2 && rate_ >= 1)
        out += "  " + human_size(static_cast<std::uint64_t>(rate_)) + "/s";
    if (detail >= 3 && rate_ >= 1 && *bytes_ < total_)
        out += "  " + human_time(static_cast<std::uint64_t>(std::llround(static_cast<double>(total_ - *bytes_) / rate_))) +
               " left";
    return out;
}

std::string progress_bar::bar(unsigned cells) const
{
    static constexpr std::array<const char*, 8> eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    const double share = total_ == 0 ? 1 : std::min(1.0, static_cast<double>(*bytes_) / static_cast<double>(total_));
    const auto filled = static_cast<unsigned>(share * cells * 8);
    std::string out = utf8_ ? "▕" : "[";
    unsigned used = filled / 8;
    for (unsigned i = 0; i < used; ++i)
        out += utf8_ ? "█" : "#";
    if (utf8_ && filled % 8 != 0)
    {
        out += eighths[filled % 8];
        ++used;
    }
    out.append(cells - used, utf8_ ? ' ' : '.');
    return out + (utf8_ ? "▏" : "]");
}

/// As much as fits: with less room the time, the rate, the sizes and at last the bar go.
std::string progress_bar::render(unsigned columns) const
{
    if (!bytes_)
        return (label_ + (utf8_ ? " …" : " ...")).size() <= columns ? label_ + (utf8_ ? " …" : " ...")
                                                                    : label_.substr(0, columns);
    for (int detail = 3; detail >= 0; --detail)
    {
        const std::string text = numbers(detail);
        // The bar keeps its place while the numbers change their lengths.
        static constexpr std::array<std::size_t, 4> usual{5, 27, 40, 53};
        const std::size_t rest = std::max(text.size(), usual[static_cast<std::size_t>(detail)]);
        const std::size_t taken = label_.size() + 1 + 2 + 1 + rest;
        if (taken + fewest_cells <= columns)
        {
            const std::size_t cells = std::min<std::size_t>(columns - taken, most_cells);
            return label_ + ' ' + bar(static_cast<unsigned>(cells)) + ' ' + text;
        }
    }
    return (label_ + ' ' + numbers(0)).substr(0, columns);
}

}  // namespace modelsec::tool
