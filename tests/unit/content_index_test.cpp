// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/fetch/reuse.hpp>
#include <modelsec/detail/manifest/content_index.hpp>
#include <modelsec/detail/publish/index_file.hpp>

#include <doctest/doctest.h>

#include "../support/faulty_file_system.hpp"
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

/// What is missing of a file, looked for by this index.
wanted_pieces looked_for(const content_index& index, staging& staged, artifact_file wanted)
{
    const bytes text = written(index);
    wanted.index.emplace();
    wanted.index->size_bytes = text.size();
    wanted.index->sha256 = sha256(text);
    range_set here;
    for (const auto& r : staged.journal(wanted.sha256, wanted.size_bytes).value())
        here.add(r);
    index_intake intake(wanted, here.missing_of({0, wanted.size_bytes}));
    intake.begin();
    for (bytes_view rest = text; !rest.empty();)
    {
        const std::size_t n = std::min<std::size_t>(rest.size(), 1000);
        intake.take(rest.first(n));
        rest = rest.subspan(n);
    }
    return intake.finish().value();
}

wanted_pieces looked_for_by_chunks(const artifact_file& wanted)
{
    return {wanted, range_set({0, wanted.size_bytes})};
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
    const auto found = reuse_bytes(disk, support::id("m"), staged, wanted, looked_for(index_of(fresh), staged, wanted), {});
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
    CHECK(reuse_bytes(disk, support::id("m"), staged, wanted, looked_for(index_of(fresh), staged, wanted), {}).value() == 0);

    // Nothing of it is in the store: nothing is noted.
    const bytes strange = sample(3u << 20, 1234);
    artifact_file other;
    other.size_bytes = strange.size();
    other.sha256 = sha256(strange);
    CHECK(reuse_bytes(disk, support::id("m"), staged, other, looked_for(index_of(strange), staged, other), {}).value() == 0);
    CHECK(staged.journal(other.sha256, other.size_bytes).value().empty());
    // Less than a tenth: not worth it.
    bytes little = sample(5u << 20, 77);
    std::copy_n(old.begin(), 400'000, little.begin() + 1'000'000);
    other.size_bytes = little.size();
    other.sha256 = sha256(little);
    CHECK(reuse_bytes(disk, support::id("m"), staged, other, looked_for(index_of(little), staged, other), {}).value() == 0);
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
    CHECK(reuse_bytes(disk, support::id("m"), staged, other, looked_for_by_chunks(other), {}).value() == 5u << 20);
    control stopped;
    stopped.cancel();
    other.sha256 = sha256(bytes_view(changed).first(5));
    CHECK(reuse_bytes(disk, support::id("m"), staged, other, looked_for_by_chunks(other), stopped).error().why ==
          reason::cancelled);
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
    CHECK(reuse_bytes(disk, support::id("m"), staged, wanted, looked_for(index_of(old), staged, wanted), {}).value() ==
          old.size());
    for (const auto& r : staged.journal(wanted.sha256, wanted.size_bytes).value())
        CHECK(r.end <= wanted.size_bytes);
}

TEST_CASE("pieces are the same however a file comes, and so are those of one length")
{
    const bytes content = sample(3u << 20);
    std::vector<std::size_t> whole;
    for (const content_chunk& c : index_of(content).chunks)
        whole.push_back(c.size_bytes);
    const auto cut_by = [&](piece_borders borders, std::size_t part) {
        std::vector<std::size_t> out{0};
        for (std::size_t at = 0; at < content.size();)
        {
            const std::size_t n = borders.take(bytes_view(content).subspan(at, std::min(part, content.size() - at)));
            REQUIRE(n > 0);
            out.back() += n;
            at += n;
            if (borders.ended() && at < content.size())
                out.push_back(0);
        }
        return out;
    };
    for (const std::size_t part :
         {std::size_t{1}, std::size_t{999}, std::size_t{16} << 10, std::size_t{1} << 20, content.size()})
    {
        CHECK(cut_by(piece_borders(content_cutter(64u << 10)), part) == whole);
        CHECK(cut_by(piece_borders(std::size_t{1'000'000}), part) ==
              std::vector<std::size_t>{1'000'000, 1'000'000, 1'000'000, content.size() - 3'000'000});
    }
}

TEST_CASE("of an index nothing is used before all of it was the signed one, and what a cut answer brought does not count")
{
    const bytes content = sample(700'000);
    const bytes text = written(index_of(content));
    artifact_file wanted;
    wanted.size_bytes = content.size();
    wanted.index.emplace();
    wanted.index->size_bytes = text.size();
    wanted.index->sha256 = sha256(text);
    const auto taken = [&](const std::vector<bytes>& answers) {
        index_intake intake(wanted, range_set({0, content.size()}));
        for (const bytes& answer : answers)
        {
            intake.begin();
            intake.take(answer);
        }
        return intake.finish();
    };
    bytes other = text;
    other.back() ^= 1;
    const bytes cut(text.begin(), text.begin() + 100);
    bytes more = text;
    more.push_back(0);
    auto good = taken({cut, other, text});
    REQUIRE(good.has_value());
    const content_chunk first = index_of(content).chunks.front();
    REQUIRE(good->take(first.sha256, first.size_bytes).size() == 1);
    CHECK(good->take(first.sha256, first.size_bytes).empty());
    for (const bytes& bad : {other, cut, more, bytes()})
        CHECK(taken({text, bad}).error().why == reason::digest_mismatch);
    const bytes lie = written(index_of(sample(600'000)));  // signed, and about another file
    wanted.index->size_bytes = lie.size();
    wanted.index->sha256 = sha256(lie);
    CHECK(taken({lie}).error().why == reason::malformed_index);
}

TEST_CASE("a piece that an index names a million times is found at all of its places, and gone through once")
{
    const sha256_digest one = sha256(as_bytes("one")), two = sha256(as_bytes("two"));
    constexpr std::uint32_t size = 20'000;
    constexpr std::uint64_t many = 1'000'000;
    wanted_pieces pieces(range_set({0, size * (many + 1)}));
    for (std::uint64_t i = 0; i < many; ++i)
        pieces.add(i * size, size, one);
    pieces.add(many * size, size, two);
    pieces.settle(64u << 10);
    CHECK(pieces.take(one, size + 1).empty());
    const auto places = pieces.take(one, size);
    REQUIRE(places.size() == many);
    CHECK(places.front().offset == 0);
    CHECK(places.back().offset == (many - 1) * size);
    // As often as a store may hold it: a walk through all of them each time would take hours.
    for (std::uint64_t i = 0; i < many; ++i)
        if (!pieces.take(one, size).empty())
            FAIL("taken twice");
    CHECK_FALSE(pieces.empty());
    CHECK(pieces.take(two, size).size() == 1);
    CHECK(pieces.empty());
}

TEST_CASE("pieces of 64 MiB are found without being held, and read again only with their digest")
{
    const support::temp_dir dir, graveyard;
    struct changing final : support::faulty_file_system
    {
        using support::faulty_file_system::faulty_file_system;
        result<std::size_t> read_at(const file& f, std::uint64_t offset, std::span<std::uint8_t> into) override
        {
            most = std::max(most, into.size());
            auto got = support::faulty_file_system::read_at(f, offset, into);
            if (got && wrong_from != 0 && ++reads >= wrong_from && !into.empty())
                into[0] ^= 1;
            return got;
        }
        std::size_t most = 0, reads = 0, wrong_from = 0;
    } fs(graveyard.path());
    const std::string path = dir / "store";
    const bytes old = sample(6u << 20);
    REQUIRE(support::install(fs, path, "m", support::how_to_activate("1"), {{"a.bin", text_of(old)}}).has_value());
    const store disk = support::open_store(path, fs).value();
    artifact_file wanted;
    bytes fresh = old;
    fresh.back() ^= 1;
    wanted.size_bytes = fresh.size();
    wanted.sha256 = sha256(fresh);
    wanted.chunks.emplace();
    wanted.chunks->size_bytes = 4u << 20;  // longer than what is in memory at once
    wanted.chunks->sha256 = {sha256(bytes_view(fresh).first(4u << 20)), sha256(bytes_view(fresh).subspan(4u << 20))};
    {
        auto staged = disk.stage(support::id("m"), wanted.sha256).value();
        fs.wrong_from = 8;  // the second reading of the piece brings other bytes than the first
        fs.reads = fs.most = 0;
        CHECK(reuse_bytes(disk, support::id("m"), staged, wanted, looked_for_by_chunks(wanted), {}).value() == 0);
        CHECK(staged.journal(wanted.sha256, wanted.size_bytes).value().empty());
        fs.wrong_from = 0;
    }
    auto staged = disk.stage(support::id("m"), wanted.sha256).value();
    CHECK(reuse_bytes(disk, support::id("m"), staged, wanted, looked_for_by_chunks(wanted), {}).value() == 4u << 20);
    CHECK(fs.most <= 1u << 20);
    const file partial = staged.open_partial(wanted.sha256).value();
    bytes got(4u << 20);
    REQUIRE(fs.read_at(partial, 0, got).value() == got.size());
    CHECK(std::equal(got.begin(), got.end(), fresh.begin()));
}

TEST_CASE("of a file in a hundred thousand islands no more are kept than the journal holds well")
{
    range_set found;
    for (std::uint64_t i = 0; i < 65'536; ++i)
        found.add({i * 100, i * 100 + 50});
    CHECK_FALSE(has_room_for(found, {10'000'000, 10'000'050}));
    CHECK(has_room_for(found, {50, 60}));
    CHECK(has_room_for(found, {90, 100}));
    found.subtract({0, 50});
    CHECK(has_room_for(found, {10'000'000, 10'000'050}));
}
