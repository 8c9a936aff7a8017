// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../support/faulty_file_system.hpp"
#include "../support/store_scene.hpp"

#include <doctest/doctest.h>

#include <condition_variable>
#include <mutex>
#include <thread>

using namespace modelsec;

using namespace modelsec::detail;
using namespace support;

namespace {

const pack_content one{{"model.gguf", "one"}};
const pack_content two{{"model.gguf", "two"}};
const pack_content zero{{"model.gguf", "zero"}};

/// What must hold however things went: the state can be read, what it names is whole, and the store goes on working.
void check_sound(const std::string& path, const std::set<std::string>& versions)
{
    const temp_dir graveyard;
    faulty_file_system fs(graveyard.path());
    const auto s = open_store(path, fs);
    REQUIRE(s.has_value());
    const auto state = s->state(id("m"));
    REQUIRE(state.has_value());
    REQUIRE(state->active.has_value());
    CHECK(versions.contains(state->active->version.str()));
    CHECK(s->hash_again(id("m"), *state->active, {}, {}).has_value());
    if (state->last_good)
        CHECK(s->hash_again(id("m"), *state->last_good, {}, {}).has_value());
    const auto next = install(fs, path, "m", how_to_activate("9"), {{"model.gguf", "nine"}});
    REQUIRE_MESSAGE(next.has_value(), (next ? "" : next.error().detail));
    REQUIRE(collect(fs, path, "m").has_value());
    const auto after = s->state(id("m"));
    REQUIRE(after.has_value());
    CHECK(after->active->version.str() == "9");
    CHECK(s->hash_again(id("m"), *after->active, {}, {}).has_value());
    CHECK(names_in(path + "/m").size() <= 2);
}

using operation = std::function<bool(file_system&, const std::string& path)>;

bool install_two(file_system& fs, const std::string& path)
{
    return install(fs, path, "m", how_to_activate("2"), two).has_value();
}

/// One operation runs as a whole between two calls of another, at every place; with locks that do nothing.
void interleave(const operation& outer, const operation& inner)
{
    for (std::uint64_t k = 1;; ++k)
    {
        CAPTURE(k);
        const temp_dir dir;
        const temp_dir graveyard;
        const std::string path = dir / "store";
        faulty_file_system a(graveyard.path());
        faulty_file_system b(graveyard.path());
        a.locks_lie();
        b.locks_lie();
        REQUIRE(install(a, path, "m", how_to_activate("0"), zero).has_value());
        const std::uint64_t start = a.calls();
        bool inner_worked = false;
        a.run_at(start + k, [&] { inner_worked = inner(b, path); });
        const bool outer_worked = outer(a, path);
        const bool reached = a.calls() >= start + k;
        if (reached)
            CHECK((inner_worked || outer_worked));  // at least one of them gets somewhere
        check_sound(path, {"0", "1", "2"});
        if (!reached)
            return;
    }
}

bool install_one(file_system& fs, const std::string& path)
{
    return install(fs, path, "m", how_to_activate("1"), one).has_value();
}

/// Lets two threads take turns: one stops at a call until the other says go.
class turnstile
{
public:
    void open()
    {
        const std::lock_guard lock(mutex_);
        open_ = true;
        changed_.notify_all();
    }
    void wait()
    {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return open_; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    bool open_ = false;
};

}  // namespace

TEST_CASE("without locks, an activation inside another one at any call leaves a whole pack active")
{
    interleave(install_one, install_two);
}

TEST_CASE("without locks, the same activation inside itself at any call leaves a whole pack active")
{
    interleave(install_one, install_one);
}

TEST_CASE("without locks, gc inside an activation at any call removes nothing that is needed")
{
    interleave(install_one, [](file_system& fs, const std::string& path) { return collect(fs, path, "m").has_value(); });
}

TEST_CASE("without locks, an activation inside gc at any call leaves a whole pack active")
{
    interleave([](file_system& fs, const std::string& path) { return collect(fs, path, "m").has_value(); }, install_two);
}

TEST_CASE("without locks, two activations that stop and go at any pair of calls leave a whole pack active")
{
    // a runs to call j; b runs to call k; a runs to its end; b runs to its end.
    for (std::uint64_t j = 20; j < 160; j += 7)
        for (std::uint64_t k = 20; k < 160; k += 11)
        {
            CAPTURE(j);
            CAPTURE(k);
            const temp_dir dir;
            const temp_dir graveyard;
            const std::string path = dir / "store";
            faulty_file_system a(graveyard.path());
            faulty_file_system b(graveyard.path());
            a.locks_lie();
            b.locks_lie();
            REQUIRE(install(a, path, "m", how_to_activate("0"), zero).has_value());
            turnstile b_stopped;
            turnstile b_goes;
            std::thread other;
            b.run_at(k, [&] {
                b_stopped.open();
                b_goes.wait();
            });
            a.run_at(a.calls() + j, [&] {
                other = std::thread([&] {
                    install_two(b, path);
                    b_stopped.open();
                });
                b_stopped.wait();
            });
            install_one(a, path);
            b_goes.open();
            if (other.joinable())
                other.join();
            check_sound(path, {"0", "1", "2"});
        }
}

TEST_CASE("a writer that slept through many generations does not take an old number for the newest")
{
    const temp_dir dir;
    const temp_dir graveyard;
    faulty_file_system fs(graveyard.path());
    const store s = open_store(dir / "store", fs).value();
    const auto raise = [&](std::uint64_t to) {
        return s.update(id("m"), [&](model_state& state) -> result<bool> {
            state.memory.sequence = std::max(state.memory.sequence, to);
            return true;
        });
    };
    REQUIRE(raise(1).has_value());
    bool slept = false;
    const auto late = s.update(id("m"), [&](model_state& state) -> result<bool> {
        if (!std::exchange(slept, true))
            for (std::uint64_t n = 2; n < 8; ++n)
                REQUIRE(raise(n).has_value());
        ++state.memory.sequence;
        return true;
    });
    REQUIRE(late.has_value());
    CHECK(late->memory.sequence == 8);
    CHECK(s.state(id("m")).value().memory.sequence == 8);
}

TEST_CASE("of many threads that count in one state, none is lost")
{
    const temp_dir dir;
    const temp_dir graveyard;
    const std::string path = dir / "store";
    std::vector<std::thread> threads;
    std::mutex mutex;
    std::string failures;
    for (int i = 0; i < 6; ++i)
        threads.emplace_back([&] {
            faulty_file_system fs(graveyard.path());
            fs.locks_lie();
            const auto s = open_store(path, fs);
            for (int n = 0; n < 10; ++n)
            {
                const auto done = s ? s->update(id("m"),
                                                [](model_state& state) -> result<bool> {
                                                    ++state.memory.sequence;
                                                    return true;
                                                })
                                    : result<model_state>(s.error());
                const std::lock_guard lock(mutex);
                failures += done ? "" : done.error().detail + "; ";
            }
        });
    for (auto& t : threads)
        t.join();
    CHECK(failures == "");
    const store s = open_store(path, file_system::native()).value();
    CHECK(s.state(id("m")).value().memory.sequence == 60);
}

TEST_CASE("two that collect at once remove everything, each thing is told of once, and neither fails, with locks or without")
{
    for (const bool locks : {true, false})
        for (std::uint64_t k = 1;; ++k)
        {
            CAPTURE(locks);
            CAPTURE(k);
            const temp_dir dir, graveyard;
            const std::string path = dir / "store";
            REQUIRE(install(file_system::native(), path, "m", how_to_activate("1"), one).has_value());
            const std::string left = path + "/.modelsec/staging/orphan-0";
            for (const char* folder : {"", "/deep", "/deep/er"})
                REQUIRE(::mkdir((left + folder).c_str(), 0700) == 0);
            std::ofstream(left + "/deep/er/file") << "left";
            std::vector<std::string> mine, others;
            std::uint64_t freed = 0;
            faulty_file_system fs(graveyard.path());
            if (!locks)
                fs.locks_lie();
            const store outer = open_store(path, fs).value(), inner = open_store(path, file_system::native()).value();
            const std::uint64_t before = fs.calls();
            fs.run_at(before + k, [&] { CHECK(inner.collect_staging(false, others, freed).has_value()); });
            const auto done = outer.collect_staging(false, mine, freed);
            CHECK_MESSAGE(done.has_value(), (done ? "" : done.error().detail));
            CHECK_FALSE(std::filesystem::exists(left));
            mine.insert(mine.end(), others.begin(), others.end());
            const auto told = std::ranges::count(mine, ".modelsec/staging/orphan-0");
            CHECK(told >= 1);
            CHECK((!locks || told == 1));
            if (fs.calls() < before + k)
                break;
        }
}
