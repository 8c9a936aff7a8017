// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Every option that is a number may be its type's largest, "for ever", or its smallest: no arithmetic of the library leaves what its types
// can say (CWE-190; seen by -fsanitize=undefined). The network's times are in tests/integration/transport_test.cpp.
#include "fetch_scene.hpp"

#include <modelsec/client.hpp>
#include <modelsec/detail/base/clock_wait.hpp>
#include <modelsec/detail/client/audit_sink.hpp>

#include <functional>
#include <limits>
#include <vector>

using namespace fetch_scene;
using namespace std::chrono_literals;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

template <class T>
constexpr T largest = std::numeric_limits<T>::max();

struct option
{
    const char* name;
    std::function<void(world&)> set;
};

template <class T>
option cap(const char* name, T limits::*member, T value)
{
    return {name, [member, value](world& w) { w.owner.caps.*member = value; }};
}

template <class Time>
void add_time(std::vector<option>& out, const char* name, Time limits::*member)
{
    out.push_back(cap(name, member, Time::max()));
}

std::vector<option> largest_options()
{
    std::vector<option> out;
    add_time(out, "manifest_lifetime", &limits::manifest_lifetime);
    add_time(out, "clock_skew", &limits::clock_skew);
    add_time(out, "recheck_time_after", &limits::recheck_time_after);
    for (const auto& [name, member] : std::initializer_list<std::pair<const char*, milliseconds limits::*>>{
             {"fallback_after", &limits::fallback_after},
             {"slow_source_time", &limits::slow_source_time},
             {"first_retry_wait", &limits::first_retry_wait},
             {"idle_timeout", &limits::idle_timeout},
             {"stall_timeout", &limits::stall_timeout}})
        add_time(out, name, member);
    for (const auto& [name, member] : std::initializer_list<std::pair<const char*, std::size_t limits::*>>{
             {"envelope_bytes", &limits::envelope_bytes},
             {"signatures", &limits::signatures},
             {"keys", &limits::keys},
             {"artifacts", &limits::artifacts},
             {"files", &limits::files},
             {"chunks_per_file", &limits::chunks_per_file},
             {"mirrors", &limits::mirrors},
             {"json_depth", &limits::json_depth},
             {"root_bytes", &limits::root_bytes},
             {"roots", &limits::roots},
             {"endpoint_answer_bytes", &limits::endpoint_answer_bytes},
             {"zip_entries", &limits::zip_entries},
             {"zip_directory_bytes", &limits::zip_directory_bytes},
             {"index_bytes", &limits::index_bytes}})
        out.push_back(cap(name, member, largest<std::size_t>));
    for (const auto& [name, member] : std::initializer_list<std::pair<const char*, std::uint64_t limits::*>>{
             {"signature_message_bytes", &limits::signature_message_bytes},
             {"max_model_bytes", &limits::max_model_bytes},
             {"min_rate", &limits::min_rate},
             {"zip_ratio", &limits::zip_ratio},
             {"zip_slack_bytes", &limits::zip_slack_bytes}})
        out.push_back(cap(name, member, largest<std::uint64_t>));
    out.push_back({"lock_wait", [](world& w) { w.owner.lock_wait = milliseconds::max(); }});
    out.push_back({"deadline", [](world& w) { w.asked.operation.deadline = milliseconds::max(); }});
    out.push_back({"threads", [](world& w) { w.owner.threads = largest<unsigned>; }});
    return out;
}

void set_smallest_times(world& w)
{
    limits& caps = w.owner.caps;
    caps.manifest_lifetime = caps.recheck_time_after = hours::min();
    caps.clock_skew = minutes::min();
    caps.fallback_after = caps.slow_source_time = caps.first_retry_wait = caps.idle_timeout = milliseconds::min();
    caps.stall_timeout = milliseconds::min();
    w.owner.lock_wait = milliseconds::min();
}

}  // namespace

TEST_CASE("every limit may be the largest number that its type can say")
{
    const auto options = largest_options();
    const auto fetches = [](const std::function<void(world&)>& set) {
        world w;
        set(w);
        w.offer(1, "1.0", body_1);
        CHECK(w.why(true) == reason::none);
        w.net.during_download = [&] { w.time.time += hours(30); };
        w.offer(w.manifest(2, "2.0", support::zip_of({{"a.bin", "aaa"}, {"dir/b.bin", "bb"}}), true));
        CHECK(w.why(true) == reason::none);  // with what is active to fall back on, and accepted times to compare
        CHECK(w.active() == "2.0");
    };
    for (const option& one : options)
    {
        CAPTURE(one.name);
        fetches(one.set);
    }
    INFO("all of them");
    fetches([&](world& w) {
        for (const option& one : options)
            one.set(w);
    });
    world w;
    set_smallest_times(w);
    w.offer(1, "1.0", body_1);
    CHECK(w.why() == reason::manifest_malformed);  // it lives for longer than no time at all
}

TEST_CASE("without end, an allowance for wrong clocks and a manifest's life are that, and no less")
{
    world w;
    w.owner.caps.clock_skew = minutes::max();
    w.owner.caps.manifest_lifetime = hours::max();
    auto m = w.manifest(1, "1.0", body_1);
    m.issued_at = w.time.time + hours(24 * 365);
    m.expires_at = *m.issued_at + hours(24 * 365 * 100);
    w.offer(m);
    CHECK(w.why() == reason::none);
    w.owner.caps.clock_skew = minutes(10);
    CHECK(w.why() == reason::issued_in_future);
    w.owner.caps.manifest_lifetime = hours(24 * 365 * 100 - 1);
    CHECK(w.why() == reason::manifest_malformed);
}

TEST_CASE("times are clamped where a finer unit cannot say them")
{
    CHECK(clamped<seconds>(minutes::max()) == seconds::max());
    CHECK(clamped<seconds>(hours::min()) == seconds::min());
    CHECK(clamped<std::chrono::nanoseconds>(milliseconds(-3)) == -3ms);
    CHECK(clamped<milliseconds>(2h) == 2h);
    CHECK(later(steady_time(1h), milliseconds::max()) == steady_time::max());
    CHECK(later(steady_time(1h), hours::max()) == steady_time::max());
    CHECK(later(steady_time(-1h), milliseconds::min()) == steady_time::min());
    CHECK(later(steady_time(1h), -2h) == steady_time(-1h));

    const utc_time first = utc_time::min(), zero{}, last = utc_time::max();
    CHECK(is_later_by_more(zero, utc_time(61s), minutes(1)));
    CHECK_FALSE(is_later_by_more(zero, utc_time(60s), minutes(1)));
    CHECK_FALSE(is_later_by_more(utc_time(61s), zero, minutes(1)));
    CHECK(is_later_by_more(first, last, hours(1)));
    CHECK_FALSE(is_later_by_more(last, first, hours(1)));
    CHECK_FALSE(is_later_by_more(first, last, hours::max()));
}

TEST_CASE("the ends of a client and of its audit sink may be waited for without end")
{
    support::temp_dir dir;
    client_options options;
    options.store = dir / "store";
    options.lock_wait = milliseconds::max();
    options.audit.sink_linger = milliseconds::max();
    options.audit.rules.cool_down = seconds::max();
    options.audit.enabled = true;
    options.audit.kept_files = largest<unsigned>;
    options.audit.file_bytes = largest<std::uint64_t>;
    options.audit.sink_queue = largest<std::size_t>;
    client c(options);
    model_options asked("demo");
    asked.operation.deadline = milliseconds::max();
    error_code ec;
    (void)c.open(asked, ec);
    CHECK(ec == errc::none_active);
    gc_options all;
    all.keep = largest<unsigned>;
    all.operation.deadline = milliseconds::max();
    (void)c.gc(all, ec);
    CHECK(c.shutdown(milliseconds::max()));
    CHECK(c.shutdown(milliseconds::min()));

    int delivered = 0;
    {
        audit_sink sink(clock::shared_system(), largest<std::size_t>, milliseconds::max(),
                        [&](std::string, const control&) -> result<void> {
                            ++delivered;
                            return {};
                        });
        sink.push("{}");
    }
    CHECK(delivered == 1);
}
