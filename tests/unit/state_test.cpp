// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/store/journal.hpp>
#include <modelsec/detail/store/state/state.hpp>

#include <doctest/doctest.h>

#include <limits>

using namespace modelsec;

using namespace modelsec::detail;

namespace {

sha256_digest digest_of(std::string_view text)
{
    return sha256(as_bytes(text));
}

pack_record sample_pack(std::string_view version)
{
    const auto time = parse_rfc3339("2026-01-02T03:04:05Z").value();
    return {identifier::parse(version).value(),
            digest_of(version),
            "linux",
            std::string(version) + "~0123456789ab",
            7,
            digest_of("envelope"),
            time,
            std::vector<file_record>{{relative_path::parse("dir/one two \xC3\xA9.bin").value(), 5, digest_of("file"),
                                      std::numeric_limits<std::uint64_t>::max(), 1'767'323'045'123'456'789}}};
}

model_state sample_state()
{
    model_state out;
    out.generation = 12;
    out.active = sample_pack("2.0");
    out.last_good = sample_pack("1.0");
    out.pending = sample_pack("3.0");
    out.reclaiming = sample_pack("2.9");
    out.rejected.push_back({identifier::parse("0.9").value(), digest_of("r")});
    out.superseded.push_back({identifier::parse("0.8").value(), digest_of("s")});
    out.memory.sequence = 42;
    out.memory.issued_at = parse_rfc3339("2026-01-01T00:00:00Z");
    out.memory.dsse_seen = true;
    out.memory.history.push_back({41, std::nullopt, digest_of("h")});
    out.memory.history.back().all_verified = true;
    out.memory.sequence_seen = true;
    out.memory.active_digests.push_back({{42, {}}, "linux", digest_of("2.0"), digest_of("envelope")});
    out.memory.active_digests.push_back(
        {{{}, parse_rfc3339("2026-01-01T00:00:00Z")}, "linux", digest_of("1.0"), digest_of("e")});
    out.memory.signatures.push_back({digest_of("sig"), parse_rfc3339("2026-01-01T00:00:00Z").value(), "key:one"});
    out.ancestors.push_back(digest_of("a"));
    return out;
}

std::string text_of(const model_state& state)
{
    std::string out;
    REQUIRE(write_state(state, [&](bytes_view part) -> result<void> {
                out += as_text(part);
                return {};
            }).has_value());
    return out;
}

/// The document with another text in it, and a checksum that fits.
std::string with(std::string text, std::string_view from, std::string_view to)
{
    const std::size_t at = text.find(from);
    REQUIRE(at != std::string::npos);
    text.replace(at, from.size(), to);
    const std::string body = text.substr(0, text.rfind(",\"checksum\""));
    return body + ",\"checksum\":\"" + digest_of(body).hex() + "\"}";
}

const std::string partial = std::string(64, 'a');  // the digest of one file

std::vector<byte_range> ranges(const std::string& text)
{
    const journal read = journal::parse(as_bytes(text));
    const auto found = read.files.find(partial);
    return found == read.files.end() ? std::vector<byte_range>() : found->second.synced.ranges();
}

}  // namespace

TEST_CASE("a state comes back from its document as it was")
{
    const std::string text = text_of(sample_state());
    const auto back = parse_state(as_bytes(text));
    REQUIRE(back.has_value());
    CHECK(text_of(*back) == text);
    CHECK(back->active->files.front().inode == std::numeric_limits<std::uint64_t>::max());
    CHECK(back->active->files.front().changed_ns == 1'767'323'045'123'456'789);
    CHECK(back->last_good->version.str() == "1.0");
    CHECK(back->memory.history.front().issued_at == std::nullopt);
    CHECK(back->memory.history.front().all_verified);
    REQUIRE(back->memory.signatures.size() == 1);
    CHECK(back->memory.signatures.front().signature == digest_of("sig"));
    CHECK(back->memory.signatures.front().first == parse_rfc3339("2026-01-01T00:00:00Z"));
    CHECK(back->memory.signatures.front().signer == "key:one");
    const auto older = parse_state(as_bytes(with(text, "\"all_verified\":true,", "")));
    REQUIRE(older.has_value());
    CHECK_FALSE(older->memory.history.front().all_verified);
    CHECK(back->memory.issued_at == sample_state().memory.issued_at);

    const auto empty = parse_state(as_bytes(text_of(model_state{})));
    REQUIRE(empty.has_value());
    CHECK_FALSE(empty->active.has_value());
}

TEST_CASE("a state that was cut or altered anywhere is not taken for a whole one")
{
    const std::string text = text_of(sample_state());
    for (std::size_t at = 0; at < text.size(); ++at)
    {
        CAPTURE(at);
        CHECK(parse_state(as_bytes(std::string_view(text).substr(0, at))).has_error());
        std::string altered = text;
        altered[at] = static_cast<char>(altered[at] ^ 1);
        const auto read = parse_state(as_bytes(altered));
        REQUIRE(read.has_error());
        CHECK(read.error().why == reason::state_damaged);
    }
    CHECK(parse_state(as_bytes(text + "\n")).has_error());
    CHECK(parse_state(as_bytes("")).has_error());
}

TEST_CASE("a whole state of a later version is told apart from a damaged one")
{
    const std::string text = text_of(sample_state());
    const auto later = parse_state(as_bytes(with(text, "\"schema\":2", "\"schema\":3")));
    REQUIRE(later.has_error());
    CHECK(later.error().why == reason::newer_schema);
    // What else it says is up to that version.
    const auto other =
        parse_state(as_bytes(with(with(text, "\"schema\":2", "\"schema\":900"), "\"memory\"", "\"memories\"")));
    REQUIRE(other.has_error());
    CHECK(other.error().why == reason::newer_schema);
}

TEST_CASE("a state with a good checksum but without sense is refused")
{
    const std::string text = text_of(sample_state());
    CHECK(parse_state(as_bytes(with(text, "\"schema\":2", "\"schema\":2"))).has_value());
    CHECK(parse_state(as_bytes(with(text, "\"schema\":2", "\"schema\":1"))).has_value());  // as version 0.1 wrote it
    CHECK(parse_state(as_bytes(with(text, "\"schema\":2", "\"schema\":0"))).has_error());
    CHECK(parse_state(as_bytes(with(text, "2.0~0123456789ab", "../../elsewhere"))).has_error());
    CHECK(parse_state(as_bytes(with(text, "dir/", "../"))).has_error());
    CHECK(parse_state(as_bytes(with(text, "\"rejected\":[", "\"rejected\":[7,"))).has_error());
    CHECK(parse_state(as_bytes(with(text, "\"memory\"", "\"memories\""))).has_error());
    CHECK(parse_state(as_bytes(with(text, "\"size\":5", "\"size\":-5"))).has_error());
}

TEST_CASE("a journal's ranges are merged, and those after a torn or altered line are not believed")
{
    journal notes;
    const std::string first = journal::first_line();
    const std::string a = notes.note_synced(partial, 1000, range_set({0, 100}));
    const std::string b = notes.note_synced(partial, 1000, range_set({500, 600}));
    const std::string c = notes.note_synced(partial, 1000, range_set({100, 200}));
    CHECK(ranges(first + a + b + c) == std::vector<byte_range>{{0, 200}, {500, 600}});
    CHECK(journal::parse(as_bytes(first + a)).files.at(partial).size == 1000);

    for (std::size_t cut = 0; cut < c.size(); ++cut)
    {
        const auto torn = journal::parse(as_bytes(first + a + c.substr(0, cut)));
        CHECK(torn.files.at(partial).synced.ranges() == std::vector<byte_range>{{0, 100}});
        CHECK(torn.whole_bytes == first.size() + a.size());
    }
    std::string altered = b;
    altered[7] = altered[7] == '4' ? '5' : '4';
    CHECK(ranges(first + a + altered + c) == std::vector<byte_range>{{0, 100}});
}

TEST_CASE("a journal without its first line, or with ranges outside the file, says nothing")
{
    const auto line = [](std::uint64_t size, byte_range range) {
        return journal().note_synced(partial, size, range_set(range));
    };
    CHECK(ranges("").empty());
    CHECK(ranges(line(1000, {0, 100})).empty());
    CHECK_FALSE(ranges(journal::first_line() + line(1000, {0, 100})).empty());
    CHECK(ranges(journal::first_line() + line(100, {0, 101})).empty());
    const auto placed = relative_path::parse("a b/c d.bin").value();
    journal notes;
    std::string text = journal::first_line();
    text += notes.note_synced(partial, 9, range_set({0, 9}));  // one after the other: the order within a sum is open
    text += notes.note_placed(partial, placed);
    const auto read = journal::parse(as_bytes(text));
    REQUIRE(read.files.at(partial).placed.has_value());
    CHECK(*read.files.at(partial).placed == placed);
}

TEST_CASE("a state with two packs of 65,535 files is written and read part by part")
{
    model_state state = sample_state();
    std::vector<file_record> files;
    for (std::size_t i = 0; i < 65'535; ++i)
        files.push_back({relative_path::parse("layer/part-" + std::to_string(i)).value(), i, digest_of(std::to_string(i)), i,
                         static_cast<std::int64_t>(i), i % 3 == 0 ? digest_scope::chunks : digest_scope::whole,
                         i % 4 == 0 ? std::optional(digest_of("verity of " + std::to_string(i))) : std::nullopt});
    state.active->files = files;
    state.last_good->files = files;
    state.pending->files = {};
    std::size_t longest = 0;
    state_reading reading;
    hasher all;
    REQUIRE(write_state(state, [&](bytes_view part) -> result<void> {
                longest = std::max(longest, part.size());
                all.update(part);
                for (bytes_view rest = part; !rest.empty();)  // as it may be cut
                {
                    const std::size_t n = std::min<std::size_t>(rest.size(), 997);
                    reading.take(rest.first(n));
                    rest = rest.subspan(n);
                }
                return {};
            }).has_value());
    CHECK(longest < 128u << 10);
    const auto back = reading.finish();
    REQUIRE(back.has_value());
    CHECK(reading.identity() == all.finish_sha256());
    CHECK(back->pending->files.empty());
    CHECK(back->reclaiming->files.size() == 1);
    for (const auto* pack : {&*back->active, &*back->last_good})
    {
        REQUIRE(pack->files.size() == files.size());
        for (std::size_t i = 0; i < files.size(); ++i)
            if (!(pack->files[i].path == files[i].path && pack->files[i].size == i &&
                  pack->files[i].sha256 == files[i].sha256 && pack->files[i].inode == i &&
                  pack->files[i].decided_by == files[i].decided_by && pack->files[i].verity == files[i].verity))
                FAIL(i);
    }
    const model_state copy = *back;
    CHECK(copy.active->files.data() == back->active->files.data());  // a copy has no files of its own
}

TEST_CASE("whatever stands where files do is refused, and in a later schema it is that schema")
{
    const std::string text = text_of(sample_state());
    const std::size_t begin = text.find("\"files\":[{") + 8, end = text.find("]", begin) + 1;
    const std::string files = text.substr(begin, end - begin), entry = files.substr(1, files.size() - 2);
    // Other members, and another order of them, are read as ever.
    CHECK(parse_state(as_bytes(with(text, "\"size\":5,", "\"more\":{\"a\":[{}]},\"size\":5,"))).has_value());
    CHECK(parse_state(as_bytes(with(text, files, "[" + entry + "," + entry + "]"))).value().active->files.size() == 2);
    CHECK(parse_state(as_bytes(with(text, files, "[]"))).value().active->files.empty());
    // The digest of fs-verity, as it is written and in another place; half of one is none.
    const std::string digest = digest_of("verity").hex(), member = "\"verity\":\"" + digest + "\"";
    for (const std::string& sealed :
         {entry.substr(0, entry.size() - 1) + "," + member + "}", "{" + member + "," + entry.substr(1)})
        CHECK(parse_state(as_bytes(with(text, files, "[" + sealed + "]"))).value().active->files.front().verity ==
              digest_of("verity"));
    for (const std::string& half : {digest.substr(1), digest + "00", std::string()})
        CHECK(parse_state(
                  as_bytes(with(text, files, "[" + entry.substr(0, entry.size() - 1) + ",\"verity\":\"" + half + "\"}]")))
                  .error()
                  .why == reason::state_damaged);
    for (const std::string& other : std::vector<std::string>{
             std::string("[0]"), std::string("[1,2]"), std::string("0"), std::string("{}"), std::string("[[]]"),
             std::string("[{}]"), "[," + entry + "]", "[" + entry + ",]", "[" + entry + entry + "]",
             "[" + entry + ";" + entry + "]", "[ " + entry + "]", "[" + entry + "}", "[{\"path\":\"a\"}]",
             "[" + entry + ",\"]\"]", std::string("\"]\""), "[\"" + std::string(20'000, 'x') + "\"]"})
    {
        CAPTURE(other);
        CHECK(parse_state(as_bytes(with(text, files, other))).error().why == reason::state_damaged);
        CHECK(parse_state(as_bytes(with(with(text, files, other), "\"schema\":2", "\"schema\":3"))).error().why ==
              reason::newer_schema);
    }
}
