// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "unpack.hpp"
#include "zip_builder.hpp"

#include <doctest/doctest.h>

using namespace modelsec;

using namespace modelsec::detail;
using namespace support;

namespace {

void refused(const std::string& archive, std::string_view detail)
{
    const unpacked got = unpack(archive);
    CHECK(got.why == reason::unsafe_archive);
    CHECK((got.detail == detail || got.detail.starts_with(std::string(detail) + ": ")));  // the entry at fault may follow
}

zip_image two_files()
{
    return zip_image().add("a.bin", "first content").add("b.bin", "second content");
}

constexpr std::string_view trailing = "bytes after the end of the archive";
constexpr std::string_view disks = "an archive of several disks";
constexpr std::string_view misplaced = "a central directory that is not directly before its end record";

}  // namespace

TEST_CASE("every byte of an archive belongs to exactly one thing")
{
    REQUIRE(unpack(two_files().str()).why == reason::none);
    zip_image image = two_files();

    SUBCASE("not to a stub before the first entry")
    {
        image.before = "#!/bin/sh\n";
        refused(image.str(), "bytes before the first entry");
        // … nor to one that the offsets do not count
        const std::string plain = two_files().str();
        refused("MZ" + plain, misplaced);
    }
    SUBCASE("not to the room between two entries")
    {
        image.parts[0].after = "hidden";
        refused(image.str(), "bytes between two entries");
        image.parts[0].after = std::string(100'000, 'h');
        refused(image.str(), "bytes between two entries");
    }
    SUBCASE("not to the room between the last entry and the directory")
    {
        image.between = "hidden";
        refused(image.str(), "bytes between two entries");
    }
    SUBCASE("not to an entry that the directory does not name")
    {
        zip_image hidden = two_files();
        hidden.parts.erase(hidden.parts.begin() + 1);
        const zip_image full = two_files();
        hidden.parts[0].after = full.str().substr(full.str().rfind("PK\x03\x04"), 20);
        refused(hidden.str(), "bytes between two entries");
    }
    SUBCASE("not to what follows the end")
    {
        image.after = "x";
        refused(image.str(), trailing);
        image.after = two_files().str();
        refused(image.str(), misplaced);
        image.after = std::string(70'000, 'x');
        refused(image.str(), "not a zip archive, or a truncated one");
    }
}

TEST_CASE("entries that overlap are refused")
{
    SUBCASE("two names for the same data, the way of the best zip bombs")
    {
        zip_image image = two_files();
        image.parts[1].central = image.parts[0].central;
        image.parts[1].central.name = "c.bin";
        image.parts[1].central.offset = 0;
        refused(image.str(), "entries that overlap");
    }
    SUBCASE("an entry within the data of another")
    {
        zip_image image = zip_image().add("a", std::string(200, '\0'), false).add("b", "x");
        image.parts[1].central.offset = 50;
        refused(image.str(), "entries that overlap");
    }
    SUBCASE("an entry within the directory")
    {
        zip_image image = two_files();
        image.parts[1].central.offset = image.str().size() - 60;
        refused(image.str(), "entries that overlap");
    }
    SUBCASE("extra fields that reach into the next entry")
    {
        zip_image image = two_files();
        std::string archive = image.str();
        archive[28] = '\x7F';  // the length of the first local header's extra fields
        refused(archive, "entries that overlap");
    }
}

TEST_CASE("an end record with two readings is refused")
{
    zip_image image = two_files();
    SUBCASE("another end record within the comment")
    {
        zip_image other = zip_image().add("evil", "x");
        image.comment = other.str();
        CHECK(unpack(image.str()).why == reason::unsafe_archive);
        image.comment = "PK\x05\x06";
        refused(image.str(), trailing);
        image.comment = "PK\x05\x06" + std::string(18, '\0');
        refused(image.str(), "an end record within the archive's comment");
    }
    SUBCASE("a comment that is longer or shorter than announced")
    {
        image.comment = "hello";
        REQUIRE(unpack(image.str()).why == reason::none);
        image.comment_bytes = 4;
        refused(image.str(), trailing);
        image.comment_bytes = 6;
        refused(image.str(), trailing);
    }
    SUBCASE("numbers of entries that disagree")
    {
        image.entries = 1;
        refused(image.str(), "a central directory with more entries than announced");
        image.entries = 3;
        refused(image.str(), "a central directory with fewer entries than announced");
        image.entries = 2;
        image.entries_here = 1;
        refused(image.str(), disks);
    }
    SUBCASE("a directory elsewhere")
    {
        image.directory_offset = 0;
        refused(image.str(), misplaced);
        image.directory_offset = 0xFFFF'FFFF;
        refused(image.str(), misplaced);
        image.directory_offset.reset();
        image.directory_bytes = 46;
        refused(image.str(), misplaced);
        image.directory_bytes = 0xFFFF'FFFF;
        refused(image.str(), misplaced);
    }
    SUBCASE("several disks")
    {
        image.disk = 1;
        refused(image.str(), disks);
        image.disk.reset();
        image.directory_disk = 1;
        refused(image.str(), disks);
        image.directory_disk.reset();
        image.parts[0].central.disk = 1;
        refused(image.str(), disks);
    }
    SUBCASE("a nested archive is no second reading")
    {
        zip_image nested = zip_image().add("inner.zip", two_files().str(), false);
        CHECK(unpack(nested.str()).why == reason::none);
    }
}

TEST_CASE("ZIP64 records and fields must be where they belong and agree with the short ones")
{
    zip_image image = two_files();
    image.zip64 = true;
    REQUIRE(unpack(image.str()).why == reason::none);
    image.entries = image.entries_here = 0xFFFF;
    image.directory_bytes = image.directory_offset = 0xFFFF'FFFF;
    REQUIRE(unpack(image.str()).why == reason::none);

    static constexpr std::string_view record = "a ZIP64 end record that is not where it should be";
    static constexpr std::string_view field = "a ZIP64 field that does not fit its header";
    SUBCASE("the end records")
    {
        image.entries = image.entries_here = 1;
        refused(image.str(), "two end records that contradict each other");
    }
    SUBCASE("the number of entries")
    {
        image.zip64_entries = 3;
        refused(image.str(), "a central directory with fewer entries than announced");
    }
    SUBCASE("the position of the record")
    {
        image.zip64_offset = 0;
        refused(image.str(), record);
    }
    SUBCASE("the size of the record")
    {
        image.zip64_bytes = 45;
        refused(image.str(), record);
    }
    SUBCASE("the number of disks")
    {
        image.zip64_disks = 2;
        refused(image.str(), record);
    }
    SUBCASE("sizes and offset of an entry")
    {
        zip_part& b = image.parts[1];
        const std::uint64_t offset = 30 + 5 + image.parts[0].data.size();
        b.local.extra = zip64_field({b.local.bytes, b.local.packed});
        b.central.extra = zip64_field({b.local.bytes, b.local.packed, offset});
        refused(image.str(), field);  // the short ones must be all ones
        b.local.bytes = b.local.packed = b.central.bytes = b.central.packed = 0xFFFF'FFFF;
        b.central.offset = 0xFFFF'FFFF;
        CHECK(unpack(image.str()).tree.at("b.bin") == "second content");

        const std::string good = b.central.extra;
        b.central.extra = extra_field(1, good.substr(4, 16));
        refused(image.str(), field);
        b.central.extra = good + good;
        refused(image.str(), "two ZIP64 fields in one entry");
        b.central.extra = zip64_field({14, ~std::uint64_t{0}, offset});
        refused(image.str(), "entries that overlap");
        b.central.extra.clear();
        refused(image.str(), field);
    }
    SUBCASE("sizes that overflow together")
    {
        for (zip_part& part : image.parts)
        {
            part.central.bytes = 0xFFFF'FFFF;
            part.central.extra = zip64_field({~std::uint64_t{0}});
        }
        refused(image.str(), "sizes that overflow");
    }
}

TEST_CASE("a truncated archive is refused wherever it ends")
{
    zip_image image = two_files();
    image.zip64 = true;
    image.comment = "comment";
    const std::string whole = image.str();
    REQUIRE(unpack(whole).why == reason::none);
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK(unpack(whole.substr(0, size)).why == reason::unsafe_archive);
}

TEST_CASE("a flipped bit is refused or changes nothing that comes out, even where the digest is right")
{
    // Times, owners and versions are not looked at.
    zip_image image = two_files();
    const std::string whole = image.str();
    const unpacked good = unpack(whole);
    for (std::size_t i = 0; i < whole.size(); ++i)
    {
        std::string bad = whole;
        bad[i] = static_cast<char>(bad[i] ^ (1 << (i % 8)));
        const unpacked got = unpack(bad);
        if (got.why == reason::none)
            CHECK(got.tree == good.tree);
    }
}
