// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// A store belongs to one user. What others put in the way, or may write to, is refused.
#include "command.hpp"

#include <zip_writer.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

using namespace integration;
namespace fs = std::filesystem;

namespace {

void expect_private(const std::string& store)
{
    auto names = tree(store);
    names.push_back(".");
    CHECK(names.size() > 5);
    for (const auto& name : names)
    {
        CAPTURE(name);
        struct stat about
        {
        };
        REQUIRE(::lstat((store + "/" + name).c_str(), &about) == 0);
        CHECK(about.st_uid == ::geteuid());
        CHECK((S_ISDIR(about.st_mode) || S_ISREG(about.st_mode)));
        CHECK((about.st_mode & 07777) == (S_ISDIR(about.st_mode) ? 0700u : 0600u));
    }
}

/// Makes a folder 0770 for a group that is not this user's private one; false if there is none to be had.
bool share_with_group(const std::string& folder)
{
    std::vector<gid_t> groups(static_cast<std::size_t>(std::max(::getgroups(0, nullptr), 0)));
    if (::getgroups(static_cast<int>(groups.size()), groups.data()) < 0)
        return false;
    if (::geteuid() == 0)
        groups.push_back(12345);
    for (const gid_t group : groups)
        if (group != ::geteuid() && ::chown(folder.c_str(), static_cast<uid_t>(-1), group) == 0)
            return ::chmod(folder.c_str(), 0770) == 0;
    return false;
}

}  // namespace

TEST_CASE("under umask 000 files are 0600 and folders 0700, in packs of files and of archives")
{
    world w;
    support::process_options careless;
    careless.umask = 0;
    w.release(support::noise(100'000));
    REQUIRE(support::run(fetch_command(w, w.store()), careless).exit_code == 0);
    expect_private(w.store());
    const auto archive = support::zip_of({{"a/b/c.bin", "deep"}, {"run.sh", "#!/bin/sh\n", true, 0104777}});
    auto m = w.manifest(archive, "/z", 2, "2.0.0");
    m.artifacts[0].is_zip = true;
    w.publish(m);
    REQUIRE(support::run(fetch_command(w, w.store()), careless).exit_code == 0);
    expect_private(w.store());
    REQUIRE(run_command({"rollback", "--store", w.store(), "demo"}, careless).exit_code == 0);
    REQUIRE(run_command({"gc", "--store", w.store()}, careless).exit_code == 0);
    expect_private(w.store());
}

TEST_CASE("under umask 777 the store works as well")
{
    world w;
    support::process_options strict;
    strict.umask = 0777;
    w.release("content");
    CHECK(support::run(fetch_command(w, w.store()), strict).exit_code == 0);
    expect_private(w.store());
}

TEST_CASE("a link planted in place of any folder of the store is refused and not followed")
{
    world w;
    w.release("first");
    REQUIRE(fetch(w).code == errc::ok);
    for (const std::string folder :
         {".modelsec", ".modelsec/state", ".modelsec/staging", ".modelsec/locks", ".modelsec/envelopes", "demo"})
    {
        CAPTURE(folder);
        const auto inside = w.store() + "/" + folder;
        const auto outside = w.place / "outside";
        fs::rename(inside, outside);
        fs::create_directory_symlink(outside, inside);
        const auto before = tree(outside);
        w.release("second", 2, "2.0.0");
        CHECK(fetch(w).code == errc::store);
        CHECK(tree(outside) == before);
        fs::remove(inside);
        fs::rename(outside, inside);
    }
    CHECK(fetch(w).code == errc::ok);
}

TEST_CASE("a link planted in place of the model's file or folder is damage, not a model")
{
    world w;
    w.release("first");
    const auto path = fetch(w).result.path;
    REQUIRE(!path.empty());
    fs::rename(path + "/model.bin", w.place / "same");
    fs::create_symlink(w.place / "same", path + "/model.bin");
    modelsec::error_code ec;
    modelsec::diagnostics diag;
    auto client = w.client();
    client.open("demo", ec, diag);
    CHECK((ec == errc::store || ec == errc::digest));
    client.verify("demo", ec, diag);
    CHECK((ec == errc::store || ec == errc::digest));
    // A second name for other bytes: they are hashed, as the change time is another.
    fs::remove(path + "/model.bin");
    std::ofstream(w.place / "other") << "other";
    fs::create_hard_link(w.place / "other", path + "/model.bin");
    client.open("demo", ec, diag);
    CHECK(ec == errc::digest);
    // For the same bytes: a backup made of hard links is as good as before.
    fs::remove(path + "/model.bin");
    fs::create_hard_link(w.place / "same", path + "/model.bin");
    client.open("demo", ec, diag);
    CHECK_FALSE(ec);
}

TEST_CASE("a store that others may write to, or reach through such a folder, is refused")
{
    world w;
    w.release("content");
    const auto refuses = [&](const std::string& store) {
        auto options = w.options();
        options.store = store;
        modelsec::client client(options);
        CHECK(fetch(client, w.request()).why == reason::store_permissions);
        CHECK(w.web.count("/model.bin") == 0);
    };
    fs::create_directory(w.place / "open");
    ::chmod((w.place / "open").c_str(), 0777);
    refuses(w.place / "open");
    refuses(w.place / "open/store");
    if (share_with_group(w.place / "open"))
    {
        refuses(w.place / "open");
        refuses(w.place / "open/store");
    }
    if (::geteuid() == 0)  // only root can make a folder somebody else's
    {
        fs::create_directory(w.place / "foreign");
        ::chmod((w.place / "foreign").c_str(), 0700);
        REQUIRE(::chown((w.place / "foreign").c_str(), 12345, 12345) == 0);
        refuses(w.place / "foreign");
    }
    ::chmod((w.place / "open").c_str(), 01777);  // as /tmp: nobody can rename another's entries
    auto options = w.options();
    options.store = w.place / "open/store";
    modelsec::client client(options);
    CHECK(fetch(client, w.request()).code == errc::ok);
}

TEST_CASE("a group-shared store is accepted only where that was asked for")
{
    world w;
    w.release("content");
    fs::create_directory(w.store());
    if (!share_with_group(w.store()))
    {
        MESSAGE("not tried: this user is in no group but its own");
        return;
    }
    CHECK(fetch(w).why == reason::store_permissions);
    auto options = w.options();
    options.group_shared = true;
    modelsec::client client(options);
    CHECK(fetch(client, w.request()).code == errc::ok);
}

TEST_CASE("a damaged state is trouble to be repaired, not a first run; without any the files are adopted, and that is told")
{
    world w;
    w.release("content", 7);
    REQUIRE(fetch(w).code == errc::ok);
    const auto lost = [](const integration::outcome& o) {
        return std::count_if(o.events.begin(), o.events.end(), [](const modelsec::event& e) {
            return e.kind == event_kind::warning && e.why == reason::memory_lost;
        });
    };
    for (const auto& entry : fs::directory_iterator(w.store() + "/.modelsec/state"))
        fs::resize_file(entry.path(), 10);
    w.release("older", 1, "0.9.0");
    CHECK(fetch(w).why == reason::state_damaged);
    // What the kept envelopes prove is remembered by repair.
    modelsec::client client(w.options());
    const auto repaired = client.repair();
    REQUIRE(repaired.models.size() == 1);
    CHECK(repaired.models[0].found == reason::state_damaged);
    CHECK(repaired.models[0].sequence == 7);
    CHECK(repaired.models[0].forgotten_changes > 0);
    CHECK(repaired.models[0].adopted);
    CHECK(active_version(w) == "1.0.0");
    CHECK(active_content(w) == "content");
    CHECK(fetch(w).why == reason::older_sequence);

    for (const auto& entry : fs::directory_iterator(w.store() + "/.modelsec/state"))
        fs::remove(entry.path());
    CHECK(fetch(w).why == reason::older_sequence);  // the envelopes are still there
    fs::remove_all(w.store() + "/.modelsec");
    w.release("content", 8, "1.0.0");
    const auto before = w.web.count("/model.bin");
    const auto again = fetch(w);
    CHECK(again.code == errc::ok);
    CHECK(lost(again) == 1);
    CHECK(w.web.count("/model.bin") == before);
    CHECK(active_content(w) == "content");
    CHECK(lost(fetch(w)) == 0);
}

TEST_CASE("the command tells of one unreadable model, spares it, and repairs it")
{
    world w;
    w.release("content", 7);
    REQUIRE(fetch(w).code == errc::ok);
    const auto state = [&] {
        std::vector<std::string> names;
        for (const auto& entry : fs::directory_iterator(w.store() + "/.modelsec/state"))
            names.push_back(entry.path());
        return *std::max_element(names.begin(), names.end());
    };
    fs::resize_file(state(), 10);
    const auto shown = run_command({"status", "--store", w.store(), "--json"});
    CHECK(shown.exit_code == 0);
    CHECK(shown.out.find(R"("reason":"state_damaged")") != std::string::npos);
    CHECK(run_command({"status", "--store", w.store(), "demo"}).exit_code == 41);
    CHECK(run_command({"path", "--store", w.store(), "demo"}).exit_code == 41);
    const auto cleaned = run_command({"gc", "--store", w.store(), "--json"});
    CHECK(cleaned.exit_code == 0);
    CHECK(cleaned.out.find(R"("skipped":["demo"])") != std::string::npos);
    const auto repaired = run_command({"repair", "--store", w.store(), "--json"});
    CHECK(repaired.exit_code == 0);
    CHECK(repaired.out.find(R"("found":"state_damaged")") != std::string::npos);
    CHECK(repaired.out.find(R"("reason":"memory_lost")") != std::string::npos);  // the event
    CHECK(run_command({"path", "--store", w.store(), "demo"}).exit_code == 0);
    CHECK(run_command({"repair", "--store", w.store(), "demo"}).out.find("nothing to repair") != std::string::npos);
}
