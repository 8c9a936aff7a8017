// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The audit log: whole lines whatever crashes, rotation, who did what, and nothing secret.
#include "fetch_scene.hpp"

#include "../support/other_process.hpp"

#include <modelsec/client.hpp>
#include <modelsec/detail/client/audited.hpp>

#include <fstream>
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

audit_options with(std::uint64_t file_bytes = std::uint64_t{16} << 20, unsigned kept = 8)
{
    audit_options out;
    out.enabled = true;
    out.file_bytes = file_bytes;
    out.kept_files = kept;
    return out;
}

}  // namespace

TEST_SUITE_BEGIN("audit");

TEST_CASE("a record comes back from its line as it was, by the names of OpenTelemetry")
{
    const audit_record r = sample(3);
    const std::string line = audit_line(r);
    CHECK(std::count(line.begin(), line.end(), '\n') == 1);
    CHECK(line.ends_with("\n"));
    for (const char* member : {R"("server.address":"models.example")", R"("error.type":"digest_mismatch")",
                               R"("process.pid":42)", R"("trace_id":"4bf92f3577b34da6a3ce929d0e0e4736")",
                               R"("span_id":"00f067aa0ba902b7")", R"("event.name":"modelsec.attempt")"})
    {
        CAPTURE(member);
        CHECK(line.find(member) != std::string::npos);
    }
    const auto back = parse_audit_line(line);
    REQUIRE(back.has_value());
    CHECK(audit_line(*back) == line);
    for (std::size_t cut = 0; cut + 1 < line.size(); ++cut)
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
    CHECK(audit_line(r).find("secret") == std::string::npos);
}

TEST_CASE("the log is filtered, rotated and bounded, and a torn line spoils no other")
{
    const support::temp_dir dir;
    const file folder = files.open_root(dir.path(), false).value();
    const audit_log log(files, folder);
    for (std::uint64_t n = 0; n < 10; ++n)
        REQUIRE(log.append(sample(n), with()).has_value());
    CHECK(log.read({}, 1000)->size() == 10);
    CHECK(log.read({}, 3)->front().version == "7");
    CHECK(log.read({"odd", {}, {}}, 1000)->size() == 5);
    CHECK(log.read({{}, sample(8).time, {}}, 1000)->size() == 2);
    CHECK(log.read({{}, {}, errc::digest}, 1000)->size() == 4);

    std::ofstream(dir / "audit.jsonl", std::ios::app)
        << audit_line(sample(99)).substr(0, 50);  // SIGKILL in the middle of a write
    REQUIRE(log.append(sample(10), with()).has_value());
    CHECK(log.read({}, 1000)->size() == 11);
    CHECK(log.read({}, 1000)->back().version == "10");

    for (std::uint64_t n = 11; n < 60; ++n)
        REQUIRE(log.append(sample(n), with(1000, 3)).has_value());
    std::size_t kept = 0;
    for (const auto& entry : fs::directory_iterator(dir.path()))
    {
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
                CHECK(log.append(sample(100 * t + n), with(4000, 1000)).has_value());
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
    REQUIRE(log.append(sample(1), with()).has_value());
    fs::create_hard_link(dir / "audit.jsonl", dir / "backup");
    const std::string before = read_file(dir / "backup");
    REQUIRE(log.append(sample(2), with()).has_value());
    CHECK(read_file(dir / "backup") == before);
    CHECK(log.read({}, 1000)->size() == 2);
}

TEST_CASE("every attempt has its line: who, what, from where, with what outcome, and nothing secret")
{
    fetch_scene::world w;
    w.owner.audit.actor = "nightly";
    w.asked.manifest.url = "https://user-part.example/manifest?token=s3cr3t";
    w.asked.trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    w.offer(1, "1.0", "content");
    const auto run = [&](bool lenient = false) {
        w.net.steps = 0;
        return audited_fetch(w.owner, w.asked, lenient);
    };
    // The scripted network is not what audited_fetch() uses: offline, and by a file, no network is asked.
    w.asked.manifest.url.clear();
    w.asked.manifest.file = w.dir.write("manifest", w.net.envelope);
    fs::create_directories(w.owner.store + "/demo/by-hand");
    std::ofstream(w.owner.store + "/demo/by-hand/model.bin") << "content";
    CHECK(run().has_value());
    CHECK(client(w.owner).audit().empty());  // off by default
    w.owner.audit.enabled = true;
    CHECK(run().has_value());
    w.asked.min_sequence = 5;
    CHECK(run().has_error());
    w.asked.dry_run = true;
    CHECK(run().has_error());
    w.asked.dry_run = false;
    w.asked.min_sequence = 0;
    w.asked.model_id = "demo";
    w.asked.offline = true;
    CHECK(run(true).has_value());
    error_code ec;
    diagnostics diag;
    rollback_options back;
    back.model_id = "demo";
    (void)client(w.owner).rollback(back, ec, diag);
    CHECK(diag.why == reason::no_last_good);

    const auto records = client(w.owner).audit();
    REQUIRE(records.size() == 4);
    CHECK(records[0].operation == "fetch");
    CHECK(records[0].actor == "nightly");
    CHECK(records[0].process == process_number());
    CHECK(records[0].model_id == "demo");
    CHECK(records[0].version == "1.0");
    CHECK(records[0].digest == sha256(as_bytes("content")).hex());
    CHECK(records[0].already_active);
    CHECK(records[0].code == errc::ok);
    CHECK(records[0].trace_parent == w.asked.trace_parent);
    CHECK(records[1].why == reason::below_min_sequence);
    CHECK(records[1].code == errc::rollback);
    CHECK(records[2].operation == "ensure");
    CHECK(records[3].operation == "rollback");
    CHECK(records[3].why == reason::no_last_good);
    CHECK(read_file(w.owner.store + "/.modelsec/audit.jsonl").find(w.dir.path()) == std::string::npos);
}

TEST_SUITE_END();
