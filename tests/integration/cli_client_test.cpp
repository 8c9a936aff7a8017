// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The client half of the command against a real origin: what it prints, where, and how it ends.
#include "cli.hpp"

#include <algorithm>
#include <filesystem>
#include <sstream>

using namespace integration;

namespace {

constexpr std::size_t size = 2'000'000;

std::vector<modelsec::detail::json> lines_of(const std::string& out)
{
    std::vector<modelsec::detail::json> lines;
    std::istringstream in(out);
    for (std::string text; std::getline(in, text);)
    {
        auto line = modelsec::detail::parse_json(modelsec::as_bytes(text));
        REQUIRE_MESSAGE(line.has_value(), text);
        lines.push_back(std::move(*line));
    }
    return lines;
}

}  // namespace

TEST_CASE("fetch says one line on success, its stages go to stderr, and a second fetch downloads nothing")
{
    world w;
    w.release(support::noise(size));
    const auto first = run_command(people_fetch(w));
    CHECK(first.exit_code == 0);
    CHECK(first.out.starts_with("demo 1.0.0 is active now: " + w.store() + "/demo/1.0.0 ("));
    CHECK(std::count(first.out.begin(), first.out.end(), '\n') == 1);
    CHECK(first.err.find("modelsec: Downloading 1.9 MiB\n") != std::string::npos);
    CHECK(first.err.find('\r') == std::string::npos);

    w.web.forget_requests();
    const auto second = run_command(people_fetch(w, {"--quiet"}));
    CHECK(second.exit_code == 0);
    CHECK(second.out.empty());
    CHECK(second.err.empty());
    CHECK(w.web.count("/model.bin") == 0);
}

TEST_CASE("fetch --json tells events and last the result, and nothing else")
{
    world w;
    w.release(support::noise(size), 7);
    const auto r = run_command(people_fetch(w, {"--json"}));
    CHECK(r.exit_code == 0);
    CHECK(r.err.empty());
    const auto lines = lines_of(r.out);
    std::uint64_t at = 0;
    for (const auto& line : lines)
    {
        CHECK(line.string_at("type") == (&line == &lines.back() ? "result" : "event"));
        if (line.string_at("event") == "progress" && line.string_at("stage") == "download")
        {
            CHECK(line.size_at("total") == size);
            CHECK(line.size_at("bytes").value() >= at);
            at = line.size_at("bytes").value();
        }
    }
    CHECK(at == size);
    const auto& last = lines.back();
    std::vector<std::string> names;
    for (const auto& member : *last.as_object())
        names.push_back(member.first);
    CHECK(names == std::vector<std::string>{"type", "code", "name", "reason", "message", "model_id", "version", "sequence",
                                            "path", "already_active", "stale", "bytes_fetched"});
    CHECK(last.size_at("code") == 0u);
    CHECK(last.string_at("name") == "ok");
    CHECK(last.string_at("model_id") == "demo");
    CHECK(last.string_at("version") == "1.0.0");
    CHECK(last.size_at("sequence") == 7u);
    CHECK(last.string_at("path") == w.store() + "/demo/1.0.0");
    CHECK(last.bool_at("already_active") == false);
    CHECK(last.bool_at("stale") == false);
    CHECK(last.size_at("bytes_fetched") == size);
}

TEST_CASE("an error is one line for people and one for programs, both with the same code")
{
    world w;
    w.release(support::noise(size));
    auto f = support::fault{};
    f.flip_at = size / 2;
    w.web.fail("/model.bin", f);
    const auto people = run_command(people_fetch(w, {"--quiet"}));
    CHECK(people.exit_code == 30);
    CHECK(people.out.empty());
    CHECK(people.err ==
          "modelsec: Model initialization failed (code 30) (30 digest, "
          "digest_mismatch). The bytes were altered on their way; nothing was activated.\n");
    const auto program = run_command(people_fetch(w, {"--json"}));
    CHECK(program.exit_code == 30);
    CHECK(program.err.empty());
    const auto line = result_line(program.out);
    CHECK(line.string_at("reason") == "digest_mismatch");
    CHECK(line.string_at("message") == "Model initialization failed (code 30)");
    CHECK(line.find("path")->is_null());
    CHECK(active_version(w).empty());
}

TEST_CASE("a manifest from a file counts like one from a URL: wrong keys 20, expired 21, too old 22, other model 23")
{
    world w;
    auto m = w.manifest(support::noise(size));
    const auto file = [&](const std::string& name) {
        return w.place.write(name, support::dsse_envelope(m.json(), {w.key}));
    };
    const auto fetch = [&](const std::string& manifest, const std::vector<std::string>& more) {
        std::vector<std::string> all{"fetch", "--manifest-file", manifest, "--ca", w.place / "ca.pem", "--store", w.store()};
        all.insert(all.end(), more.begin(), more.end());
        return run_command(all).exit_code;
    };
    const auto good = file("good.json");
    CHECK(fetch(good, {"--pin", support::signer("v1").pin()}) == 20);
    CHECK(fetch(good, {"--pin", w.key.pin(), "--model", "other"}) == 23);
    CHECK(fetch(good, {"--pin", w.key.pin(), "--tier", "large"}) == 23);
    CHECK(fetch(good, {"--pin", w.key.pin(), "--min-sequence", "2"}) == 22);
    CHECK(fetch(good, {"--pin", w.key.pin(), "--platform", "toaster"}) == 25);
    CHECK(fetch(good, {"--pin", w.key.pin(), "--format", "pack", "--model", "demo"}) == 50);
    CHECK(fetch(w.place.write("rubbish", "{}"), {"--pin", w.key.pin()}) == 24);
    CHECK(fetch(w.place / "absent", {"--pin", w.key.pin()}) == 2);
    m.expires_at = *m.issued_at + std::chrono::seconds(1);
    CHECK(fetch(file("expired.json"), {"--pin", w.key.pin()}) == 21);
    CHECK(active_version(w).empty());
    const auto pins = w.place.write("pins.json", pins_of({w.key}).dump());
    CHECK(fetch(good, {"--pins", pins, "--platform", "toaster", "--platform", "any"}) == 0);
    CHECK(active_version(w) == "1.0.0");
}

TEST_CASE("a dry run checks everything and leaves no store behind")
{
    world w;
    w.release(support::noise(size));
    const auto r = run_command(people_fetch(w, {"--dry-run"}));
    CHECK(r.exit_code == 0);
    CHECK(r.out ==
          "demo 1.0.0 (sequence 1) would be fetched: 1.9 MiB, of which 1.9 MiB would travel; nothing was changed\n");
    const auto last = result_line(run_command(people_fetch(w, {"--dry-run", "--json"})).out);
    CHECK(last.size_at("bytes") == size);
    CHECK(last.size_at("bytes_to_fetch") == size);
    CHECK(w.web.count("/model.bin") == 0);
    CHECK(!std::filesystem::exists(w.store()));
    REQUIRE(run_command(people_fetch(w)).exit_code == 0);
    const auto there = result_line(run_command(people_fetch(w, {"--dry-run", "--json"})).out);
    CHECK(there.bool_at("already_active") == true);
    CHECK(there.size_at("bytes_to_fetch") == 0u);
}

TEST_CASE("fetch --fallback-after does with what is active where the network fails, and says so; alone it fails")
{
    world w;
    w.release(support::noise(size));
    REQUIRE(run_command(people_fetch(w)).exit_code == 0);
    w.web.fail("/manifest", support::answer(404), 100);
    CHECK(run_command(people_fetch(w, {"--model", "demo"})).exit_code == 12);
    const auto r = run_command(people_fetch(w, {"--model", "demo", "--fallback-after", "5", "--json"}));
    CHECK(r.exit_code == 0);
    const auto last = result_line(r.out);
    CHECK(last.bool_at("stale") == true);
    CHECK(last.string_at("stale_reason") == "not_found");
    CHECK(last.string_at("version") == "1.0.0");
    const auto people = run_command(people_fetch(w, {"--model", "demo", "--fallback-after", "0"}));
    CHECK(people.exit_code == 0);
    CHECK(people.err.find("not_found") != std::string::npos);
    for (const char* wrong : {"--fallback-after=-1", "--first-byte=-1", "--min-sequence=-1", "--connections=-1",
                              "--min-rate=much", "--digest=none", "--fs-verity=always"})
        CHECK(run_command(people_fetch(w, {wrong})).exit_code == 2);
    CHECK(run_command(people_fetch(w, {"--fs-verity", "wanted", "--min-rate", "1k", "--digest", "whole", "--fallback-after",
                                       "5", "--model", "demo"}))
              .exit_code == 0);
}

TEST_CASE("fetch --cache-tag leaves the store out of backups, and nothing else does")
{
    world w;
    w.release("content");
    const std::string tag = w.store() + "/CACHEDIR.TAG";
    REQUIRE(run_command(people_fetch(w)).exit_code == 0);
    CHECK(!std::filesystem::exists(tag));
    REQUIRE(run_command(people_fetch(w, {"--cache-tag"})).exit_code == 0);
    CHECK(support::read_file(tag).starts_with("Signature: 8a477f597d28d172789f06886806bc55\n"));
    CHECK(run_command({"status", "--store", w.store()}).exit_code == 0);
}

TEST_CASE("without a model's id the only model of the store stands in for the network, and of several none")
{
    world w;
    w.release("content");
    w.web.fail("/manifest", support::answer(404), 1);
    CHECK(run_command(people_fetch(w, {"--fallback-after", "5"})).exit_code == 12);  // there is none yet
    REQUIRE(run_command(people_fetch(w)).exit_code == 0);
    w.web.fail("/manifest", support::answer(404), 100);
    const auto r = run_command(people_fetch(w, {"--fallback-after", "5", "--json"}));
    CHECK(r.exit_code == 0);
    const auto last = result_line(r.out);
    CHECK(last.bool_at("stale") == true);
    CHECK(last.string_at("model_id") == "demo");
    CHECK(last.string_at("version") == "1.0.0");
    // Nobody knows which model another publisher's manifest would have been about: this one does not stand in for it.
    const auto publisher = std::exchange(w.key, support::signer("another publisher"));
    CHECK(run_command(people_fetch(w, {"--fallback-after", "5"})).exit_code == 12);
    w.key = publisher;

    w.web.heal("/manifest");
    auto other = w.manifest("other", "/other.bin");
    other.model_id = "other";
    w.publish(other);
    REQUIRE(run_command(people_fetch(w)).exit_code == 0);
    w.web.fail("/manifest", support::answer(404), 100);
    const auto several = run_command(people_fetch(w, {"--fallback-after", "5", "--json"}));
    CHECK(several.exit_code == 2);
    CHECK(result_line(several.out).string_at("reason") == "model_required");
    CHECK(run_command(people_fetch(w, {"--fallback-after", "5", "--model", "demo"})).exit_code == 0);
}

TEST_CASE("status, path, verify, rollback and gc see what fetch did")
{
    world w;
    const std::string v1 = support::noise(size, 1), v2 = support::noise(size, 2);
    const auto run = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {"--store", w.store()});
        return run_command(arguments);
    };
    const auto empty = run({"status", "--json"});
    CHECK(empty.exit_code == 0);
    CHECK(empty.out == "{\"models\":[]}\n");
    CHECK(run({"path", "demo"}).exit_code == 43);
    CHECK(run({"verify"}).exit_code == 43);

    w.release(v1);
    REQUIRE(run_command(people_fetch(w)).exit_code == 0);
    w.release(v2, 2, "2.0.0");
    REQUIRE(run_command(people_fetch(w)).exit_code == 0);
    CHECK(run({"status", "--json"}).out ==
          "{\"models\":[{\"model_id\":\"demo\",\"active\":\"2.0.0\",\"last_good\":\"1.0.0\",\"sequence\":2,\"rejected\":[],"
          "\"bytes\":"
          "4000000,\"partials\":0}]}\n");
    const auto table = run({"status"}).out;
    for (const char* cell : {"MODEL", "demo", "2.0.0", "1.0.0", "3.8 MiB"})
        CHECK_MESSAGE(table.find(cell) != std::string::npos, table);
    CHECK(run({"status", "other"}).exit_code == 0);
    CHECK(run({"path", "demo"}).out == w.store() + "/demo/2.0.0\n");
    const auto path = run({"path", "demo", "--file"}).out;
    CHECK(path == w.store() + "/demo/2.0.0/model.bin\n");
    CHECK(run({"verify"}).out == "demo 2.0.0 is what was signed (1.9 MiB)\n");
    CHECK(run({"verify", "demo", "--whole"}).out == "demo 2.0.0 is what was signed (1.9 MiB)\n");

    const auto back = run({"rollback", "demo"});
    CHECK(back.out == "demo 1.0.0 is active again: " + w.store() + "/demo/1.0.0\n");
    CHECK(run({"rollback", "demo"}).exit_code == 43);
    const auto rejected = run_command(people_fetch(w));
    CHECK(rejected.exit_code == 22);
    CHECK(rejected.err.find("rejected") != std::string::npos);
    CHECK(run({"status"}).out.find("2.0.0") != std::string::npos);

    const auto would = run({"gc", "--dry-run"});
    CHECK(would.out.find("would be removed") != std::string::npos);
    CHECK(std::filesystem::exists(w.store() + "/demo/2.0.0"));
    CHECK(result_line(run({"gc", "--json"}).out).find("removed")->as_array()->size() >= 1);
    CHECK(!std::filesystem::exists(w.store() + "/demo/2.0.0"));
    CHECK(run_command({"fetch", "--offline", "--model", "demo", "--store", w.store()}).out ==
          "demo 1.0.0 is active: " + w.store() + "/demo/1.0.0\n");

    const auto file = w.store() + "/demo/1.0.0/model.bin";
    std::filesystem::resize_file(file, size - 1);
    for (const char* name : {"verify", "path"})
        CHECK(run({name, "demo"}).exit_code == 30);
}
