// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Faults of the line, cancellation, deadlines and SIGKILL in any order, by a seed. MODELSEC_SOAK_SITES names a file to which each attempt's
// site is added: what went wrong, how the attempt was ended, and where it was by then.
#include "world.hpp"

#include <process.hpp>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <thread>

using namespace integration;
using namespace std::chrono_literals;

namespace {

constexpr std::uint64_t size = 400'000;

class dice
{
public:
    explicit dice(unsigned seed) : engine_(seed) {}
    std::uint64_t below(std::uint64_t end) { return std::uniform_int_distribution<std::uint64_t>(0, end - 1)(engine_); }

private:
    std::mt19937_64 engine_;
};

unsigned chosen_seed()
{
    const char* given = std::getenv("MODELSEC_RACE_SEED");
    return given ? static_cast<unsigned>(std::atoi(given)) : std::random_device()();
}

int rounds()
{
    const char* given = std::getenv("MODELSEC_RACE_ROUNDS");
    return std::max(5, (given ? std::atoi(given) : 200) / 4);
}

/// Something that the origin does wrong, and what it is called.
std::pair<const char*, support::fault> any_fault(dice& by)
{
    support::fault f;
    const std::uint64_t at = by.below(size);
    switch (by.below(10))
    {
    case 0: return {"none", f};
    case 1: f.cut_at = at; return {"cut", f};
    case 2: f.reset_at = at; return {"reset", f};
    case 3: f.stall_at = at; return {"stall", f};
    case 4: f.flip_at = at; return {"flipped bit", f};
    case 5:
        f.ignore_range = true;
        f.cut_at = at;
        return {"no ranges, cut", f};
    case 6: f.extra_bytes = 1 + by.below(100); return {"more bytes", f};
    case 7: f.bytes_per_second = 400'000 + by.below(4'000'000); return {"slow", f};
    case 8: return {"503", support::answer(503)};
    default: f.content_range = "bytes 0-0/1"; return {"another range", f};
    }
}

std::string_view last_stage(const outcome& o)
{
    return to_string(o.events.back().stage);
}

/// One attempt that is ended somehow: where it was.
std::string attempt(world& w, const modelsec::client_options& options, dice& by)
{
    auto asked = w.request();
    const std::uint64_t how = by.below(4);
    if (how == 3)
    {
        support::process child({MODELSEC_RACE_CHILD, w.store(), w.web.url("/manifest"), w.place / "ca.pem", w.key.pin()});
        std::this_thread::sleep_for(std::chrono::milliseconds(by.below(150)));
        child.kill();
        const auto end = child.wait();
        return end.signal != 0 ? "killed" : "killed too late, " + std::string(to_string(static_cast<errc>(end.exit_code)));
    }
    if (how == 1)
    {
        const std::uint64_t moment = by.below(8);
        asked.operation.events = [&asked, moment, seen = std::uint64_t{0}](const modelsec::event&) mutable {
            if (seen++ == moment)
                asked.operation.control.cancel();
        };
    }
    if (how == 2)
        asked.operation.deadline = std::chrono::milliseconds(1 + by.below(120));
    modelsec::client client(options);
    const outcome o = fetch(client, asked);
    static constexpr const char* names[] = {"left alone", "cancelled at an event", "deadline"};
    return names[how] + std::string(", ") + std::string(last_stage(o)) + ", " + std::string(to_string(o.why));
}

}  // namespace

TEST_CASE(
    "whatever the line does, and however an attempt is ended, a whole model is active and the next attempt brings the new "
    "one")
{
    const unsigned seed = chosen_seed();
    MESSAGE("MODELSEC_RACE_SEED=" << seed);
    dice by(seed);
    world w(std::chrono::hours(2));
    auto options = w.options();
    options.caps.first_retry_wait = 1ms;
    options.caps.stall_timeout = 100ms;
    std::string before = support::noise(size, 1);
    w.release(before, 1, "1.0.1");
    REQUIRE(fetch(w).code == errc::ok);
    std::map<std::string, int> sites;
    for (int round = 2; round < 2 + rounds(); ++round)
    {
        const std::string next = support::noise(size, static_cast<std::uint64_t>(round));
        auto m = w.manifest(next, "/model.bin", static_cast<std::uint64_t>(round), "1.0." + std::to_string(round));
        if (by.below(2) == 0)
            m.artifacts.front().in_chunks(next, 256u << 10);
        w.publish(m);
        for (std::uint64_t attempts = 1 + by.below(3); attempts > 0; --attempts)
        {
            const auto [name, fault] = any_fault(by);
            const std::string path = by.below(8) == 0 ? "/manifest" : "/model.bin";
            w.web.fail(path, fault, static_cast<unsigned>(1 + by.below(4)));
            const std::string site = path.substr(1) + ": " + name + "; " + attempt(w, options, by);
            ++sites[site];
            CAPTURE(seed);
            CAPTURE(round);
            CAPTURE(site);
            const std::string active = active_content(w);
            CHECK((active == before || active == next));
            w.web.heal("/manifest");
            w.web.heal("/model.bin");
        }
        modelsec::client client(options);
        CHECK(fetch(client, w.request()).code == errc::ok);
        CHECK(active_content(w) == next);
        client.gc();
        before = next;
    }
    if (const char* file = std::getenv("MODELSEC_SOAK_SITES"))
    {
        std::ofstream out(file, std::ios::app);
        for (const auto& [site, count] : sites)
            out << count << '\t' << site << '\n';
        CHECK(out.good());
    }
    CHECK(sites.size() >= 3);
    // What all of it left behind is what one model needs.
    CHECK(std::filesystem::is_empty(w.store() + "/.modelsec/staging"));
}
