// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The download engine against a real origin: fresh and resumed, broken and cancelled, by one connection and several.
#include "download_scene.hpp"

#include <talker.hpp>

#include <condition_variable>
#include <mutex>
#include <thread>

using namespace download_scene;

TEST_CASE("a fresh download over one connection is one request without a range")
{
    for (const std::size_t size : {std::size_t{1}, std::size_t{4096}, mib, 5 * mib + 1})
    {
        scene s(size);
        CHECK(s.get() == reason::none);
        REQUIRE(s.web.requests().size() == 1);
        CHECK(s.web.requests()[0].header("range").empty());
        CHECK(s.fetched == size);
    }
}

TEST_CASE("an empty file needs no request, and a wrong digest for it is found")
{
    scene s(0);
    CHECK(s.get() == reason::none);
    CHECK(s.web.requests().empty());
    s.expected.sha256 = modelsec::sha256(modelsec::as_bytes("x"));
    CHECK(s.get() == reason::digest_mismatch);
}

TEST_CASE("a resume asks for exactly the rest, and nothing at all once all is there")
{
    scene s;
    s.keep(s.content.substr(0, mib));
    CHECK(s.get() == reason::none);
    REQUIRE(s.web.requests().size() == 1);
    CHECK(s.web.requests()[0].header("range") == "bytes=1048576-" + std::to_string(s.content.size() - 1));
    CHECK(s.fetched == s.content.size() - mib);
    CHECK(s.get() == reason::none);
    CHECK(s.web.requests().size() == 1);
}

TEST_CASE("of a partial with other names only the missing bytes are asked for, and the other names keep what they had")
{
    scene s;
    s.keep(s.content.substr(0, mib));
    const std::string backup = s.place / "backup", staging = "/.modelsec/staging/" + s.expected.sha256.hex();
    std::filesystem::copy(s.place / "store", backup,
                          std::filesystem::copy_options::recursive | std::filesystem::copy_options::create_hard_links);
    const std::string journal = support::read_file(backup + staging + "/journal");
    CHECK(s.get() == reason::none);
    REQUIRE(s.web.requests().size() == 1);
    CHECK(s.web.requests()[0].header("range") == "bytes=1048576-" + std::to_string(s.content.size() - 1));
    CHECK(s.fetched == s.content.size() - mib);
    CHECK(support::read_file(backup + staging + "/partial-" + s.expected.sha256.hex()) == s.content.substr(0, mib));
    CHECK(support::read_file(backup + staging + "/journal") == journal);
}

TEST_CASE("a cut or reset connection is resumed where it broke, at any byte")
{
    for (const bool reset : {false, true})
        for (const std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{5000}, mib, 2 * mib + 4095})
        {
            scene s;
            support::fault cut;
            (reset ? cut.reset_at : cut.cut_at) = at;
            s.web.fail("/model.bin", cut, 1);
            CHECK(s.get() == reason::none);
            CHECK(s.web.requests().size() == 2);
            CHECK(s.fetched < s.content.size() + 64 * 1024);  // a page is fetched again, and what a reset destroys
        }
}

TEST_CASE("a stalled connection is given up after its time and resumed")
{
    scene s;
    support::fault stall;
    stall.stall_at = mib;
    s.web.fail("/model.bin", stall, 1);
    CHECK(s.get() == reason::none);
    CHECK(s.web.requests().size() == 2);
}

TEST_CASE("without progress the patience ends; what was fetched is kept for the next run")
{
    scene s;
    support::fault cut;
    cut.cut_at = mib;
    s.web.fail("/model.bin", cut);
    CHECK(s.get() == reason::truncated);
    s.web.heal("/model.bin");
    s.web.forget_requests();
    CHECK(s.get() == reason::none);
    REQUIRE(s.web.requests().size() == 1);
    CHECK(s.web.requests()[0].header("range").starts_with("bytes=1048576-"));
}

TEST_CASE("a mirror takes over in mid-body, keeping what the first one brought")
{
    scene s;
    support::fault cut;
    cut.cut_at = 2 * mib;
    s.web.fail("/model.bin", cut);
    CHECK(s.get({"/model.bin", "/mirror.bin"}) == reason::none);
    CHECK(s.web.sent("/mirror.bin") <= mib + 77 + 4096);
}

TEST_CASE("statuses that will not change drop a source at once, others are tried again")
{
    for (const auto& [status, why] :
         {std::pair{404u, reason::not_found}, {403u, reason::forbidden}, {401u, reason::unauthorized}})
    {
        scene s;
        s.web.fail("/model.bin", support::answer(status));
        CHECK(s.get() == why);
        CHECK(
            s.web.requests().size() ==
            1);  // no range was asked for, so that nothing else is left to ask for  // it might be the range that is forbidden
    }
    scene s;
    s.web.fail("/model.bin", support::answer(503), 2);
    CHECK(s.get() == reason::none);
    CHECK(s.web.requests().size() == 3);
}

TEST_CASE("a host that refuses large ranges, or large files as a whole, gives the file in parts")
{
    // Up to 2 MiB at once; `first`: so much more in its first answer.
    for (const std::size_t first : {std::size_t{0}, 4 * mib})
    {
        scene s(20 * mib);
        s.connections = 4;
        std::mutex mutex;
        bool answered = false;
        s.web.handle("/model.bin", [&](const support::seen_request& r) -> support::reply {
            const std::string range = r.header("range");
            std::size_t begin = 0, last = 0;
            if (std::sscanf(range.c_str(), "bytes=%zu-%zu", &begin, &last) != 2)
                return {403, {}, ""};
            const std::size_t size = last + 1 - begin;
            const std::lock_guard lock(mutex);
            if (size > (answered ? 2 * mib : std::max(2 * mib, first)))
                return {403, {}, ""};
            answered = true;
            return {206,
                    {{"Content-Range", "bytes " + std::to_string(begin) + "-" + std::to_string(last) + "/" +
                                           std::to_string(s.content.size())}},
                    s.content.substr(begin, size)};
        });
        CHECK(s.get() == reason::none);
        CHECK(s.fetched == s.content.size());
    }
    scene whole(70 * mib);
    whole.web.handle("/model.bin", [&](const support::seen_request& r) -> support::reply {
        std::size_t begin = 0, last = 0;
        if (std::sscanf(r.header("range").c_str(), "bytes=%zu-%zu", &begin, &last) != 2)
            return {403, {}, ""};
        return {206,
                {{"Content-Range", "bytes " + std::to_string(begin) + "-" + std::to_string(last) + "/" +
                                       std::to_string(whole.content.size())}},
                whole.content.substr(begin, last + 1 - begin)};
    });
    CHECK(whole.get() == reason::none);
}

TEST_CASE("bytes that come in a content coding are not asked for again and again, and the failure names the coding")
{
    for (const std::size_t size : {2 * mib, 4 * mib})
    {
        scene s;
        s.web.serve("/model.bin", support::noise(size));
        support::fault coded;
        coded.gzip = coded.chunked = true;
        s.web.fail("/model.bin", coded);
        CHECK(s.get() == reason::size_mismatch);
        CHECK(s.detail.find("gzip") != std::string::npos);
        CHECK(s.web.requests().size() == 1);
    }
    scene s;
    s.web.serve("/model.bin", support::noise(s.content.size(), 3));
    support::fault labelled;
    labelled.gzip = true;
    s.web.fail("/model.bin", labelled);
    CHECK(s.get() == reason::digest_mismatch);
    CHECK(s.detail.find("gzip") != std::string::npos);
}

TEST_CASE("an address that expires in mid-download is renewed and costs no fetched byte")
{
    scene s;
    support::fault cut;
    cut.cut_at = mib;
    s.web.fail("/model.bin", cut, 1);
    s.web.fail("/model.bin", support::answer(400, {}, "{\"error\": \"InvalidJWT\"}"));
    int asked = 0;
    s.renew = [&] {
        ++asked;
        return std::string("/mirror.bin");
    };
    CHECK(s.get() == reason::none);
    CHECK(asked == 1);
    CHECK(s.fetched <= s.content.size() + 4096);
}

TEST_CASE("an address that has expired and cannot be renewed says so")
{
    scene s;
    s.web.fail("/model.bin", support::answer(403, {}, "<Code>AccessDenied</Code><Message>Request has expired</Message>"));
    CHECK(s.get() == reason::url_expired);
    s.renew = [] { return std::string("/model.bin"); };  // no better
    CHECK(s.get() == reason::url_expired);
    CHECK(s.web.requests().size() == 4);
}

TEST_CASE("a trickle that never stalls is too slow")
{
    scene s;
    s.caps.stall_timeout = 1100ms;
    s.caps.retries = 0;
    support::fault trickle;
    trickle.bytes_per_second = 200;
    s.web.fail("/model.bin", trickle);
    CHECK(s.get() == reason::too_slow);
}

namespace {

/// Stands still until told to run. Then whoever sleeps until a moment that is less than 20 seconds away, and not beyond what was allowed, is
/// there at once.
class leaping_clock : public modelsec::clock
{
public:
    modelsec::utc_time now() const override { return modelsec::clock::system().now(); }
    modelsec::steady_time steady_now() const override
    {
        const std::lock_guard lock(mutex_);
        return now_;
    }
    std::chrono::steady_clock::duration sleep_time(modelsec::steady_time due) const override
    {
        const std::lock_guard lock(mutex_);
        if (!running_ || due > now_ + 20s || due > allowed_ || leaps_ >= most)
            return std::chrono::steady_clock::duration::max();
        if (due > now_)
            ++leaps_;
        now_ = std::max(now_, due);
        changed_.notify_all();
        return {};
    }

    std::shared_ptr<void> on_change(std::function<void()> changed) const override
    {
        const std::lock_guard lock(hook_mutex_);
        hook_ = std::move(changed);
        return {static_cast<void*>(&hook_), [this](void*) {
                    const std::lock_guard guard(hook_mutex_);
                    hook_ = nullptr;
                }};
    }

    void run()
    {
        const std::lock_guard lock(mutex_);
        running_ = true;
    }
    /// No further than this, until the next call.
    void allow(std::chrono::seconds passed)
    {
        {
            const std::lock_guard lock(mutex_);
            allowed_ = begin + passed;
        }
        const std::lock_guard lock(hook_mutex_);
        if (hook_)
            hook_();
    }
    bool reaches(std::chrono::seconds passed) const
    {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, 10s, [&] { return now_ >= begin + passed; });
    }
    unsigned leaps() const
    {
        const std::lock_guard lock(mutex_);
        return leaps_;
    }

    static constexpr modelsec::steady_time begin{1h};
    static constexpr unsigned most = 500;

private:
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    mutable modelsec::steady_time now_ = begin;
    modelsec::steady_time allowed_ = begin + 24h;
    bool running_ = false;
    mutable unsigned leaps_ = 0;
    mutable std::mutex hook_mutex_;
    mutable std::function<void()> hook_;
};

}  // namespace

TEST_CASE("a download whose sources are silent wakes when they can be compared, and at no other time")
{
    scene s;
    s.caps.connect_timeout = s.caps.handshake_timeout = s.caps.stall_timeout = s.caps.first_byte_timeout = 1000s;
    std::mutex mutex;
    std::condition_variable asked;
    unsigned second_asked = 0;
    const support::talker first(s.ca.issue(), [&](support::talk& t, unsigned connection) {
        if (!t.handshake() || t.read_request().empty())
            return;
        if (connection == 1 && !t.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(s.content.size()) +
                                        "\r\n\r\n" + s.content.substr(0, 300 * 1024)))
            return;
        t.stays_open(20s);
    });
    const support::talker second(s.ca.issue(), [&](support::talk& t, unsigned) {
        if (!t.handshake() || t.read_request().empty())
            return;
        {
            const std::lock_guard lock(mutex);
            ++second_asked;
        }
        asked.notify_all();
        t.stays_open(20s);
    });

    leaping_clock time;
    time.allow(6s);
    modelsec::detail::http_environment env;
    env.options = &s.options;
    env.caps = &s.caps;
    env.time = &time;
    env.handle = s.handle;
    modelsec::detail::http_client client(std::move(env));
    modelsec::detail::download_request what;
    what.files.push_back(
        {&s.expected, {url::parse(first.url("/model.bin")).value(), url::parse(second.url("/model.bin")).value()}});
    what.progress = [&](std::uint64_t) { time.run(); };
    auto staging = s.staged();
    reason ended = reason::none;
    std::thread worker([&] {
        const auto out = modelsec::detail::download(client, what, staging);
        if (out.has_error())
            ended = out.error().why;
    });
    // After five seconds of silence the other one is tried, after five more the first one again. Neither is left for the other.
    CHECK(time.reaches(5s));
    {
        std::unique_lock lock(mutex);
        CHECK(asked.wait_for(lock, 10s, [&] { return second_asked > 0; }));
    }
    time.allow(100s);
    CHECK(time.reaches(15s));
    CHECK(time.leaps() >= 3);
    CHECK(time.leaps() < 40);  // ten a second would have been 150
    s.handle.cancel();
    worker.join();
    CHECK(ended == reason::cancelled);
}

TEST_CASE("cancel ends it within moments and keeps what is good")
{
    scene s(8 * mib);
    support::fault slow;
    slow.stall_at = 5 * mib;
    s.web.fail("/model.bin", slow, 1);
    s.caps.stall_timeout = 20s;
    std::chrono::steady_clock::time_point cancelled;
    std::thread late;
    s.on_progress = [&](std::uint64_t bytes) {
        if (bytes >= 4 * mib && !late.joinable())
            late = std::thread([&] {
                std::this_thread::sleep_for(100ms);
                cancelled = std::chrono::steady_clock::now();
                s.handle.cancel();
            });
    };
    CHECK(s.get() == reason::cancelled);
    CHECK(std::chrono::steady_clock::now() - cancelled < 2s);  // the machine may be busy
    late.join();
    CHECK(s.on_disk.size() >= 4 * mib);

    s.handle = modelsec::control();
    s.on_progress = {};
    s.web.forget_requests();
    CHECK(s.get() == reason::none);
    CHECK_FALSE(s.web.requests()[0].header("range").empty());
}

TEST_CASE("several connections share a slow file, each at its own pace, and it is whole")
{
    scene s(24 * mib, 0);
    s.connections = 4;
    s.caps.stall_timeout = 5s;
    support::fault slow;
    slow.bytes_per_second = 8 * mib;
    s.web.fail("/model.bin", slow);
    CHECK(s.get() == reason::none);
    CHECK(s.web.connections() > 1);
    for (const auto& r : s.web.requests())
        CHECK_FALSE(r.header("range").empty());
}

TEST_CASE("several connections to a server without ranges are one in the end")
{
    scene s(6 * mib);
    s.connections = 8;
    support::fault whole;
    whole.ignore_range = true;
    s.web.fail("/model.bin", whole);
    CHECK(s.get() == reason::none);
    CHECK(s.web.requests().size() == 1);
}

TEST_CASE("a listener that throws ends the download, and nothing of it goes on in the session that it ran in")
{
    scene s(6 * mib, mib);
    s.keep(s.content.substr(0, 2 * mib));
    s.connections = 4;
    support::fault slow;
    slow.stall_at = 64 * 1024;
    s.web.fail("/model.bin", slow, 8);
    s.caps.stall_timeout = s.caps.first_byte_timeout = 20s;
    modelsec::detail::http_environment env;
    env.options = &s.options;
    env.caps = &s.caps;
    env.time = &modelsec::clock::system();
    modelsec::detail::http_client client(env);
    {
        modelsec::detail::download_request what;
        what.files.push_back({&s.expected, {url::parse(s.web.url("/model.bin")).value()}});
        what.connections = 4;
        // Kept bytes are counted by the coroutine that drives the lanes, while these wait for their bytes.
        what.progress = [](std::uint64_t) { throw std::runtime_error("the listener's"); };
        auto staging = s.staged();
        CHECK_THROWS_AS(modelsec::detail::download(client, what, staging), std::runtime_error);
    }
    // The same session serves on: whatever a lane had left there would run now, over a download that is gone.
    s.web.serve("/document", std::string("{}"));
    const auto answer = client.exchange({url::parse(s.web.url("/document")).value(), std::nullopt, {}, 1000, false});
    REQUIRE(answer.has_value());
    CHECK(modelsec::as_text(answer->body) == "{}");
}
