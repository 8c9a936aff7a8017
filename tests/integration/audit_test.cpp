// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The command's audit log, counters, sink and limits, against real servers.
#include "command.hpp"

#include <modelsec/detail/audit/audit_record.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

using namespace integration;
using modelsec::detail::json;

namespace {

constexpr const char* trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

std::vector<json> lines_of(const std::string& text)
{
    std::vector<json> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);)
    {
        auto parsed = modelsec::detail::parse_json(modelsec::as_bytes(line));
        REQUIRE_MESSAGE(parsed.has_value(), line);
        out.push_back(std::move(*parsed));
    }
    return out;
}

/// What `modelsec audit --json` shows: records, then the result.
std::vector<json> records_of(const std::string& text)
{
    auto out = lines_of(text);
    REQUIRE(!out.empty());
    CHECK(out.back().string_at("type") == "result");
    CHECK(out.back().size_at("records") == out.size() - 1);
    out.pop_back();
    return out;
}

std::vector<std::string> with(std::vector<std::string> command, std::initializer_list<std::string> more)
{
    command.insert(command.end(), more);
    return command;
}

}  // namespace

TEST_CASE("the command notes every attempt, and shows and filters what was noted")
{
    world w;
    w.release("content", 7);
    REQUIRE(run_command({"audit", "--store", w.store()}).out.find("Nothing is noted") != std::string::npos);
    const auto fetched = fetch_command(w, w.store());
    REQUIRE(support::run(with(fetched, {"--actor", "nightly"})).exit_code == 0);
    w.release("older", 6, "0.9.0");
    CHECK(support::run(fetched).exit_code == 22);
    CHECK(run_command({"verify", "--store", w.store(), "demo"}).exit_code == 0);
    CHECK(run_command({"rollback", "--store", w.store(), "demo"}).exit_code == 43);
    CHECK(run_command({"gc", "--store", w.store()}).exit_code == 0);
    CHECK(run_command({"repair", "--store", w.store(), "demo"}).exit_code == 0);
    CHECK(run_command({"remove", "--store", w.store(), "demo"}).exit_code == 0);

    const auto all = run_command({"audit", "--store", w.store(), "--json"});
    CHECK(all.exit_code == 0);
    const auto lines = records_of(all.out);
    std::vector<std::string> operations;
    for (const json& line : lines)
        operations.emplace_back(line.string_at("modelsec.operation").value_or(""));
    CHECK(operations == std::vector<std::string>{"fetch", "fetch", "verify", "rollback", "gc", "repair", "remove"});
    CHECK(lines[0].string_at("user.name") == "nightly");
    CHECK(lines[0].string_at("server.address") == "127.0.0.1");
    CHECK(lines[0].string_at("artifact.version") == "1.0.0");
    CHECK(lines[0].size_at("modelsec.bytes") == 7);
    CHECK(lines[1].string_at("error.type") == "older_sequence");
    CHECK(lines[1].size_at("modelsec.code") == 22);

    const auto refused = run_command({"audit", "--store", w.store(), "--code", "22", "--since", "1h", "--model", "demo"});
    CHECK(std::count(refused.out.begin(), refused.out.end(), '\n') == 1);
    CHECK(refused.out.find("22 older_sequence") != std::string::npos);
    CHECK(run_command({"audit", "--store", w.store(), "--model", "other"}).out.find("Nothing is noted") !=
          std::string::npos);
    CHECK(records_of(run_command({"audit", "--store", w.store(), "--since", "2999-01-01T00:00:00Z", "--json"}).out).empty());
    CHECK(records_of(run_command({"audit", "--store", w.store(), "--since", "60s", "--json"}).out).size() <= lines.size());
    CHECK(records_of(run_command({"audit", "--store", w.store(), "--since", "1w", "--json"}).out).size() == lines.size());
    CHECK(run_command({"audit", "--store", w.store(), "--since", "soon"}).exit_code == 2);
    CHECK(support::run(with(fetched, {"--no-audit"})).exit_code == 22);
    CHECK(records_of(run_command({"audit", "--store", w.store(), "--json"}).out).size() == lines.size());
}

TEST_CASE("of a manifest that lay here the log says which host gave the model")
{
    world w;
    w.release("content");
    const auto manifest = w.place.write("manifest.json", support::dsse_envelope(w.manifest("content").json(), {w.key}));
    const std::vector<std::string> fetch{"fetch", "--manifest-file",  manifest,  "--pin",  w.key.pin(),
                                         "--ca",  w.place / "ca.pem", "--store", w.store()};
    REQUIRE(run_command(fetch).exit_code == 0);
    const auto line = records_of(run_command({"audit", "--store", w.store(), "--json"}).out).at(0);
    CHECK(line.string_at("server.address") == "127.0.0.1");
}

TEST_CASE("what is refused before anybody is asked makes no store")
{
    world w;
    for (const char* address : {"http://models.invalid/m.json", "ftp://models.invalid/m.json"})
    {
        CHECK(
            support::run(command({"fetch", "--manifest", address, "--pin", w.key.pin(), "--store", w.store()})).exit_code !=
            0);
        CHECK_FALSE(std::filesystem::exists(w.store()));
    }
    // Where there is one, it is noted.
    w.release("content");
    REQUIRE(support::run(fetch_command(w, w.store())).exit_code == 0);
    CHECK(support::run(
              command({"fetch", "--manifest", "http://models.invalid/m.json", "--pin", w.key.pin(), "--store", w.store()}))
              .exit_code == 50);
    CHECK(records_of(run_command({"audit", "--store", w.store(), "--json"}).out).size() == 2);
}

TEST_CASE("a fetch that is killed tears no line: the log of what came before and after is whole")
{
    world w;
    w.release("content");
    REQUIRE(support::run(fetch_command(w, w.store())).exit_code == 0);
    std::ofstream(w.store() + "/.modelsec/audit.jsonl", std::ios::app) << R"({"time":"2026-01-02T03:04:05Z","event.na)";
    REQUIRE(support::run(fetch_command(w, w.store())).exit_code == 0);
    CHECK(records_of(run_command({"audit", "--store", w.store(), "--json"}).out).size() == 2);
}

TEST_CASE("the trace context of a fetch reaches the manifest's origin, its line, and no other host")
{
    world w;
    support::origin_options options;
    options.server = w.ca.issue();
    support::origin cdn(options);
    cdn.serve("/model.bin", "content");
    auto m = w.manifest("content");
    m.artifacts[0].url = cdn.url("/model.bin");
    w.publish(m);
    REQUIRE(support::run(with(fetch_command(w, w.store()), {"--trace-parent", trace})).exit_code == 0);
    CHECK(w.web.requests().front().header("traceparent") == trace);
    REQUIRE(cdn.count() > 0);
    for (const auto& r : cdn.requests())
        CHECK(r.header("traceparent").empty());
    const auto line = records_of(run_command({"audit", "--store", w.store(), "--json"}).out).at(0);
    CHECK(line.string_at("trace_id") == "4bf92f3577b34da6a3ce929d0e0e4736");
    CHECK(line.string_at("span_id") == "00f067aa0ba902b7");
    w.web.forget_requests();
    support::process_options environment;
    environment.environment = {std::string("TRACEPARENT=") + trace};
    REQUIRE(support::run(fetch_command(w, w.store()), environment).exit_code == 0);
    CHECK(w.web.requests().front().header("traceparent") == trace);
    CHECK(run_command({"gc", "--store", w.store(), "--trace-parent", "00-zz"}).exit_code == 2);
}

TEST_CASE("counters of all processes are in one Prometheus file")
{
    world w;
    w.release("content");
    const std::string file = w.place / "modelsec.prom";
    REQUIRE(support::run(with(fetch_command(w, w.store()), {"--metrics", file})).exit_code == 0);
    REQUIRE(support::run(with(fetch_command(w, w.store()), {"--metrics", file})).exit_code == 0);
    const std::string text = support::read_file(file);
    CHECK(text.find("modelsec_attempts_total{operation=\"fetch\",outcome=\"ok\"} 2\n") != std::string::npos);
    CHECK(text.find("modelsec_artifact_bytes_total 7\n") != std::string::npos);
    CHECK(text.find("modelsec_manifest_requests_total 2\n") != std::string::npos);
}

TEST_CASE("a sink gets the events by HTTPS; one that is down costs no attempt, and what it lost is counted")
{
    world w;
    w.release("content");
    w.web.handle("/audit", [](const support::seen_request&) { return support::reply{}; });
    REQUIRE(support::run(with(fetch_command(w, w.store()), {"--audit-sink", w.web.url("/audit")})).exit_code == 0);
    std::string body;
    for (const auto& r : w.web.requests())
        if (r.target == "/audit")
            body = r.body;
    const auto sent = modelsec::detail::parse_json(modelsec::as_bytes(body));
    REQUIRE(sent.has_value());
    REQUIRE(sent->as_array() != nullptr);
    REQUIRE(sent->as_array()->size() == 1);
    CHECK(sent->as_array()->front().string_at("event.name") == "modelsec.attempt");

    w.web.fail("/audit", support::answer(500));
    const std::string file = w.place / "modelsec.prom";
    REQUIRE(support::run(with(fetch_command(w, w.store()), {"--audit-sink", w.web.url("/audit")})).exit_code == 0);
    REQUIRE(support::run(with(fetch_command(w, w.store()), {"--metrics", file})).exit_code == 0);
    CHECK(support::read_file(file).find("modelsec_audit_events_dropped_total 1\n") != std::string::npos);
    CHECK(support::run(with(fetch_command(w, w.store()), {"--audit-sink", "http://127.0.0.1/audit"})).exit_code == 2);
}

TEST_CASE("beyond its own limits the command asks nobody: 13, over all processes")
{
    world w;
    w.release("content");
    const auto limited = with(fetch_command(w, w.store()), {"--manifest-rate", "1000", "--manifest-quota", "2"});
    REQUIRE(support::run(fetch_command(w, w.store())).exit_code == 0);
    REQUIRE(support::run(limited).exit_code == 0);
    w.web.forget_requests();
    const auto refused = support::run(limited);
    CHECK(refused.exit_code == 13);
    CHECK(result_line(refused.out).string_at("reason") == "own_quota");
    CHECK(w.web.count() == 0);
    CHECK(run_command({"audit", "--store", w.store(), "--code", "13"}).out.find("own_quota") != std::string::npos);
    CHECK(support::run(with(fetch_command(w, w.store()), {"--manifest-rate", "1"})).exit_code == 13);
}

TEST_CASE("failures in a row are one alert among the events")
{
    world w;
    w.release("content");
    REQUIRE(support::run(fetch_command(w, w.store())).exit_code == 0);
    w.web.serve("/manifest", support::dsse_envelope(w.manifest("content").json(), {support::signer("stranger")}));
    std::vector<std::size_t> alerts;
    for (int n = 0; n < 4; ++n)
    {
        const auto r = support::run(fetch_command(w, w.store()));
        CHECK(r.exit_code == 20);
        const auto lines = lines_of(r.out);
        alerts.push_back(static_cast<std::size_t>(std::count_if(lines.begin(), lines.end(), [](const json& line) {
            return line.string_at("event") == "alert" && line.string_at("reason") == "repeated_failures";
        })));
    }
    CHECK(alerts == std::vector<std::size_t>{0, 0, 1, 0});
}
