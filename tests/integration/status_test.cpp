// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// status() may remember, but not what is no longer so: after each change it says what a client that remembers nothing says.
#include "world.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

using namespace integration;
namespace fs = std::filesystem;

namespace {

bool same(const std::optional<modelsec::pack_info>& a, const std::optional<modelsec::pack_info>& b)
{
    return a.has_value() == b.has_value() &&
           (!a || (a->version == b->version && a->artifact == b->artifact && a->path == b->path &&
                   a->sequence == b->sequence && a->bytes == b->bytes));
}

/// Asks a client that may remember and one that cannot.
std::vector<modelsec::model_status> agreed_status(const world& w, modelsec::client& remembering)
{
    modelsec::error_code ec;
    modelsec::error_code fresh_ec;
    modelsec::diagnostics diag;
    const auto told = remembering.status(ec, diag);
    const auto fresh = w.client().status(fresh_ec, diag);
    CHECK(ec == fresh_ec);
    REQUIRE(told.size() == fresh.size());
    for (std::size_t i = 0; i < told.size(); ++i)
    {
        CHECK(told[i].model_id == fresh[i].model_id);
        CHECK(told[i].why == fresh[i].why);
        CHECK(same(told[i].active, fresh[i].active));
        CHECK(same(told[i].last_good, fresh[i].last_good));
        CHECK(told[i].sequence == fresh[i].sequence);
        CHECK(told[i].rejected.size() == fresh[i].rejected.size());
        CHECK(told[i].partial_bytes == fresh[i].partial_bytes);
    }
    return told;
}

/// Long enough for every disk's clock to move: from here on status() remembers.
void let_it_remember(modelsec::client& client)
{
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    (void)client.status();
    (void)client.status();
}

}  // namespace

TEST_CASE("Status follows what other clients do with the store, at once")
{
    world w;
    auto client = w.client();
    CHECK(agreed_status(w, client).empty());
    for (int version = 1; version <= 3; ++version)
    {
        w.release(support::noise(5000, static_cast<std::uint64_t>(version)), static_cast<std::uint64_t>(version),
                  std::to_string(version) + ".0.0");
        CHECK(fetch(w).code == errc::ok);
        const auto told = agreed_status(w, client);
        REQUIRE(told.size() == 1);
        CHECK(told[0].active->version == std::to_string(version) + ".0.0");
        let_it_remember(client);
        agreed_status(w, client);
    }
    w.client().rollback({"demo", {}});
    CHECK(agreed_status(w, client)[0].rejected.size() == 1);
    let_it_remember(client);
    w.client().gc();
    agreed_status(w, client);
}

TEST_CASE("Status sees what is done to the store behind its back")
{
    world w;
    w.release(support::noise(5000));
    CHECK(fetch(w).code == errc::ok);
    auto client = w.client();
    let_it_remember(client);
    const fs::path root = w.store();

    SUBCASE("a pack's folder is taken away")
    {
        fs::rename(root / "demo" / "1.0.0", root / "demo" / "elsewhere");
        CHECK(agreed_status(w, client)[0].active->path.empty());
    }
    SUBCASE("the state is altered in place")
    {
        for (const auto& e : fs::directory_iterator(root / ".modelsec" / "state"))
            std::fstream(e.path(), std::ios::in | std::ios::out).put('x');
        // One model that cannot be read fails no status: it says so itself, and the others are told.
        const auto told = agreed_status(w, client);
        REQUIRE(told.size() == 1);
        CHECK(told[0].why == reason::state_damaged);
        CHECK(!told[0].active);
    }
    SUBCASE("the store is moved away")
    {
        fs::rename(root, w.place / "moved");
        CHECK(agreed_status(w, client).empty());
    }
    SUBCASE("another store stands in its place")
    {
        fs::rename(root, w.place / "moved");
        w.release(support::noise(5000, 9), 9, "9.0.0");
        CHECK(fetch(w).code == errc::ok);
        CHECK(agreed_status(w, client)[0].active->version == "9.0.0");
    }
    SUBCASE("others may write to it")
    {
        fs::permissions(root, fs::perms::others_write, fs::perm_options::add);
        agreed_status(w, client);
    }
    SUBCASE("packs appear that no state names")
    {
        fs::create_directories(root / "foreign" / "1.0.0");
        agreed_status(w, client);
    }
}
