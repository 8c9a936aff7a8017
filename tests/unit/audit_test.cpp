// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The audit log: whole lines whatever crashes, rotation, who did what, and nothing secret.
#include "fetch_scene.hpp"

#include "../support/other_process.hpp"

#include "../support/manual_clock.hpp"

#include <modelsec/client.hpp>
#include <modelsec/detail/audit/audit_log.hpp>
#include <modelsec/detail/client/audited.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <fstream>
#include <map>
#include <mutex>
#include <regex>
#include <sstream>
#include <thread>

using namespace modelsec;
using namespace modelsec::detail;
using support::read_file;
namespace fs = std::filesystem;

namespace {

file_system& files = file_system::native();

audit_record sample(std::uint64_t n)
{
    audit_record r;
    r.time = parse_rfc3339("2026-01-02T03:04:05Z").value() + std::chrono::seconds(n);
    r.operation = "fetch";
    r.actor = "nightly \"update\"\n";
    r.process = 42;
    r.model_id = n % 2 == 0 ? "even" : "odd";
    r.version = std::to_string(n);
    r.host = "models.example";
    r.digest = std::string(64, 'a');
    r.bytes = n;
    r.duration_ms = 1500;
    r.code = n % 3 == 0 ? errc::digest : errc::ok;
    r.why = n % 3 == 0 ? reason::digest_mismatch : reason::none;
    r.trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    return r;
}

audit_rotation rotated(std::uint64_t file_bytes = std::uint64_t{16} << 20, unsigned kept = 8)
{
    return {file_bytes, kept};
}

utc_time at(std::int64_t seconds)
{
    return parse_rfc3339("2026-01-02T03:04:05Z").value() + std::chrono::seconds(seconds);
}

audit_record attempt(std::int64_t when, reason why = reason::none, const std::string& model = "demo")
{
    audit_record r;
    r.time = at(when);
    r.operation = "fetch";
    r.model_id = model;
    r.why = why;
    r.code = code_of(why);
    return r;
}

/// A delivery that does not end until it is told to.
result<void> never_delivered(const std::string&, const control& until)
{
    std::mutex mutex;
    std::condition_variable changed;
    bool ended = false;
    const auto hook = until.on_change([&] {
        const std::lock_guard lock(mutex);
        ended = true;
        changed.notify_all();
    });
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return ended || until.cancelled(); });
    return fail(reason::cancelled);
}

}  // namespace

TEST_SUITE_BEGIN("audit");

TEST_CASE("a record comes back from its line as it was, by the names of OpenTelemetry")
{
    audit_record r = sample(3);
    r.user = "1000";
    r.alerts = {reason::unusual_host, reason::repeated_failures};
    const std::string line = to_json_line(r);
    CHECK(line.find('\n') == std::string::npos);
    for (const char* member :
         {R"("server.address":"models.example")", R"("error.type":"digest_mismatch")", R"("process.pid":42)",
          R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736")", R"("span_id":"00f067aa0ba902b7")",
          R"("event.name":"modelsec.attempt")", R"("artifact.version":"3")", R"("user.id":"1000")",
          R"("artifact.hash":"aaaa)", R"("modelsec.alerts":["unusual_host","repeated_failures"])", R"("modelsec.code":30)"})
    {
        CAPTURE(member);
        CHECK(line.find(member) != std::string::npos);
    }
    const auto back = parse_audit_line(line);
    REQUIRE(back.has_value());
    CHECK(to_json_line(*back) == line);
    for (std::size_t cut = 0; cut < line.size(); ++cut)
        CHECK_FALSE(parse_audit_line(std::string_view(line).substr(0, cut)).has_value());
    CHECK_FALSE(parse_audit_line("{}").has_value());
    CHECK_FALSE(
        parse_audit_line(R"({"event.name":"modelsec.attempt","time":"yesterday","modelsec.outcome":"ok"})").has_value());
}

TEST_CASE("only a whole trace context is passed through")
{
    CHECK(is_trace_parent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));
    for (const char* other : {"", "00", "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                              "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                              "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                              "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"})
    {
        CAPTURE(other);
        CHECK_FALSE(is_trace_parent(other));
    }
    audit_record r = sample(1);
    r.trace_parent = "token=secret";
    CHECK(to_json_line(r).find("secret") == std::string::npos);
}

TEST_CASE("the log is filtered, rotated and bounded, and a torn line spoils no other")
{
    const support::temp_dir dir;
    const file folder = files.open_root(dir.path(), false).value();
    const audit_log log(files, folder);
    for (std::uint64_t n = 0; n < 10; ++n)
        REQUIRE(log.append(sample(n), rotated()).has_value());
    CHECK(log.read({}, 1000)->size() == 10);
    CHECK(log.read({}, 3)->front().version == "7");
    CHECK(log.read({"odd", {}, {}}, 1000)->size() == 5);
    CHECK(log.read({{}, sample(8).time, {}}, 1000)->size() == 2);
    CHECK(log.read({{}, {}, errc::digest}, 1000)->size() == 4);

    std::ofstream(dir / "audit.jsonl", std::ios::app)
        << to_json_line(sample(99)).substr(0, 50);  // SIGKILL in the middle of a write
    REQUIRE(log.append(sample(10), rotated()).has_value());
    CHECK(log.read({}, 1000)->size() == 11);
    CHECK(log.read({}, 1000)->back().version == "10");

    for (std::uint64_t n = 11; n < 60; ++n)
        REQUIRE(log.append(sample(n), rotated(1000, 3)).has_value());
    std::size_t kept = 0;
    for (const auto& entry : fs::directory_iterator(dir.path()))
    {
        if (entry.is_directory())
            continue;  // of locks
        kept += entry.path().filename() != "audit.jsonl" ? 1 : 0;
        if (kept > 0 && entry.path().filename() != "audit.1.jsonl")
            CHECK(fs::file_size(entry.path()) < 8000);
    }
    CHECK(kept == 3);
    CHECK(log.read({}, 1000)->back().version == "59");
}

TEST_CASE("lines of many writers do not mix, and none is lost while files are put aside")
{
    const support::temp_dir dir;
    const file folder = files.open_root(dir.path(), false).value();
    std::vector<std::thread> writers;
    for (unsigned t = 0; t < 4; ++t)
        writers.emplace_back([&, t] {
            const audit_log log(files, folder);
            for (std::uint64_t n = 0; n < 50; ++n)
                CHECK(log.append(sample(100 * t + n), rotated(4000, 1000)).has_value());
        });
    for (std::thread& t : writers)
        t.join();
    CHECK(audit_log(files, folder).read({}, 1000)->size() == 200);
}

TEST_CASE("a backup made of hard links keeps its own log")
{
    const support::temp_dir dir;
    const file folder = files.open_root(dir.path(), false).value();
    const audit_log log(files, folder);
    REQUIRE(log.append(sample(1), rotated()).has_value());
    fs::create_hard_link(dir / "audit.jsonl", dir / "backup");
    const std::string before = read_file(dir / "backup");
    REQUIRE(log.append(sample(2), rotated()).has_value());
    CHECK(read_file(dir / "backup") == before);
    CHECK(log.read({}, 1000)->size() == 2);
}

TEST_CASE("whenever a writer is killed, each line that it was told is written is there, and no other is spoiled")
{
    const support::temp_dir dir;
    constexpr std::uint64_t writers = 25;
    std::map<std::uint64_t, std::uint64_t> written;
    for (std::uint64_t w = 0; w < writers; ++w)
    {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        const pid_t child = ::fork();
        REQUIRE(child >= 0);
        if (child == 0)
        {
            const file folder = files.open_root(dir.path(), false).value();
            for (std::uint64_t n = 0; n < 100'000; ++n)
                if (!audit_log(files, folder).append(sample(w * 100'000 + n), rotated(30'000, 1000)) ||
                    !audit_log(files, folder).update([](audit_memory& m) { m.note_dropped(1); }) ||
                    ::write(ends[1], "x", 1) != 1)
                    ::_exit(1);
            ::_exit(0);
        }
        ::close(ends[1]);
        // It is killed at another point of its work each time: while it writes the (5 w)th line or soon after.
        char acknowledged = 0;
        for (std::uint64_t n = 0; n < 5 * w + 1 && ::read(ends[0], &acknowledged, 1) == 1; ++n)
            ++written[w];
        ::kill(child, SIGKILL);
        while (::read(ends[0], &acknowledged, 1) == 1)
            ++written[w];
        ::close(ends[0]);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status));
    }
    const file folder = files.open_root(dir.path(), false).value();
    std::map<std::uint64_t, std::uint64_t> found;
    const auto all = audit_log(files, folder).read({}, 1'000'000);
    REQUIRE(all.has_value());
    for (const audit_record& r : *all)
        ++found[std::stoull(r.version) / 100'000];
    std::uint64_t sum = 0;
    for (std::uint64_t w = 0; w < writers; ++w)
    {
        CAPTURE(w);
        CHECK(written[w] >= 5 * w + 1);
        CHECK(found[w] >= written[w]);
        CHECK(found[w] <= written[w] + 1);
        sum += written[w];
    }
    // The counters too are those before or after a change, never none.
    std::string metrics;
    REQUIRE(audit_log(files, folder).update([&](audit_memory& m) { metrics = m.metrics(); }).has_value());
    const std::string name = "\nmodelsec_audit_events_dropped_total ";
    const std::uint64_t counted = std::stoull(metrics.substr(metrics.find(name) + name.size()));
    CHECK(counted >= sum);
    CHECK(counted <= sum + writers);
}

TEST_CASE("verification that fails again and again is one alert, then none until the cool-down is over")
{
    audit_memory m;
    audit_rules rules;
    const auto note = [&](std::int64_t when, reason why, const char* model = "demo") {
        return m.note_attempt(attempt(when, why, model), {}, rules);
    };
    CHECK(note(0, reason::bad_signature).empty());
    CHECK(note(1, reason::connection_lost).empty());  // neither counts nor ends the row
    CHECK(note(2, reason::digest_mismatch).empty());
    CHECK(note(3, reason::bad_signature, "other").empty());  // another model's row
    CHECK(note(4, reason::older_sequence) == std::vector{reason::repeated_failures});
    CHECK(note(5, reason::bad_signature).empty());
    CHECK(note(3602, reason::bad_signature).empty());
    CHECK(note(3604, reason::bad_signature) == std::vector{reason::repeated_failures});
    CHECK(note(3605, reason::none).empty());
    CHECK(note(9000, reason::bad_signature).empty());  // the row began anew
    CHECK(note(9001, reason::bad_signature).empty());
    CHECK(note(9002, reason::bad_signature) == std::vector{reason::repeated_failures});
    rules.failures_in_a_row = 0;
    CHECK(note(90'000, reason::bad_signature).empty());
    CHECK(m.metrics().find("modelsec_alerts_total{rule=\"repeated_failures\"} 3\n") != std::string::npos);
}

TEST_CASE("an unusual size, host or rate of manifest requests is an alert")
{
    audit_memory m;
    audit_rules rules;
    rules.requests_per_hour = 5;
    const auto note = [&](std::int64_t when, std::uint64_t size, std::vector<std::string> hosts, bool asked = false) {
        return m.note_attempt(attempt(when), {asked, size, std::move(hosts)}, rules);
    };
    CHECK(note(0, 1000, {"models.example"}).empty());  // nothing is known of it yet
    CHECK(note(1, 4000, {"models.example"}).empty());
    CHECK(note(2, 20'000, {"models.example"}) == std::vector{reason::unusual_size});
    CHECK(note(4000, 1000, {"models.example"}) == std::vector{reason::unusual_size});
    CHECK(note(8000, 1000, {"models.example", "cdn.example"}) == std::vector{reason::unusual_host});
    CHECK(note(8001, 1000, {"cdn.example", "models.example"}).empty());
    for (std::int64_t n = 0; n < 5; ++n)
        CHECK(note(20'000 + n, 1000, {"models.example"}, true).empty());
    CHECK(note(20'010, 1000, {"models.example"}, true) == std::vector{reason::unusual_request_rate});
    CHECK(note(20'011, 1000, {"models.example"}, true).empty());
    // What failed teaches nothing: the second time it is as unusual as the first.
    audit_rules always = rules;
    always.cool_down = std::chrono::seconds(0);
    always.requests_per_hour = 0;
    for (int n = 0; n < 2; ++n)
        CHECK(m.note_attempt(attempt(30'000, reason::digest_mismatch), {false, 1'000'000, {"evil.example"}}, always) ==
              std::vector{reason::unusual_size, reason::unusual_host});
}

TEST_CASE("a client keeps to its own rate and quota of manifest requests, whatever its clock does")
{
    audit_memory m;
    const request_limits allowed{2, 5};
    CHECK(m.note_request(allowed, at(0)) == reason::none);
    CHECK(m.note_request(allowed, at(1)) == reason::none);
    CHECK(m.note_request(allowed, at(2)) == reason::own_rate_limit);
    CHECK(m.note_request(allowed, at(60)) == reason::none);
    CHECK(m.note_request(allowed, at(61)) == reason::none);
    CHECK(m.note_request(allowed, at(62)) == reason::own_rate_limit);
    CHECK(m.note_request(allowed, at(3600)) == reason::none);
    CHECK(m.note_request(allowed, at(7200)) == reason::own_quota);
    CHECK(m.note_request(allowed, at(24 * 3600 - 1)) == reason::own_quota);
    CHECK(m.note_request(allowed, at(24 * 3600)) == reason::none);
    CHECK(m.note_request(allowed, at(-100'000)) == reason::none);  // the clock was set back: nobody is locked out
    CHECK(m.note_request({}, at(-100'000)) == reason::none);
    CHECK(code_of(reason::own_quota) == errc::rate_limited);
    CHECK(code_of(reason::own_rate_limit) == errc::rate_limited);
    CHECK(m.metrics().find("modelsec_manifest_requests_refused_total 4\n") != std::string::npos);
}

TEST_CASE("what is remembered is bounded whatever is noted, comes back from its file, and a damaged file is begun anew")
{
    audit_memory m;
    for (std::int64_t n = 0; n < 2000; ++n)
    {
        const std::string model = "m" + std::to_string(n) + std::string(100, 'x');
        (void)m.note_attempt(attempt(n, reason::none, model), {true, 1, {std::string(200, 'h') + std::to_string(n % 30)}},
                             {});
        (void)m.note_attempt(attempt(n, reason::none, model + "\"}\n"), {true, 1, {"quote\"and\nline"}}, {});
    }
    const std::string text = m.text();
    CHECK(text.size() < audit_memory::longest_text / 2);
    CHECK(audit_memory::parse(text).text() == text);
    CHECK(text.find("quote") == std::string::npos);
    const std::string empty = audit_memory().text();
    CHECK(audit_memory::parse("").text() == empty);
    CHECK(audit_memory::parse("[]").text() == empty);
    for (std::size_t cut = 0; cut < text.size(); cut += 997)
        CHECK(audit_memory::parse(text.substr(0, cut)).text() == empty);
    CHECK(audit_memory::parse(R"({"schema":1,"attempts":{"a\"} b":1,"x":2},"models":{"../x":{}},"requests":[-1,"a"]})")
              .text() == empty);
}

TEST_CASE("counters are Prometheus text: every line a comment or a sample, of names with help and type")
{
    audit_memory m;
    auto slow = attempt(0);
    slow.duration_ms = 1'234;
    slow.bytes = 77;
    (void)m.note_attempt(slow, {true, 77, {}}, {});
    (void)m.note_attempt(attempt(1, reason::digest_mismatch), {true, 0, {}}, {});
    const std::string text = m.metrics();
    for (const char* line : {"modelsec_attempts_total{operation=\"fetch\",outcome=\"ok\"} 1\n",
                             "modelsec_attempts_total{operation=\"fetch\",outcome=\"digest\"} 1\n",
                             "modelsec_attempt_duration_seconds_sum{operation=\"fetch\"} 1.234\n",
                             "modelsec_attempt_duration_seconds_count{operation=\"fetch\"} 2\n",
                             "modelsec_artifact_bytes_total 77\n", "modelsec_manifest_requests_total 2\n",
                             "modelsec_audit_events_dropped_total 0\n", "# TYPE modelsec_attempts_total counter\n"})
    {
        CAPTURE(line);
        CHECK(text.find(line) != std::string::npos);
    }
    const std::regex comment(R"(# (HELP [a-z_]+ .+|TYPE [a-z_]+ (counter|gauge|summary)))");
    const std::regex value(R"re([a-z_]+(\{[a-z]+="[a-z_]+"(,[a-z]+="[a-z_]+")*\})? [0-9]+(\.[0-9]+)?)re");
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);)
        CHECK_MESSAGE((std::regex_match(line, comment) || std::regex_match(line, value)), line);
}

TEST_CASE("a sink that takes nothing keeps nobody waiting; what it does not get is counted")
{
    const auto time = std::make_shared<support::manual_clock>();
    audit_sink sink(time, 10, std::chrono::milliseconds(0), never_delivered);
    for (int n = 0; n < 500; ++n)
        sink.push("{}");
    sink.close();
    sink.push("{}");
    CHECK(sink.take_dropped() == 501);
    CHECK(sink.take_dropped() == 0);
}

TEST_CASE("a sink gets every event once, in order, as JSON arrays; the end waits for them")
{
    const auto time = std::make_shared<support::manual_clock>();
    std::vector<std::int64_t> got;
    std::size_t failures = 1;
    std::uint64_t lost = 0;
    {
        audit_sink sink(time, 1000, std::chrono::hours(1), [&](std::string body, const control&) -> result<void> {
            const auto all = parse_json(as_bytes(body));
            if (!all || !all->as_array())
                return fail(reason::json_malformed);
            if (failures > 0)
            {
                --failures;
                lost = all->as_array()->size();
                return fail(reason::connection_lost);
            }
            for (const json& one : *all->as_array())
                got.push_back(static_cast<std::int64_t>(one.size_at("n").value()));
            return {};
        });
        for (int n = 0; n < 300; ++n)
            sink.push("{\"n\":" + std::to_string(n) + '}');
        sink.close();
        CHECK(sink.take_dropped() == lost);
    }
    CHECK(got.size() + lost == 300);
    CHECK(std::is_sorted(got.begin(), got.end()));
    CHECK((got.empty() || got.back() == 299));
}

namespace {

/// The scripted world, audited.
struct audited_world : fetch_scene::world
{
    std::unique_ptr<audit_trail> trail;

    audited_world()
    {
        owner.audit.enabled = true;
        owner.audit.actor = "nightly";
        asked.manifest.url = "https://user-part.example/manifest?token=s3cr3t";
        asked.operation.trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        offer(1, "1.0", "content");
    }

    network_maker connect()
    {
        return [this](http_client::environment) { return std::make_unique<fetch_scene::scripted_network>(net); };
    }

    result<fetch_result> run(bool lenient = false)
    {
        net.steps = 0;
        events.clear();
        if (!trail)
            trail = std::make_unique<audit_trail>(owner);
        return audited_fetch(owner, *trail, asked, lenient, connect());
    }

    std::vector<audit_record> records() { return client(owner).audit(); }
};

}  // namespace

TEST_CASE("every attempt has its line: who, what, from where, with what outcome, and nothing secret")
{
    audited_world w;
    w.net.envelope += "x";
    CHECK(w.run().has_error());  // the very first, which leaves nothing else
    w.offer(1, "1.0", "content");
    REQUIRE(w.run().has_value());
    CHECK(w.run().has_value());
    w.offer(2, "2.0", "other");
    w.net.bodies.begin()->second = "content";
    w.net.bodies["https://h.example/2.0"] = "OTHER";
    CHECK(w.run().has_error());
    w.net.fail_at = 0;
    w.asked.model_id = "demo";
    CHECK(w.run(true).has_value());
    w.net.fail_at = -1;
    CHECK(audited_check(w.owner, *w.trail, w.asked, w.connect()).has_value());
    CHECK(audited_verify(w.owner, *w.trail, {"demo", {}}).has_value());
    rollback_options back;
    back.model_id = "demo";
    CHECK(audited_rollback(w.owner, *w.trail, back).has_error());
    CHECK(audited_gc(w.owner, *w.trail, {}).has_value());
    CHECK(audited_repair(w.owner, *w.trail, {}).has_value());
    remove_options gone;
    gone.model_id = "demo";
    CHECK(audited_remove(w.owner, *w.trail, gone).has_value());

    const auto r = w.records();
    REQUIRE(r.size() == 11);
    CHECK(r[0].why != reason::none);
    CHECK(r[0].code == errc::malformed);
    CHECK(r[1].operation == "fetch");
    CHECK(r[1].actor == "nightly");
    CHECK(r[1].user == process_user());
    CHECK(r[1].process == process_number());
    CHECK(r[1].model_id == "demo");
    CHECK(r[1].version == "1.0");
    CHECK(r[1].host == "user-part.example");
    CHECK(r[1].digest == sha256(as_bytes("content")).hex());
    CHECK(r[1].bytes == 7);
    CHECK(r[1].code == errc::ok);
    CHECK(r[1].trace_parent == w.asked.operation.trace_parent);
    CHECK(r[2].already_active);
    CHECK(r[3].code == errc::digest);
    CHECK(r[3].version == "2.0");  // of what failed too
    CHECK(r[3].digest == sha256(as_bytes("other")).hex());
    CHECK(r[3].bytes == 5);
    CHECK(r[4].operation == "ensure");
    CHECK(r[4].stale);
    CHECK(r[4].why == reason::connection_lost);
    CHECK(r[4].code == errc::ok);
    CHECK(r[5].operation == "check");
    CHECK(r[5].dry_run);
    CHECK(r[6].operation == "verify");
    CHECK(r[6].version == "1.0");
    CHECK(r[7].operation == "rollback");
    CHECK(r[7].why == reason::no_last_good);
    CHECK(r[8].operation == "gc");
    CHECK(r[9].operation == "repair");
    CHECK(r[10].operation == "remove");
    CHECK(r[10].bytes == 7);
    const std::string text = read_file(w.owner.store + "/.modelsec/audit.jsonl");
    CHECK(std::count(text.begin(), text.end(), '\n') == 11);
    for (const std::string& secret : {w.dir.path(), std::string("s3cr3t"), std::string("/manifest"), std::string("?")})
        CHECK(text.find(secret) == std::string::npos);
}

TEST_CASE("a transfer has a line for its beginning, with the host that was asked, and one for its end")
{
    audited_world w;
    audit_trail trail(w.owner);
    const std::string good = w.net.envelope;
    w.net.envelope += "x";
    CHECK(audited_transfer(w.owner, trail, w.asked, w.connect()).has_error());
    w.net.envelope = good;
    w.events.clear();
    const auto job = audited_transfer(w.owner, trail, w.asked, w.connect());
    REQUIRE(job.has_value());
    fetch_scene::check_events(w);
    fetch_operation operation(w.owner, w.asked, w.connect());
    const auto range = operation.hand_out(*job, {std::chrono::hours(1), 1u << 20});
    REQUIRE(range.has_value());
    REQUIRE(range->has_value());
    REQUIRE(operation.take_in(*job, (*range)->id, {detail::file(), as_bytes(std::string_view("content")), 7}).has_value());
    REQUIRE(audited_fetch(w.owner, trail, w.asked, false, w.connect(), nullptr, &*job).has_value());
    const auto r = w.records();
    REQUIRE(r.size() == 3);
    CHECK(r[0].operation == "transfer");
    CHECK(r[0].code == errc::malformed);
    CHECK(r[1].operation == "transfer");
    CHECK(r[1].code == errc::ok);
    CHECK(r[1].model_id == "demo");
    CHECK(r[1].version == "1.0");
    CHECK(r[1].digest == sha256(as_bytes(std::string_view("content"))).hex());
    CHECK(r[1].host == "user-part.example");
    CHECK(r[1].actor == "nightly");
    CHECK(r[2].operation == "fetch");
    CHECK(r[2].host == "");
    CHECK(r[2].digest == r[1].digest);
    CHECK(r[2].bytes == 0);
}

TEST_CASE("without the option nothing is written, and a request that is none, or changes nothing, makes no store")
{
    audited_world w;
    w.owner.audit.enabled = false;
    REQUIRE(w.run().has_value());
    CHECK_FALSE(fs::exists(w.owner.store + "/.modelsec/audit.jsonl"));
    CHECK_FALSE(fs::exists(w.owner.store + "/.modelsec/audit.state.json"));
    CHECK(w.records().empty());
    audited_world other;
    other.asked.dry_run = true;
    CHECK(other.run().has_value());
    other.asked.dry_run = false;
    other.asked.trust = {};
    CHECK(other.run().has_error());
    CHECK_FALSE(fs::exists(other.owner.store));
}

TEST_CASE("an alert is told once, before the last event of its attempt, and stands in its line")
{
    audited_world w;
    w.owner.audit.rules.failures_in_a_row = 2;
    REQUIRE(w.run().has_value());
    w.net.envelope += "x";
    const auto alerts = [&] {
        (void)w.run();
        REQUIRE_FALSE(w.events.empty());
        CHECK(w.events.back().kind == event_kind::done);
        std::vector<reason> out;
        for (const event& e : w.events)
            if (e.kind == event_kind::alert)
            {
                CHECK(e.model_id == "demo");
                out.push_back(e.why);
            }
        return out;
    };
    w.asked.model_id = "demo";
    CHECK(alerts().empty());
    CHECK(alerts() == std::vector{reason::repeated_failures});
    CHECK(alerts().empty());
    w.time.time += std::chrono::hours(2);
    CHECK(alerts() == std::vector{reason::repeated_failures});
    CHECK(w.records().back().alerts == std::vector{reason::repeated_failures});
    // Another process of the same store goes on with the same row and the same cool-down.
    w.trail = nullptr;
    CHECK(alerts().empty());
}

TEST_CASE("beyond its own limit nobody is asked, and ensure answers with what is active")
{
    audited_world w;
    w.owner.audit.enabled = false;  // the limits hold without a log
    w.owner.manifest_requests.per_minute = 2;
    w.asked.model_id = "demo";
    REQUIRE(w.run().has_value());  // there was no store yet: it is counted there by the end of the attempt
    w.trail = nullptr;             // as by another process
    REQUIRE(w.run().has_value());
    CHECK(w.net.steps > 0);
    const auto refused = w.run();
    REQUIRE(refused.has_error());
    CHECK(refused.error().why == reason::own_rate_limit);
    CHECK(w.net.steps == 0);
    const auto stale = w.run(true);
    REQUIRE(stale.has_value());
    CHECK(stale->stale);
    CHECK(stale->stale_why == reason::own_rate_limit);
    CHECK(w.net.steps == 0);
    w.time.time += std::chrono::minutes(1);
    CHECK(w.run().has_value());
}

TEST_CASE("the trace context goes to the manifest's origin as it is, and only if it is one")
{
    audited_world w;
    std::vector<std::string> sent;
    struct listener final : network
    {
        listener(fetch_scene::script& s, std::vector<std::string>& to) : inner(s), sent(to) {}
        result<http_answer> exchange(const http_request& request) override
        {
            for (const http_header& h : request.headers)
                sent.push_back(h.name + ": " + std::string(h.value.view()) + " to " + request.url.host());
            return inner.exchange(request);
        }
        result<std::vector<verified_file>> fetch_files(const download_request& what, staging& staged) override
        {
            return inner.fetch_files(what, staged);
        }
        fetch_scene::scripted_network inner;
        std::vector<std::string>& sent;
    };
    const network_maker connect = [&](http_client::environment) { return std::make_unique<listener>(w.net, sent); };
    audit_trail trail(w.owner);
    REQUIRE(audited_fetch(w.owner, trail, w.asked, false, connect).has_value());
    CHECK(sent == std::vector<std::string>{
                      "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01 to user-part.example"});
    w.asked.operation.trace_parent = "Bearer token\r\nx: y";
    sent.clear();
    REQUIRE(audited_fetch(w.owner, trail, w.asked, false, connect).has_value());
    CHECK(sent.empty());
}

TEST_CASE("counters go to a file that is replaced as a whole, and to whoever asked for them")
{
    audited_world w;
    w.owner.audit.metrics_file = w.dir / "modelsec.prom";
    std::vector<std::string> told;
    w.owner.audit.on_metrics = [&](std::string_view text) { told.emplace_back(text); };
    REQUIRE(w.run().has_value());
    const std::string first = read_file(w.owner.audit.metrics_file);
    fs::create_hard_link(w.owner.audit.metrics_file, w.dir / "kept");
    REQUIRE(w.run().has_value());
    CHECK(read_file(w.dir / "kept") == first);  // not written in place
    REQUIRE(told.size() == 2);
    CHECK(told[0] == first);
    CHECK(told[1] == read_file(w.owner.audit.metrics_file));
    CHECK(told[1].find("modelsec_attempts_total{operation=\"fetch\",outcome=\"ok\"} 2\n") != std::string::npos);
    CHECK((fs::status(w.owner.audit.metrics_file).permissions() & fs::perms::others_read) != fs::perms::none);
    for (const auto& entry : fs::directory_iterator(w.dir.path()))
        CHECK(entry.path().filename().string().find(".new-") == std::string::npos);
    w.owner.audit.metrics_file = w.dir / "nowhere/modelsec.prom";
    CHECK(w.run().has_value());  // what cannot be written fails no operation
}

TEST_SUITE_END();
