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
#include <functional>
#include <map>
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

/// A disk that shares ranges as it is told to, and knows what was read, shared and written.
struct sharing_disk final : support::faulty_file_system
{
    enum class answer
    {
        shares,
        cannot,   ///< EOPNOTSUPP, EINVAL, EXDEV
        half,     ///< EINVAL after a part of it
        breaks,   ///< EIO, once
        is_full,  ///< ENOSPC, once
    };

    explicit sharing_disk(const std::string& graveyard) : faulty_file_system(graveyard)
    {
        clone_ranges_by([this](const file& from, std::uint64_t offset, const file& to, std::uint64_t place,
                               std::uint64_t size) -> result<bool> {
            ++asked;
            misplaced += offset % block != 0 || place % block != 0 || size % block != 0;
            unread += !read[from.native()].covers({offset, offset + size});
            switch (std::exchange(next, next == answer::breaks || next == answer::is_full ? answer::shares : next))
            {
            case answer::cannot: return false;
            case answer::half: CHECK(clone_by_copy(from, offset, to, place, size / 2).value()); return false;
            case answer::breaks: return fail(reason::store_io, "as planned");
            case answer::is_full: return fail(reason::disk_full, "as planned");
            case answer::shares: break;
            }
            shared += size;
            return clone_by_copy(from, offset, to, place, size);
        });
    }
    result<std::size_t> read_at(const file& f, std::uint64_t offset, std::span<std::uint8_t> into) override
    {
        auto got = support::faulty_file_system::read_at(f, offset, into);
        if (got)
            read[f.native()].add({offset, offset + *got});
        return got;
    }
    result<void> write_at(const file& f, std::uint64_t offset, bytes_view data) override
    {
        written += data.size();
        return support::faulty_file_system::write_at(f, offset, data);
    }
    result<file_info> info(const file& f) override
    {
        auto out = support::faulty_file_system::info(f);
        if (out)
            out->block = block;
        return out;
    }

    answer next = answer::shares;
    std::uint64_t block = 4096;
    std::size_t asked = 0, misplaced = 0, unread = 0;
    std::uint64_t shared = 0, written = 0;
    std::map<native_handle, range_set> read;
};

/// A store on such a disk that holds one file, and another version of it that is wanted.
struct reuse_on_sharing_disk
{
    support::temp_dir dir, graveyard;
    sharing_disk disk{graveyard.path()};
    bytes fresh;
    std::uint64_t found = 0;

    reuse_on_sharing_disk(const bytes& old, bytes wanted_content) : fresh(std::move(wanted_content))
    {
        REQUIRE(support::install(disk, dir / "store", "m", support::how_to_activate("1"), {{"a.bin", text_of(old)}})
                    .has_value());
    }
    /// By its content, or by signed chunks of this size.
    void run(std::uint64_t chunk = 0)
    {
        const store held = support::open_store(dir / "store", disk).value();
        artifact_file wanted;
        wanted.size_bytes = fresh.size();
        wanted.sha256 = sha256(fresh);
        auto staged = held.stage(support::id("m"), wanted.sha256).value();
        if (chunk != 0)
        {
            wanted.chunks.emplace();
            wanted.chunks->size_bytes = chunk;
            for (std::size_t at = 0; at < fresh.size(); at += chunk)
                wanted.chunks->sha256.push_back(
                    sha256(bytes_view(fresh).subspan(at, std::min<std::size_t>(chunk, fresh.size() - at))));
        }
        auto pieces = chunk != 0 ? looked_for_by_chunks(wanted) : looked_for(index_of(fresh), staged, wanted);
        disk.written = 0;
        disk.read.clear();
        found = reuse_bytes(held, support::id("m"), staged, wanted, std::move(pieces), {}).value();
        const file partial = staged.open_partial(wanted.sha256).value();
        std::uint64_t noted = 0;
        for (const auto& r : staged.journal(wanted.sha256, wanted.size_bytes).value())
        {
            bytes got(static_cast<std::size_t>(r.size()));
            REQUIRE(disk.read_at(partial, r.begin, got).value() == got.size());
            CHECK(std::equal(got.begin(), got.end(), fresh.begin() + static_cast<std::ptrdiff_t>(r.begin)));
            noted += r.size();
        }
        CHECK(noted == found);
        CHECK(disk.misplaced == 0);
        CHECK(disk.unread == 0);
    }
};

bytes changed_at(bytes content, std::initializer_list<std::size_t> places)
{
    for (const std::size_t at : places)
        for (std::size_t i = 0; i < 500; ++i)
            content[at + i] ^= 0x55;
    return content;
}

bytes moved_by(std::size_t size, const bytes& content)
{
    bytes out = sample(size, 3);
    out.insert(out.end(), content.begin(), content.end());
    return out;
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

namespace {

/// Time goes by with each look at it, and something happens at one of them.
struct ticking_clock final : modelsec::clock
{
    explicit ticking_clock(std::chrono::milliseconds by) : step(by) {}
    utc_time now() const override { return clock::system().now(); }
    steady_time steady_now() const override
    {
        if (++looks == then && happens)
            happens();
        return steady_time(std::chrono::hours(1)) + looks * step;
    }

    std::chrono::milliseconds step;
    int then = 0;
    std::function<void()> happens;
    mutable int looks = 0;
};

std::uint64_t bytes_read(const sharing_disk& disk)
{
    std::uint64_t sum = 0;
    for (const auto& [handle, ranges] : disk.read)
        sum += ranges.size();
    return sum;
}

}  // namespace

TEST_CASE("what was found in the store is noted every two seconds, and a search that was ended goes on behind it")
{
    for (const bool shares : {false, true})
    {
        CAPTURE(shares);
        const support::temp_dir dir, graveyard;
        sharing_disk disk(graveyard.path());
        disk.next = shares ? sharing_disk::answer::shares : sharing_disk::answer::cannot;
        const bytes old = sample(12u << 20);
        REQUIRE(support::install(disk, dir / "store", "m", support::how_to_activate("1"), {{"a.bin", text_of(old)}})
                    .has_value());
        const bytes fresh = shares ? changed_at(old, {700'000}) : moved_by(1000, old);
        const store held = support::open_store(dir / "store", disk).value();
        artifact_file wanted;
        wanted.size_bytes = fresh.size();
        wanted.sha256 = sha256(fresh);
        const auto noted = [&](staging& staged) {
            std::uint64_t sum = 0;
            const file partial = staged.open_partial(wanted.sha256).value();
            for (const auto& r : staged.journal(wanted.sha256, wanted.size_bytes).value())
            {
                bytes got(static_cast<std::size_t>(r.size()));
                REQUIRE(disk.read_at(partial, r.begin, got).value() == got.size());
                CHECK(std::equal(got.begin(), got.end(), fresh.begin() + static_cast<std::ptrdiff_t>(r.begin)));
                sum += r.size();
            }
            return sum;
        };
        std::uint64_t before = 0;
        for (int attempt = 0; attempt < 2; ++attempt)
        {
            // Each piece takes it some looks at the clock; what is known already must not use them up.
            ticking_clock time(std::chrono::milliseconds(100));
            control stop;
            time.then = 120;
            time.happens = [&] { stop.cancel(); };
            reuse_watch watch{&time};
            auto staged = held.stage(support::id("m"), wanted.sha256).value();
            const auto done = reuse_bytes(held, support::id("m"), staged, wanted,
                                          looked_for(index_of(fresh), staged, wanted), stop, watch);
            REQUIRE(done.has_error());
            CHECK(done.error().why == reason::cancelled);
            const std::uint64_t now = noted(staged);
            CHECK(now > before + (2u << 20));
            CHECK(now < fresh.size());
            before = now;
        }
        auto staged = held.stage(support::id("m"), wanted.sha256).value();
        REQUIRE(reuse_bytes(held, support::id("m"), staged, wanted, looked_for(index_of(fresh), staged, wanted), {})
                    .has_value());
        CHECK(noted(staged) > fresh.size() * 95 / 100);
    }
}

TEST_CASE("nobody who finds nothing looks for longer than five seconds, over all files")
{
    const support::temp_dir dir, graveyard;
    sharing_disk disk(graveyard.path());
    const bytes old = sample(12u << 20), strange = sample(12u << 20, 1234);
    REQUIRE(
        support::install(disk, dir / "store", "m", support::how_to_activate("1"), {{"a.bin", text_of(old)}}).has_value());
    const store held = support::open_store(dir / "store", disk).value();
    artifact_file wanted;
    wanted.size_bytes = strange.size();
    wanted.sha256 = sha256(strange);
    auto staged = held.stage(support::id("m"), wanted.sha256).value();
    ticking_clock time(std::chrono::milliseconds(200));
    reuse_watch watch{&time};
    disk.read.clear();
    CHECK(reuse_bytes(held, support::id("m"), staged, wanted, looked_for(index_of(strange), staged, wanted), {}, watch)
              .value() == 0);
    CHECK(watch.in_vain());
    const std::uint64_t read = bytes_read(disk);
    CHECK(read > 0);
    CHECK(read < (8u << 20));
    disk.read.clear();
    CHECK(reuse_bytes(held, support::id("m"), staged, wanted, looked_for(index_of(strange), staged, wanted), {}, watch)
              .value() == 0);
    CHECK(bytes_read(disk) < 10'000);  // states, and no pack
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
    fs.clone_ranges_by([](auto&&...) -> result<bool> { return false; });  // also where this disk could
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

TEST_CASE("what lies alike in the disk's blocks is shared in few ranges, and only its ends are written")
{
    const bytes old = sample(6u << 20);
    for (const std::size_t moved : {std::size_t{0}, std::size_t{8192}})
    {
        CAPTURE(moved);
        reuse_on_sharing_disk s(old, moved_by(moved, changed_at(old, {2'000'000, 4'000'000})));
        s.run();
        CHECK(s.found > s.fresh.size() * 9 / 10);
        CHECK(s.disk.asked <= 4);  // one more than the ranges between the changes: the first time only asks
        CHECK(s.disk.shared > s.found - 8 * 4096);
        CHECK(s.disk.shared <= s.found);
        // The ends, and the journal.
        CHECK(s.disk.written < 8 * 4096);
    }
}

TEST_CASE("what lies otherwise in the disk's blocks, or on a disk that tells of none, is written")
{
    const bytes old = sample(6u << 20);
    for (const std::uint64_t block : {std::uint64_t{4096}, std::uint64_t{0}})
    {
        CAPTURE(block);
        reuse_on_sharing_disk s(old, moved_by(block == 0 ? 8192 : 1000, old));
        s.disk.block = block;
        s.run();
        CHECK(s.found > s.fresh.size() * 9 / 10);
        CHECK(s.disk.asked == 0);
        CHECK(s.disk.written >= s.found);
    }
}

TEST_CASE("signed chunks are shared whole, and however long a file is, a few at once")
{
    const bytes old = sample(6u << 20);
    reuse_on_sharing_disk s(old, changed_at(old, {2'000'000}));
    s.run(1u << 20);
    CHECK(s.found == 5u << 20);
    CHECK(s.disk.shared == s.found);
    CHECK(s.disk.asked == 2);                  // the first chunk, which tells that it can, and those behind the change
    const bytes long_one = sample(80u << 20);  // of more pieces than are put off
    reuse_on_sharing_disk l(long_one, changed_at(long_one, {0}));
    l.run();
    CHECK(l.disk.asked >= 3);
    CHECK(l.disk.asked <= 5);
    CHECK(l.disk.shared > l.found - 8 * 4096);
}

TEST_CASE("a disk that cannot share ranges is asked once in an attempt, and all is written")
{
    const bytes old = sample(6u << 20);
    for (const auto answer : {sharing_disk::answer::cannot, sharing_disk::answer::half})
        for (const std::uint64_t chunk : {0u, 1u << 20})
        {
            reuse_on_sharing_disk s(old, changed_at(old, {2'000'000, 4'000'000}));
            s.disk.next = answer;
            s.run(chunk);
            CHECK(s.found >= (chunk != 0 ? 4u << 20 : s.fresh.size() * 9 / 10));
            CHECK(s.disk.asked == 1);
            CHECK(s.disk.shared == 0);
            CHECK(s.disk.written >= s.found);
        }
}

TEST_CASE("a range that could not be shared for another reason is written, and the next one is shared again")
{
    const bytes old = sample(6u << 20);
    for (const auto answer : {sharing_disk::answer::breaks, sharing_disk::answer::is_full})
    {
        reuse_on_sharing_disk s(old, changed_at(old, {2'000'000, 4'000'000}));
        s.disk.next = answer;
        s.run();
        CHECK(s.found > s.fresh.size() * 9 / 10);
        CHECK(s.disk.asked >= 4);
        CHECK(s.disk.shared > s.found * 9 / 10);
        CHECK(s.disk.shared + s.disk.written >= s.found);
    }
}

TEST_CASE("at whichever call the disk fails while it shares, what is noted is what was found")
{
    const bytes old = sample(2u << 20);
    const bytes fresh = changed_at(old, {1'000'000});
    artifact_file wanted;
    wanted.size_bytes = fresh.size();
    wanted.sha256 = sha256(fresh);
    for (std::uint64_t k = 1;; ++k)
    {
        CAPTURE(k);
        reuse_on_sharing_disk s(old, fresh);
        const store held = support::open_store(s.dir / "store", s.disk).value();
        auto staged = held.stage(support::id("m"), wanted.sha256).value();
        auto pieces = looked_for(index_of(fresh), staged, wanted);
        const std::uint64_t before = s.disk.calls();
        s.disk.fail_at(before + k, reason::store_io);
        const auto found = reuse_bytes(held, support::id("m"), staged, wanted, std::move(pieces), {});
        const bool over = s.disk.calls() < before + k;
        s.disk.fail_at(0, reason::store_io);
        const file partial = staged.open_partial(wanted.sha256).value();
        for (const auto& r : staged.journal(wanted.sha256, wanted.size_bytes).value())
        {
            bytes got(static_cast<std::size_t>(r.size()));
            REQUIRE(s.disk.read_at(partial, r.begin, got).value() == got.size());
            CHECK(std::equal(got.begin(), got.end(), fresh.begin() + static_cast<std::ptrdiff_t>(r.begin)));
        }
        if (over)
        {
            CHECK(found.value() > fresh.size() / 2);
            break;
        }
    }
}
