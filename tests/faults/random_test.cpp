// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// A thousand random sequences of faults, each followed by one attempt without any, which must succeed.
//
// MODELSEC_SEED in the environment repeats one sequence: the number that a failure prints.
#include "arena.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <thread>

using namespace faults;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t size = 1'400'077;
constexpr std::uint64_t chunk = 256 * 1024;
constexpr const char* mirror = "/mirror.bin";

class sequences
{
public:
    sequences() : content_(support::noise(size, 2)), line_(w_.web.port())
    {
        w_.release(arena::old_content);
        REQUIRE(integration::fetch(w_).code == errc::ok);
        fs::rename(w_.store(), w_.place / "before");
        w_.web.serve(mirror, content_);
        for (const bool chunks : {false, true})
            for (const bool mirrors : {false, true})
            {
                auto m = w_.manifest(content_, arena::path, 2, "2.0.0");
                auto& a = m.artifacts[0];
                a.url = "https://127.0.0.1:" + std::to_string(line_.port()) + arena::path +
                        "?token=" + integration::planted_secret;
                if (chunks)
                    a.in_chunks(content_, chunk);
                if (mirrors)
                    a.mirrors = {w_.web.url(mirror)};
                w_.web.serve(manifest_of(chunks, mirrors), support::dsse_envelope(m.json(), {w_.key}));
            }
    }

    void run(unsigned seed)
    {
        CAPTURE(seed);
        random_.seed(seed);
        fs::remove_all(w_.store());
        fs::copy(w_.place / "before", w_.store(), fs::copy_options::recursive);
        connections_ = pick(2) ? 1 : 4;
        manifest_ = manifest_of(pick(2) != 0, pick(2) != 0);
        bool there = false;
        for (unsigned attempts = 1 + pick(3); attempts > 0 && !there; --attempts)
        {
            for (unsigned n = pick(4); n > 0; --n)
                w_.web.fail(pick(3) ? arena::path : mirror, wrong_answer(), 1);
            for (unsigned n = pick(3); n > 0; --n)
                line_.fail(wrong_line(), 1);
            const outcome o = attempt(true);
            const auto code = static_cast<int>(o.code);
            const bool known = code == 0 || code == 3 || (code >= 10 && code <= 14) || code == 30;
            CHECK_MESSAGE(known, code);
            there = o.code == errc::ok;
            check_store(w_, content_, there);
            if (!there)
                harm();
        }
        w_.web.heal(arena::path);
        w_.web.heal(mirror);
        line_.heal();
        const outcome last = attempt(false);
        INFO("at last: ", std::string(to_string(last.why)), " ", last.detail);
        CHECK(last.code == errc::ok);
        check_store(w_, content_, true);
        w_.web.forget_requests();
    }

private:
    static std::string manifest_of(bool chunks, bool mirrors)
    {
        return std::string("/manifest") + (chunks ? "-chunks" : "") + (mirrors ? "-mirrors" : "");
    }

    unsigned pick(unsigned n) { return static_cast<unsigned>(random_() % n); }
    std::uint64_t somewhere() { return pick(4) == 0 ? size - 1 - pick(5000) : pick(size); }

    support::fault wrong_answer()
    {
        constexpr unsigned statuses[] = {400, 403, 416, 429, 500, 503};
        support::fault f;
        switch (pick(14))
        {
        case 0: f.cut_at = somewhere(); break;
        case 1: f.reset_at = somewhere(); break;
        case 2: f.stall_at = somewhere(); break;
        case 3: f.flip_at = somewhere(); break;
        case 4: f.ignore_range = true; break;
        case 5: f.refuse_range = true; break;
        case 6: f.content_range = "bytes 4096-8191/" + std::to_string(size); break;
        case 7: f.announce = size + pick(3); break;
        case 8: f.extra_bytes = 1 + pick(2000); break;
        case 9:
            f.chunked = pick(2) == 0;
            f.endless = !f.chunked;
            break;
        case 10: f.header_bytes = 200'000; break;
        case 11: f.bytes_per_second = 1'000'000; break;
        case 12: f = support::redirect(mirror); break;
        default: f = support::answer(statuses[pick(6)], {{"Retry-After", "0"}}, integration::planted_secret);
        }
        return f;
    }

    support::line_fault wrong_line()
    {
        using kind = support::line_fault::kind;
        constexpr kind kinds[] = {kind::cut, kind::reset, kind::stall, kind::corrupt, kind::refuse};
        support::line_fault f;
        f.what = kinds[pick(5)];
        f.at = pick(5) == 0 ? pick(4000) : somewhere();
        f.silence = std::chrono::milliseconds(pick(30));
        f.latency = std::chrono::milliseconds(pick(3) == 0 ? pick(20) : 0);
        return f;
    }

    /// What may happen to a store between two attempts.
    void harm()
    {
        std::vector<fs::path> partials;
        std::vector<fs::path> journals;
        for (const auto& entry : fs::recursive_directory_iterator(w_.store() + "/.modelsec/staging"))
        {
            const auto name = entry.path().filename().string();
            if (name.starts_with("partial-") && entry.file_size() > 0)
                partials.push_back(entry.path());
            else if (name.starts_with("journal-"))
                journals.push_back(entry.path());
        }
        const unsigned what = pick(8);
        if (what == 0)
            w_.client().gc();
        else if (what <= 2 && !partials.empty())
            alter(partials.front());
        else if (what == 3 && !partials.empty())
            fs::resize_file(partials.front(), pick(static_cast<unsigned>(fs::file_size(partials.front()))));
        else if (what == 4 && !journals.empty())
            fs::resize_file(journals.front(), pick(static_cast<unsigned>(fs::file_size(journals.front())) + 1));
    }

    void alter(const fs::path& file)
    {
        std::fstream at(file, std::ios::in | std::ios::out | std::ios::binary);
        const auto place = static_cast<std::streamoff>(pick(static_cast<unsigned>(fs::file_size(file))));
        at.seekg(place);
        const int old = at.get();
        at.seekp(place);
        at.put(static_cast<char>(old ^ 4));
    }

    outcome attempt(bool hasty)
    {
        auto options = heard_.listening(w_.options());
        options.transport.connections = connections_;
        options.caps.retries = 2;
        options.caps.first_retry_wait = 10ms;
        options.caps.stall_timeout = options.caps.first_byte_timeout = hasty ? 80ms : 10s;
        options.caps.handshake_timeout = hasty ? 150ms : 10s;
        modelsec::client client(options);
        auto asked = w_.request();
        asked.manifest.url = w_.web.url(manifest_);
        asked.operation.deadline = hasty ? 2s : 60s;
        const std::uint64_t enough = hasty && pick(5) == 0 ? somewhere() : ~std::uint64_t{0};
        asked.operation.events = [&](const modelsec::event& e) {
            if (e.kind == modelsec::event_kind::progress && e.bytes > enough)
                asked.operation.control.cancel();
        };
        outcome o = integration::fetch(client, asked);
        heard_.check(o);
        return o;
    }

    integration::world w_;
    witness heard_{w_};
    std::string content_;
    support::relay line_;
    std::mt19937 random_;
    std::string manifest_;
    unsigned connections_ = 1;
};

/// A hundred of the thousand, by four that do not know of each other: most of the time is spent waiting.
void hundred(unsigned which)
{
    if (const char* seed = std::getenv("MODELSEC_SEED"))
        return sequences().run(static_cast<unsigned>(std::strtoul(seed, nullptr, 10)));
    std::vector<std::thread> runners;
    for (unsigned runner = 0; runner < 4; ++runner)
        runners.emplace_back([first = which * 100 + runner * 25 + 1] {
            unsigned seed = 0;
            try
            {
                sequences s;
                for (seed = first; seed < first + 25; ++seed)
                    s.run(seed);
            }
            catch (...)  // a REQUIRE, which said what was wrong
            {
                FAIL_CHECK("sequence " << seed << " was given up");
            }
        });
    for (std::thread& t : runners)
        t.join();
}

}  // namespace

// clang-format off
TEST_CASE("random faults, sequences 1 to 100") { hundred(0); }
TEST_CASE("random faults, sequences 101 to 200") { hundred(1); }
TEST_CASE("random faults, sequences 201 to 300") { hundred(2); }
TEST_CASE("random faults, sequences 301 to 400") { hundred(3); }
TEST_CASE("random faults, sequences 401 to 500") { hundred(4); }
TEST_CASE("random faults, sequences 501 to 600") { hundred(5); }
TEST_CASE("random faults, sequences 601 to 700") { hundred(6); }
TEST_CASE("random faults, sequences 701 to 800") { hundred(7); }
TEST_CASE("random faults, sequences 801 to 900") { hundred(8); }
TEST_CASE("random faults, sequences 901 to 1000") { hundred(9); }
// clang-format on
