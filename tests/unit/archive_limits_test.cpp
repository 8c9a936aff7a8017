// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "unpack.hpp"
#include "zip_builder.hpp"

#include <doctest/doctest.h>

using namespace modelsec;

using namespace modelsec::detail;
using namespace support;

namespace {

zip_image two_files()
{
    return zip_image().add("a.bin", "first content").add("b.bin", "second content");
}

/// Takes everything and keeps nothing.
class bottomless_disk : public memory_file_system
{
public:
    result<std::size_t> read_at(const file& f, std::uint64_t offset, std::span<std::uint8_t> into) override
    {
        largest = std::max(largest, into.size());
        return memory_file_system::read_at(f, offset, into);
    }
    result<void> write_at(const file&, std::uint64_t, bytes_view data) override
    {
        largest = std::max(largest, data.size());
        written += data.size();
        return {};
    }

    std::size_t largest = 0;  ///< piece that was read or written at once
    std::uint64_t written = 0;
};

/// Answers the first reads of the archive with another content.
class two_faced_disk : public memory_file_system
{
public:
    two_faced_disk(std::string other, int lies) : other_(std::move(other)), lies_(lies) {}

    result<std::size_t> read_at(const file& f, std::uint64_t offset, std::span<std::uint8_t> into) override
    {
        if (lies_-- <= 0)
            return memory_file_system::read_at(f, offset, into);
        std::memcpy(into.data(), other_.data() + offset, into.size());
        return into.size();
    }

private:
    std::string other_;
    int lies_;
};

class failing_disk : public memory_file_system
{
public:
    result<void> write_at(const file& f, std::uint64_t offset, bytes_view data) override
    {
        return full ? fail(reason::disk_full) : memory_file_system::write_at(f, offset, data);
    }
    result<void> sync(const file& f) override { return unsyncable ? fail(reason::store_io) : memory_file_system::sync(f); }

    bool full = false;
    bool unsyncable = false;
};

}  // namespace

TEST_CASE("a bomb is refused before anything is written, and while it goes off")
{
    SUBCASE("more announced than the manifest allows")
    {
        unpack_options options;
        options.extracted_bytes = 26;
        const unpacked got = unpack(two_files().str(), options);
        CHECK(got.why == reason::archive_too_large);
        CHECK(got.tree.empty());
        options.extracted_bytes = 27;
        CHECK(unpack(two_files().str(), options).why == reason::none);
    }
    SUBCASE("more announced than a multiple of the archive, where the manifest says nothing")
    {
        const std::string archive = zip_image().add("zeros", std::string(100'000, '\0')).str();
        unpack_options options;
        options.caps.zip_slack_bytes = 100'000 - 4 * archive.size();
        CHECK(unpack(archive, options).why == reason::none);
        options.caps.zip_slack_bytes -= 1;
        CHECK(unpack(archive, options).why == reason::archive_too_large);
        options.caps.zip_ratio = ~std::uint64_t{0};
        options.caps.zip_slack_bytes = ~std::uint64_t{0};
        CHECK(unpack(archive, options).why == reason::none);
    }
    SUBCASE("200 MiB that are announced as 1,000 bytes")
    {
        zip_part part = zip_item("zeros", "");
        part.data = raw_deflate(std::string(200u << 20, '\0'), 1);
        part.local.packed = part.central.packed = part.data.size();
        part.local.bytes = part.central.bytes = 1000;
        bottomless_disk disk;
        CHECK(unpack(disk, zip_image().add(part).str()).detail == "an entry that unpacks to more than it announces: zeros");
        CHECK(disk.written <= 1000);
    }
    SUBCASE("more entries, more folders or a larger directory than allowed")
    {
        unpack_options options;
        options.caps.zip_entries = 1;
        CHECK(unpack(two_files().str(), options).detail == "more entries than are allowed");
        options.caps.zip_entries = 2;
        CHECK(unpack(two_files().str(), options).why == reason::none);
        CHECK(unpack(zip_image().add("a/b/c/d", "").str(), options).detail == "more folders than are allowed");
        options.caps.zip_directory_bytes = 2 * (46 + 5) - 1;
        CHECK(unpack(two_files().str(), options).detail == "more entries than are allowed");
    }
}

TEST_CASE("memory stays flat however large the content is")
{
    const std::string archive = zip_image().add("zeros", std::string(64u << 20, '\0')).str();
    bottomless_disk disk;
    CHECK(unpack(disk, archive).why == reason::none);
    CHECK(disk.written == 64u << 20);
    CHECK(disk.largest <= 1u << 20);
}

TEST_CASE("an archive that is not the signed one is a digest mismatch, whatever else is wrong with it")
{
    unpack_options options;
    options.digest = sha256(as_bytes("something else"));
    CHECK(unpack(two_files().str(), options).why == reason::digest_mismatch);
    CHECK(unpack(zip_image().add("../evil", "x").str(), options).why == reason::digest_mismatch);
    CHECK(unpack("no archive at all", options).why == reason::digest_mismatch);
    options.size = two_files().str().size() + 1;
    CHECK(unpack(two_files().str(), options).why == reason::size_mismatch);
    options.size = two_files().str().size() - 1;
    CHECK(unpack(two_files().str(), options).why == reason::size_mismatch);
}

TEST_CASE("an archive that changes between the plan and the pass is refused")
{
    zip_image harmless = two_files();
    zip_image link = two_files();
    link.parts[1].central.external = 0120777u << 16;

    SUBCASE("the signed one has a link that the plan did not see")
    {
        two_faced_disk disk(harmless.str(), 2);
        CHECK(unpack(disk, link.str()).detail == "an archive that changes while it is read");
    }
    SUBCASE("the pass reads other bytes than the signed ones")
    {
        unpack_options options;
        options.digest = sha256(as_bytes(harmless.str()));
        two_faced_disk disk(harmless.str(), 2);
        CHECK(unpack(disk, link.str(), options).why == reason::digest_mismatch);
    }
}

TEST_CASE("a disk that fails is told as such")
{
    failing_disk disk;
    SUBCASE("full")
    {
        disk.full = true;
        CHECK(unpack(disk, two_files().str()).why == reason::disk_full);
    }
    SUBCASE("not syncing")
    {
        disk.unsyncable = true;
        CHECK(unpack(disk, two_files().str()).why == reason::store_io);
    }
    SUBCASE("not empty")
    {
        const file root = disk.open_root();
        REQUIRE(disk.open_file(root, "left over", open_mode::create_new).has_value());
        CHECK(unpack(disk, two_files().str()).why == reason::store_layout);
    }
}

TEST_CASE("progress counts the archive's bytes, and a cancelled extraction ends at the next buffer")
{
    const std::string archive = zip_image().add("a", std::string(5u << 20, 'x'), false).str();
    std::vector<std::uint64_t> seen;
    unpack_options options;
    options.progress = [&](std::uint64_t bytes) { seen.push_back(bytes); };
    CHECK(unpack(archive, options).why == reason::none);
    CHECK(seen.size() == 6);
    CHECK(seen.back() == archive.size());

    options.progress = [&](std::uint64_t) { options.handle.cancel(); };
    const unpacked got = unpack(archive, options);
    CHECK(got.why == reason::cancelled);
    CHECK(got.tree.at("a").size() <= 1u << 20);

    const std::string zeros = zip_image().add("zeros", std::string(64u << 20, '\0')).str();
    unpack_options late;
    late.progress = [&](std::uint64_t) { late.handle.cancel(); };  // the whole archive is one buffer
    CHECK(unpack(zeros, late).why == reason::cancelled);
}
