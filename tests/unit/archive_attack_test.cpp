// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "unpack.hpp"
#include "zip_builder.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace modelsec;

using namespace modelsec::detail;
using namespace support;

namespace {

/// Refused for this reason by this check, and nothing is left on the disk.
void refused_before_writing(const std::string& archive, reason why, std::string_view detail)
{
    const unpacked got = unpack(archive);
    CHECK(got.why == why);
    CHECK((got.detail == detail || got.detail.starts_with(std::string(detail) + ": ")));  // the entry at fault may follow
    CHECK(got.tree.empty());
}

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

void refused_name(const std::string& name)
{
    CAPTURE(name);
    const unpacked got = unpack(zip_image().add("good", "x").add(name, "").str());
    CHECK(got.why == reason::unsafe_name);
    CHECK(got.tree.empty());
}

void refused_attributes(const std::string& name, std::uint64_t external, std::uint64_t made_by = 0x031E)
{
    CAPTURE(external);
    zip_image image = zip_image().add("good", "x").add(name, "");
    image.parts[1].central.external = external;
    image.parts[1].central.made_by = made_by;
    refused_before_writing(image.str(), reason::unsafe_archive,
                           "an entry that is a link, a device or not the kind its name says");
}

}  // namespace

TEST_CASE("an entry name that leads out of the folder is refused before anything is written")
{
    for (const char* name : {"../evil", "a/../../evil", "..", "a/..", "../", "a/../", "./evil", "a/./b", "a//b", "", "/"})
        refused_name(name);
    for (const char* name : {"/etc/evil", "//host/evil", "\\evil", "..\\evil", "a\\b", "C:evil", "C:\\evil", "c:/evil"})
        refused_name(name);
    for (const char* name : {"evil\n", "CON", "a/nul.txt", "evil.", "evil ", ".modelsec/state"})
        refused_name(name);
    refused_name(std::string("evil\0.txt", 9));
    refused_name("\xFF\xFE");
    refused_name("e\xCC\x81");  // not NFC, as macOS writes it
}

TEST_CASE("two entries that some file system takes for one are refused")
{
    const auto collide = [](const std::string& a, const std::string& b) {
        CAPTURE(b);
        const unpacked got = unpack(zip_image().add(a, "1").add(b, b.ends_with('/') ? "" : "2").str());
        CHECK(got.why == reason::unsafe_name);
        CHECK(got.tree.empty());
    };
    collide("weights.bin", "weights.bin");
    collide("weights.bin", "Weights.BIN");
    collide(
        "stra\xC3\x9F"
        "e",
        "STRASSE");
    collide("a", "a/b");  // a file that is another's folder
    collide("a/b", "a");
    collide("a", "a/");
    collide("dir/x", "DIR/y");
}

TEST_CASE("links and devices are refused whatever system the archive says it comes from")
{
    for (const std::uint64_t host : {0x0314u, 0x0014u, 0x0A14u, 0x1314u})
        refused_attributes("link", 0120777u << 16, host);
    refused_attributes("device", 0060644u << 16);
    refused_attributes("device", 0020644u << 16);
    refused_attributes("fifo", 0010644u << 16);
    refused_attributes("socket", 0140644u << 16);
    refused_attributes("junction", 0x400, 0x0A14);
    refused_attributes("device", 0x40, 0x0A14);
    refused_attributes("label", 0x08, 0x0014);
    refused_attributes("folder without a slash", 0040755u << 16);
    refused_attributes("folder without a slash", 0x10, 0x0014);
    refused_attributes("file/", 0100644u << 16);

    for (const unsigned id : {0x000du, 0x756eu})
    {
        zip_image image = two_files();
        image.parts[0].central.extra = extra_field(id, std::string(16, '\0'));
        refused_before_writing(image.str(), reason::unsafe_archive, "an entry that may be a link or a device");
    }
}

TEST_CASE("encryption, unknown flags and unknown compression methods are refused")
{
    const auto with = [](const std::function<void(zip_header&)>& change) {
        zip_image image = two_files();
        change(image.parts[1].local);
        change(image.parts[1].central);
        return image.str();
    };
    for (const std::uint64_t flag : {0x0001u, 0x0041u, 0x2000u})
        refused_before_writing(with([&](zip_header& h) { h.flags = flag; }), reason::unsafe_archive, "an encrypted entry");
    for (const unsigned id : {0x0017u, 0x9901u})
        refused_before_writing(with([&](zip_header& h) { h.extra = extra_field(id, "1234567"); }), reason::unsafe_archive,
                               "an encrypted entry");
    for (const std::uint64_t flag : {0x0010u, 0x0020u, 0x0080u, 0x1000u, 0x8000u})
        refused_before_writing(with([&](zip_header& h) { h.flags = flag; }), reason::unsafe_archive,
                               "an entry with unknown flags");
    for (const std::uint64_t method : {1u, 6u, 9u, 12u, 14u, 93u, 99u})
        refused_before_writing(with([&](zip_header& h) { h.method = method; }), reason::unsafe_archive,
                               "an entry with an unknown compression method");
}

TEST_CASE("a local header that disagrees with the directory is refused, field by field")
{
    const auto changed = [](const std::function<void(zip_header&)>& change) {
        zip_image image = two_files();
        change(image.parts[1].local);
        return image.str();
    };
    refused(changed([](zip_header& h) { h.name = "c.bin"; }), "an entry whose name contradicts the central directory");
    refused(changed([](zip_header& h) { h.name = "b.bin2"; }), "an entry that contradicts the central directory");
    refused(changed([](zip_header& h) { h.method = 0; }), "an entry that contradicts the central directory");
    refused(changed([](zip_header& h) { h.flags = 0x0800; }), "an entry that contradicts the central directory");
    refused(changed([](zip_header& h) { h.flags = 0x0008; }), "an entry that contradicts the central directory");
    refused(changed([](zip_header& h) { h.flags = 0x0001; }), "an entry that contradicts the central directory");
    static constexpr std::string_view sizes = "an entry whose sizes contradict the central directory";
    refused(changed([](zip_header& h) { h.crc32 ^= 1; }), sizes);
    refused(changed([](zip_header& h) { h.bytes += 1; }), sizes);
    refused(changed([](zip_header& h) { h.packed += 1; }), sizes);
    refused(changed([](zip_header& h) { h.crc32 = 0; }), sizes);  // allowed only with a descriptor
    refused(changed([](zip_header& h) { h.bytes = 0; }), sizes);
    refused(changed([](zip_header& h) { h.packed = 0; }), sizes);
    refused(changed([](zip_header& h) { h.packed = 0xFFFFFFFF; }), "a ZIP64 field that does not fit its header");
    refused(changed([](zip_header& h) {
                h.extra = extra_field(0x7075,
                                      "\x01"
                                      "crc!"
                                      "c.bin");
            }),
            "an entry with two names");
    refused(changed([](zip_header& h) { h.extra = "\x55\x54\x09"; }), "an extra field that is cut off");
}

TEST_CASE("a directory that describes other data than there is is refused")
{
    const auto changed = [](const std::function<void(zip_header&)>& change) {
        zip_image image = two_files();
        change(image.parts[1].local);
        change(image.parts[1].central);
        return image.str();
    };
    refused(changed([](zip_header& h) { h.crc32 ^= 1; }), "an entry with a wrong checksum");
    refused(changed([](zip_header& h) { h.bytes += 1; }), "an entry that unpacks to less than it announces");
    refused(changed([](zip_header& h) { h.bytes -= 1; }), "an entry that unpacks to more than it announces");
    refused(changed([](zip_header& h) { h.packed -= 1; }), "a deflate stream that ends too early");
    refused(changed([](zip_header& h) { h.packed = h.bytes = 0; }), "a deflate stream that ends too early");
    refused(changed([](zip_header& h) { h.packed += 1; }), "entries that overlap");

    zip_image image = two_files();
    image.parts[0].data += '\0';
    image.parts[0].local.packed = image.parts[0].central.packed += 1;
    refused(image.str(), "bytes after the end of a deflate stream");
    image = two_files();
    image.parts[0].data[0] = '\x07';  // block type 3 does not exist
    refused(image.str(), "an entry that is no deflate stream");
    image = zip_image().add("a", "stored", false);
    image.parts[0].central.bytes = 7;
    refused_before_writing(image.str(), reason::unsafe_archive, "a stored entry with two sizes");
    image = zip_image().add("a", "x").add("d/", "no folder");
    refused_before_writing(image.str(), reason::unsafe_archive, "a folder with content");
}

TEST_CASE("a data descriptor must be there when announced and must agree")
{
    static constexpr std::string_view contradicts = "a data descriptor that contradicts the central directory";
    for (const auto form :
         {zip_descriptor::bare_32, zip_descriptor::signed_32, zip_descriptor::bare_64, zip_descriptor::signed_64})
    {
        const zip_image good = zip_image().add(streamed(zip_item("a", "content"), form)).add("b", "x");
        REQUIRE(unpack(good.str()).why == reason::none);
        for (std::size_t i = 0; i < good.parts[0].after.size(); ++i)
        {
            zip_image bad = good;
            bad.parts[0].after[i] = static_cast<char>(bad.parts[0].after[i] ^ 0x10);
            refused(bad.str(), contradicts);
        }
        zip_image bad = good;
        bad.parts[0].after.pop_back();
        refused(bad.str(), "bytes between two entries that are no data descriptor");
        bad.parts[0].after.clear();
        refused(bad.str(), "bytes between two entries that are no data descriptor");
    }
}
