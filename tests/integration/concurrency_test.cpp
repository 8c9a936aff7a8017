// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Many ask for one model at once: one of them downloads it, the others wait and find it.
#include "command.hpp"

#include <algorithm>
#include <thread>

using namespace integration;

namespace {

constexpr std::size_t many = 16;
constexpr std::size_t size = 600'000;

/// Slow enough that everybody asks while the first one still downloads.
support::fault slowly()
{
    support::fault f;
    f.bytes_per_second = 1'000'000;
    return f;
}

void expect_one_download(const world& w)
{
    CHECK(w.web.sent("/model.bin") < 2 * size);  // not exactly once: what a connection took over was under way elsewhere
    CHECK(w.client().verify("demo").bytes == size);
}

}  // namespace

TEST_CASE("16 threads with one client ask for one model: one download")
{
    world w;
    w.release(support::noise(size));
    w.web.fail("/model.bin", slowly());
    auto client = w.client();
    std::vector<outcome> outcomes(many);
    std::vector<std::thread> threads;
    for (auto& o : outcomes)
        threads.emplace_back([&] {
            modelsec::error_code ec;
            modelsec::diagnostics diag;
            auto options = w.request();
            options.operation.events = [&](const modelsec::event& e) { o.events.push_back(e); };
            o.result = client.fetch(options, ec, diag);
            o.code = static_cast<errc>(ec.value());
            o.why = diag.why;
            o.detail = diag.detail;
        });
    for (auto& t : threads)
        t.join();
    for (const auto& o : outcomes)
    {
        CHECK_MESSAGE(o.why == reason::none, o.detail);
        CHECK(o.code == errc::ok);
        check_events(o);
    }
    CHECK(std::count_if(outcomes.begin(), outcomes.end(), [](const auto& o) { return !o.result.already_active; }) == 1);
    expect_one_download(w);
}

TEST_CASE("16 processes ask for one model: one download")
{
    world w;
    w.release(support::noise(size));
    w.web.fail("/model.bin", slowly());
    std::vector<support::process> processes;
    for (std::size_t i = 0; i < many; ++i)
        processes.emplace_back(fetch_command(w, w.store()));
    std::size_t downloaded = 0;
    for (auto& p : processes)
    {
        const auto done = p.wait();
        CHECK_MESSAGE(done.exit_code == 0, done.err);
        downloaded += result_line(done.out).bool_at("already_active") == false;
    }
    CHECK(downloaded == 1);
    expect_one_download(w);
}

TEST_CASE("two models do not wait for each other")
{
    world w;
    auto one = w.manifest(support::noise(1'000'000), "/one");
    one.model_id = "one";
    w.web.serve("/m1", support::dsse_envelope(one.json(), {w.key}));
    auto two = w.manifest("two", "/two");
    two.model_id = "two";
    w.web.serve("/m2", support::dsse_envelope(two.json(), {w.key}));
    support::fault stall;
    stall.stall_at = 500'000;
    w.web.fail("/one", stall);

    auto first = w.request();
    first.manifest.url = w.web.url("/m1");
    first.model_id = "one";
    std::thread stalled([&] { CHECK(fetch(w, first).code == errc::cancelled); });
    while (w.web.sent("/one") == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    auto second = w.request();
    second.manifest.url = w.web.url("/m2");
    second.model_id = "two";
    CHECK(fetch(w, second).code == errc::ok);
    first.operation.control.cancel();
    stalled.join();
}

TEST_CASE("who does not want to wait for another's download is told that the store is busy")
{
    world w;
    w.release(support::noise(1'000'000));
    support::fault stall;
    stall.stall_at = 500'000;
    w.web.fail("/model.bin", stall);
    auto first = w.request();
    std::thread stalled([&] { CHECK(fetch(w, first).code == errc::cancelled); });
    while (w.web.sent("/model.bin") == 0)
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
    auto options = w.options();
    options.lock_wait = std::chrono::milliseconds(100);
    modelsec::client impatient(options);
    CHECK(fetch(impatient, w.request()).why == reason::lock_timeout);
    first.operation.control.cancel();
    stalled.join();
}

TEST_CASE("readers see a whole pack at every moment of many upgrades")
{
    world w;
    w.release(support::noise(200'000, 1));
    REQUIRE(fetch(w).code == errc::ok);
    std::atomic<bool> stop{false};
    std::vector<std::thread> readers;
    std::atomic<std::size_t> reads{0};
    for (int i = 0; i < 3; ++i)
        readers.emplace_back([&] {
            auto client = w.client();
            while (!stop)
            {
                modelsec::error_code ec;
                modelsec::diagnostics diag;
                const auto pack = client.open("demo", ec, diag);
                CHECK_MESSAGE(!ec, diag.detail);
                if (!ec)
                    CHECK(pack.only_file()->size == 200'000);
                ++reads;
            }
        });
    for (std::uint64_t sequence = 2; sequence <= 12; ++sequence)
    {
        w.release(support::noise(200'000, sequence), sequence, std::to_string(sequence));
        CHECK(fetch(w).code == errc::ok);
        w.client().gc();
    }
    stop = true;
    for (auto& r : readers)
        r.join();
    CHECK(reads >= 12);
}
