// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "temp_dir.hpp"
#include "unpack.hpp"
#include "zip_builder.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>

using namespace modelsec;

using namespace modelsec::detail;
using namespace support;

TEST_CASE("files and folders come out as they went in, synced, each with its digest")
{
    const std::string text(3'000'000, 't');
    zip_image image;
    image.comment = "made by a test";
    image.add("model/", "").add("model/weights.bin", text).add("empty/", "").add("stored", text, false);
    image.add("nothing", "").add("none", "", false).add("deep/er/file", "x");

    const unpacked got = unpack(image.str());
    CHECK(got.why == reason::none);
    CHECK(got.synced);
    std::string names;
    for (const auto& [path, content] : got.tree)
        names += path + " ";
    CHECK(names == "deep/ deep/er/ deep/er/file empty/ model/ model/weights.bin none nothing stored ");
    CHECK(got.tree.at("model/weights.bin") == text);
    CHECK(got.tree.at("stored") == text);
    CHECK(got.tree.at("deep/er/file") == "x");
    REQUIRE(got.placed.size() == 5);
    for (const placed_file& placed : got.placed)
    {
        const std::string& content = got.tree.at(placed.path.str());
        CHECK(placed.content.size() == content.size());
        CHECK(placed.content.sha256() == sha256(as_bytes(content)));
    }
}

TEST_CASE("many files are brought to the disk all at once after the last was written, where the disk can")
{
    struct disk_of_one_sync final : memory_file_system
    {
        result<void> write_at(const file& f, std::uint64_t offset, bytes_view data) override
        {
            ++writes;
            return memory_file_system::write_at(f, offset, data);
        }
        result<void> sync(const file& f) override
        {
            ++single;
            return memory_file_system::sync(f);
        }
        result<bool> sync_all(const file&) override
        {
            ++all;
            writes_then = writes;
            return true;
        }
        int writes = 0, writes_then = 0, single = 0, all = 0;
    } disk;
    zip_image image;
    for (int i = 0; i < 40; ++i)
        image.add("folder/part-" + std::to_string(i), "content " + std::to_string(i));
    const unpacked got = unpack(disk, image.str());
    CHECK(got.why == reason::none);
    CHECK(got.placed.size() == 40);
    CHECK(disk.single <= 2);
    CHECK(disk.all == 2);
    CHECK(disk.writes == disk.writes_then);
}

TEST_CASE("the archives of the usual packers are read")
{
    SUBCASE("a stream of Python, Java, Node or Info-ZIP: sizes behind the data, in either width")
    {
        zip_image image;
        int n = 0;
        for (const auto form :
             {zip_descriptor::bare_32, zip_descriptor::signed_32, zip_descriptor::bare_64, zip_descriptor::signed_64})
        {
            for (const bool deflate : {true, false})
                image.parts.push_back(streamed(zip_item("f" + std::to_string(n++), "content", deflate), form));
        }
        const unpacked got = unpack(image.str());
        CHECK(got.why == reason::none);
        CHECK(got.tree.size() == 8);
    }
    SUBCASE("macOS ditto: streams, its own extra fields, resource forks as plain files")
    {
        zip_image image = zip_image().add("m.mlmodelc/", "");
        image.add(streamed(zip_item("m.mlmodelc/weights", "w"), zip_descriptor::signed_32));
        image.add(streamed(zip_item("__MACOSX/m.mlmodelc/._weights", "fork"), zip_descriptor::signed_32));
        for (zip_part& part : image.parts)
        {
            part.local.extra = extra_field(0x5855, std::string(12, '\1'));
            part.central.extra = extra_field(0x5855, std::string(8, '\1'));
            part.central.made_by = 0x0315;
        }
        CHECK(unpack(image.str()).tree.at("__MACOSX/m.mlmodelc/._weights") == "fork");
    }
    SUBCASE("Java: folders with a deflated nothing and the mark of a jar")
    {
        zip_part folder = zip_item("META-INF/", "");
        folder.data = raw_deflate("");
        folder.local.method = folder.central.method = 8;
        folder.local.packed = folder.central.packed = folder.data.size();
        folder.local.extra = folder.central.extra = extra_field(0xCAFE, "");
        folder.central.external = 0;
        folder.central.made_by = 20;
        zip_image image = zip_image().add(streamed(folder, zip_descriptor::signed_32)).add("META-INF/MANIFEST.MF", "x");
        const unpacked got = unpack(image.str());
        CHECK(got.tree.size() == 2);
        CHECK(got.tree.at("META-INF/").empty());
    }
    SUBCASE("a forced ZIP64 stream of Python: zeros in the long field")
    {
        zip_part part = streamed(zip_item("big", "content"), zip_descriptor::signed_64);
        part.local.bytes = part.local.packed = 0xFFFF'FFFF;
        part.local.extra = zip64_field({0, 0});
        zip_image image = zip_image().add(part);
        image.zip64 = true;
        CHECK(unpack(image.str()).tree.at("big") == "content");
    }
    SUBCASE("Info-ZIP and 7-Zip: UTF-8 by flag or by the Unicode field; levels that only one header tells")
    {
        zip_part flagged = zip_item("\xC3\xBC.txt", "1");
        flagged.local.flags = flagged.central.flags = 0x0800;
        flagged.central.flags |= 2;
        zip_part named = zip_item("\xC3\xA4.txt", "2");
        named.local.extra = named.central.extra = extra_field(0x7075,
                                                              "\x01"
                                                              "crc!"
                                                              "\xC3\xA4.txt");
        CHECK(unpack(zip_image().add(flagged).add(named).str()).tree.size() == 2);
    }
}

TEST_CASE("an archive without a file is refused")
{
    CHECK(unpack(zip_image{}.str()).detail == "an empty archive");
    CHECK(unpack(zip_image().add("a/", "").add("b/", "").str()).detail == "an archive without a file");
    CHECK(unpack("").why == reason::unsafe_archive);
    CHECK(unpack("not a zip").why == reason::unsafe_archive);
}

TEST_CASE("on a real disk the owner alone may read what was unpacked, whatever the entries and the umask say")
{
    temp_dir folder;
    zip_image image = zip_image().add("d/", "").add("d/x", "content");
    image.parts[0].central.external = 040777u << 16;
    image.parts[1].central.external = 0106777u << 16;
    const std::string archive = image.str();
    folder.write("m.zip", archive);

    file_system& disk = file_system::native();
    const mode_t old_mask = ::umask(0);
    auto root = disk.open_root(folder.path(), false);
    REQUIRE(root.has_value());
    auto from = disk.open_file(*root, "m.zip", open_mode::read);
    auto into = disk.open_folder(*root, "out", true);
    REQUIRE(from.has_value());
    REQUIRE(into.has_value());
    extraction what;
    what.archive_bytes = archive.size();
    what.archive_sha256 = sha256(as_bytes(archive));
    const auto got = extract_zip(disk, *from, *into, what, {}, {});
    ::umask(old_mask);

    REQUIRE(got.has_value());
    struct stat about
    {
    };
    REQUIRE(::stat((folder / "out/d/x").c_str(), &about) == 0);
    CHECK((about.st_mode & 07777) == 0600);
    REQUIRE(::stat((folder / "out/d").c_str(), &about) == 0);
    CHECK((about.st_mode & 07777) == 0700);
    CHECK(read_file(folder / "out/d/x") == "content");
}
