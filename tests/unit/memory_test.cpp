// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/trust/memory.hpp>

#include <doctest/doctest.h>

using namespace modelsec;

using namespace modelsec::detail;

namespace {

const utc_time t0 = parse_rfc3339("2026-06-01T00:00:00Z").value();
using std::chrono::hours;
using std::chrono::minutes;

sha256_digest digest(char c)
{
    return sha256_digest::from_hex(std::string(64, c)).value();
}

manifest_claim claim(std::uint64_t sequence, char envelope = 'e')
{
    return {sequence, t0, t0 + hours(24), true, digest(envelope), digest(envelope), {"k"}};
}

model_memory after(std::initializer_list<manifest_claim> claims)
{
    model_memory m;
    for (const auto& c : claims)
        remember(m, c);
    return m;
}

reason why(const model_memory& m, const manifest_claim& c, utc_time now = t0, std::uint64_t min_sequence = 0)
{
    const auto r = check_memory(m, c, now, min_sequence, limits{});
    return r ? reason::none : r.error().why;
}

}  // namespace

TEST_SUITE_BEGIN("memory");

TEST_CASE("a sequence never goes back; an equal one is fine")
{
    const auto m = after({claim(5)});
    CHECK(why(m, claim(4)) == reason::older_sequence);
    CHECK(why(m, claim(5)) == reason::none);
    CHECK(why(m, claim(6)) == reason::none);
    CHECK(code_of(reason::older_sequence) == errc::rollback);
}

TEST_CASE("a fresh store has nothing but the caller's minimum to go by")
{
    CHECK(why({}, claim(4), t0, 5) == reason::below_min_sequence);
    CHECK(why({}, claim(5), t0, 5) == reason::none);
    manifest_claim bare;
    bare.dsse = false;
    CHECK(why({}, bare) == reason::none);
    CHECK(why({}, bare, t0, 1) == reason::below_min_sequence);
}

TEST_CASE("expiry is to the second, and a freeze never fails open")
{
    CHECK(why({}, claim(1), t0 + hours(24) - std::chrono::seconds(1)) == reason::none);
    CHECK(why({}, claim(1), t0 + hours(24)) == reason::manifest_expired);
    CHECK(why(after({claim(1)}), claim(1), t0 + hours(1000)) == reason::manifest_expired);
}

TEST_CASE("a wrong clock is an error of its own, not a way around expiry")
{
    CHECK(why({}, claim(1), t0 - minutes(10)) == reason::none);
    CHECK(why({}, claim(1), t0 - minutes(10) - std::chrono::seconds(1)) == reason::issued_in_future);
    auto old = claim(2);
    old.issued_at = t0 - hours(48);
    CHECK(why(after({claim(1)}), old, t0 - hours(1)) == reason::clock_went_back);
    CHECK(why(after({claim(1)}), old, t0 - minutes(9)) == reason::none);
    CHECK(code_of(reason::clock_went_back) == errc::clock);
}

TEST_CASE("once a DSSE manifest was accepted a pack envelope is a way back")
{
    auto pack = claim(9);
    pack.dsse = false;
    CHECK(why({}, pack) == reason::none);
    CHECK(why(after({claim(1)}), pack) == reason::format_downgrade);
    CHECK(why(after({pack}), claim(9)) == reason::none);
}

TEST_CASE("another digest under a sequence, or a time of issue, that was activated is equivocation")
{
    const order_mark seven{7, {}}, eight{8, {}}, at_noon{{}, t0}, later{{}, t0 + hours(1)};
    model_memory m;
    remember_active(m, seven, "linux", digest('1'), digest('a'));
    remember_active(m, at_noon, "linux", digest('1'), digest('a'));
    for (const order_mark& mark : {seven, at_noon})
    {
        CHECK(check_equivocation(m, mark, "linux", digest('1')).has_value());
        CHECK(check_equivocation(m, mark, "linux", digest('2')).error().why == reason::equivocation);
        CHECK(check_equivocation(m, mark, "macos", digest('2')).has_value());
    }
    CHECK(check_equivocation(m, eight, "linux", digest('2')).has_value());
    CHECK(check_equivocation(m, later, "linux", digest('2')).has_value());
    CHECK(check_equivocation(m, {}, "linux", digest('2')).has_value());
    CHECK_FALSE(forget_disowned(m, seven, [](const auto&) { return true; }));
    CHECK(forget_disowned(m, seven, [](const auto&) { return false; }));
    CHECK(check_equivocation(m, seven, "linux", digest('2')).has_value());
    CHECK(check_equivocation(m, at_noon, "linux", digest('2')).error().why == reason::equivocation);
}

TEST_CASE("order only tightens: sequence, or lacking it the time of issue, or nothing at all")
{
    const auto pack = [](std::optional<std::uint64_t> sequence, std::optional<utc_time> issued_at, char name) {
        return manifest_claim{sequence, issued_at, {}, false, digest(name), digest(name), {"k"}};
    };
    const auto bare = pack({}, {}, 'a'), noon = pack({}, t0, 'b'), morning = pack({}, t0 - hours(4), 'c');
    const auto first = pack(1, {}, 'd'), second = pack(2, t0 - hours(9), 'e');

    CHECK(is_unordered({}, bare));
    CHECK(why({}, bare) == reason::none);
    CHECK(check_memory({}, bare, t0, 0, limits{}, true).error().why == reason::unordered);
    CHECK(check_memory({}, noon, t0, 0, limits{}, true).has_value());
    CHECK(code_of(reason::unordered) == errc::rollback);
    CHECK(code_of(reason::order_lost) == errc::rollback);

    const auto m = after({bare});
    CHECK(why(m, bare) == reason::none);
    CHECK(why(m, morning) == reason::none);

    const auto dated = after({bare, noon});
    CHECK_FALSE(is_unordered(dated, bare));
    CHECK(why(dated, bare) == reason::order_lost);
    CHECK(why(dated, morning) == reason::older_issue);
    CHECK(why(dated, noon) == reason::none);
    CHECK(why(dated, second) == reason::none);  // its sequence decides, not its time

    const auto counted = after({noon, second});
    CHECK(why(counted, bare) == reason::order_lost);
    CHECK(why(counted, noon) == reason::order_lost);
    CHECK(why(counted, first) == reason::older_sequence);
    CHECK(why(counted, second) == reason::none);

    // It holds until what brought it falls with its keys.
    const auto thief_gone = fall_back(counted, [](const sha256_digest& e) { return e == digest('b'); });
    CHECK(why(thief_gone, noon) == reason::none);
    CHECK(why(thief_gone, morning) == reason::older_issue);
    CHECK(why(thief_gone, bare) == reason::order_lost);
    CHECK(why(fall_back(counted, [](const auto&) { return false; }), bare) == reason::none);
}

TEST_CASE("a target that its metadata orders is no unordered manifest")
{
    manifest_claim target{{}, {}, {}, true, digest('a'), digest('a'), {}, true};
    CHECK_FALSE(is_unordered({}, target));
    CHECK(check_memory(after({claim(5)}), target, t0, 0, limits{}, true).has_value());
}

TEST_CASE("when the keys behind the highest are gone the memory falls back to what still stands")
{
    auto honest = claim(5, 'a');
    honest.key_ids = {"k", "l"};
    const auto m = after({honest, claim(limits::max_integer, 'b')});
    CHECK(why(m, claim(6, 'c')) == reason::older_sequence);
    const auto rest = fall_back(m, [](const sha256_digest& d) { return d == digest('a'); });
    CHECK(rest.sequence == 5);
    CHECK(why(rest, claim(6, 'c')) == reason::none);
    CHECK(why(rest, claim(4, 'c')) == reason::older_sequence);
    CHECK(fall_back(m, [](const auto&) { return true; }).sequence == limits::max_integer);
    CHECK(fall_back(m, [](const auto&) { return false; }).sequence == 0);
}

TEST_CASE("an envelope is remembered once, and the history has an end")
{
    model_memory m;
    CHECK(remember(m, claim(1)));
    CHECK_FALSE(remember(m, claim(1)));
    for (std::uint64_t i = 2; i < 100; ++i)
    {
        auto c = claim(i);
        c.statement = sha256(as_bytes(std::to_string(i)));
        c.envelope = c.statement;
        // Two of the keys by turns: whichever falls, something that the others vouched for is left.
        c.key_ids = {std::string(1, static_cast<char>('a' + i % 5)), std::string(1, static_cast<char>('a' + i % 7))};
        CHECK(remember(m, c));
    }
    CHECK(m.history.size() == model_memory::history_cap);
    CHECK(m.sequence == 99);
    CHECK(m.history.back().sequence == 99);
}

TEST_CASE("what a later manifest stands for whatever keys fall is forgotten, and its envelope with it")
{
    const auto by = [](std::uint64_t sequence, char envelope, std::vector<std::string> keys) {
        auto c = claim(sequence, envelope);
        c.statement = c.envelope;
        c.key_ids = std::move(keys);
        return c;
    };
    model_memory m;
    CHECK(remember(m, by(1, 'a', {"k"})));
    remember_active(m, by(1, 'a', {"k"}).mark(), "any", digest('f'), digest('a'));
    CHECK(remember(m, by(2, 'b', {"k", "l"})));
    REQUIRE(m.history.size() == 1);
    CHECK(m.history.front().envelope == digest('b'));
    CHECK(m.active_digests.empty());
    CHECK(why(m, claim(1, 'a')) == reason::older_sequence);

    // One that somebody else vouches for stays: those keys may be the ones that are left.
    CHECK(remember(m, by(3, 'c', {"k"})));
    CHECK(m.history.size() == 2);
    const auto rest = fall_back(m, [](const sha256_digest& d) { return d == digest('b'); });
    CHECK(rest.sequence == 2);
    // Under the same number both may have been activated: what was stays, and so does what vouches for it.
    CHECK(remember(m, by(3, 'd', {"k"})));
    CHECK(m.history.size() == 3);
}

TEST_CASE("what somebody signed who is not trusted yet is not forgotten: that key may be the one that is left")
{
    model_memory m;
    auto first = claim(1, 'a');
    first.all_verified = false;
    CHECK(remember(m, first));
    CHECK(remember(m, claim(2, 'b')));
    REQUIRE(m.history.size() == 2);
    const auto rest = fall_back(m, [](const sha256_digest& d) { return d == digest('a'); });
    CHECK(rest.sequence == 1);
    CHECK(why(rest, claim(0, 'c')) == reason::older_sequence);
}

TEST_CASE("where who vouched is only claimed, as in repair, nothing is forgotten because of it")
{
    for (const char* claimed : {"k", ""})
    {
        model_memory m;
        CHECK(remember(m, claim(1, 'a'), false));
        auto forged = claim(2, 'b');
        forged.key_ids = {claimed};
        CHECK(remember(m, forged, false));
        CHECK(m.history.size() == 2);
        // Nor later, by one that is verified: those entries' key ids are still only claimed.
        CHECK(remember(m, claim(3, 'c')));
        CHECK(m.history.size() == 3);
        const auto rest = fall_back(m, [](const sha256_digest& d) { return d == digest('a'); });
        CHECK(rest.sequence == 1);
    }
}

TEST_CASE("the same statement in another envelope is nothing new: the first envelope stays")
{
    model_memory m;
    CHECK(remember(m, claim(1, 'a')));
    auto variant = claim(1, 'a');
    variant.envelope = digest('b');
    CHECK_FALSE(remember(m, variant));
    CHECK(kept_envelope(m, variant) == digest('a'));
    CHECK(kept_envelope(m, claim(2, 'c')) == digest('c'));
}

TEST_CASE("who vouches later is remembered too, and the envelope with most vouchers is the one that is kept")
{
    model_memory m;
    CHECK(remember(m, claim(1, 'a')));
    auto later = claim(1, 'a');
    later.envelope = digest('b');
    later.key_ids = {"k", "l"};
    CHECK(remember(m, later));
    CHECK(kept_envelope(m, claim(1, 'a')) == digest('b'));
    later.envelope = digest('c');
    CHECK_FALSE(remember(m, later));
    const auto rest = fall_back(m, [](const sha256_digest& d) { return d == digest('b'); });
    CHECK(rest.sequence == 1);
}

TEST_CASE("a thief of one key cannot push out what another key vouched for")
{
    model_memory m;
    auto honest = claim(100, 'b');
    honest.key_ids = {"b"};
    CHECK(remember(m, honest));
    for (std::uint64_t i = 0; i < 50; ++i)
    {
        auto c = claim(200 + i);
        c.key_ids = {"a"};
        c.statement = sha256(as_bytes(std::to_string(i)));
        c.envelope = c.statement;
        CHECK(remember(m, c));
    }
    const auto rest = fall_back(m, [](const sha256_digest& e) { return e == digest('b'); });
    CHECK(rest.sequence == 100);
    CHECK(rest.sequence_seen);
    CHECK(why(rest, claim(3, 'c')) == reason::older_sequence);
}

TEST_CASE("a signature stays as old as it was first said to be, whoever dates it anew")
{
    const auto by = [](char statement, char signature, utc_time at, const std::string& signer = "key:a") {
        manifest_claim c;
        c.issued_at = at;
        c.envelope = sha256(as_bytes(std::string(1, statement) + signature + format_rfc3339(at)));
        c.statement = digest(statement);
        c.key_ids = {signer};
        c.one_statement = true;
        c.signature = digest(signature);
        return c;
    };
    const utc_time later = t0 + hours(24 * 365);
    model_memory m = after({by('a', '1', t0)});
    CHECK(why(m, by('a', '1', t0 + hours(2)), later) == reason::none);
    CHECK_FALSE(remember(m, by('a', '1', t0 + hours(2))));
    CHECK(m.issued_at == t0);
    CHECK(remember(m, by('b', '2', t0 + hours(1))));
    CHECK(why(m, by('a', '1', t0 + hours(2)), later) == reason::older_issue);
    CHECK(first_told(m, by('a', '1', t0 + hours(2))) == t0);
    CHECK(first_told(m, by('a', '3', t0 + hours(2))) == t0 + hours(2));
    CHECK(why(m, by('a', '3', t0 + hours(2)), later) == reason::none);  // signed anew
    auto undated = by('a', '1', t0);
    undated.issued_at.reset();
    CHECK(why(m, undated, later) == reason::order_lost);

    SUBCASE("also one that says nothing new")
    {
        CHECK(remember(m, by('b', '4', t0 + hours(1))));
        CHECK(remember(m, by('c', '5', t0 + hours(3))));
        CHECK(why(m, by('b', '4', t0 + hours(4)), later) == reason::older_issue);
    }
    SUBCASE("it falls with its signer, and with nobody else's")
    {
        const auto other = by('c', '6', t0 + hours(2), "key:b");
        CHECK(remember(m, other));
        const auto rest = fall_back(m, [&](const sha256_digest& d) { return d != other.envelope; });
        CHECK(rest.signatures.size() == 2);
        CHECK(first_told(rest, by('c', '6', t0 + hours(5), "key:b")) == t0 + hours(5));
        CHECK(first_told(rest, by('a', '1', t0 + hours(5))) == t0);
    }
    SUBCASE("there is an end to it, and one signer pushes out no other's")
    {
        CHECK(remember(m, by('d', '0', t0 + minutes(61), "key:b")));
        for (int i = 0; i < 200; ++i)
        {
            auto c = by('e', 'f', t0 + hours(2) + minutes(i));
            c.statement = c.envelope = sha256(as_bytes(std::to_string(i)));
            c.signature = c.statement;
            CHECK(remember(m, c));
        }
        CHECK(m.signatures.size() == model_memory::signatures_cap);
        CHECK(first_told(m, by('d', '0', later, "key:b")) == t0 + minutes(61));
        CHECK(first_told(m, by('a', '1', later)) == later);
    }
}

TEST_CASE("of an ECDSA signature the r is its identity, of any other all its bytes")
{
    const auto identity = [](std::initializer_list<int> raw) {
        bytes out;
        for (const int b : raw)
            out.push_back(static_cast<std::uint8_t>(b));
        return signature_identity(out);
    };
    const auto one = identity({0x30, 6, 2, 1, 5, 2, 1, 7});
    CHECK(one == identity({0x30, 6, 2, 1, 5, 2, 1, 8}));
    CHECK(one == identity({0x30, 0x81, 6, 2, 1, 5, 2, 1, 8}));
    CHECK_FALSE(one == identity({0x30, 6, 2, 1, 6, 2, 1, 7}));
    for (const std::size_t cut : {0u, 1u, 2u, 3u, 5u, 7u})
    {
        const std::uint8_t raw[] = {0x30, 6, 2, 1, 5, 2, 1, 7};
        CHECK_FALSE(one == signature_identity(bytes_view(raw).first(cut)));
    }
    CHECK_FALSE(one == identity({0x30, 6, 2, 1, 5, 2, 1, 7, 0}));
    CHECK_FALSE(one == identity({0x30, 5, 2, 1, 5, 2, 9}));
    CHECK_FALSE(identity({1, 2, 3}) == identity({1, 2, 4}));
}

TEST_CASE("a thief's times of issue push out no sequence of the same key, and fall with it")
{
    model_memory m;
    CHECK(remember(m, claim(100, 'b')));
    for (int i = 0; i < 50; ++i)
    {
        auto c = claim(1);
        c.issued_at = t0 + minutes(i);
        c.statement = c.envelope = sha256(as_bytes(std::to_string(i)));
        CHECK(remember(m, c));
    }
    const auto rest = fall_back(m, [](const sha256_digest& e) { return e == digest('b'); });
    CHECK(rest.sequence == 100);
    CHECK(rest.issued_at == t0);
}

TEST_SUITE_END();
