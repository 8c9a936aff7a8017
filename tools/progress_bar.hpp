// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_PROGRESS_BAR_HPP
#define MODELSEC_TOOLS_PROGRESS_BAR_HPP

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace modelsec::tool {

/// One line on a terminal: what goes on, how far it is, how fast, and for how long still. (Debian 12 has no library for it.)
/// Fits the terminal's width, is redrawn at most ten times a second, and leaves nothing behind.
class progress_bar
{
public:
    using clock = std::chrono::steady_clock;

    progress_bar(std::FILE* terminal, std::function<unsigned()> width, bool utf8);
    ~progress_bar();
    progress_bar(const progress_bar&) = delete;
    progress_bar& operator=(const progress_bar&) = delete;

    /// Something new begins; a line without a bar until its first update.
    void begin(std::string_view label);
    void update(std::uint64_t bytes, std::uint64_t total, clock::time_point now = clock::now());
    /// A line that stays, above the bar.
    void print_above(std::string_view line);
    /// Takes the bar away.
    void clear();

private:
    void draw();
    void measure(clock::time_point now);
    std::string render(unsigned columns) const;
    std::string bar(unsigned cells) const;
    std::string numbers(int detail) const;

    std::FILE* terminal_;
    std::function<unsigned()> width_;
    bool utf8_;
    bool drawn_ = false;

    std::string label_;
    std::optional<std::uint64_t> bytes_;  ///< nothing: no bar yet
    std::uint64_t total_ = 0;
    clock::time_point drawn_at_{};
    clock::time_point measured_at_{};
    std::uint64_t measured_bytes_ = 0;
    double weighted_bytes_ = 0;
    double weighted_seconds_ = 0;
    double rate_ = 0;  ///< bytes a second, smoothed
};

}  // namespace modelsec::tool

#endif
