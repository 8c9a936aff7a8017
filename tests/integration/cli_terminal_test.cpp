// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The command and who sits in front of it: a bar on a terminal, an interrupt from the keyboard.
#include "cli.hpp"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <sstream>
#include <thread>

using namespace integration;

namespace {

constexpr std::size_t size = 2'000'000;

/// Runs a command whose standard error is a terminal of this width; what it wrote there.
std::string on_terminal(std::vector<std::string> arguments, unsigned short columns, const char* locale)
{
    const int master = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    REQUIRE(master >= 0);
    REQUIRE(::grantpt(master) == 0);
    REQUIRE(::unlockpt(master) == 0);
    const int terminal = ::open(::ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    winsize window{24, columns, 0, 0};
    REQUIRE(::ioctl(terminal, TIOCSWINSZ, &window) == 0);
    arguments = command(std::move(arguments));
    std::vector<char*> pointers;
    for (auto& text : arguments)
        pointers.push_back(text.data());
    pointers.push_back(nullptr);
    const pid_t child = ::fork();
    if (child == 0)
    {
        ::setenv("TERM", "xterm", 1);
        ::setenv("LC_ALL", locale, 1);
        const int nowhere = ::open("/dev/null", O_WRONLY);
        ::dup2(nowhere, STDOUT_FILENO);
        ::dup2(terminal, STDERR_FILENO);
        ::execv(pointers[0], pointers.data());
        ::_exit(127);
    }
    ::close(terminal);
    std::string seen;
    char piece[4096];
    for (ssize_t got = 0; (got = ::read(master, piece, sizeof piece)) > 0;)
        seen.append(piece, static_cast<std::size_t>(got));
    int status = 0;
    ::waitpid(child, &status, 0);
    ::close(master);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 0);
    return seen;
}

}  // namespace

TEST_CASE("an interrupted fetch ends with 3, keeps what came, and the next one goes on from there")
{
    for (const int number : {SIGINT, SIGTERM})
    {
        world w;
        w.release(support::noise(size * 10));
        auto slow = support::fault{};
        slow.bytes_per_second = 8'000'000;
        w.web.fail("/model.bin", slow, 1);
        support::process running(command(people_fetch(w)));
        for (int i = 0; i < 500 && w.web.sent("/model.bin") < size * 6; ++i)
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        running.signal(number);
        const auto r = running.wait();
        CHECK(r.exit_code == 3);
        CHECK(r.err.find("(3 cancelled)") != std::string::npos);
        const auto status = run_command({"status", "--store", w.store(), "--json"});
        CHECK(status.out.find("\"partials\":0") == std::string::npos);
        const auto next = run_command(people_fetch(w, {"--json"}));
        CHECK(next.exit_code == 0);
        CHECK(result_line(next.out).size_at("bytes_fetched").value() < size * 10);
    }
}

TEST_CASE("on a terminal there is a bar of its width, in its characters, and nothing of it stays")
{
    world w;
    w.release(support::noise(size));
    auto slow = support::fault{};
    slow.bytes_per_second = 4'000'000;
    w.web.fail("/model.bin", slow);
    for (const unsigned short columns : std::initializer_list<unsigned short>{20, 60, 120})
        for (const char* locale : {"C", "C.UTF-8"})
        {
            std::filesystem::remove_all(w.store());
            const auto seen = on_terminal(people_fetch(w), columns, locale);
            CHECK(seen.find("Downloading") != std::string::npos);
            CHECK(seen.find('%') != std::string::npos);
            CHECK(seen.ends_with("\r\x1b[K"));
            const bool ascii =
                std::all_of(seen.begin(), seen.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
            CHECK(ascii == (std::string_view(locale) == "C"));
            CHECK((seen.find(" left") != std::string::npos) == (columns == 120));
            std::istringstream frames(seen);
            for (std::string frame; std::getline(frames, frame, '\r');)
            {
                const auto end = frame.find('\x1b');
                // Characters, not bytes: continuation bytes take no column.
                CHECK(std::count_if(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(std::min(end, frame.size())),
                                    [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }) < columns);
            }
        }
}
