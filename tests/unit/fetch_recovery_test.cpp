// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Keys that were stolen, revoked or rotated: what they alone vouched for is in nobody's way, and what others vouched for stays.
#include "fetch_scene.hpp"

#include "../support/store_scene.hpp"

using namespace fetch_scene;

namespace {

/// These keys, of which some are revoked.
pins keys_of(const std::vector<support::signer>& good, const std::vector<support::signer>& revoked = {})
{
    pins out;
    for (const support::signer& s : good)
        REQUIRE(out.add(s.pin()).has_value());
    for (const support::signer& s : revoked)
    {
        pins alone;
        REQUIRE(alone.add(s.pin()).has_value());
        pin p = alone.keys().front();
        p.revoked = true;
        REQUIRE(out.add(p).has_value());
    }
    return out;
}

}  // namespace

TEST_SUITE_BEGIN("fetch: recovery");

TEST_CASE("when a stolen key that signed a huge sequence is revoked the next honest manifest is accepted")
{
    world w;
    w.offer(limits::max_integer, "9.9", body_1);
    w.net.fail_at = 1;
    CHECK(w.why() == reason::connection_lost);
    w.net.fail_at = -1;

    const support::signer thief = w.key;
    w.key = support::signer("new");
    w.offer(7, "7.0", body_2);
    pins both;
    REQUIRE(both.add(thief.pin()).has_value());
    REQUIRE(both.add(w.key.pin()).has_value());
    w.asked.trust = both;
    CHECK(w.why() == reason::older_sequence);  // the old key still counts
    pins rotated;
    pin old = both.keys().front();
    old.revoked = true;
    REQUIRE(rotated.add(old).has_value());
    REQUIRE(rotated.add(w.key.pin()).has_value());
    w.asked.trust = rotated;
    CHECK(w.why() == reason::none);
    CHECK(w.active() == "7.0");
}

TEST_CASE("a stolen key that was revoked is in nobody's way where the envelope that it signed is gone, a key that counts is")
{
    world w;
    const support::signer thief("thief");
    w.asked.trust = keys_of({w.key, thief});
    w.net.envelope = support::dsse_envelope(w.manifest(limits::max_integer, "9.9", body_1).json(), {thief});
    w.net.fail_at = 1;
    CHECK(w.why() == reason::connection_lost);
    w.net.fail_at = -1;
    const std::string envelopes = w.owner.store + "/.modelsec/envelopes";
    for (const std::string& name : support::names_in(envelopes))
        std::filesystem::remove(envelopes + "/" + name);

    w.offer(7, "7.0", body_2);
    CHECK(w.why() == reason::older_sequence);
    w.asked.trust = keys_of({w.key}, {thief});
    CHECK(w.why() == reason::none);
    CHECK(w.active() == "7.0");
}

TEST_CASE("a stolen key that was revoked is in nobody's way however costly its envelope is to try again")
{
    world w;
    const support::signer thief("thief"), second("second");
    w.owner.caps.signature_message_bytes = 1u << 20;
    w.asked.trust = keys_of({w.key, thief});
    std::string text = w.manifest(limits::max_integer, "9.9", body_1).json();
    text.insert(text.rfind('}'), ",\"x_filler\":\"" + std::string(200'000, 'a') + '"');
    std::vector<support::signer> many{thief};
    for (int i = 0; i < 20; ++i)
        many.emplace_back("nobody-" + std::to_string(i));
    w.net.envelope = support::dsse_envelope(text, many);
    w.net.fail_at = 1;
    CHECK(w.why() == reason::connection_lost);
    w.net.fail_at = -1;

    w.offer(7, "7.0", body_2);
    CHECK(w.why() == reason::older_sequence);
    w.asked.trust = keys_of({w.key, second});  // 21 signatures by two keys, 200 kB each: more than may be hashed
    CHECK(w.why() == reason::none);
    CHECK(w.active() == "7.0");
}

TEST_CASE("after a revocation the very manifest that was accepted before the theft is accepted again")
{
    world w;
    const support::signer thief("thief");
    pins both;
    REQUIRE(both.add(w.key.pin()).has_value());
    REQUIRE(both.add(thief.pin()).has_value());
    w.asked.trust = both;
    w.offer(5, "5.0", body_1);
    REQUIRE(w.fetch().has_value());
    const std::string honest = w.net.envelope;
    w.net.envelope = support::dsse_envelope(w.manifest(limits::max_integer, "6.6", body_2).json(), {thief});
    REQUIRE(w.fetch().has_value());
    w.net.envelope = honest;
    CHECK(w.why() == reason::older_sequence);
    pins revoked;
    pin p = both.keys().back();
    p.revoked = true;
    REQUIRE(revoked.add(both.keys().front()).has_value());
    REQUIRE(revoked.add(p).has_value());
    w.asked.trust = revoked;
    CHECK(w.why() == reason::none);
    CHECK(w.active() == "5.0");
}

TEST_CASE("a key that vouches later for what is known is remembered: without the first one the memory does not fall below")
{
    world w;
    const support::signer first("first"), second("second");
    w.asked.trust = keys_of({first, second});
    const std::string ten = w.manifest(10, "10.0", body_1).json();
    w.net.envelope = support::dsse_envelope(ten, {first});
    CHECK(w.why() == reason::none);
    w.net.envelope = support::dsse_envelope(ten, {first, second});
    CHECK(w.why() == reason::none);

    w.asked.trust = keys_of({second}, {first});
    const std::string both =
        std::exchange(w.net.envelope, support::dsse_envelope(w.manifest(5, "5.0", body_2).json(), {second}));
    CHECK(w.why() == reason::older_sequence);
    w.net.envelope = both;
    CHECK(w.why() == reason::none);
    // A pack comes back by whoever vouched for it last.
    w.net.envelope = support::dsse_envelope(w.manifest(11, "11.0", body_2).json(), {second});
    CHECK(w.why() == reason::none);
    CHECK(detail::run_rollback(w.owner, {"demo", w.asked.trust}).has_value());
    CHECK(w.active() == "10.0");
}

TEST_CASE("what a stolen key made active bars nothing once it is revoked: the honest manifest of that sequence is accepted")
{
    world w;
    const support::signer thief("thief");
    w.asked.trust = keys_of({w.key, thief});
    w.offer(41, "41.0", body_1);
    CHECK(w.why() == reason::none);
    w.net.envelope = support::dsse_envelope(w.manifest(42, "42.0", "stolen").json(), {thief});
    CHECK(w.why() == reason::none);
    w.offer(42, "42.0", body_2);
    CHECK(w.why() == reason::equivocation);  // both keys count: one of them says two things

    w.asked.trust = keys_of({w.key}, {thief});
    w.asked.dry_run = true;
    CHECK(w.why() == reason::none);
    w.asked.dry_run = false;
    CHECK(w.why() == reason::none);
    const auto pack = detail::open_active(w.owner, "demo");
    REQUIRE(pack.has_value());
    CHECK(pack->info().artifact == sha256(as_bytes(body_2)));
    w.offer(42, "42.0", body_1);
    CHECK(w.why() == reason::equivocation);  // of the honest key now
}

TEST_SUITE_END();
