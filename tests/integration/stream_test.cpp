// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Reading a pack while it is downloaded, through the public client and a real origin.
#include "world.hpp"

#include <algorithm>
#include <thread>

using namespace integration;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t mib = 1u << 20;

struct streamed : world
{
    std::string content;

    explicit streamed(std::size_t size, std::size_t chunk) : content(support::noise(size))
    {
        auto m = manifest(content);
        if (chunk != 0)
            m.artifacts[0].in_chunks(content, chunk);
        publish(m);
    }
    modelsec::client client(unsigned connections) const
    {
        auto how = options();
        how.transport.connections = connections;
        return modelsec::client(how);
    }
    std::string text(modelsec::pack_stream& from, std::uint64_t offset, std::size_t size) const
    {
        std::string out(size, '?');
        const std::size_t got = from.read("model.bin", offset, {reinterpret_cast<std::uint8_t*>(out.data()), out.size()});
        return out.substr(0, got);
    }
};

}  // namespace

TEST_CASE("the first bytes are read while the rest is still on its way, and in the end the pack is active")
{
    streamed s(8 * mib, mib / 2);
    support::fault slow;
    slow.bytes_per_second = 4 * mib;
    s.web.fail("/model.bin", slow, 100);
    auto client = s.client(1);
    auto from = client.stream(s.request());
    CHECK(from.model_id() == "demo");
    CHECK(from.version() == "1.0.0");
    REQUIRE(from.files().size() == 1);
    CHECK(from.files()[0].path == "model.bin");
    CHECK(from.files()[0].size == s.content.size());
    CHECK(from.files()[0].granularity == mib / 2);
    CHECK(s.text(from, 0, 1000) == s.content.substr(0, 1000));
    CHECK(active_version(s).empty());  // seven eighths are not here yet
    std::string all;
    for (std::size_t at = 0; at < s.content.size(); at += 300'000)
        all += s.text(from, at, 300'000);
    CHECK(all == s.content);
    const auto copy = from.map("model.bin", 100, 2 * mib);
    CHECK(modelsec::as_text(copy) == std::string_view(s.content).substr(100, 2 * mib));
    const auto end = from.finish();
    CHECK(end.version == "1.0.0");
    CHECK(active_content(s) == s.content);
    CHECK(s.text(from, s.content.size() - 5, 100) == s.content.substr(s.content.size() - 5));
    CHECK(s.text(from, s.content.size(), 100).empty());
    modelsec::error_code ec;
    std::uint8_t one = 0;
    CHECK(from.read("other.bin", 0, {&one, 1}, ec) == 0);
    CHECK(ec == errc::usage);
}

TEST_CASE("what is waited for comes before the rest, over one connection too")
{
    for (const unsigned connections : {1u, 4u})
    {
        streamed s(32 * mib, mib);
        support::fault slow;
        slow.bytes_per_second = 6 * mib;
        s.web.fail("/model.bin", slow, 100);
        auto client = s.client(connections);
        auto from = client.stream(s.request());
        CHECK(s.text(from, 31 * mib + 17, 1000) == s.content.substr(31 * mib + 17, 1000));
        CHECK(active_version(s).empty());
        const auto asked = s.web.requests();
        CHECK(std::ranges::any_of(asked, [](const auto& r) { return r.header("range").starts_with("bytes=32505856-"); }));
        from.cancel();
        modelsec::error_code ec;
        (void)from.finish(ec);
        CHECK(ec == errc::cancelled);
    }
}

TEST_CASE("a file without chunks is read when all of it is verified")
{
    streamed s(2 * mib, 0);
    auto client = s.client(2);
    auto from = client.stream(s.request());
    CHECK(from.files()[0].granularity == s.content.size());
    CHECK(s.text(from, mib, 100) == s.content.substr(mib, 100));
    CHECK(from.finish().bytes_fetched == s.content.size());
}

TEST_CASE("reads fail as the attempt does: wrong bytes, a cancel, a client that is stopped")
{
    {
        streamed s(4 * mib, mib);
        support::fault wrong;
        wrong.flip_at = 2 * mib + 5;
        s.web.fail("/model.bin", wrong, 100);
        auto client = s.client(1);
        auto from = client.stream(s.request());
        modelsec::error_code ec;
        modelsec::diagnostics diag;
        std::vector<std::uint8_t> into(100);
        CHECK(from.read("model.bin", 2 * mib, into, ec, diag) == 0);
        CHECK(ec == errc::digest);
        CHECK(diag.why == reason::chunk_mismatch);
        CHECK_THROWS_AS((void)from.finish(), modelsec::error);
        CHECK(active_version(s).empty());
    }
    for (const bool stop : {false, true})
    {
        streamed s(4 * mib, mib);
        support::fault stall;
        stall.stall_at = 10;
        s.web.fail("/model.bin", stall, 100);
        auto client = s.client(1);
        auto from = client.stream(s.request());
        modelsec::error_code ec;
        std::vector<std::uint8_t> into(100);
        std::thread reader([&] { (void)from.read("model.bin", 2 * mib, into, ec); });
        if (stop)
            client.stop();
        else
            from.cancel();
        reader.join();
        CHECK(ec == errc::cancelled);
        CHECK(from.read("model.bin", 0, into, ec) == 0);
        CHECK(ec == errc::cancelled);
    }
    {
        streamed s(mib, 0);
        auto client = s.client(1);
        client.stop();
        CHECK_THROWS_AS((void)client.stream(s.request()), modelsec::error);
        s.web.fail("/manifest", support::answer(404), 100);
        auto other = s.client(1);
        CHECK_THROWS_AS((void)other.stream(s.request()), modelsec::error);
    }
}

TEST_CASE("what is active already is read at once, and what cannot be streamed is policy")
{
    streamed s(mib + 5, 256 * 1024);
    REQUIRE(fetch(s).code == errc::ok);
    s.web.forget_requests();
    auto client = s.client(1);
    {
        auto from = client.stream(s.request());
        CHECK(s.text(from, 1000, mib) == s.content.substr(1000, mib));
        CHECK(from.finish().already_active);
        CHECK(s.web.count("/model.bin") == 0);
    }
    auto m = s.manifest(s.content, "/model.zip", 2, "2.0.0");
    m.artifacts[0].is_zip = true;
    s.publish(m);
    try
    {
        (void)client.stream(s.request());
        CHECK(false);
    }
    catch (const modelsec::error& e)
    {
        CHECK(e.code() == errc::policy);
    }
    auto offline = s.request();
    offline.offline = true;
    CHECK_THROWS_AS((void)client.stream(offline), modelsec::error);
}

TEST_CASE("a stream that is given up ends its attempt, and the next fetch goes on from there")
{
    streamed s(6 * mib, mib);
    support::fault slow;
    slow.bytes_per_second = 3 * mib;
    s.web.fail("/model.bin", slow, 1);
    auto client = s.client(1);
    {
        auto from = client.stream(s.request());
        CHECK(s.text(from, 0, 10) == s.content.substr(0, 10));
    }
    CHECK(client.shutdown(20s));
    const auto rest = fetch(s);
    CHECK(rest.code == errc::ok);
    CHECK(rest.result.bytes_fetched < s.content.size());
    CHECK(active_content(s) == s.content);
}
