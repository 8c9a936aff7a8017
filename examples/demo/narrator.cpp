// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "narrator.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <iomanip>
#include <iostream>

namespace demo {

std::string mebibytes(std::uint64_t bytes)
{
    return std::to_string(bytes >> 20) + " MiB";
}

narrator::narrator() : colours_(::isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr) {}

std::string narrator::painted(const char* colour, const std::string& text) const
{
    return colours_ ? "\033[" + std::string(colour) + "m" + text + "\033[0m" : text;
}

std::string narrator::bold(const std::string& text) const
{
    return painted("1", text);
}

std::string narrator::dim(const std::string& text) const
{
    return painted("2", text);
}

std::string narrator::good(const std::string& text) const
{
    return painted("32", text);
}

std::string narrator::bad(const std::string& text) const
{
    return painted("31", text);
}

void narrator::chapter(const std::string& title) const
{
    std::cout << "\n" << bold("== " + title) << std::endl;
}

void narrator::say(const std::string& text) const
{
    std::cout << text << std::endl;
}

void narrator::command(const std::vector<std::string>& words) const
{
    std::string line = "$";
    for (const auto& word : words)
        line += " " + word;
    std::cout << dim(line) << std::endl;
}

void narrator::ended(int code, int expected) const
{
    if (code == expected)
        std::cout << good("-> code " + std::to_string(code) + ", as it should be") << std::endl;
    else
        std::cout << bad("-> code " + std::to_string(code) + ", but " + std::to_string(expected) + " was expected")
                  << std::endl;
}

void narrator::table(const std::vector<outcome>& outcomes) const
{
    constexpr int wide = 50;
    std::cout << "\n"
              << bold("What happened") << "\n\n"
              << std::left << std::setw(wide) << "  step" << std::right << std::setw(5) << "code" << std::setw(13)
              << "model bytes" << std::setw(10) << "active"
              << "   as expected\n  " << std::string(wide + 38, '-') << "\n";
    for (const auto& o : outcomes)
        std::cout << std::left << std::setw(wide) << "  " + o.what << std::right << std::setw(5) << o.code << std::setw(13)
                  << (o.model_bytes > 0 ? mebibytes(o.model_bytes) : "none") << std::setw(10) << o.active << "   "
                  << (o.as_expected() ? good("yes") : bad("NO")) << "\n";
    std::cout << "\n"
                 "  code         what the command ended with: 0 is success, every refusal has a number of its own\n"
                 "  model bytes  what the origin handed out for this step, by its own count\n"
                 "  active       the version that an application would load now\n"
              << std::flush;
}

namespace {

volatile sig_atomic_t asked_to_end = 0;

}  // namespace

void end_in_order_when_asked()
{
    struct sigaction action
    {
    };
    action.sa_handler = [](int) { asked_to_end = 1; };
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        ::sigaction(number, &action, nullptr);
}

void check_interrupted()
{
    if (asked_to_end != 0)
        throw interrupted();
}

}  // namespace demo
