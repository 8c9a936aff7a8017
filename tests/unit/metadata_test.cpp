// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "tuf_publisher.hpp"

#include <modelsec/detail/trust/metadata.hpp>

#include <doctest/doctest.h>

using namespace tuf_test;

namespace {

constexpr std::size_t cap = 1u << 20;

ms::reason envelope_of(const std::string& text, std::size_t at_most = cap)
{
    const auto e = ms::detail::parse_metadata_envelope(ms::as_bytes(text), at_most);
    return e ? ms::reason::none : e.error().why;
}

bool root_ok(const json& j)
{
    const auto r = ms::detail::parse_root(j);
    CHECK((r || r.error().why == ms::reason::root_malformed));
    return r.has_value();
}

template <class T>
bool ok(const ms::result<T>& r)
{
    CHECK((r || r.error().why == ms::reason::metadata_malformed));
    return r.has_value();
}

/// The same without one member, or with another value for it.
json without(const json& j, std::string_view key)
{
    json::object out;
    for (const auto& m : *j.as_object())
        if (m.first != key)
            out.push_back(m);
    return out;
}

json with(json j, std::string_view key, json value)
{
    j.set(key, std::move(value));
    return j;
}

}  // namespace

TEST_CASE("TUF 4.2.1: the key id MUST be unique in the signatures, or the file is refused")
{
    const json part = root_spec().signed_part();
    CHECK(ms::detail::parse_metadata_envelope(sign(part, {1, 2}), cap).has_value());
    CHECK(ms::detail::parse_metadata_envelope(sign(part, {1, 2, 1}), cap).error().why == ms::reason::metadata_malformed);
}

TEST_CASE("TUF 4: signatures are over canonical JSON with unknown fields kept, however the file is written")
{
    json part = root_spec().signed_part();
    part.set("x-unknown", json{{"z", 1}, {"a", json::array{json("\"\\\n\xC3\xA9"), json(true), json()}}});
    const std::string canonical = part.canonical().value();
    const auto spaced = "{ \"signed\" : " + part.dump() + " ,\n \"other\": 1, \"signatures\": [] }";
    const auto e = ms::detail::parse_metadata_envelope(ms::as_bytes(spaced), cap);
    REQUIRE(e.has_value());
    CHECK(ms::as_text(e->signed_bytes) == canonical);
    CHECK(canonical.find("\"x-unknown\":{\"a\":[\"\\\"\\\\\n\xC3\xA9\",true,null],\"z\":1}") != std::string::npos);
}

TEST_CASE("a metadata file is exactly one JSON document with a signed part and signatures")
{
    const std::string good = R"({"signed":{},"signatures":[{"keyid":"a","sig":"00"}]})";
    CHECK(envelope_of(good) == ms::reason::none);
    for (const char* bad : {"", "[]", "null", R"({"signed":{}})", R"({"signatures":[]})", R"({"signed":[],"signatures":[]})",
                            R"({"signed":{},"signatures":{}})", R"({"signed":{},"signatures":[1]})",
                            R"({"signed":{},"signatures":[{"keyid":"a"}]})", R"({"signed":{},"signatures":[{"sig":"00"}]})",
                            R"({"signed":{},"signatures":[{"keyid":1,"sig":"00"}]})",
                            R"({"signed":{},"signatures":[{"keyid":"a","sig":null}]})", R"({"signed":{},"signatures":[]}x)",
                            R"({"signed":{"a":1,"\u0061":2},"signatures":[]})", R"({"signed":{"a":1.5},"signatures":[]})"})
        CHECK(envelope_of(bad) == ms::reason::metadata_malformed);
    CHECK(envelope_of(good, good.size() - 1) == ms::reason::too_large);
    std::string many = R"({"signed":{},"signatures":[)";
    for (int i = 0; i < 33; ++i)
        many += (i ? "," : "") + (R"({"keyid":"k)" + std::to_string(i)) + R"(","sig":""})";
    CHECK(envelope_of(many + "]}") == ms::reason::too_large);
}

TEST_CASE("a signature that is no hex is no signature, and does no harm beside enough good ones")
{
    const root_spec spec;
    const json part = spec.signed_part();
    for (const char* bad : {"", "zz", "0"})
    {
        json::array list{json{{"keyid", "k9"}, {"sig", bad}}, signer(1).sign(part.canonical().value())};
        const auto text = json{{"signed", part}, {"signatures", list}}.dump();
        const auto e = ms::detail::parse_metadata_envelope(ms::as_bytes(text), cap).value();
        const auto root = ms::detail::parse_root(part).value();
        CHECK(ms::detail::check_authority(e, root.authority(ms::detail::tuf_role::root), root.keys).has_value());
        ms::detail::tuf_authority both = root.authority(ms::detail::tuf_role::root);
        both.threshold = 2;
        CHECK(ms::detail::check_authority(e, both, root.keys).error().code() == ms::errc::signature);
    }
}

TEST_CASE("every metadata has its type, version 1 of the specification, a version and an expiry")
{
    const json good = targets(1);
    CHECK(ok(read_targets(good)));
    for (const char* key : {"_type", "spec_version", "version", "expires", "targets"})
        CHECK_FALSE(ok(read_targets(without(good, key))));
    CHECK_FALSE(ok(read_targets(with(good, "_type", "snapshot"))));
    CHECK_FALSE(ok(read_targets(with(good, "_type", "Targets"))));
    for (const char* version : {"1", "1.0", "1.0.0", "1.27.3"})
        CHECK(ok(read_targets(with(good, "spec_version", version))));
    for (const char* version : {"", "0.9", "2.0.0", "10.0", "1.", "1.a", "1.0.0.0", "1.0.0-x", " 1.0"})
        CHECK_FALSE(ok(read_targets(with(good, "spec_version", version))));
    CHECK_FALSE(ok(read_targets(with(good, "version", 0))));
    CHECK_FALSE(ok(read_targets(with(good, "version", -1))));
    CHECK_FALSE(ok(read_targets(with(good, "version", "1"))));
    CHECK_FALSE(ok(read_targets(with(good, "version", 1.0))));
    CHECK_FALSE(ok(read_targets(with(good, "expires", "2026-07-01"))));
    CHECK_FALSE(ok(read_targets(with(good, "expires", "2026-07-01T00:00:00+00:00"))));
}

TEST_CASE("metadata is expired from the second on that it names")
{
    const auto at = [](const std::string& expires) { return read_targets(targets(1, {}, expires))->expired(now); };
    CHECK(at("2026-05-31T23:59:59Z"));
    CHECK(at("2026-06-01T00:00:00Z"));
    CHECK_FALSE(at("2026-06-01T00:00:01Z"));
}

TEST_CASE("a root lists keys and the four roles")
{
    const json good = root_spec().signed_part();
    const auto root = ms::detail::parse_root(good).value();
    CHECK(root.version == 1);
    CHECK(root.consistent_snapshot);
    CHECK(root.authority(ms::detail::tuf_role::snapshot).key_ids == std::vector<std::string>{"k3"});
    CHECK_FALSE(ms::detail::parse_root(without(good, "consistent_snapshot"))->consistent_snapshot);

    CHECK_FALSE(root_ok(with(good, "consistent_snapshot", "true")));
    CHECK_FALSE(root_ok(without(good, "keys")));
    CHECK_FALSE(root_ok(without(good, "roles")));
    for (const char* role : {"root", "timestamp", "snapshot", "targets"})
        CHECK_FALSE(root_ok(with(good, "roles", without(*good.find("roles"), role))));
    const auto with_role = [&](json value) { return with(good, "roles", with(*good.find("roles"), "targets", value)); };
    const auto ids = [](auto... id) { return json::array{json(id)...}; };
    CHECK(root_ok(with_role({{"keyids", ids("a", "b")}, {"threshold", 2}})));
    CHECK_FALSE(root_ok(with_role({{"keyids", ids("a", "a")}, {"threshold", 1}})));
    CHECK_FALSE(root_ok(with_role({{"keyids", ids("a")}, {"threshold", 0}})));
    CHECK_FALSE(root_ok(with_role({{"keyids", ids("a")}, {"threshold", "1"}})));
    CHECK_FALSE(root_ok(with_role({{"keyids", ids(1)}, {"threshold", 1}})));
    CHECK_FALSE(root_ok(with_role({{"keyids", "a"}, {"threshold", 1}})));
    CHECK_FALSE(root_ok(with_role({{"threshold", 1}})));
    CHECK_FALSE(root_ok(with(good, "keys", json{{"a", json{{"keytype", "ed25519"}, {"scheme", "ed25519"}}}})));
    CHECK_FALSE(root_ok(with(good, "keys", json::array{})));
}

namespace {

const std::string p256 =
    "-----BEGIN PUBLIC KEY-----\n"
    "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEu+ebm3VUg6U2b0IIeR6NFZU7uxkL\n"
    "R1sVLxV8SEW7G+AMXMasEQf5daxfwVMP1kuEkhGs3mBYLkYXlWDh9BNSxg==\n"
    "-----END PUBLIC KEY-----\n";

}  // namespace

TEST_CASE("key ids are opaque, and keys of unknown kinds are only unusable")
{
    const ms::detail::tuf_key good{"ed25519", "ed25519", ms::to_hex(signer(1).pk)};
    REQUIRE(good.parse().has_value());
    CHECK(ms::detail::tuf_key{"ed25519", "other", good.value}.parse().has_error());
    CHECK(ms::detail::tuf_key{"other", "ed25519", good.value}.parse().has_error());
    CHECK(ms::detail::tuf_key{"ed25519", "ed25519", good.value + "00"}.parse().has_error());
    CHECK(ms::detail::tuf_key{"ed25519", "ed25519", std::string(64, '0')}.parse().has_error());  // a point of small order

    CHECK(ms::detail::tuf_key{"ecdsa", "ecdsa-sha2-nistp256", p256}.parse()->type() == ms::key_type::ecdsa_p256);
    CHECK(ms::detail::tuf_key{"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", p256}.parse().has_value());
    CHECK(ms::detail::tuf_key{"ecdsa", "ecdsa-sha2-nistp384", p256}.parse().has_error());
    CHECK(ms::detail::tuf_key{"ecdsa-sha2-nistp384", "ecdsa-sha2-nistp256", p256}.parse().has_error());
    CHECK(ms::detail::tuf_key{"rsa", "rsassa-pss-sha256", p256}.parse().has_error());
    CHECK(ms::detail::tuf_key{"ed25519", "ed25519", p256}.parse().has_error());

    const ms::detail::tuf_authority a{{"x", "y", "absent"}, 1};
    const auto candidates = a.candidates({{"x", good}, {"y", {"new", "newer", "?"}}, {"z", good}});
    REQUIRE(candidates.size() == 1);
    CHECK(candidates[0].key_id == "x");
}

TEST_CASE("keys that older tools wrote in hex are the keys that newer ones write in PEM, or refused by name")
{
    // Older tools wrote curve points, or whole SubjectPublicKeyInfo, in hex: the same key counts once.
    const auto by_pem = ms::detail::tuf_key{"ecdsa", "ecdsa-sha2-nistp256", p256}.parse().value();
    const std::string der = ms::to_hex(by_pem.raw()), point = der.substr(der.size() - 2 * 65);
    for (const std::string& hex : {der, point})
    {
        CHECK(ms::detail::tuf_key{"ecdsa", "ecdsa-sha2-nistp256", hex}.parse().value() == by_pem);
        CHECK(ms::detail::tuf_key{"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256", hex}.parse().value() == by_pem);
        CHECK(ms::detail::tuf_key{"ecdsa", "ecdsa-sha2-nistp384", hex}.parse().error().why == ms::reason::bad_option);
        CHECK(ms::detail::tuf_key{"rsa", "rsassa-pss-sha256", hex}.parse().has_error());
    }
    CHECK(ms::detail::tuf_key{"ecdsa", "ecdsa-sha2-nistp256", "BF" + point.substr(2)}.parse().has_error());
    CHECK(ms::detail::tuf_key{"ecdsa", "ecdsa-sha2-nistp256", "no hex"}.parse().error().detail ==
          "a key that is neither PEM nor hex");
}

TEST_CASE("a timestamp names the snapshot; a snapshot names roles, the top-level targets among them")
{
    CHECK(read_timestamp(timestamp(7, listed(3)))->snapshot.version == 3);
    CHECK_FALSE(ok(read_timestamp(with(timestamp(1, listed(1)), "meta", json::object()))));
    CHECK_FALSE(ok(read_timestamp(timestamp(1, json::object()))));
    CHECK_FALSE(ok(read_timestamp(timestamp(1, listed(0)))));
    CHECK_FALSE(ok(read_timestamp(timestamp(1, with(listed(1), "length", -1)))));
    CHECK_FALSE(ok(read_timestamp(timestamp(1, with(listed(1), "hashes", json::object())))));
    CHECK_FALSE(ok(read_timestamp(timestamp(1, with(listed(1), "hashes", json{{"sha256", "00"}})))));
    CHECK_FALSE(ok(read_timestamp(timestamp(1, with(listed(1), "hashes", json{{"sha512", std::string(64, '0')}})))));

    const ms::bytes file = to_bytes("content");
    const auto s = read_snapshot(snapshot(1, {{"targets", listed(2)}, {"a/b", listed(5, file)}, {"a", listed(7)}})).value();
    CHECK(s.read(*s.find("a/b")).value().version == 5);
    CHECK(s.read(*s.find("a/b")).value().check(file).has_value());
    CHECK(s.read(*s.find("a/b")).value().check(to_bytes("Content")).has_error());
    CHECK(s.find("a")->version == 7);
    CHECK(s.find("b") == nullptr);
    CHECK(s.find("") == nullptr);
    CHECK_FALSE(ok(read_snapshot(snapshot(1, {{"a", listed(2)}}))));
    CHECK_FALSE(ok(read_snapshot(with(snapshot(1, {}), "meta", json{{"targets", listed(1)}}))));
}

TEST_CASE("a listed file must have its length and every known digest, at least one of them known")
{
    const ms::bytes file = to_bytes("content");
    const auto listed_as = [&](json meta) { return read_timestamp(timestamp(1, std::move(meta)))->snapshot; };
    const std::string sha256 = ms::sha256(file).hex(), sha512 = ms::to_hex(ms::sha512(file));
    CHECK(listed_as(listed(1)).check(file).has_value());
    CHECK(listed_as(listed(1, file)).check(file).has_value());
    CHECK(listed_as(listed(1, file)).check(to_bytes("Content")).error().why == ms::reason::metadata_mismatch);
    CHECK(listed_as(with(listed(1), "length", 6)).check(file).has_error());
    const auto hashed = [&](json hashes) { return listed_as(with(listed(1), "hashes", std::move(hashes))).check(file); };
    CHECK(hashed({{"sha256", sha256}, {"sha512", sha512}, {"md5", "?"}}).has_value());
    CHECK(hashed({{"sha512", sha512}}).has_value());
    CHECK(hashed({{"sha256", sha256}, {"sha512", std::string(128, '0')}}).has_error());
    CHECK(hashed({{"sha256", std::string(64, '0')}, {"sha512", sha512}}).has_error());
    CHECK(hashed({{"md5", "?"}}).has_error());
}

TEST_CASE("targets metadata lists targets and delegations, and no role may take the name of a top-level one")
{
    const auto t =
        read_targets(delegating(targets(1, {{"a/b", target("x")}}), {{"d", {{5}, 1}, {"a/*"}, true}}), "a/b").value();
    CHECK(t.target->length == 1);
    REQUIRE(t.delegations->roles.size() == 1);
    CHECK(t.delegations->roles[0].terminating);

    CHECK(ok(read_targets(with(targets(1), "delegations", json()))));
    for (const char* name : {"", "root", "timestamp", "snapshot", "targets"})
        CHECK_FALSE(ok(read_targets(delegating(targets(1), {{name, {{5}}}}))));
    CHECK_FALSE(ok(read_targets(delegating(targets(1), {{"d", {{5}}}, {"d", {{6}}}}))));
    CHECK_FALSE(ok(read_targets(targets(1, {{"", target("x")}}))));
    CHECK_FALSE(ok(read_targets(targets(1, {{"a", json{{"length", 1}}}}))));
    CHECK_FALSE(ok(read_targets(targets(1, {{"a", without(target("x"), "length")}}))));

    const json one = (*delegating(targets(1), {{"d", {{5}}}}).find("delegations")->find("roles")->as_array())[0];
    const auto with_delegation = [](json d) {
        return with(targets(1), "delegations", json{{"keys", json::object()}, {"roles", json::array{std::move(d)}}});
    };
    CHECK(ok(read_targets(with_delegation(one))));
    CHECK_FALSE(ok(read_targets(with_delegation(without(one, "paths")))));
    CHECK_FALSE(ok(read_targets(with_delegation(with(one, "path_hash_prefixes", json::array{})))));
    CHECK_FALSE(ok(read_targets(with_delegation(without(one, "terminating")))));
    CHECK_FALSE(ok(read_targets(with_delegation(with(one, "paths", "a")))));

    const auto with_bins = [](json bins) {
        return with(targets(1), "delegations", json{{"keys", json::object()}, {"succinct_roles", std::move(bins)}});
    };
    const json bins{{"keyids", json::array{}}, {"threshold", 1}, {"bit_length", 8}, {"name_prefix", "bin"}};
    CHECK(ok(read_targets(with_bins(bins))));
    CHECK_FALSE(ok(read_targets(with_bins(with(bins, "bit_length", 0)))));
    CHECK_FALSE(ok(read_targets(with_bins(with(bins, "bit_length", 33)))));
    CHECK_FALSE(ok(read_targets(with_bins(without(bins, "name_prefix")))));
}

TEST_CASE("role names are percent-encoded in URLs, and one safe name on disk whatever they are")
{
    CHECK(ms::detail::encode_role_name("../a?b#c d%") == "..%2Fa%3Fb%23c%20d%25");
    CHECK(ms::detail::encode_role_name("aZ09-._~\xC3\xA9") == "aZ09-._~%C3%A9");
    CHECK(ms::detail::metadata_file_name("targets") == "targets.json");
    CHECK(ms::detail::metadata_file_name("..") == "...json");
    for (const char* role : {"Root", "TIMESTAMP", "snapShot", "2.root", "7.ROOT", "nul", "Con.x"})
        CHECK(ms::detail::metadata_file_name(role).starts_with(
            "%sha256-"));  // where case does not count they would be others' files
    CHECK(ms::detail::metadata_file_name("Role1") == "Role1.json");
    CHECK(ms::detail::metadata_file_name("/etc/x") == "%2Fetc%2Fx.json");
    const std::string long_name = ms::detail::metadata_file_name(std::string(300, '/'));
    CHECK(long_name.size() < 255);
    CHECK(long_name != ms::detail::metadata_file_name(std::string(301, '/')));
    CHECK(long_name != ms::detail::metadata_file_name(long_name.substr(0, long_name.size() - 5)));
}
