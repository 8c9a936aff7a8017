// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// What goes wrong under TLS: a raw TCP relay between client and server.
#include "arena.hpp"

namespace faults {
namespace {

using support::line_fault;
using kind = line_fault::kind;

auto on_the_line(kind what)
{
    return [what](arena& a, moment when, unsigned times) {
        line_fault f;
        f.what = what;
        f.silence = times == support::relay::always ? 60s : 100ms;
        a.patience = what == kind::refuse && times != support::relay::always ? 7 : 2;
        a.line(when, f, times);
    };
}

auto paced(std::chrono::milliseconds delay, std::chrono::milliseconds latency, std::uint64_t bytes_per_second)
{
    return [=](arena& a, moment when, unsigned times) {
        line_fault f;
        f.delay = delay;
        f.latency = latency;
        f.bytes_per_second = bytes_per_second;
        a.line(when, f, times);
    };
}

}  // namespace

const std::vector<fault_kind>& line_faults()
{
    static const std::vector<fault_kind> all = {
        {"under TLS", "cut", on_the_line(kind::cut), {-1, 0, 0, 0, 0}, {-1, 10, 0, 10, 10}},
        {"under TLS", "reset", on_the_line(kind::reset), {-1, 0, 0, 0, 0}, {-1, 10, 0, 10, 10}},
        {"under TLS", "stall", on_the_line(kind::stall), {-1, 0, 0, 0, 0}, {-1, 10, 0, 10, 10}},
        {"under TLS", "one bit corrupted", on_the_line(kind::corrupt), {-1, 11, 0, 0, 0}, {-1, 11, 0, 10, 10}},
        {"under TLS", "cut, then refused", on_the_line(kind::refuse), {-1, 0, 0, 0, 0}, {-1, 10, 10, 10, 10}},
        {"under TLS", "a trickle", paced({}, {}, 300), {-1, 0, -1, -1, 0}, {-1, 10, -1, -1, 10}},
        {"under TLS", "silent at first", paced(600ms, {}, 0), {-1, 0, -1, -1, 0}, {-1, 10, -1, -1, 10}},
        {"under TLS", "100 ms late", paced({}, 100ms, 0), {-1, 0, -1, -1, 0}, {-1, 0, -1, -1, 0}},
        {"under TLS",
         "a black hole",
         [](arena& a, moment, unsigned) { a.black_hole(false); },
         {-1, -1, -1, -1, -1},
         {-1, 10, -1, -1, 10}},
        {"under TLS",
         "a black hole, and a mirror",
         [](arena& a, moment, unsigned) { a.black_hole(true); },
         {-1, -1, -1, -1, -1},
         {-1, 0, -1, -1, 0}},
    };
    return all;
}

const std::vector<fault_kind>& certificate_faults()
{
    const auto showing = [](auto make, int newest_tls = 0x0304) {
        return [=](arena& a, moment when, unsigned) { a.certificate(when, make(a), newest_tls); };
    };
    const auto by_ca = [](support::certificate_wish wish) { return [wish](const arena& a) { return a.w.ca.issue(wish); }; };
    support::certificate_wish expired;
    expired.not_after = -1h;
    support::certificate_wish early;
    early.not_before = 1h;
    support::certificate_wish elsewhere;
    elsewhere.hosts = {"elsewhere.example"};
    support::certificate_wish rsa;
    rsa.key = support::key_kind::rsa_2048;
    const codes none = {-1, -1, -1, -1, -1};
    const codes refused = {-1, 11, 11, 11, 11};
    static const std::vector<fault_kind> all = {
        {"certificate", "another one by the same CA", showing(by_ca({})), none, {-1, 0, 0, 0, 0}},
        {"certificate", "by another CA", showing([](const arena& a) { return a.other_ca.issue(); }), none, refused},
        {"certificate", "expired", showing(by_ca(expired)), none, refused},
        {"certificate", "not yet valid", showing(by_ca(early)), none, refused},
        {"certificate", "for another host", showing(by_ca(elsewhere)), none, refused},
        {"certificate", "self-signed", showing([](const arena&) { return support::throwaway_ca::self_signed(); }), none,
         refused},
        {"certificate", "good, but TLS 1.1 only", showing(by_ca(rsa), 0x0302), none, refused},
    };
    return all;
}

}  // namespace faults
