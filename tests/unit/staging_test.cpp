// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../support/faulty_file_system.hpp"
#include "../support/store_scene.hpp"

#include <modelsec/detail/base/machine.hpp>

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

using namespace modelsec;

using namespace modelsec::detail;
using namespace support;

namespace {

const std::string text = "0123456789";
const sha256_digest content = sha256(as_bytes(text));

struct place
{
    temp_dir dir;
    temp_dir graveyard;
    faulty_file_system fs{graveyard.path()};
    std::string path = dir / "store";
    store disk = open_store(path, fs).value();

    std::string folder() const { return path + "/.modelsec/staging/" + content.hex(); }
    staging stage() { return disk.stage(id("m"), content).value(); }
    /// Writes `size` bytes and notes them.
    void download(staging& s, std::size_t size)
    {
        const file partial = s.open_partial(content).value();
        REQUIRE(fs.write_at(partial, 0, as_bytes(text).first(size)).has_value());
        REQUIRE(fs.sync(partial).has_value());
        REQUIRE(s.add_to_journal(content, text.size(), {0, size}).has_value());
    }
    std::vector<byte_range> journal() { return stage().journal(content, text.size()).value(); }
};

using ranges = std::vector<byte_range>;

}  // namespace

TEST_CASE("a partial and its journal survive the operation, and are found by the next one")
{
    place p;
    {
        staging s = p.stage();
        CHECK(s.journal(content, text.size()).value().empty());
        p.download(s, 4);
        REQUIRE(s.add_to_journal(content, text.size(), {3, 4}).has_value());
        CHECK(s.journal(content, text.size()).value() == ranges{{0, 4}});
    }
    CHECK(p.journal() == ranges{{0, 4}});
    CHECK(p.disk.partial_bytes(id("m")).value() == 4);
    CHECK(p.disk.partial_bytes(id("other")).value() == 0);
    staging s = p.stage();
    CHECK(p.fs.info(s.open_partial(content).value()).value().size == 4);
    CHECK(s.journal(content, 11).value().empty());  // another size, another file
}

TEST_CASE("a journal never vouches for more than the partial holds, nor for a partial that is new")
{
    place p;
    {
        staging s = p.stage();
        p.download(s, 8);
    }
    std::filesystem::resize_file(p.folder() + "/partial-" + content.hex(), 5);
    CHECK(p.journal() == ranges{{0, 5}});
    std::filesystem::remove(p.folder() + "/partial-" + content.hex());
    CHECK(p.journal().empty());
    {
        staging s = p.stage();
        const file fresh = s.open_partial(content).value();
        REQUIRE(p.fs.write_at(fresh, 0, as_bytes("..........")).has_value());
    }
    CHECK(p.journal().empty());
}

TEST_CASE("what a power cut tore from the journal is not believed, and the journal goes on before it")
{
    place p;
    {
        staging s = p.stage();
        p.download(s, 4);
        REQUIRE(s.add_to_journal(content, text.size(), {4, 8}).has_value());
    }
    const std::string name = p.folder() + "/journal";
    std::filesystem::resize_file(name, std::filesystem::file_size(name) - 3);
    CHECK(p.journal() == ranges{{0, 4}});
    {
        staging s = p.stage();
        p.download(s, 10);
    }
    CHECK(p.journal() == ranges{{0, 10}});
}

TEST_CASE("what stands in a partial's place but is no file of its own is not written to")
{
    for (const char* planted : {"link", "second name", "folder", "pipe"})
    {
        CAPTURE(planted);
        place p;
        const std::string victim = p.dir.write("victim", "precious");
        const std::string name = p.folder() + "/partial-" + content.hex();
        {
            const staging s = p.stage();
        }
        if (planted == std::string("link"))
            REQUIRE(::symlink(victim.c_str(), name.c_str()) == 0);
        else if (planted == std::string("second name"))
            REQUIRE(::link(victim.c_str(), name.c_str()) == 0);
        else if (planted == std::string("folder"))
            REQUIRE(::mkdir(name.c_str(), 0700) == 0);
        else
            REQUIRE(::mkfifo(name.c_str(), 0600) == 0);
        staging s = p.stage();
        p.download(s, 10);
        CHECK(s.journal(content, text.size()).value() == ranges{{0, 10}});
        CHECK(read_file(victim) == "precious");
        CHECK(read_file(name) == text);
    }
}

TEST_CASE("a file that was placed but not activated is a partial again for the next operation")
{
    place p;
    const auto where = relative_path::parse("a/b/model.bin").value();
    {
        staging s = p.stage();
        p.download(s, 10);
        REQUIRE(s.fresh_pack_folder().has_value());
        REQUIRE(s.place({{content, where}}).has_value());
        CHECK(read_file(p.folder() + "/pack/a/b/model.bin") == text);
        CHECK(s.place({{content, where}}).has_error());
    }
    CHECK(p.disk.partial_bytes(id("m")).value() == 10);
    CHECK(p.journal() == ranges{{0, 10}});
    CHECK(read_file(p.folder() + "/partial-" + content.hex()) == text);
    CHECK(names_in(p.folder() + "/pack/a/b").empty());
}

TEST_CASE("a fresh pack folder is empty, whatever was there")
{
    place p;
    staging s = p.stage();
    const file first = s.fresh_pack_folder().value();
    REQUIRE(p.fs.open_file(first, "left over", open_mode::create_new).has_value());
    REQUIRE(p.fs.open_folder(first, "folder", true).has_value());
    REQUIRE(::symlink(p.dir.path().c_str(), (p.folder() + "/pack/link").c_str()) == 0);
    REQUIRE(s.fresh_pack_folder().has_value());
    CHECK(names_in(p.folder() + "/pack").empty());
    CHECK(std::filesystem::exists(p.path));
}

TEST_CASE("a dropped partial is gone with its journal")
{
    place p;
    staging s = p.stage();
    p.download(s, 10);
    REQUIRE(s.drop_partial(content).has_value());
    CHECK(s.journal(content, text.size()).value().empty());
    CHECK(names_in(p.folder()) == std::set<std::string>{"for-m", "journal"});
    p.download(s, 3);
    CHECK(s.journal(content, text.size()).value() == ranges{{0, 3}});
}

TEST_CASE("two operations never grow one content in one place")
{
    place p;
    const staging a = p.stage();
    const staging b = p.stage();
    CHECK(names_in(p.path + "/.modelsec/staging") == std::set<std::string>{content.hex(), content.hex() + ".1"});
}

// --- where locks of files mean nothing

namespace {

struct place_without_locks : place
{
    std::string staging_folder = path + "/.modelsec/staging";
    std::string first = content.hex() + ".1";

    place_without_locks() { fs.locks_lie(); }
    /// An attempt that ends with so many bytes, as if whoever made it said so of itself; nothing: as it really is.
    void attempt(std::size_t size, const std::optional<std::string>& owner = {})
    {
        {
            staging s = stage();
            download(s, size);
        }
        if (owner)
            std::ofstream(staging_folder + '/' + latest_claim_of(first)) << *owner;
    }
    std::string latest_claim_of(const std::string& folder) const
    {
        std::string out;
        for (const std::string& name : names_in(staging_folder))
            if (name.starts_with(folder + ".claim"))
                out = std::max(out, name);
        return out;
    }
    /// What the next attempt need not fetch again.
    std::vector<byte_range> found()
    {
        const ranges told = stage().journal(content, text.size()).value();
        return told;
    }
    std::vector<std::string> collect(bool dry_run = false)
    {
        std::vector<std::string> removed;
        std::uint64_t total = 0;
        REQUIRE(disk.collect_staging(dry_run, removed, total).has_value());
        return removed;
    }
    /// Makes all that is there so much older.
    void age(std::chrono::hours by)
    {
        for (const auto& e : std::filesystem::recursive_directory_iterator(staging_folder))
            std::filesystem::last_write_time(e.path(), e.last_write_time() - by);
    }
    std::size_t folders() const
    {
        std::size_t n = 0;
        for (const std::string& name : names_in(staging_folder))
            n += name.starts_with(content.hex() + '.') && name.find(".claim") == name.npos;
        return n;
    }
};

std::string identity_of_the_dead()
{
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0)
    {
        const std::string own = process_identity();
        ::_exit(::write(ends[1], own.data(), own.size()) == static_cast<ssize_t>(own.size()) ? 0 : 1);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    char space[256];
    const ssize_t n = ::read(ends[0], space, sizeof space);
    ::close(ends[0]);
    ::close(ends[1]);
    REQUIRE(n > 0);
    return std::string(space, static_cast<std::size_t>(n));
}

}  // namespace

TEST_CASE(
    "where there are no locks, two operations never grow one content in one place, and what one left the next one resumes")
{
    place_without_locks p;
    p.attempt(5);
    CHECK(p.disk.resumable_bytes_of(content).value() == 5);
    {
        staging a = p.stage();
        CHECK(a.journal(content, text.size()).value() == ranges{{0, 5}});
        staging b = p.stage();
        CHECK(b.journal(content, text.size()).value().empty());
        CHECK(p.folders() == 2);
    }
    for (int i = 0; i < 20; ++i)
        p.attempt(6);
    CHECK(p.folders() == 2);
    CHECK(p.found() == ranges{{0, 6}});
}

TEST_CASE("where there are no locks, what a killed process left is resumed by the next one, and nothing piles up")
{
    place_without_locks p;
    const std::string dead = identity_of_the_dead() + '\n';
    for (std::size_t size = 1; size <= 9; ++size)
    {
        p.attempt(size, dead);
        CHECK(p.folders() == 1);
        CHECK(p.disk.resumable_bytes_of(content).value() == size);
        CHECK(p.collect(true).size() == 1);  // the first folder, by which it was found out that locks mean nothing
    }
    CHECK(p.found() == ranges{{0, 9}});
    CHECK(names_in(p.staging_folder).size() == 4);  // that one, the one that grows, its first and its last claim
}

TEST_CASE(
    "where there are no locks, a folder whose owner lives, or cannot be told, is left to him for a day, and is not resumed "
    "after it")
{
    const std::string dead = identity_of_the_dead();
    for (const std::string& owner : {process_identity() + '\n', std::string("another-boot/pid:[1]/1/1\n"), std::string(),
                                     dead.substr(0, dead.size() - 1)})
    {
        CAPTURE(owner);
        place_without_locks p;
        p.attempt(5, owner);
        CHECK(p.disk.resumable_bytes_of(content).value() == 0);
        CHECK(p.found().empty());
        CHECK(p.folders() == 2);
        p.age(std::chrono::hours(23));
        CHECK(p.collect().size() == 2);  // the places of those who came meanwhile
        CHECK(names_in(p.staging_folder).contains(p.first));
        p.age(std::chrono::hours(2));
        CHECK(p.collect(true) == std::vector<std::string>{".modelsec/staging/" + p.first});
        CHECK(p.found().empty());
        CHECK(names_in(p.staging_folder).contains(p.first));
        CHECK(p.folders() == 1);
    }
}

TEST_CASE("where there are no locks, gc removes what nobody has worked in for a day, with its claims")
{
    place_without_locks p;
    p.attempt(5, process_identity() + '\n');
    p.age(std::chrono::hours(25));
    CHECK(p.collect().size() == 2);
    CHECK(names_in(p.staging_folder).empty());
}

TEST_CASE("where there are no locks, of two that find the same owner gone one gets his place")
{
    const std::string dead = identity_of_the_dead() + '\n';
    for (std::uint64_t k = 1; k < 60; ++k)
    {
        CAPTURE(k);
        place_without_locks p;
        p.attempt(5, dead);
        faulty_file_system second(p.graveyard.path());
        second.locks_lie();
        std::optional<staging> other;
        p.fs.run_at(p.fs.calls() + k,
                    [&] { other.emplace(open_store(p.path, second).value().stage(id("m"), content).value()); });
        staging own = p.stage();
        if (!other)
            break;
        CHECK(own.journal(content, text.size()).value().empty() != other->journal(content, text.size()).value().empty());
    }
}

TEST_CASE("where there are no locks, what was being removed when its remover was killed is not resumed")
{
    place_without_locks p;
    p.attempt(5, "abandoned\n");
    CHECK(p.disk.resumable_bytes_of(content).value() == 0);
    CHECK(p.found().empty());
    CHECK(p.folders() == 1);
    p.attempt(4);
    CHECK(p.found() == ranges{{0, 4}});
}

TEST_CASE(
    "where there are no locks, gc between any two calls of another takes nothing that is in use and nothing that can be "
    "resumed")
{
    for (std::uint64_t k = 1; k < 60; ++k)
    {
        CAPTURE(k);
        place_without_locks p;
        p.attempt(5);
        faulty_file_system second(p.graveyard.path());
        second.locks_lie();
        bool ran = false;
        p.fs.run_at(p.fs.calls() + k, [&] {
            ran = true;
            std::vector<std::string> removed;
            std::uint64_t total = 0;
            CHECK(open_store(p.path, second).value().collect_staging(false, removed, total).has_value());
        });
        auto own = p.disk.stage(id("m"), content);
        if (!ran)
            break;
        // The folder may be gone between its making and its claim: then the attempt fails, and the next one finds what there was.
        if (own)
            CHECK(own->journal(content, text.size()).value() == ranges{{0, 5}});
        CHECK(p.fs.info(own ? own->open_partial(content).value() : p.stage().open_partial(content).value()).value().size ==
              5);
    }
}

TEST_CASE("who has locks does not work where somebody without them does")
{
    place_without_locks p;
    p.attempt(5, process_identity() + '\n');
    std::filesystem::remove_all(p.staging_folder + '/' + content.hex());
    faulty_file_system locked(p.graveyard.path());
    const store by_locks = open_store(p.path, locked).value();
    const staging a = by_locks.stage(id("m"), content).value();
    const staging b = by_locks.stage(id("m"), content).value();
    CHECK(a.is_found_again(content));
    CHECK(names_in(p.staging_folder).contains(content.hex() + ".2"));
}
