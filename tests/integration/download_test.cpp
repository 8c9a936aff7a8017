// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The download engine against a real origin: resume, ranges, mirrors, and answers that are not what they should be.
#include <modelsec/store/store.hpp>
#include <modelsec/transport/download.hpp>

#include <doctest/doctest.h>
#include <origin.hpp>
#include <store_scene.hpp>
#include <temp_dir.hpp>

#include <algorithm>
#include <filesystem>
#include <thread>

// So that a failed check shows names.
namespace modelsec {
inline doctest::String toString(reason why)
{
    return std::string(to_string(why)).c_str();
}
}  // namespace modelsec

using namespace std::chrono_literals;
using modelsec::reason;
using modelsec::url;

namespace {

constexpr std::size_t mib = 1u << 20;

/// One file at /model.bin of one origin, and a store that wants it.
struct scene
{
    explicit scene(std::size_t size = 3 * mib + 77, std::size_t chunk = 0) : content(support::noise(size))
    {
        place.write("ca.pem", ca.certificate());
        options.tls.ca_file = place / "ca.pem";
        caps.retries = 2;
        caps.stall_timeout = 300ms;
        web.serve("/model.bin", content);
        web.serve("/mirror.bin", content);
        expected.size_bytes = size;
        expected.sha256 = modelsec::sha256(modelsec::as_bytes(content));
        if (chunk)
        {
            expected.chunks.emplace();
            expected.chunks->size_bytes = chunk;
            for (std::size_t at = 0; at < size; at += chunk)
                expected.chunks->sha256.push_back(
                    modelsec::sha256(modelsec::as_bytes(std::string_view(content).substr(at, chunk))));
        }
    }

    support::origin_options server() const
    {
        support::origin_options what;
        what.server = ca.issue();
        return what;
    }

    modelsec::staging staged()
    {
        const auto disk = support::open_store(place / "store", modelsec::file_system::native());
        return disk.value().stage(support::id("demo"), expected.sha256).value();
    }

    /// The reason it failed for; none if it is whole and verified.
    reason get(std::vector<std::string> paths = {"/model.bin"})
    {
        modelsec::http_environment env;
        env.options = &options;
        env.caps = &caps;
        env.time = &modelsec::clock::system();
        env.handle = handle;
        env.observe = [this](const modelsec::event& e) {
            if (on_event)
                on_event(e);
        };
        modelsec::http_client client(env);
        modelsec::download_request what{expected, {}, direct, connections, {}, &fetched, {}};
        for (const auto& path : paths)
            what.sources.push_back(url::parse(web.url(path)).value());
        std::uint64_t shown = 0;
        what.progress = [&](std::uint64_t bytes) {
            CHECK(bytes >= shown);
            CHECK(bytes <= expected.size_bytes);
            CHECK(bytes - shown <= 512 * 1024);
            shown = bytes;
            if (on_progress)
                on_progress(bytes);
        };
        if (renew)
            what.renew = [&]() -> modelsec::result<url> { return url::parse(web.url(renew())); };
        auto staging = staged();
        fetched = 0;
        const auto out = modelsec::download(client, what, staging);
        const auto partial = staging.open_partial(expected.sha256).value();
        on_disk.assign(modelsec::file_system::native().info(partial).value().size, '\0');
        REQUIRE(modelsec::file_system::native().read_at(
            partial, 0, {reinterpret_cast<std::uint8_t*>(on_disk.data()), on_disk.size()}).has_value());
        if (out.has_error())
            return out.error().why;
        CHECK(shown == expected.size_bytes);
        CHECK(on_disk == content);
        return reason::none;
    }

    /// What an earlier run left: these bytes, journalled.
    void keep(std::string_view bytes)
    {
        auto staging = staged();
        const auto partial = staging.open_partial(expected.sha256).value();
        REQUIRE(modelsec::file_system::native().write_at(partial, 0, modelsec::as_bytes(bytes)).has_value());
        REQUIRE(staging.add_to_journal(expected.sha256, expected.size_bytes, {0, bytes.size()}).has_value());
    }

    support::throwaway_ca ca;
    support::origin web{server()};
    support::temp_dir place;
    std::string content;
    modelsec::artifact_file expected;
    modelsec::transport_options options;
    modelsec::limits caps;
    modelsec::control handle;
    bool direct = true;
    unsigned connections = 1;
    std::uint64_t fetched = 0;
    std::string on_disk;
    std::function<void(const modelsec::event&)> on_event;
    std::function<void(std::uint64_t)> on_progress;
    std::function<std::string()> renew;
};

std::string flipped(std::string bytes, std::size_t at)
{
    bytes[at] = static_cast<char>(bytes[at] ^ 1);
    return bytes;
}

}  // namespace

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

TEST_CASE("200 to a range request is taken from its beginning and never appended")
{
    scene s;
    s.keep(s.content.substr(0, mib));
    support::fault whole;
    whole.ignore_range = true;
    s.web.fail("/model.bin", whole);
    CHECK(s.get() == reason::none);
    CHECK(s.web.requests().size() == 1);
}

TEST_CASE("416 is no end of the file: the whole is asked for instead")
{
    scene s;
    s.keep(s.content.substr(0, mib));
    support::fault refuse;
    refuse.refuse_range = true;
    s.web.fail("/model.bin", refuse);
    CHECK(s.get() == reason::none);
    CHECK(s.web.requests().back().header("range").empty());
}

TEST_CASE("another Content-Range than was asked is never written")
{
    for (const auto* lie : {"bytes 0-2097228/3145805", "bytes 1048577-3145804/3145805", "bytes 1048576-3145804/*", "nonsense"})
    {
        scene s;
        s.keep(s.content.substr(0, mib));
        support::fault wrong;
        wrong.content_range = lie;
        s.web.fail("/model.bin", wrong, 1);
        CHECK(s.get() == reason::none);
    }
}

TEST_CASE("another announced size is refused before a byte is read; a mirror may do better")
{
    for (const bool range : {false, true})
    {
        scene s;
        if (range)
            s.keep(s.content.substr(0, mib));
        support::fault lie;
        if (range)
            lie.content_range = "bytes 1048576-3145804/3145806";
        else
            lie.announce = s.content.size() + 1;
        s.web.fail("/model.bin", lie);
        CHECK(s.get() == reason::size_mismatch);
        CHECK(s.fetched == 0);
        CHECK(s.web.requests().size() == 1);
        CHECK(s.get({"/model.bin", "/mirror.bin"}) == reason::none);
    }
}

TEST_CASE("a body that goes on after the last signed byte is refused, however it is framed")
{
    for (const bool endless : {false, true})
    {
        scene s;
        support::fault longer;
        longer.chunked = true;
        longer.extra_bytes = 1;
        if (endless)
            longer.endless = true;
        s.web.fail("/model.bin", longer);
        const auto why = s.get();
        CHECK((why == reason::size_mismatch || (endless && why == reason::digest_mismatch)));
        CHECK(s.fetched <= 2 * (s.content.size() + mib));
    }
}

TEST_CASE("a chunked body without any length is good if it has the signed bytes")
{
    scene s;
    support::fault chunked;
    chunked.chunked = true;
    s.web.fail("/model.bin", chunked);
    CHECK(s.get() == reason::none);
}

TEST_CASE("a flipped bit is refused and nothing is kept; a mirror is tried from scratch")
{
    scene s;
    support::fault flip;
    flip.flip_at = mib + 5;
    s.web.fail("/model.bin", flip);
    CHECK(s.get() == reason::digest_mismatch);
    CHECK(s.on_disk.empty());
    CHECK(s.get({"/model.bin", "/mirror.bin"}) == reason::none);
    CHECK(s.web.requests().back().header("range").empty());
}

TEST_CASE("a prefix altered on disk between runs is found, dropped and fetched again")
{
    scene s;
    s.keep(flipped(s.content.substr(0, mib), 77));
    CHECK(s.get() == reason::none);
    REQUIRE(s.web.requests().size() == 2);
    CHECK(s.web.requests()[1].header("range").empty());
}

TEST_CASE("with chunk digests a flipped bit costs one chunk, from another mirror first")
{
    scene s(5 * mib, 256 * 1024);
    support::fault flip;
    flip.flip_at = mib + 5;
    s.web.fail("/model.bin", flip);
    CHECK(s.get({"/model.bin", "/mirror.bin"}) == reason::none);
    CHECK(s.web.sent("/mirror.bin") >= 256 * 1024);
    CHECK(s.fetched <= s.content.size() + 256 * 1024 + mib);
}

TEST_CASE("with chunk digests an altered partial costs one chunk, and the good rest is kept")
{
    scene s(5 * mib, 256 * 1024);
    s.keep(flipped(s.content, 3 * mib));
    CHECK(s.get() == reason::none);
    REQUIRE(s.web.requests().size() == 1);
    CHECK(s.web.requests()[0].header("range") == "bytes=3145728-3407871");
}

TEST_CASE("a chunk that every source has wrong is a chunk mismatch")
{
    scene s(2 * mib, 256 * 1024);
    support::fault flip;
    flip.flip_at = 9;
    s.web.fail("/model.bin", flip);
    s.web.fail("/mirror.bin", flip);
    CHECK(s.get({"/model.bin", "/mirror.bin"}) == reason::chunk_mismatch);
}

TEST_CASE("chunk digests that contradict the whole end it, and no mirror is asked")
{
    scene s(2 * mib, 256 * 1024);
    s.expected.sha256 = modelsec::sha256(modelsec::as_bytes("other"));
    CHECK(s.get({"/model.bin", "/mirror.bin"}) == reason::chunks_contradict);
    CHECK(s.web.count("/mirror.bin") == 0);
    CHECK(s.on_disk.empty());
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
    for (const auto& [status, why] : {std::pair{404u, reason::not_found}, {403u, reason::forbidden}, {401u, reason::unauthorized}})
    {
        scene s;
        s.web.fail("/model.bin", support::answer(status));
        CHECK(s.get() == why);
        CHECK(s.web.requests().size() == 1);
    }
    scene s;
    s.web.fail("/model.bin", support::answer(503), 2);
    CHECK(s.get() == reason::none);
    CHECK(s.web.requests().size() == 3);
}

TEST_CASE("an address that expires in mid-download is renewed and costs no fetched byte")
{
    scene s;
    support::fault cut;
    cut.cut_at = mib;
    s.web.fail("/model.bin", cut, 1);
    s.web.fail("/model.bin", support::answer(403));
    int asked = 0;
    s.renew = [&] {
        ++asked;
        return std::string("/mirror.bin");
    };
    CHECK(s.get() == reason::none);
    CHECK(asked == 1);
    CHECK(s.fetched <= s.content.size() + 4096);
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
