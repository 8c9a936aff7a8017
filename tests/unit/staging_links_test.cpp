// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Partials and journals that have other names too, as in a backup by `cp -al`.
#include "../support/faulty_file_system.hpp"
#include "../support/store_scene.hpp"

#include <modelsec/detail/base/hash_file.hpp>

#include <doctest/doctest.h>

using namespace modelsec;

using namespace modelsec::detail;
using namespace support;

namespace {

const std::string text = "0123456789";
const sha256_digest content = sha256(as_bytes(text));
using ranges = std::vector<byte_range>;

struct linked_staging
{
    temp_dir dir;
    temp_dir graveyard;
    mutable faulty_file_system fs{graveyard.path()};  ///< without a fault; it does not wait for the disk
    std::string path = dir / "store";
    std::string folder = path + "/.modelsec/staging/" + content.hex();
    std::string partial = folder + "/partial-" + content.hex();

    store disk() const { return open_store(path, fs).value(); }
    void write(staging& s, std::size_t begin, std::size_t end) const
    {
        const file f = s.open_partial(content).value();
        REQUIRE(fs.write_at(f, begin, as_bytes(text).subspan(begin, end - begin)).has_value());
        REQUIRE(s.add_to_journal(content, text.size(), {begin, end}).has_value());
    }
    /// The first four bytes and two later ones.
    linked_staging()
    {
        staging s = disk().stage(id("m"), content).value();
        write(s, 0, 4);
        write(s, 6, 8);
    }
    ranges kept() const
    {
        staging s = disk().stage(id("m"), content).value();
        return s.journal(content, text.size()).value();
    }
};

const ranges first_ones{{0, 4}, {6, 8}};

}  // namespace

TEST_SUITE_BEGIN("staging: links");

TEST_CASE("a partial and a journal with other names go on in files of their own, and the other names keep what they had")
{
    const linked_staging p;
    file_system& fs = p.fs;
    const std::string backup = p.dir / "backup";
    std::filesystem::copy(p.path, backup,
                          std::filesystem::copy_options::recursive | std::filesystem::copy_options::create_hard_links);
    const std::string there = backup + p.folder.substr(p.path.size());
    const std::string old_partial = read_file(there + "/partial-" + content.hex());
    const std::string old_journal = read_file(there + "/journal");

    CHECK(p.disk().partial_bytes(id("m")).value() == 6);
    CHECK(p.disk().resumable_bytes_of(content).value() == 6);
    {
        staging s = p.disk().stage(id("m"), content).value();
        CHECK(s.journal(content, text.size()).value() == first_ones);
        CHECK(static_cast<bool>(s.open_for_reading(content).value()));
        const file_info now = fs.info(s.open_partial(content).value()).value();
        CHECK(now.links == 1);
        CHECK(now.size == 8);
        CHECK(now.inode != file_system::native().info_of(there + "/partial-" + content.hex()).value().inode);
        CHECK(s.journal(content, text.size()).value() == first_ones);
        p.write(s, 4, 6);
        p.write(s, 8, 10);
        REQUIRE(s.sync_partials({content}).has_value());
    }
    CHECK(p.kept() == ranges{{0, 10}});
    CHECK(read_file(p.partial) == text);
    CHECK(names_in(p.folder) == std::set<std::string>{"for-m", "journal", "partial-" + content.hex()});
    CHECK(read_file(there + "/partial-" + content.hex()) == old_partial);
    CHECK(read_file(there + "/journal") == old_journal);
    // The backup is as good a store.
    CHECK(open_store(backup, fs)->resumable_bytes_of(content).value() == 6);
}

TEST_CASE("a partial that gets another name while it grows ends no download, and goes on in a copy the next time")
{
    const linked_staging p;
    {
        staging s = p.disk().stage(id("m"), content).value();
        const file f = s.open_partial(content).value();
        std::filesystem::create_hard_link(p.partial, p.dir / "backup");
        REQUIRE(p.fs.write_at(f, 4, as_bytes("45")).has_value());
        REQUIRE(s.sync_partials({content}).has_value());
        REQUIRE(s.add_to_journal(content, text.size(), {4, 6}).has_value());
    }
    CHECK(p.kept() == ranges{{0, 8}});
    staging s = p.disk().stage(id("m"), content).value();
    p.write(s, 8, 10);
    CHECK(read_file(p.partial) == text);
    CHECK(read_file(p.dir / "backup") == "01234567");
}

TEST_CASE("a file of a pack that has other names is read for the next version, which gets files of its own")
{
    const temp_dir dir;
    file_system& fs = file_system::native();
    const std::string path = dir / "store";
    const pack_content first{{"a.bin", "weights"}, {"b.bin", "more"}};
    REQUIRE(install(fs, path, "m", how_to_activate("1"), first).has_value());
    std::filesystem::copy(path, dir / "backup",
                          std::filesystem::copy_options::recursive | std::filesystem::copy_options::create_hard_links);
    const store disk = open_store(path, fs).value();
    const auto known = disk.known_files(id("m")).value();
    REQUIRE(known.size() == 2);
    for (const known_file& k : known)
    {
        const file from = disk.open_known(k).value();
        REQUIRE(from);
        CHECK(fs.info(from)->links == 2);
        CHECK(hash_file(fs, from, {}, {}).value() == k.record.sha256);
    }
    const artifact next = artifact_of({{"c.bin", "weights"}});
    {
        staging s = disk.stage(id("m"), next.content_digest()).value();
        REQUIRE(disk.adopt(id("m"), s, next, {})->size() == 1);
        const file made = s.open_partial(next.files[0].sha256).value();
        CHECK(fs.info(made)->links == 1);
        REQUIRE(fs.write_at(made, 0, as_bytes("WEIGHTS")).has_value());
    }
    CHECK(read_file(dir / "backup/m/1/a.bin") == "weights");
}

TEST_CASE("a file with another name of which the journal knows nothing is no partial")
{
    const linked_staging p;
    const std::string victim = p.dir.write("victim", "precious");
    std::filesystem::remove(p.partial);
    std::filesystem::remove(p.folder + "/journal");
    std::filesystem::create_hard_link(victim, p.partial);
    staging s = p.disk().stage(id("m"), content).value();
    CHECK(s.journal(content, text.size()).value().empty());
    CHECK(p.fs.info(s.open_partial(content).value()).value().size == 0);
    CHECK(read_file(victim) == "precious");
}

TEST_CASE("whatever happens at any call while a partial with other names is taken over, nothing is lost or said of too much")
{
    for (const std::string_view fault : {"killed", "power cut", "full for a moment"})
        for (std::uint64_t k = 1;; ++k)
        {
            CAPTURE(fault);
            CAPTURE(k);
            const linked_staging p;
            // Beside them, where the faulty disk finds them again after it lost a name.
            std::filesystem::create_hard_link(p.partial, p.folder + "/kept-partial");
            std::filesystem::create_hard_link(p.folder + "/journal", p.folder + "/kept-journal");
            const std::string old_partial = read_file(p.partial), old_journal = read_file(p.folder + "/journal");
            const temp_dir lost;
            faulty_file_system faulty(lost.path());
            if (fault == "full for a moment")
                faulty.fail_at(k, reason::disk_full);
            else
                faulty.power_off_at(k, fault == "killed" ? power_loss::nothing : power_loss::unsynced);
            const auto grow = [](file_system& fs, const linked_staging& where) -> result<void> {
                MODELSEC_TRY(const store disk, open_store(where.path, fs));
                MODELSEC_TRY(staging s, disk.stage(id("m"), content));
                MODELSEC_TRY(const file f, s.open_partial(content));
                MODELSEC_CHECK(fs.write_at(f, 4, as_bytes("45")));
                MODELSEC_CHECK(s.sync_partials({content}));
                MODELSEC_CHECK(s.add_to_journal(content, text.size(), {4, 6}));
                MODELSEC_CHECK(fs.write_at(f, 8, as_bytes("89")));
                MODELSEC_CHECK(s.sync_partials({content}));
                return s.add_to_journal(content, text.size(), {8, 10});
            };
            const bool worked = grow(faulty, p).has_value();
            const bool reached = faulty.calls() >= k;
            CHECK(read_file(p.folder + "/kept-partial") == old_partial);
            CHECK(read_file(p.folder + "/kept-journal") == old_journal);
            const ranges kept = p.kept();
            range_set all;
            for (const byte_range& r : kept)
            {
                all.add(r);
                CHECK(read_file(p.partial).substr(r.begin, r.size()) == text.substr(r.begin, r.size()));
            }
            CHECK(all.covers({0, 4}));
            CHECK(all.covers({6, 8}));
            if (worked)
                CHECK(kept == ranges{{0, 10}});
            REQUIRE(grow(p.fs, p).has_value());
            CHECK(p.kept() == ranges{{0, 10}});
            CHECK(read_file(p.partial) == text);
            CHECK(!names_in(p.folder).contains("copy-of-partial-" + content.hex()));
            if (!reached)
            {
                CHECK(worked);
                break;
            }
        }
}

TEST_SUITE_END();
