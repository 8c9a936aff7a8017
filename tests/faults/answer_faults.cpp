// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// What goes wrong above TLS: the origin answers as it should not.
#include "arena.hpp"

namespace faults {
namespace {

using support::fault;
constexpr const char* secret = integration::planted_secret;

/// One answer, the same at every moment.
auto says(const fault& f)
{
    return [f](arena& a, moment when, unsigned times) { a.answer(when, f, times); };
}

template <class Change>
auto with(Change change)
{
    fault f;
    change(f);
    return says(f);
}

auto status(unsigned code, support::header_list headers = {})
{
    headers.emplace_back("X-Secret", secret);
    return says(support::answer(code, std::move(headers), secret));
}

auto raw(std::string bytes)
{
    return with([&](fault& f) { f.raw = std::move(bytes); });
}

/// A fault at a place in the body: where the moment is.
template <class Change>
auto at_byte(Change change)
{
    return [change](arena& a, moment when, unsigned times) {
        fault f;
        change(f, when == moment::last ? a.content.size() - 1 : when == moment::first ? 0 : a.half());
        a.w.web.fail(when == moment::manifest ? "/manifest" : arena::path, f, times);
    };
}

const std::string ok = "HTTP/1.1 200 OK\r\n";
const codes recovers = {0, 0, 0, 0, 0};

codes always(int manifest, int artifact)
{
    return {manifest, artifact, artifact, artifact, artifact};
}

std::vector<fault_kind> of_bodies()
{
    return {
        {"answer", "cut", at_byte([](fault& f, auto at) { f.cut_at = at; }), {-1, 0, 0, 0, 0}, {-1, 10, 10, 10, 10}},
        {"answer", "reset", at_byte([](fault& f, auto at) { f.reset_at = at; }), {-1, 0, 0, 0, 0}, {-1, 10, 10, 10, 10}},
        {"answer", "stall", at_byte([](fault& f, auto at) { f.stall_at = at; }), {-1, 0, 0, 0, 0}, {-1, 10, 10, 10, 10}},
        {"answer", "a flipped bit", at_byte([](fault& f, auto at) { f.flip_at = at; }), {-1, 30, 30, 30, 0}, always(-1, 30)},
        {"answer", "a trickle", with([](fault& f) { f.bytes_per_second = 300; }), recovers, {10, 10, 10, 0, 10}},
        {"answer",
         "one byte more announced",
         with([](fault& f) { f.announce = 200'078; }),
         {-1, 30, 0, 0, 0},
         always(-1, 30)},
        {"answer",
         "one byte less announced",
         with([](fault& f) { f.announce = 200'076; }),
         {-1, 30, 0, 0, 0},
         always(-1, 30)},
        {"answer", "more bytes than announced", with([](fault& f) { f.extra_bytes = 9; }), {-1, 0, 0, 0, 0}, always(-1, 0)},
        {"answer",
         "a chunked body with one byte more",
         with([](fault& f) {
             f.chunked = true;
             f.extra_bytes = 1;
         }),
         {-1, 30, 0, 0, 0},
         always(-1, 30)},
        {"answer", "an endless body", with([](fault& f) { f.endless = true; }), {24, 30, 0, 0, 0}, {24, 30, 30, 30, 30}},
        {"answer",
         "labelled gzip, though identity was asked",
         with([](fault& f) { f.gzip = true; }),
         {12, 0, 0, 0, 0},
         always(12, 0)},
    };
}

std::vector<fault_kind> of_ranges()
{
    return {
        {"answer", "200 for a range", with([](fault& f) { f.ignore_range = true; }), {-1, 0, 0, 0, 0}, always(-1, 0)},
        {"answer",
         "another Content-Range",
         with([](fault& f) { f.content_range = "bytes 0-99/200077"; }),
         {-1, 0, 0, 0, 0},
         always(-1, 0)},
        {"answer",
         "a Content-Range of another total",
         [](arena& a, moment when, unsigned times) {
             fault f;
             const auto from = when == moment::last ? a.content.size() - 1 : a.half();
             f.content_range = "bytes " + std::to_string(from) + "-" + std::to_string(a.content.size() - 1) + "/200078";
             a.answer(when, f, times);
         },
         {-1, 0, 30, 30, 30},
         {-1, 0, 30, 30, 30}},
        {"answer",
         "an unreadable Content-Range",
         with([](fault& f) { f.content_range = "bytes x-y/z"; }),
         {-1, 0, 0, 0, 0},
         always(-1, 0)},
        {"answer",
         "206 that nobody asked for",
         status(206, {{"Content-Range", "bytes 0-1/200077"}}),
         {-1, 0, 0, 0, 0},
         always(-1, 10)},
        {"answer",
         "403 for a range, the whole is given",
         [](arena& a, moment when, unsigned) {
             if (when != moment::first && when != moment::resume)
                 return;
             a.w.web.handle(arena::path, [&a](const support::seen_request& r) {
                 return r.header("range").empty() ? support::reply{200, {}, a.content}
                                                  : support::reply{403, {}, "no ranges"};
             });
         },
         {-1, 0, -1, -1, 0},
         {-1, 0, -1, -1, 0}},
        {"answer", "416 for a range", with([](fault& f) { f.refuse_range = true; }), {-1, 0, 0, 0, 0}, always(-1, 0)},
        {"answer", "416 for everything", status(416), {12, 0, 0, 0, 0}, always(12, 10)},
    };
}

std::vector<fault_kind> of_headers()
{
    std::string many = ok;
    for (int i = 0; i < 9000; ++i)
        many += "A: b\r\n";
    return {
        {"answer", "a header bomb", with([](fault& f) { f.header_bytes = 1u << 20; }), recovers, always(10, 10)},
        {"answer", "thousands of header fields", raw(many), recovers, always(10, 10)},
        {"answer", "a header line without end", raw(ok + "A: " + std::string(200'000, 'a')), recovers, always(10, 10)},
        {"answer", "a slow header", with([](fault& f) { f.slow_header = true; }), recovers, always(10, 10)},
        {"answer", "a status line without a reason", with([](fault& f) { f.bare_status = true; }), recovers, always(0, 0)},
        {"answer", "no HTTP at all", raw("SSH-2.0-OpenSSH\r\n\r\n"), recovers, always(10, 10)},
        {"answer", "two lengths", raw(ok + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef"), recovers,
         always(10, 10)},
        {"answer", "a length and chunks",
         raw(ok + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n0\r\n\r\n"), recovers,
         always(10, 10)},
        {"answer", "a negative length", raw(ok + "Content-Length: -1\r\n\r\n"), recovers, always(10, 10)},
        {"answer", "a chunk of 2^64 bytes", raw(ok + "Transfer-Encoding: chunked\r\n\r\n10000000000000000\r\nabc"), recovers,
         always(10, 10)},
        {"answer", "a chunk extension without end",
         raw(ok + "Transfer-Encoding: chunked\r\n\r\n5;" + std::string(200'000, 'e')), recovers, always(10, 10)},
        {"answer", "trailers without end", raw(ok + "Transfer-Encoding: chunked\r\n\r\n0\r\n" + std::string(many, 17)),
         recovers, always(10, 10)},
    };
}

std::vector<fault_kind> of_statuses()
{
    return {
        {"answer", "400", status(400), always(12, 12), always(12, 12)},
        {"answer", "400, the address has expired",
         says(support::answer(400, {}, "<Error><Code>ExpiredToken</Code></Error>")), always(14, 14), always(14, 14)},
        {"answer", "401", status(401), always(14, 14), always(14, 14)},
        {"answer", "402", status(402), always(13, 13), always(13, 13)},
        // A source that refuses a range is asked for the whole.
        {"answer", "403", status(403), {14, 14, 0, 0, 0}, always(14, 14)},
        {"answer", "404", status(404), always(12, 12), always(12, 12)},
        {"answer", "410", status(410), always(12, 12), always(12, 12)},
        {"answer", "429", status(429, {{"Retry-After", "0"}}), recovers, always(13, 13)},
        {"answer", "429, come back in an hour", status(429, {{"Retry-After", "3600"}}), always(13, 13), always(13, 13)},
        {"answer", "429, RateLimit says in a minute", status(429, {{"RateLimit", "\"api\";r=0;t=55"}}), always(13, 13),
         always(13, 13)},
        {"answer", "500", status(500), recovers, always(12, 12)},
        {"answer", "503", status(503, {{"Retry-After", "soon"}}), recovers, always(12, 12)},
        {"answer", "204", status(204), always(24, 12), always(24, 12)},
        {"answer", "999", raw("HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"), always(12, 12), always(12, 12)},
    };
}

std::vector<fault_kind> of_redirects()
{
    const auto to = [](const std::string& place) { return says(support::redirect(place + "?token=" + secret)); };
    return {
        {"answer", "a redirect in a circle",
         [to](arena& a, moment when, unsigned times) {
             to(when == moment::manifest ? "/manifest" : arena::path)(a, when, times);
         },
         recovers, always(12, 12)},
        {"answer", "a redirect to plain HTTP", to("http://127.0.0.1/model.bin"), always(50, 50), always(50, 50)},
        {"answer", "a redirect to a file", to("file:///etc/passwd"), always(12, 12), always(12, 12)},
        {"answer", "a redirect to nowhere", status(302), always(12, 12), always(12, 12)},
        {"answer", "a redirect to an unreadable place", to("https://[::1/x"), always(12, 12), always(12, 12)},
        {"answer", "300", status(300, {{"Location", "/model.bin"}}), always(12, 12), always(12, 12)},
    };
}

}  // namespace

const std::vector<fault_kind>& answer_faults()
{
    static const std::vector<fault_kind> all = [] {
        std::vector<fault_kind> out;
        for (auto* part : {of_bodies, of_ranges, of_headers, of_statuses, of_redirects})
            for (fault_kind& k : part())
                out.push_back(std::move(k));
        return out;
    }();
    return all;
}

}  // namespace faults
