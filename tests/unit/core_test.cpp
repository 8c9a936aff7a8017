// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/base/json_document.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/detail/base/secret.hpp>
#include <modelsec/limits.hpp>

#include "../support/manual_clock.hpp"

#include <doctest/doctest.h>
#include <sodium.h>

#include <thread>

using namespace modelsec;

using namespace modelsec::detail;

namespace {
bool safe(std::string_view text)
{
    return name::parse(text).has_value();
}
std::string long_json(int depth)
{
    return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
}
}  // namespace

TEST_SUITE_BEGIN("core");

TEST_CASE("base64 has libsodium's verdicts for every digit in every place of short texts")
{
    for (const std::string& good : {to_base64(bytes{1}), to_base64(bytes{1, 2}), to_base64(bytes{1, 2, 3, 4}),
                                    to_base64(bytes{255, 254, 253, 252, 251}), to_base64(bytes(9, 250))})
        for (std::size_t at = 0; at < good.size(); ++at)
            for (int c = 1; c < 128; ++c)  // above, libsodium 1.0.18 takes anything
            {
                std::string text = good;
                text[at] = static_cast<char>(c);
                for (const auto& [alphabet, variant] : {std::pair(base64_alphabet::standard, sodium_base64_VARIANT_ORIGINAL),
                                                        std::pair(base64_alphabet::url_safe, sodium_base64_VARIANT_URLSAFE)})
                {
                    bytes raw(text.size());
                    std::size_t size = 0;
                    const char* end = nullptr;
                    const bool taken = sodium_base642bin(raw.data(), raw.size(), text.data(), text.size(), nullptr, &size,
                                                         &end, variant) == 0 &&
                                       end == text.data() + text.size();
                    raw.resize(size);
                    const auto ours = from_base64(text, alphabet);
                    const bool same = ours.has_value() == taken && (!taken || *ours == raw);
                    REQUIRE_MESSAGE(same, text);
                }
            }
    CHECK_FALSE(from_base64("AAA\xff").has_value());
    CHECK_FALSE(from_base64("====").has_value());
    CHECK_FALSE(from_base64("A===").has_value());
}

TEST_CASE("base64 takes RFC 4648's vectors and nothing that only resembles base64")
{
    for (const auto& [raw, text] :
         {std::pair{"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foobar", "Zm9vYmFy"}})
    {
        CHECK(to_base64(as_bytes(raw)) == text);
        CHECK(as_text(from_base64(text).value()) == raw);
    }
    for (const auto* bad : {"Zg", "Zg=", "Zg===", "Zh==", "Z g=", "Zg==\n", "Zg==Zg==", "Zm9-", "Zm9_", "====", "=Zg="})
        CHECK_FALSE(from_base64(bad).has_value());
    CHECK(from_base64("-_8=", base64_alphabet::url_safe).has_value());
    CHECK_FALSE(from_base64("+/8=", base64_alphabet::url_safe).has_value());
}

TEST_CASE("hex takes both cases, whole bytes and nothing else")
{
    CHECK(to_hex(from_hex("00fFAb").value()) == "00ffab");
    for (const auto* bad : {"0", "0g", "0x00", " 00", "00 ", "0\n"})
        CHECK_FALSE(from_hex(bad).has_value());
    CHECK_FALSE(sha256_digest::from_hex(std::string(63, 'a')).has_value());
    CHECK_FALSE(sha256_digest::from_hex(std::string(66, 'a')).has_value());
}

TEST_CASE("SHA-256 and SHA-512 of FIPS 180-4's example")
{
    CHECK(sha256(as_bytes("abc")).hex() == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(to_hex(sha512(as_bytes("abc"))).starts_with("ddaf35a193617abacc417349ae204131"));
    hasher h;
    h.update(as_bytes("a"));
    h.update(as_bytes("bc"));
    CHECK(h.finish_sha256() == sha256(as_bytes("abc")));
    CHECK(h.finish_sha256() == sha256({}));  // ready for a new stream
}

TEST_CASE("times are RFC 3339 in UTC and nothing else")
{
    const auto time = parse_rfc3339("2026-01-02T03:04:05Z").value();
    CHECK(time.time_since_epoch().count() == 1767323045);
    CHECK(format_rfc3339(time) == "2026-01-02T03:04:05Z");
    CHECK(parse_rfc3339("2026-01-02T03:04:05.123Z") == time);
    CHECK(parse_rfc3339("2024-02-29T00:00:00Z").has_value());
    for (const auto* bad :
         {"2026-01-02T03:04:05", "2026-01-02T03:04:05+00:00", "2026-01-02 03:04:05Z", "2026-02-30T00:00:00Z",
          "2026-13-01T00:00:00Z", "2026-01-02T24:00:00Z", "2026-01-02T03:04:60Z", "2026-1-2T03:04:05Z",
          "2026-01-02T03:04:05.Z", "2026-01-02t03:04:05z", "+026-01-02T03:04:05Z", ""})
        CHECK_FALSE(parse_rfc3339(bad).has_value());
}

TEST_CASE("JSON that two readers could read differently is refused")
{
    for (const auto* bad : {"", " ", "{", "{}x", "{} {}", "{\"a\":1,\"a\":2}", "{\"a\":1,\"\\u0061\":2}", "\"\\ud800\"",
                            "{\"x\":{\"b\":1,\"b\":1}}", "\"\xff\"", "\"\xc0\x80\"", "[1,]", "{'a':1}", "01", "1e999", "NaN",
                            "\"\x01\"", "\xef\xbb\xbf{}"})
    {
        CAPTURE(bad);
        const auto r = parse_json(as_bytes(bad));
        REQUIRE(r.has_error());
        CHECK(r.error().why == reason::json_malformed);
    }
    CHECK(parse_json(as_bytes(long_json(15))).has_value());
    CHECK(parse_json(as_bytes(long_json(17))).has_error());
}

TEST_CASE("JSON keeps unknown members and writes what it read")
{
    const auto* text = R"({"b":[1,-2,0.5,true,null,"\u00e9\n\"\\"],"a":{}})";
    const json doc = parse_json(as_bytes(text)).value();
    CHECK(parse_json(as_bytes(doc.dump())).value() == doc);
    CHECK(doc.find("b")->as_array()->size() == 6);
    CHECK(doc.find("c") == nullptr);
    CHECK_FALSE(doc.canonical().has_value());  // 0.5 has no canonical form
}

TEST_CASE("integers are exact up to 2^53-1 and no further")
{
    const json doc =
        parse_json(as_bytes(R"({"a":9007199254740991,"b":9007199254740992,"c":-1,"d":1.0,"e":18446744073709551615})"))
            .value();
    CHECK(doc.size_at("a") == limits::max_integer);
    for (const auto* key : {"b", "c", "d", "e", "f"})
        CHECK_FALSE(doc.size_at(key).has_value());
}

TEST_CASE("canonical JSON sorts members by bytes and escapes only quotes and backslashes")
{
    const json doc = parse_json(as_bytes(R"({"b":"\n\"\\","a":[1,true,null],"A":{"z":0,"\u00e9":1}})")).value();
    CHECK(doc.canonical() == "{\"A\":{\"z\":0,\"\xc3\xa9\":1},\"a\":[1,true,null],\"b\":\"\n\\\"\\\\\"}");
}

TEST_CASE("a document read in place has the canonical form of its tree, and no more values than a parser should hold")
{
    for (const char* text :
         {R"({"b":"\n\"\\","a":[1,true,null],"A":{"z":0,"\u00e9":-1}})", "{}", "[]", R"([{},[],[[]],"",0])"})
    {
        const auto document = json_document::parse(as_bytes(text), 16).value();
        const auto canonical = canonical_json(document.root());
        REQUIRE(canonical.has_value());
        CHECK(as_text(*canonical) == copy_json(document.root()).canonical());
    }
    CHECK_FALSE(canonical_json(json_document::parse(as_bytes("[0.5]"), 16).value().root()).has_value());

    std::string text = "[\"" + std::string(2 * limits::json_values, ',') + "\\\",\"";
    for (std::size_t i = 2; i < limits::json_values; ++i)
        text += ",0";
    CHECK(is_modest_json(as_bytes(text + "]")));
    CHECK(parse_json(as_bytes(text + "]")).has_value());
    CHECK_FALSE(is_modest_json(as_bytes(text + ",0,0]")));
    CHECK(parse_json(as_bytes(text + ",0,0]")).error().why == reason::json_malformed);
}

TEST_CASE("a safe name is a safe name on every file system")
{
    for (const auto* good : {"model.gguf", "a", "a b.bin", "weights-00001-of-00002.safetensors", "\xc3\xa9t\xc3\xa9.bin",
                             ".hidden", "console", "com", "com10", "lpt.x"})
    {
        CAPTURE(good);
        CHECK(safe(good));
    }
    for (const auto* bad : {"",
                            ".",
                            "..",
                            "a/b",
                            "a\\b",
                            "a:b",
                            "a*",
                            "a?",
                            "a\"",
                            "<a",
                            ">a",
                            "a|b",
                            " a",
                            "a ",
                            "a.",
                            "...",
                            ".modelsec",
                            ".modelsec-x",
                            ".MODELSEC",
                            "con",
                            "CON",
                            "con.txt",
                            "nul.tar.gz",
                            "COM1",
                            "lpt9.txt",
                            "com\xc2\xb9",
                            "aux .txt",
                            "conin$",
                            "a\x01",
                            "a\x7f",
                            "a\n",
                            "a\xe2\x80\xae"
                            "b",
                            "a\xe2\x81\xa6"
                            "b",
                            "e\xcc\x81.bin",
                            "\xff",
                            "\xc0\xaf",
                            "\xed\xa0\x80",
                            "a\xc2\xa0"
                            "b",
                            "\xe2\x80\x8b",
                            "\xef\xbf\xbf"})
    {
        CAPTURE(bad);
        const auto r = name::parse(bad);
        REQUIRE(r.has_error());
        CHECK(r.error().code() == errc::unsafe);
    }
    CHECK(safe(std::string(255, 'a')));
    CHECK_FALSE(safe(std::string(256, 'a')));
    CHECK_FALSE(safe(std::string_view("a\0b", 3)));
}

TEST_CASE("a model id can stand in a path and a version too")
{
    for (const auto* good : {"llama3_1_8b_instruct", "1.0.0", "1.0.0+build-7", "A"})
        CHECK(identifier::parse(good).has_value());
    for (const auto* bad : {"", ".", "..", "-a", ".a", "a/b", "a b", "a~b", "a.", "nul", "NUL.x", "\xc3\xa9"})
        CHECK(identifier::parse(bad).has_error());
    CHECK(identifier::parse(std::string(129, 'a')).has_error());
}

TEST_CASE("paths go down, never up or away")
{
    CHECK(relative_path::parse("a/b/c.bin").value().str() == "a/b/c.bin");
    for (const auto* bad : {"", "/", "/a", "a/", "a//b", "../a", "a/../b", "./a", "a/.", "C:/a", "a\\b"})
        CHECK(relative_path::parse(bad).has_error());
}

TEST_CASE("names that some file system takes for one do not stand side by side")
{
    const auto path = [](const char* text) { return relative_path::parse(text).value(); };
    path_set set;
    CHECK(set.add_file(path("dir/Model.bin")).has_value());
    CHECK(set.add_file(path("dir/other.bin")).has_value());
    CHECK(set.add_folder(path("dir")).has_value());
    CHECK(set.add_file(path("dir/model.BIN")).has_error());
    CHECK(set.add_file(path("Dir/third.bin")).has_error());
    CHECK(set.add_file(path("dir")).has_error());
    CHECK(set.add_file(path("dir/Model.bin/x")).has_error());
    CHECK(set.add_file(path("dir/Model.bin")).has_error());
    path_set sharp;
    CHECK(sharp
              .add_file(path("stra\xc3\x9f"
                             "e"))
              .has_value());
    CHECK(sharp.add_file(path("STRASSE")).has_error());
}

TEST_CASE("a control tells its hooks, from any thread, and not after they are gone")
{
    control handle;
    int calls = 0;
    auto hook = handle.on_change([&] { ++calls; });
    std::thread([other = handle]() mutable {
        other.pause();
        other.pause();
        other.resume();
        other.cancel();
        other.cancel();
    }).join();
    CHECK(calls == 3);
    CHECK(handle.cancelled());
    hook.reset();
    handle.pause();
    CHECK(calls == 3);
    int late = 0;
    const auto after = handle.on_change([&] { ++late; });
    CHECK(late == 1);  // cancelled already
}

TEST_CASE("the time of an attempt stands still while it is paused, by whichever of its controls")
{
    const auto shared_time = std::make_shared<support::manual_clock>();
    support::manual_clock& time = *shared_time;
    const auto in = [&](std::chrono::seconds s) { return time.steady_now() + s; };
    control owner;
    const control running = owner.attempt(shared_time, in(std::chrono::seconds(10)));
    time.advance(std::chrono::seconds(6));
    owner.pause();
    time.advance(std::chrono::hours(8));
    CHECK_FALSE(running.cancelled());
    CHECK(running.due() == in(std::chrono::seconds(4)));
    const control begun_in_the_pause = owner.attempt(shared_time, in(std::chrono::seconds(10)));
    time.advance(std::chrono::hours(1));
    owner.resume();
    CHECK(running.due() == in(std::chrono::seconds(4)));
    CHECK(begun_in_the_pause.due() == in(std::chrono::seconds(10)));
    time.advance(std::chrono::seconds(3));
    CHECK_FALSE(running.expired());
    owner.pause();
    owner.resume();
    time.advance(std::chrono::seconds(1));
    CHECK(running.expired());
    CHECK(running.cancelled());
    CHECK_FALSE(owner.cancelled());
    owner.pause();  // what is over stays over
    CHECK(running.expired());
    CHECK_FALSE(begun_in_the_pause.expired());
}

TEST_CASE("attempts are paused as their control is, whichever thread set it last")
{
    for (int round = 0; round < 300; ++round)
    {
        control owner;
        const control running = owner.attempt();
        std::thread other([owner]() mutable { owner.resume(); });
        owner.pause();
        other.join();
        CHECK(running.paused() == owner.paused());
    }
}

TEST_CASE("a secret is wiped and moves")
{
    secret token("hunter2");
    secret other = std::move(token);
    CHECK(other.reveal_text() == "hunter2");
    CHECK(token.empty());
    CHECK(other.clone().reveal_text() == "hunter2");
    other.wipe();
    CHECK(other.empty());
}

TEST_CASE("every reason belongs to a code and has words for people")
{
#define MODELSEC_CODE(name, value, text)          \
    CHECK(static_cast<int>(errc::name) == value); \
    CHECK(to_string(errc::name) == #name);        \
    CHECK(make_error_code(errc::name).message() == text);
#define MODELSEC_REASON(name, code, text)       \
    CHECK(code_of(reason::name) == errc::code); \
    CHECK(to_string(reason::name) == #name);    \
    CHECK(hint(reason::name) == text);
#include <modelsec/detail/base/error_codes.def>
    CHECK(std::string(make_error_code(errc::digest).category().name()) == "modelsec");
}

TEST_SUITE_END();
