// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// SIGKILL at many points: afterwards what is active is whole, and the next fetch succeeds.
#include "command.hpp"

#include <zip_writer.hpp>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <thread>

using namespace integration;
using std::chrono::microseconds;

namespace {

constexpr std::size_t size = 24u << 20;

microseconds since(std::chrono::steady_clock::time_point start)
{
    return std::chrono::duration_cast<microseconds>(std::chrono::steady_clock::now() - start);
}

/// What an observer finds after a crash.
void expect_whole(const std::string& store, const std::vector<std::string>& versions)
{
    const auto verify = run_command({"verify", "--store", store, "demo", "--json"});
    CHECK_MESSAGE((verify.exit_code == 0 || verify.exit_code == 43), verify.err);
    const auto path = run_command({"path", "--store", store, "demo"});
    CHECK(path.exit_code == verify.exit_code);
    std::string version;  // empty: none
    if (path.exit_code == 0)
        version = std::filesystem::path(path.out.substr(0, path.out.find('\n'))).filename().string();
    CHECK_MESSAGE(std::find(versions.begin(), versions.end(), version) != versions.end(), version);
}

/// Starts the command and kills it when `when` says so; true if it was still running.
bool killed(const std::vector<std::string>& line, const std::function<bool(support::process&, microseconds)>& when)
{
    const auto start = std::chrono::steady_clock::now();
    support::process p(line);
    while (p.running() && !when(p, since(start)))
        std::this_thread::sleep_for(microseconds(200));
    p.kill();
    return p.wait().signal != 0;
}

/// Brings model "demo", version 2.0.0, into a store that holds 1.0.0, and dies at many points of it.
struct crashing_upgrade
{
    world w;
    support::temp_dir stores;
    std::string base = stores / "base";

    explicit crashing_upgrade(const std::string& artifact, bool zip)
    {
        w.release("first");
        REQUIRE(support::run(fetch_command(w, base)).exit_code == 0);
        auto m = w.manifest(artifact, "/next", 2, "2.0.0");
        m.artifacts[0].is_zip = zip;
        w.publish(m);
    }

    void crash(const std::string& name, const std::function<bool(support::process&, microseconds)>& when, std::size_t& hits)
    {
        const auto store = stores / name;
        std::filesystem::copy(base, store, std::filesystem::copy_options::recursive);
        hits += killed(fetch_command(w, store), when);
        expect_whole(store, {"1.0.0", "2.0.0"});
        const auto next = support::run(fetch_command(w, store));
        CHECK_MESSAGE(next.exit_code == 0, next.err);
        expect_whole(store, {"2.0.0"});
        CHECK(run_command({"gc", "--store", store}).exit_code == 0);
        expect_whole(store, {"2.0.0"});
        std::filesystem::remove_all(store);
    }

    /// All along what it tells of itself (a clock would lie on a busy machine), and right after it enters each stage.
    void crash_everywhere(int points)
    {
        const auto trial = stores / "trial";
        std::filesystem::copy(base, trial, std::filesystem::copy_options::recursive);
        const auto told = support::run(fetch_command(w, trial));
        REQUIRE(told.exit_code == 0);
        const auto lines = [](const std::string& out) { return std::count(out.begin(), out.end(), '\n'); };
        const auto whole = lines(told.out);
        REQUIRE(whole > points);
        std::filesystem::remove_all(trial);
        std::size_t hits = 0;
        for (int i = 0; i < points; ++i)
        {
            CAPTURE(i);
            crash(
                "t" + std::to_string(i),
                [&](support::process& p, microseconds) { return lines(p.out_so_far()) >= whole * i / points; }, hits);
        }
        for (const char* stage : {"\"download\"", "\"extract\"", "\"activate\""})
            for (const int delay : {0, 1, 3})
            {
                CAPTURE(stage);
                CAPTURE(delay);
                std::optional<microseconds> entered;
                crash(
                    "s",
                    [&](support::process& p, microseconds now) {
                        if (!entered && p.out_so_far().find(stage) != std::string::npos)
                            entered = now;
                        return entered && now - *entered >= std::chrono::milliseconds(delay);
                    },
                    hits);
            }
        CHECK(hits >= static_cast<std::size_t>(points) / 2);  // else it did not test what it says
    }
};

}  // namespace

TEST_CASE("SIGKILL at any point of a fetch leaves a whole model active, a file")
{
    crashing_upgrade(support::noise(size), false).crash_everywhere(20);
}

TEST_CASE("SIGKILL at any point of a fetch leaves a whole model active, an archive")
{
    const auto content = support::noise(size);
    const auto archive =
        support::zip_of({{"weights.bin", content, false}, {"folder/more.bin", content.substr(0, 1u << 20)}});
    crashing_upgrade(archive, true).crash_everywhere(20);
}

TEST_CASE("SIGKILL at any point of the very first fetch leaves a whole model or none")
{
    world w;
    w.release(support::noise(4u << 20));
    std::size_t hits = 0;
    for (int i = 0; i < 20; ++i)
    {
        CAPTURE(i);
        support::temp_dir place;
        hits += killed(fetch_command(w, place / "store"), [&](auto&, microseconds now) { return now.count() >= 2500 * i; });
        expect_whole(place / "store", {"", "1.0.0"});
        const auto next = support::run(fetch_command(w, place / "store"));
        CHECK_MESSAGE(next.exit_code == 0, next.err);
        expect_whole(place / "store", {"1.0.0"});
    }
    CHECK(hits >= 5);
}

TEST_CASE("SIGKILL at any point of a rollback and of gc leaves a whole model active")
{
    world w;
    support::temp_dir stores;
    const auto base = stores / "base";
    for (std::uint64_t sequence = 1; sequence <= 3; ++sequence)
    {
        w.release(support::noise(2u << 20, sequence), sequence, std::to_string(sequence));
        REQUIRE(support::run(fetch_command(w, base)).exit_code == 0);
    }
    for (int i = 0; i < 12; ++i)
    {
        CAPTURE(i);
        const auto store = stores / std::to_string(i);
        std::filesystem::copy(base, store, std::filesystem::copy_options::recursive);
        const auto late = [&](auto&, microseconds now) { return now.count() >= 1500 * i; };
        killed(command({"gc", "--store", store}), late);
        expect_whole(store, {"3"});
        killed(command({"rollback", "--store", store, "demo"}), late);
        expect_whole(store, {"2", "3"});
        CHECK(run_command({"gc", "--store", store}).exit_code == 0);
        expect_whole(store, {"2", "3"});
        std::filesystem::remove_all(store);
    }
}
