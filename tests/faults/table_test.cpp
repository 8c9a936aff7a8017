// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Every case of the table, and the table itself.
#include "arena.hpp"

#include <cstdlib>
#include <fstream>
#include <sstream>

using namespace faults;

namespace {

void run_all(const std::vector<fault_kind>& kinds, std::initializer_list<moment> when, bool always)
{
    arena a;
    for (const fault_kind& kind : kinds)
        for (const moment m : when)
            a.run(kind, m, always);
}

std::string cell(const fault_kind& k, std::size_t i)
{
    std::string out;
    for (const int code : {k.once[i], k.always[i]})
        out += (out.empty() ? "" : " / ") + (code < 0 ? std::string("·") : std::to_string(code));
    return out == "· / ·" ? "" : out;
}

std::string table()
{
    std::ostringstream out;
    out << "| where | fault |";
    for (const char* name : moment_names)
        out << ' ' << name << " |";
    out << "\n|---|---|---|---|---|---|---|\n";
    for (const fault_kind& k : all_faults())
    {
        out << "| " << k.where << " | " << k.name << " |";
        for (std::size_t i = 0; i < moments.size(); ++i)
            out << ' ' << cell(k, i) << " |";
        out << '\n';
    }
    return out.str();
}

std::size_t cases()
{
    std::size_t out = 0;
    for (const fault_kind& k : all_faults())
        for (const auto& of : {k.once, k.always})
            out += static_cast<std::size_t>(std::count_if(of.begin(), of.end(), [](int c) { return c >= 0; }));
    return out;
}

}  // namespace

std::vector<fault_kind> faults::all_faults()
{
    std::vector<fault_kind> out;
    for (const auto* part : {&line_faults(), &certificate_faults(), &answer_faults()})
        out.insert(out.end(), part->begin(), part->end());
    return out;
}

TEST_CASE("docs/faults.md shows the table that is tested")
{
    CHECK(cases() >= 80);
    const std::string file = MODELSEC_SOURCE_DIR "/docs/faults.md";
    std::string text = support::read_file(file);
    const std::string begin = "<!-- table -->\n";
    const std::string end = "<!-- end of table -->";
    const auto from = text.find(begin);
    REQUIRE(from != std::string::npos);
    const auto until = text.find(end);
    REQUIRE(until != std::string::npos);
    const std::string shown = text.substr(from + begin.size(), until - from - begin.size());
    if (shown != table() && std::getenv("MODELSEC_WRITE_DOCS") != nullptr)
    {
        text.replace(from + begin.size(), shown.size(), table());
        std::ofstream(file) << text;
    }
    else
        CHECK_MESSAGE((shown == table()), "run this test once with MODELSEC_WRITE_DOCS=1 in the environment");
}

TEST_CASE("a fault on the line that goes away is no failure")
{
    run_all(line_faults(), {moment::first, moment::middle, moment::last, moment::resume}, false);
}

TEST_CASE("a fault on the line that stays ends with its code")
{
    run_all(line_faults(), {moment::first, moment::middle, moment::last, moment::resume}, true);
}

TEST_CASE("a certificate that changes between connections is looked at anew")
{
    run_all(certificate_faults(), {moment::first, moment::middle, moment::last, moment::resume}, true);
}

TEST_CASE("a wrong answer that is given once ends with its code: to the manifest and to the first request")
{
    run_all(answer_faults(), {moment::manifest, moment::first}, false);
}

TEST_CASE("a wrong answer that is given once ends with its code: in mid-body and at the last byte")
{
    run_all(answer_faults(), {moment::middle, moment::last}, false);
}

TEST_CASE("a wrong answer that is given once ends with its code: to a resume")
{
    run_all(answer_faults(), {moment::resume}, false);
}

TEST_CASE("a wrong answer that is always given ends with its code: to the manifest and to the first request")
{
    run_all(answer_faults(), {moment::manifest, moment::first}, true);
}

TEST_CASE("a wrong answer that is always given ends with its code: in mid-body and at the last byte")
{
    run_all(answer_faults(), {moment::middle, moment::last}, true);
}

TEST_CASE("a wrong answer that is always given ends with its code: to a resume")
{
    run_all(answer_faults(), {moment::resume}, true);
}

TEST_CASE("nothing that a fault makes the client say or write has a secret or a local path")
{
    // Every case of the table is heard by a witness (arena::run); here each fault once more, and the witness itself.
    arena a;
    for (const fault_kind& kind : all_faults())
    {
        a.run(kind, moment::manifest, true);
        a.run(kind, moment::middle, true);
    }
    CHECK(a.heard.texts() > 1000);
    CHECK(a.heard.files() > 500);
    CHECK(a.heard.log_lines() > 300);
    const std::string secret = integration::planted_secret;
    CHECK_FALSE(a.heard.found_in("X-API-Key: " + secret, true).empty());
    CHECK_FALSE(a.heard.found_in("the address " + a.artifact_url(), true).empty());
    CHECK_FALSE(a.heard.found_in(a.w.store() + "/demo", true).empty());
    CHECK_FALSE(a.heard.found_in("detail: " + secret, false).empty());
    CHECK(a.heard.found_in(a.w.store() + "/demo", false).empty());
    CHECK(a.heard.found_in("Model initialization failed (code 30)", true).empty());
}
