// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "../support/faulty_file_system.hpp"
#include "../support/store_scene.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

using namespace modelsec;

using namespace modelsec::detail;
using namespace support;

namespace {

file_system& fs = file_system::native();

pack_content content(int n)
{
    return {{"model.gguf", "weights " + std::to_string(n)}};
}

/// A store with the versions 1 to `n` activated one after the other.
struct scene
{
    explicit scene(int n)
    {
        for (int i = 1; i <= n; ++i)
            REQUIRE(install(fs, path, "m", how_to_activate(std::to_string(i)), content(i)).has_value());
    }

    temp_dir dir;
    std::string path = dir / "store";

    store disk() const { return open_store(path, fs).value(); }
    std::set<std::string> packs() const { return names_in(path + "/m"); }
    std::set<std::string> gc(unsigned keep = 0, bool dry_run = false) const
    {
        const auto removed = collect(fs, path, "m", keep, dry_run).value();
        return {removed.begin(), removed.end()};
    }
};

using names = std::set<std::string>;

}  // namespace

TEST_CASE("gc leaves the active and the last good pack, and says what it removed")
{
    const scene s(5);
    CHECK(s.packs().size() == 5);
    CHECK(s.gc(0, true) == names{"m/1", "m/2", "m/3"});
    CHECK(s.packs().size() == 5);
    CHECK(s.gc() == names{"m/1", "m/2", "m/3"});
    CHECK(s.packs() == names{"4", "5"});
    CHECK(s.gc().empty());
    CHECK(roll_back(fs, s.path, "m")->active->version == id("4"));
    CHECK(s.gc() == names{"m/5"});
}

TEST_CASE("gc keeps as many former packs as it is told, the newest")
{
    const scene s(5);
    CHECK(s.gc(2) == names{"m/1"});
    CHECK(s.packs() == names{"2", "3", "4", "5"});
}

TEST_CASE("gc spares a pack that is held open, until it is closed")
{
    const scene s(1);
    {
        const open_pack held = s.disk().open_files(id("m"), *s.disk().state(id("m"))->active).value();
        for (int i = 2; i <= 3; ++i)
            REQUIRE(install(fs, s.path, "m", how_to_activate(std::to_string(i)), content(i)).has_value());
        CHECK(s.gc().empty());
        CHECK(read_file(held.info().path + "/model.gguf") == "weights 1");
    }
    CHECK(s.gc() == names{"m/1"});
}

TEST_CASE(
    "what gc and those who use packs wait for in a shared store nobody else can open; a stranger's lock of a folder changes "
    "nothing")
{
    const temp_dir dir;
    const std::string path = dir / "store";
    const auto disk = [&] {
        store_options options;
        options.path = path;
        options.create = true;
        options.policy = store_policy::shared_read;
        return store::open(options).value();
    };
    (void)disk();  // who comes later keeps it shared
    for (int i = 1; i <= 3; ++i)
        REQUIRE(install(fs, path, "m", how_to_activate(std::to_string(i)), content(i)).has_value());
    const auto mode = [](const std::string& of) {
        struct stat st
        {
        };
        REQUIRE(::stat(of.c_str(), &st) == 0);
        return st.st_mode & 0777;
    };
    const std::string inner = path + "/.modelsec/";
    const auto all_private = [&] {
        for (const std::string& lock : names_in(inner + "locks"))
            CHECK_MESSAGE(mode(inner + "locks/" + lock) == 0600, lock);
        CHECK(mode(inner + "locks") == 0700);
        CHECK(mode(inner + "staging") == 0700);
    };
    all_private();
    CHECK(mode(path + "/m/1/model.gguf") == 0644);

    // As an earlier version left it.
    for (const std::string& lock : names_in(inner + "locks"))
        REQUIRE(::chmod((inner + "locks/" + lock).c_str(), 0644) == 0);
    for (const char* folder : {"locks", "staging"})
        REQUIRE(::chmod((inner + folder).c_str(), 0755) == 0);
    const auto locked = [&](const std::string& folder) {
        file out(::open((path + folder).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
        REQUIRE(::flock(out.native(), LOCK_EX | LOCK_NB) == 0);
        return out;
    };
    const file first = locked("/m/1"), second = locked("/m/2"), third = locked("/m/3"), root = locked("");
    {
        const open_pack held = disk().open_active(id("m")).value();
        CHECK(held.info().version == "3");
        REQUIRE(install(fs, path, "m", how_to_activate("4"), content(4)).has_value());
        REQUIRE(install(fs, path, "m", how_to_activate("5"), content(5)).has_value());
        const auto removed = collect(fs, path, "m", 0).value();
        CHECK(names(removed.begin(), removed.end()) == names{"m/1", "m/2"});  // the third is in use, by this user
    }
    CHECK(collect(fs, path, "m", 0).value() == std::vector<std::string>{"m/3"});
    CHECK(mode(inner + "locks") == 0700);
    CHECK(mode(inner + "staging") == 0700);
    CHECK(mode(inner + "locks/m.lock") == 0600);
    std::size_t of_packs = 0;
    for (const std::string& lock : names_in(inner + "locks"))
        of_packs += lock.starts_with(".pack-") ? 1 : 0;
    CHECK(of_packs == 2);  // what is removed leaves none
}

TEST_CASE(
    "a pack that a process of an earlier version has open is spared in a store of one's own: it holds the folder alone")
{
    const scene s(3);
    file old(::open((s.path + "/m/1").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    REQUIRE(::flock(old.native(), LOCK_SH | LOCK_NB) == 0);
    CHECK(s.gc().empty());
    old = file();
    CHECK(s.gc() == names{"m/1"});
}

TEST_CASE("a pack of a shared store is opened where its lock file cannot be made")
{
    struct full_disk final : faulty_file_system
    {
        using faulty_file_system::faulty_file_system;
        result<file> open_file(const file& at, const std::string& name, open_mode mode) override
        {
            return mode == open_mode::create_private && name.starts_with(".pack-")
                       ? fail(reason::disk_full)
                       : faulty_file_system::open_file(at, name, mode);
        }
    };
    const temp_dir dir, graves;
    store_options options;
    options.path = dir / "store";
    options.create = true;
    options.policy = store_policy::shared_read;
    REQUIRE(store::open(options).has_value());
    REQUIRE(install(fs, options.path, "m", how_to_activate("1"), content(1)).has_value());
    const std::string locks = options.path + "/.modelsec/locks";
    for (const std::string& lock : names_in(locks))
        if (lock.starts_with(".pack-"))
            std::filesystem::remove(locks + '/' + lock);
    full_disk full(graves.path());
    CHECK(open_store(options.path, full)->open_active(id("m")).has_value());
}

TEST_CASE("a file of an open pack is read by its path, its descriptor and in memory, also after gc removed it")
{
    const scene s(1);
    mapped_file mapped;
    CHECK(mapped.content().empty());
    {
        const open_pack held = s.disk().open_files(id("m"), *s.disk().state(id("m"))->active).value();
        CHECK(read_file(held.path("model.gguf").value()) == "weights 1");
        CHECK(held.path("../1/model.gguf").error().why == reason::not_in_pack);
        CHECK(held.map("absent").error().why == reason::not_in_pack);
        CHECK(held.find("model.gguf")->descriptor() >= 0);
        mapped = held.map("model.gguf").value();
    }
    for (int i = 2; i <= 3; ++i)
        REQUIRE(install(fs, s.path, "m", how_to_activate(std::to_string(i)), content(i)).has_value());
    CHECK(s.gc() == names{"m/1"});
    CHECK(as_text(mapped.content()) == "weights 1");
    const mapped_file moved = std::move(mapped);
    CHECK(as_text(moved.content()) == "weights 1");
}

TEST_CASE(
    "a pack of many files is open without a descriptor for each; a file that is opened later is the one that was checked")
{
    const temp_dir dir;
    const std::string path = dir / "store";
    pack_content many;
    for (int i = 0; i < 100; ++i)
        many.push_back({"part-" + std::to_string(i), "weights " + std::to_string(i)});
    REQUIRE(install(fs, path, "m", how_to_activate("1"), many).has_value());
    const auto open_now = [] { return names_in("/proc/self/fd").size(); };
    const store disk = open_store(path, fs).value();
    const auto active = *disk.state(id("m"))->active;
    const std::size_t before = open_now();
    const open_pack held = disk.open_files(id("m"), active).value();
    CHECK(held.files().size() == 100);
    CHECK(open_now() <= before + 2);
    const int first = held.find("part-7")->descriptor();
    CHECK(first >= 0);
    CHECK(held.find("part-7")->descriptor() == first);
    CHECK(as_text(held.map("part-8").value().content()) == "weights 8");

    // Another file in its place, as a copy that somebody restored: hashed again, and refused if it is not the same.
    std::filesystem::remove(path + "/m/1/part-9");
    std::ofstream(path + "/m/1/part-9") << "weights 9";
    std::filesystem::remove(path + "/m/1/part-10");
    std::ofstream(path + "/m/1/part-10") << "other  10";
    for (const char* name : {"part-9", "part-10"})
        std::filesystem::permissions(path + "/m/1/" + name,
                                     std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    CHECK(as_text(held.map("part-9").value().content()) == "weights 9");
    CHECK(held.map("part-10").error().why == reason::pack_damaged);
    CHECK(held.find("part-10")->descriptor() == -1);
    std::filesystem::remove(path + "/m/1/part-11");
    CHECK(held.map("part-11").error().why == reason::pack_damaged);
}

TEST_CASE("what no state names is moved aside before the next activation, and removed by gc")
{
    const scene s(2);
    std::filesystem::create_directory(s.path + "/m/stranger");
    std::ofstream(s.path + "/m/stranger/file") << "x";
    std::ofstream(s.path + "/m/plain") << "y";
    std::filesystem::create_symlink(s.dir.path(), s.path + "/m/link");
    CHECK(s.gc(0, true) == names{"m/stranger", "m/plain", "m/link"});
    REQUIRE(install(fs, s.path, "m", how_to_activate("3"), content(3)).has_value());
    CHECK(s.packs() == names{"1", "2", "3"});
    CHECK(names_in(s.path + "/.modelsec/staging").size() == 3);
    s.gc();
    CHECK(names_in(s.path + "/.modelsec/staging").empty());
    CHECK(s.packs() == names{"2", "3"});
    CHECK(std::filesystem::exists(s.path));
}

TEST_CASE("gc keeps what can be resumed, what is being worked on, and nothing else in staging")
{
    const scene s(1);
    const auto partial = sha256(as_bytes("half"));
    const auto empty = sha256(as_bytes("empty"));
    const auto busy = sha256(as_bytes("busy"));
    {
        staging staged = s.disk().stage(id("m"), partial).value();
        const file f = staged.open_partial(partial).value();
        REQUIRE(fs.write_at(f, 0, as_bytes("ha")).has_value());
        REQUIRE(staged.add_to_journal(partial, 4, {0, 2}).has_value());
        staging useless = s.disk().stage(id("m"), empty).value();
        REQUIRE(useless.open_partial(empty).has_value());
    }
    const staging working = s.disk().stage(id("m"), busy).value();
    std::filesystem::create_directory(s.path + "/.modelsec/staging/orphan-7");
    CHECK(s.gc() == names{".modelsec/staging/" + empty.hex(), ".modelsec/staging/orphan-7"});
    CHECK(names_in(s.path + "/.modelsec/staging") == names{partial.hex(), busy.hex()});
    CHECK(s.disk().partial_bytes(id("m")).value() == 2);
}

TEST_CASE("gc removes what is staged for a pack that became active meanwhile")
{
    const scene s(0);
    {
        staging staged = s.disk().stage(id("other"), artifact_of(content(1)).content_digest()).value();
        REQUIRE(stage_all(fs, staged, content(1)).has_value());
        REQUIRE(install(fs, s.path, "m", how_to_activate("1"), content(1)).has_value());
    }
    CHECK(names_in(s.path + "/.modelsec/staging").size() == 1);
    s.gc();
    CHECK(names_in(s.path + "/.modelsec/staging").empty());
}

TEST_CASE("gc removes envelopes that no state names, but never while a model's state is being written")
{
    const scene s(1);
    const store disk = s.disk();
    const auto kept = sha256(as_bytes("kept"));
    const auto unnamed = sha256(as_bytes("unnamed"));
    REQUIRE(disk.keep_envelope(as_bytes("unnamed")).has_value());
    REQUIRE(disk.update(id("m"),
                        [&](model_state& state) -> result<bool> {
                            MODELSEC_CHECK(disk.keep_envelope(as_bytes("kept")));
                            state.memory.history.push_back({1, std::nullopt, kept});
                            std::vector<std::string> removed;
                            std::uint64_t freed = 0;
                            MODELSEC_CHECK(disk.collect_staging(false, removed, freed));
                            CHECK(removed.empty());
                            return true;
                        })
                .has_value());
    CHECK(s.gc() == names{".modelsec/envelopes/" + unnamed.hex() + ".json"});
    CHECK(disk.read_envelope(kept).has_value());
    CHECK(disk.read_envelope(unnamed).has_error());
}

TEST_CASE("gc removes temporary files of writers that are gone")
{
    const scene s(1);
    std::ofstream(s.path + "/.modelsec/state/m.new-1-2-3") << "half a sta";
    std::ofstream(s.path + "/.modelsec/state/.new~m~1-2-3") << "half a sta";
    std::ofstream(s.path + "/.modelsec/envelopes/abc.json.new-1-2-3") << "half";
    std::ofstream(s.path + "/.modelsec/envelopes/.new~1-2-3") << "half";
    s.gc();
    CHECK(names_in(s.path + "/.modelsec/state").size() == 1);
    CHECK(names_in(s.path + "/.modelsec/envelopes").empty());
}
