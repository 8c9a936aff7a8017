// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../support/faulty_file_system.hpp"
#include "../support/store_scene.hpp"

#include <doctest/doctest.h>

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

TEST_CASE("where there are no locks every operation has a place of its own, which nobody resumes")
{
    place p;
    p.fs.locks_lie();
    {
        staging a = p.stage();
        p.download(a, 5);
    }
    staging b = p.stage();
    CHECK(b.journal(content, text.size()).value().empty());
    CHECK(names_in(p.path + "/.modelsec/staging").contains(content.hex() + ".2"));
}
