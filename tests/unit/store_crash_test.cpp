// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../support/faulty_file_system.hpp"
#include "../support/store_scene.hpp"

#include <doctest/doctest.h>

using namespace modelsec;

using namespace modelsec::detail;
using namespace support;

namespace {

const pack_content one{{"model.gguf", "the first weights"}};
const pack_content two{{"a/one.bin", "second, first half"}, {"a/two.bin", "second, other half"}};
const pack_content three{{"model.gguf", "the third weights, after the crash"}};

struct scenario
{
    const char* name;
    std::vector<std::string> before;  ///< versions installed before, of one and two
    std::function<bool(file_system&, const std::string& path, std::uint64_t& activating)> run;
    std::set<std::string> active_then;  ///< what may be active after a crash; "": nothing
    std::string active_after;           ///< what must be active if run() said that it worked
};

const pack_content& content_of(const std::string& version)
{
    return version == "1" ? one : version == "2" ? two : three;
}

const scenario scenarios[] = {
    {"first",
     {},
     [](file_system& fs, const std::string& path, std::uint64_t& activating) {
         auto& faulty = dynamic_cast<faulty_file_system&>(fs);
         return install(fs, path, "m", how_to_activate("1", 1), one, [&] { activating = faulty.calls(); }).has_value();
     },
     {"", "1"},
     "1"},
    {"upgrade",
     {"1"},
     [](file_system& fs, const std::string& path, std::uint64_t& activating) {
         auto& faulty = dynamic_cast<faulty_file_system&>(fs);
         return install(fs, path, "m", how_to_activate("2", 2), two, [&] { activating = faulty.calls(); }).has_value();
     },
     {"1", "2"},
     "2"},
    {"rollback",
     {"1", "2"},
     [](file_system& fs, const std::string& path, std::uint64_t&) { return roll_back(fs, path, "m").has_value(); },
     {"1", "2"},
     "1"},
    {"gc",
     {"1", "2", "3"},
     [](file_system& fs, const std::string& path, std::uint64_t&) { return collect(fs, path, "m").has_value(); },
     {"3"},
     "3"},
};

/// Nothing that no state names is left below the model; staging holds at most what can be resumed.
void check_tidy(const std::string& path, const model_state& state)
{
    const std::set<std::string> resumable{artifact_of(one).content_digest().hex(), artifact_of(two).content_digest().hex()};
    for (const std::string& folder : names_in(path + "/m"))
        CHECK((folder == state.active->folder || (state.last_good && folder == state.last_good->folder)));
    for (const std::string& staged : names_in(path + "/.modelsec/staging"))
        CHECK(resumable.contains(staged));
    CHECK(names_in(path + "/.modelsec/state").size() == 1);
}

void check_afterwards(const scenario& s, file_system& fs, const std::string& path, bool worked, bool was_staged)
{
    auto disk = open_store(path, fs);
    REQUIRE(disk.has_value());
    auto state = disk->state(id("m"));
    REQUIRE(state.has_value());
    const std::string active = state->active ? state->active->version.str() : "";
    CHECK(s.active_then.contains(active));
    if (worked)
        CHECK(active == s.active_after);
    if (state->active)
        CHECK(disk->hash_again(id("m"), *state->active, {}, {}).has_value());
    {
        const auto lock = disk->lock(id("m"), std::chrono::milliseconds(0), {});
        REQUIRE(lock.has_value());
        REQUIRE(disk->recover(*lock, id("m")).has_value());
    }
    if (was_staged && active != s.active_after)
    {
        std::uint64_t size = 0;
        for (const auto& f : content_of(s.active_after))
            size += f.second.size();
        CHECK(disk->partial_bytes(id("m")).value() == size);  // nothing has to be fetched again
    }
    const auto next = install(fs, path, "m", how_to_activate("3", 3), three);
    REQUIRE_MESSAGE(next.has_value(), (next ? "" : next.error().detail));
    REQUIRE(collect(fs, path, "m").has_value());
    state = disk->state(id("m"));
    REQUIRE(state.has_value());
    REQUIRE(state->active.has_value());
    CHECK(state->active->version.str() == "3");
    CHECK(disk->hash_again(id("m"), *state->active, {}, {}).has_value());
    if (state->last_good)
        CHECK(disk->hash_again(id("m"), *state->last_good, {}, {}).has_value());
    check_tidy(path, *state);
}

/// Runs a scenario with a fault at its k-th call, for every k there is.
template <class Plan>
void at_every_call(const scenario& s, const Plan& plan)
{
    CAPTURE(s.name);
    for (std::uint64_t k = 1;; ++k)
    {
        CAPTURE(k);
        const temp_dir dir;
        const temp_dir graveyard;
        const std::string path = dir / "store";
        faulty_file_system before(graveyard.path());
        for (const std::string& version : s.before)
            REQUIRE(
                install(before, path, "m", how_to_activate(version, std::stoull(version)), content_of(version)).has_value());
        bool worked = false;
        std::uint64_t activating = 0;
        bool reached = false;
        {
            const temp_dir lost;
            faulty_file_system faulty(lost.path());
            plan(faulty, k);
            worked = s.run(faulty, path, activating);
            reached = faulty.calls() >= k;
        }
        faulty_file_system after(graveyard.path());
        check_afterwards(s, after, path, worked, activating != 0 && k > activating);
        if (!reached)
        {
            CHECK(worked);
            return;
        }
    }
}

void with_every_fault(const scenario& s)
{
    using fs = faulty_file_system;
    INFO("the process is killed");
    at_every_call(s, [](fs& f, std::uint64_t k) { f.power_off_at(k, power_loss::nothing); });
    INFO("the power goes, and what was not synced goes with it");
    at_every_call(s, [](fs& f, std::uint64_t k) { f.power_off_at(k, power_loss::unsynced); });
    INFO("the disk is full for a moment");
    at_every_call(s, [](fs& f, std::uint64_t k) { f.fail_at(k, reason::disk_full); });
}

}  // namespace

TEST_CASE("whatever happens at any call of the first activation, what is active is whole and the next attempt works")
{
    with_every_fault(scenarios[0]);
}

TEST_CASE("whatever happens at any call of an upgrade, what is active is whole and the next attempt works")
{
    with_every_fault(scenarios[1]);
}

TEST_CASE("whatever happens at any call of a rollback, what is active is whole and the next attempt works")
{
    with_every_fault(scenarios[2]);
}

TEST_CASE("whatever happens at any call of gc, what is active is whole and the next attempt works")
{
    with_every_fault(scenarios[3]);
}
