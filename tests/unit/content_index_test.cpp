// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/fetch/reuse.hpp>
#include <modelsec/detail/manifest/content_index.hpp>
#include <modelsec/detail/publish/index_file.hpp>

#include <doctest/doctest.h>

#include "../support/store_scene.hpp"
#include "../support/temp_dir.hpp"

#include <algorithm>
#include <fstream>
#include <set>

using namespace modelsec;
using namespace modelsec::detail;

namespace {

bytes sample(std::size_t size, std::uint32_t seed = 7)
{
    bytes out(size);
    std::uint32_t x = seed;
    for (auto& b : out)
        b = static_cast<std::uint8_t>((x = x * 1664525u + 1013904223u) >> 24);
    return out;
}

content_index index_of(const bytes& content)
{
    content_index out;
    out.average_bytes = index_average(content.size());
    const content_cutter cutter(out.average_bytes);
    for (bytes_view rest = content; !rest.empty();)
    {
        const std::size_t piece = cutter.cut(rest);
        out.chunks.push_back({static_cast<std::uint32_t>(piece), sha256(rest.first(piece))});
        rest = rest.subspan(piece);
    }
    return out;
}

bytes written(const content_index& index)
{
    bytes out = write_index_head(index.average_bytes);
    for (const content_chunk& c : index.chunks)
        append_index_chunk(out, c);
    return out;
}

std::string text_of(const bytes& content)
{
    return std::string(as_text(content));
}

}  // namespace

TEST_CASE("pieces have a quarter to four times of the average, and about the average")
{
    CHECK(index_average(0) == 64u << 10);
    CHECK(index_average(std::uint64_t{64} << 30) == 64u << 10);
    CHECK(index_average((std::uint64_t{64} << 30) + 1) == (64u << 10) + 1);
    CHECK(index_average(std::uint64_t{1} << 40) == 1u << 20);
    const bytes content = sample(24u << 20);
    const content_index index = index_of(content);
    std::uint64_t sum = 0;
    for (const content_chunk& c : index.chunks)
    {
        CHECK(c.size_bytes <= 256u << 10);
        CHECK((c.size_bytes >= 16u << 10 || &c == &index.chunks.back()));
        sum += c.size_bytes;
    }
    CHECK(sum == content.size());
    const std::uint64_t mean = sum / index.chunks.size();
    CHECK(mean > 40u << 10);
    CHECK(mean < 110u << 10);
    CHECK(index_of(bytes(1u << 20)).chunks.size() >= 4);  // no border by content: the longest pieces
}

TEST_CASE("what is inserted moves the pieces behind it and changes only those around it")
{
    const bytes before = sample(8u << 20);
    std::set<std::string> known;
    for (const content_chunk& c : index_of(before).chunks)
        known.insert(c.sha256.hex());
    for (const std::size_t at : {std::size_t{0}, std::size_t{3'000'000}})
    {
        bytes after = before;
        const bytes more = sample(1000, 99);
        after.insert(after.begin() + static_cast<std::ptrdiff_t>(at), more.begin(), more.end());
        std::size_t fresh = 0;
        for (const content_chunk& c : index_of(after).chunks)
            fresh += known.contains(c.sha256.hex()) ? 0 : 1;
        CHECK(fresh <= 4);
    }
}

TEST_CASE("an index is read as it was written, and refused if it is anything else")
{
    const bytes content = sample(700'000);
    const content_index index = index_of(content);
    const bytes good = written(index);
    CHECK(as_text(bytes_view(good).first(6)) == std::string_view("MSIX1\0", 6));
    CHECK(good.size() == 10 + 36 * index.chunks.size());
    const auto back = parse_content_index(good, content.size());
    REQUIRE(back.has_value());
    CHECK(back->average_bytes == index.average_bytes);
    REQUIRE(back->chunks.size() == index.chunks.size());
    CHECK(back->chunks.back().sha256 == index.chunks.back().sha256);
    const auto refused = [&](const bytes& text, std::uint64_t size) {
        const auto r = parse_content_index(text, size);
        return r.has_error() && r.error().why == reason::malformed_index && r.error().code() == errc::malformed;
    };
    CHECK(refused(good, content.size() + 1));
    CHECK(refused(good, content.size() - 1));
    for (std::size_t cut = 1; cut < 40; ++cut)
        CHECK(refused(bytes(good.begin(), good.end() - static_cast<std::ptrdiff_t>(cut)), content.size()));
    for (const std::size_t at : {std::size_t{0}, std::size_t{4}, std::size_t{5}, std::size_t{6}})
    {
        bytes bad = good;
        bad[at] ^= 0x7f;
        CHECK(refused(bad, content.size()));
    }
    bytes longest = good;  // a first piece of almost 4 GiB
    longest[10] = 0xff;
    CHECK(refused(longest, std::uint64_t{1} << 40));
    bytes none = write_index_head(64u << 10);
    CHECK(parse_content_index(none, 0).has_value());
    append_index_chunk(none, {0, sha256({})});
    CHECK(refused(none, 0));
}

TEST_CASE("the publisher's index is that of the file, and one of a file that changed is not made")
{
    const support::temp_dir dir;
    const bytes content = sample(5'000'000);
    const std::string path = dir.write("model.bin", text_of(content));
    const auto made =
        write_content_index(path, content.size(), sha256(content), dir / "model.index", "https://h.example/model.index", {});
    REQUIRE(made.has_value());
    std::ifstream in(dir / "model.index", std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(in)), {});
    CHECK(made->size_bytes == text.size());
    CHECK(made->sha256 == sha256(as_bytes(text)));
    const bytes expected = written(index_of(content));
    CHECK(text == text_of(expected));
    CHECK(write_content_index(path, content.size(), sha256({}), dir / "x", "https://h.example/x", {}).error().why ==
          reason::file_unreadable);
}

TEST_CASE("what the store holds of another version is found wherever it is, and only the rest is missing")
{
    const support::temp_dir dir;
    file_system& fs = file_system::native();
    const std::string path = dir / "store";
    const bytes old = sample(6u << 20);
    REQUIRE(support::install(fs, path, "m", support::how_to_activate("1"), {{"other/name.bin", text_of(old)}}).has_value());
    const store disk = support::open_store(path, fs).value();
    bytes fresh = sample(1000, 3);
    fresh.insert(fresh.end(), old.begin(), old.end());
    for (std::size_t i = 0; i < 500; ++i)
        fresh[3'000'000 + i] ^= 0x55;
    artifact_file wanted;
    wanted.size_bytes = fresh.size();
    wanted.sha256 = sha256(fresh);
    auto staged = disk.stage(support::id("m"), wanted.sha256).value();
    const auto found = reuse_bytes(disk, support::id("m"), staged, wanted, index_of(fresh), {});
    REQUIRE(found.has_value());
    CHECK(*found > fresh.size() * 9 / 10);
    const auto noted = staged.journal(wanted.sha256, wanted.size_bytes).value();
    const file partial = staged.open_partial(wanted.sha256).value();
    std::uint64_t sum = 0;
    for (const auto& r : noted)
    {
        bytes got(static_cast<std::size_t>(r.size()));
        REQUIRE(fs.read_at(partial, r.begin, got).value() == got.size());
        CHECK(std::equal(got.begin(), got.end(), fresh.begin() + static_cast<std::ptrdiff_t>(r.begin)));
        sum += r.size();
    }
    CHECK(sum == *found);
    CHECK(noted.size() <= 3);  // few gaps: few requests
    // What is there already is not looked for again.
    CHECK(reuse_bytes(disk, support::id("m"), staged, wanted, index_of(fresh), {}).value() == 0);

    // Nothing of it is in the store: nothing is noted.
    const bytes strange = sample(3u << 20, 1234);
    artifact_file other;
    other.size_bytes = strange.size();
    other.sha256 = sha256(strange);
    CHECK(reuse_bytes(disk, support::id("m"), staged, other, index_of(strange), {}).value() == 0);
    CHECK(staged.journal(other.sha256, other.size_bytes).value().empty());
    // Less than a tenth: not worth it.
    bytes little = sample(5u << 20, 77);
    std::copy_n(old.begin(), 400'000, little.begin() + 1'000'000);
    other.size_bytes = little.size();
    other.sha256 = sha256(little);
    CHECK(reuse_bytes(disk, support::id("m"), staged, other, index_of(little), {}).value() == 0);
    CHECK(staged.journal(other.sha256, other.size_bytes).value().empty());
    // By signed chunks, where there is no index: what lies at the same place.
    bytes changed = old;
    changed[10] ^= 1;
    other.size_bytes = changed.size();
    other.sha256 = sha256(changed);
    other.chunks.emplace();
    other.chunks->size_bytes = 1u << 20;
    for (std::size_t at = 0; at < changed.size(); at += 1u << 20)
        other.chunks->sha256.push_back(sha256(bytes_view(changed).subspan(at, 1u << 20)));
    CHECK(reuse_bytes(disk, support::id("m"), staged, other, std::nullopt, {}).value() == 5u << 20);
    control stopped;
    stopped.cancel();
    other.sha256 = sha256(bytes_view(changed).first(5));
    CHECK(reuse_bytes(disk, support::id("m"), staged, other, std::nullopt, stopped).error().why == reason::cancelled);
}

TEST_CASE("an index that lies brings no wrong byte into a partial")
{
    const support::temp_dir dir;
    file_system& fs = file_system::native();
    const std::string path = dir / "store";
    const bytes old = sample(2u << 20);
    REQUIRE(support::install(fs, path, "m", support::how_to_activate("1"), {{"a.bin", text_of(old)}}).has_value());
    const store disk = support::open_store(path, fs).value();
    // It says that the file is the old one; the signed digest of the file says otherwise, and the download will find that.
    const bytes fresh = sample(2u << 20, 5);
    artifact_file wanted;
    wanted.size_bytes = fresh.size();
    wanted.sha256 = sha256(fresh);
    auto staged = disk.stage(support::id("m"), wanted.sha256).value();
    CHECK(reuse_bytes(disk, support::id("m"), staged, wanted, index_of(old), {}).value() == old.size());
    for (const auto& r : staged.journal(wanted.sha256, wanted.size_bytes).value())
        CHECK(r.end <= wanted.size_bytes);
}
