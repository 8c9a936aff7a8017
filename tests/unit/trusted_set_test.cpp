// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "tuf_publisher.hpp"

#include <modelsec/detail/trust/trusted_set.hpp>

#include <doctest/doctest.h>

using namespace tuf_test;

namespace {

const signer root_key(1), timestamp_key(2), snapshot_key(3), targets_key(4), thief(66);
const ms::detail::delegation_step top{"targets", "root"};

ms::detail::trusted_set at_root(const root_spec& r = {})
{
    return ms::detail::trusted_set::start(r.file(), now).value();
}

ms::detail::trusted_set at_timestamp(const root_spec& r = {})
{
    auto s = at_root(r);
    REQUIRE(s.finish_root().has_value());
    return s;
}

ms::detail::trusted_set at_snapshot(json snapshot_file)
{
    auto s = at_timestamp();
    REQUIRE(s.update_timestamp(sign(timestamp(1, std::move(snapshot_file)), {timestamp_key})).value());
    return s;
}

ms::detail::trusted_set at_targets(json::object roles)
{
    auto s = at_snapshot(listed(1));
    REQUIRE(s.update_snapshot(sign(snapshot(1, std::move(roles)), {snapshot_key})).has_value());
    return s;
}

template <class T>
ms::reason why(const ms::result<T>& r)
{
    return r ? ms::reason::none : r.error().why;
}

}  // namespace

TEST_CASE("timestamp and snapshot have caps of their own, far below those of targets")
{
    const ms::limits caps;
    const auto padded = [](json metadata, std::size_t size) {
        metadata.set("padding", std::string(size, 'x'));
        return metadata;
    };
    auto set = at_timestamp();
    const auto large = sign(padded(timestamp(1, listed(1)), caps.timestamp_bytes), {timestamp_key});
    CHECK(why(set.load_timestamp(large)) == ms::reason::too_large);
    CHECK(why(set.update_timestamp(large)) == ms::reason::too_large);
    CHECK(why(set.update_timestamp(sign(padded(timestamp(1, listed(1)), caps.timestamp_bytes / 2), {timestamp_key}))) ==
          ms::reason::none);
    json listed_roles = snapshot(1, {{"targets", listed(1)}});
    CHECK(why(set.update_snapshot(sign(padded(listed_roles, caps.snapshot_bytes), {snapshot_key}))) ==
          ms::reason::too_large);
    CHECK(why(set.update_snapshot(sign(padded(listed_roles, caps.snapshot_bytes / 2), {snapshot_key}))) == ms::reason::none);
    CHECK(why(set.update_targets(top, {}, sign(padded(targets(1), caps.snapshot_bytes), {targets_key}))) ==
          ms::reason::none);
}

TEST_CASE("metadata is taken in the order of the workflow only")
{
    const auto t = sign(timestamp(1, listed(1)), {timestamp_key});
    const auto s = sign(snapshot(1, {{"targets", listed(1)}}), {snapshot_key});
    const auto g = sign(targets(1), {targets_key});
    auto set = at_root();
    CHECK(why(set.update_timestamp(t)) == ms::reason::internal_error);
    CHECK(why(set.load_timestamp(t)) == ms::reason::internal_error);
    CHECK(why(set.update_snapshot(s)) == ms::reason::internal_error);
    CHECK(why(set.update_targets(top, {}, g)) == ms::reason::internal_error);
    REQUIRE(set.finish_root().has_value());
    root_spec second;
    second.version = 2;
    CHECK(why(set.update_root(second.file())) == ms::reason::internal_error);
    CHECK(why(set.update_snapshot(s)) == ms::reason::internal_error);
    REQUIRE(set.update_timestamp(t).has_value());
    CHECK(why(set.update_timestamp(t)) == ms::reason::internal_error);
    CHECK(why(set.update_targets(top, {}, g)) == ms::reason::internal_error);
    REQUIRE(set.update_snapshot(s).has_value());
    CHECK(why(set.update_snapshot(s)) == ms::reason::internal_error);
    CHECK(why(set.update_targets({"d", "targets"}, {}, g)) == ms::reason::metadata_mismatch);
    CHECK(set.update_targets(top, {}, g).has_value());
    CHECK(set.targets("targets") != nullptr);
}

TEST_CASE("TUF 5.3.10: an expired last root MUST NOT be used")
{
    root_spec r;
    r.expires = "2026-06-01T00:00:00Z";
    CHECK(why(at_root(r).finish_root()) == ms::reason::root_expired);
    r.expires = "2026-06-01T00:00:01Z";
    CHECK(at_root(r).finish_root().has_value());
}

TEST_CASE("TUF 5.3.11: a root that takes a key from timestamp or snapshot says so; one that only adds keys does not")
{
    const auto recovers = [](auto change) {
        root_spec first, second;
        first.timestamp = {{2, 12}};
        first.snapshot = {{3, 13}};
        second = first;
        second.version = 2;
        change(second);
        return at_root(first).update_root(second.file()).value();
    };
    CHECK_FALSE(recovers([](root_spec&) {}));
    CHECK_FALSE(recovers([](root_spec& r) { r.timestamp.keys.push_back(14); }));
    CHECK_FALSE(recovers([](root_spec& r) { r.targets = {{9}}; }));
    CHECK(recovers([](root_spec& r) { r.timestamp = {{2}}; }));
    CHECK(recovers([](root_spec& r) { r.snapshot = {{3, 14}}; }));
    CHECK(recovers([](root_spec& r) { r.snapshot.keys[0].pk = signer(15).pk; }));  // another key under the same id
}

TEST_CASE("TUF 5.4.2: the timestamp MUST be signed by a threshold of keys of the trusted root")
{
    root_spec r;
    r.timestamp = {{2, 12}, 2};
    CHECK(at_timestamp(r).update_timestamp(sign(timestamp(1, listed(1)), {2, 12})).has_value());
    CHECK(why(at_timestamp(r).update_timestamp(sign(timestamp(1, listed(1)), {2}))) == ms::reason::threshold_unmet);
    CHECK(why(at_timestamp(r).update_timestamp(sign(timestamp(1, listed(1)), {thief}))) == ms::reason::unknown_key);
    CHECK(why(at_timestamp(r).update_timestamp(sign(timestamp(1, listed(1)), {3, 4}))) == ms::reason::unknown_key);
    r.timestamp = {{3}};  // the same key for two roles: then the type tells them apart
    CHECK(why(at_timestamp(r).update_timestamp(sign(snapshot(1, {{"targets", listed(1)}}), {3}))) ==
          ms::reason::metadata_malformed);
}

TEST_CASE("TUF 5.4.3: the timestamp's version MUST NOT go back, nor that of its snapshot; an equal version changes nothing")
{
    const auto after = [](std::uint64_t version, std::uint64_t snapshot_version) {
        auto set = at_timestamp();
        REQUIRE(set.load_timestamp(sign(timestamp(5, listed(7), earlier), {timestamp_key})).has_value());
        return set.update_timestamp(sign(timestamp(version, listed(snapshot_version)), {timestamp_key}));
    };
    CHECK(after(6, 7).value());
    CHECK(after(6, 8).value());
    CHECK(why(after(4, 7)) == ms::reason::older_metadata);
    CHECK(why(after(6, 6)) == ms::reason::older_metadata);
    CHECK(why(after(5, 7)) == ms::reason::metadata_expired);  // the trusted one stays, and has expired

    auto set = at_timestamp();
    REQUIRE(set.load_timestamp(sign(timestamp(5, listed(7)), {timestamp_key})).has_value());
    CHECK_FALSE(set.update_timestamp(sign(timestamp(5, listed(9)), {timestamp_key})).value());
    CHECK(set.snapshot_file().version == 7);
}

TEST_CASE("TUF 5.4.4: an expired timestamp MUST NOT be used, not even with a higher version")
{
    CHECK(why(at_timestamp().update_timestamp(sign(timestamp(9, listed(1), earlier), {timestamp_key}))) ==
          ms::reason::metadata_expired);
}

TEST_CASE("a kept timestamp or snapshot whose signature does not hold any more protects nothing and is not used")
{
    auto set = at_timestamp();
    CHECK(why(set.load_timestamp(sign(timestamp(99, listed(99)), {thief}))) == ms::reason::unknown_key);
    CHECK(set.update_timestamp(sign(timestamp(1, listed(1)), {timestamp_key})).value());
    CHECK(why(set.load_snapshot(sign(snapshot(1, {{"targets", listed(99)}}), {thief}))) == ms::reason::unknown_key);
    CHECK_FALSE(set.snapshot_is_current());
    CHECK(set.update_snapshot(sign(snapshot(1, {{"targets", listed(1)}}), {snapshot_key})).has_value());
}

TEST_CASE("TUF 5.5.2: the snapshot MUST have the length and the digests that the timestamp lists")
{
    const auto file = sign(snapshot(1, {{"targets", listed(1)}}), {snapshot_key});
    const auto other = sign(snapshot(1, {{"targets", listed(2)}}), {snapshot_key});
    CHECK(at_snapshot(listed(1, file)).update_snapshot(file).has_value());
    CHECK(why(at_snapshot(listed(1, file)).update_snapshot(other)) == ms::reason::metadata_mismatch);
    // A kept one with another digest is no reason not to fetch: only its versions count.
    auto set = at_snapshot(listed(1, file));
    REQUIRE(set.load_snapshot(sign(snapshot(1, {{"targets", listed(1)}}, earlier), {snapshot_key})).has_value());
    CHECK_FALSE(set.snapshot_is_current());
    REQUIRE(set.load_snapshot(file).has_value());
    CHECK(set.snapshot_is_current());
}

TEST_CASE("TUF 5.5.3: the snapshot MUST be signed by a threshold of keys of the trusted root")
{
    CHECK(why(at_snapshot(listed(1)).update_snapshot(sign(snapshot(1, {{"targets", listed(1)}}), {thief}))) ==
          ms::reason::unknown_key);
    CHECK(why(at_snapshot(listed(1)).update_snapshot(sign(snapshot(1, {{"targets", listed(1)}}), {}))) ==
          ms::reason::threshold_unmet);
}

TEST_CASE("TUF 5.5.4: the snapshot's version MUST be the one that the timestamp lists")
{
    for (const std::uint64_t version : {1u, 3u})
        CHECK(why(at_snapshot(listed(2)).update_snapshot(
                  sign(snapshot(version, {{"targets", listed(1)}}), {snapshot_key}))) == ms::reason::metadata_mismatch);
}

TEST_CASE("TUF 5.5.5: no targets role goes back in version, and none that was listed MUST be missing")
{
    const auto after = [](json::object roles) {
        auto set = at_snapshot(listed(2));
        const json kept = snapshot(1, {{"targets", listed(5)}, {"d", listed(3)}}, earlier);
        REQUIRE(set.load_snapshot(sign(kept, {snapshot_key})).has_value());
        return why(set.update_snapshot(sign(snapshot(2, std::move(roles)), {snapshot_key})));
    };
    CHECK(after({{"targets", listed(5)}, {"d", listed(3)}}) == ms::reason::none);
    CHECK(after({{"targets", listed(6)}, {"d", listed(4)}, {"e", listed(1)}}) == ms::reason::none);
    CHECK(after({{"targets", listed(4)}, {"d", listed(3)}}) == ms::reason::older_metadata);
    CHECK(after({{"targets", listed(5)}, {"d", listed(2)}}) == ms::reason::older_metadata);
    CHECK(after({{"targets", listed(5)}}) == ms::reason::older_metadata);
}

TEST_CASE("TUF 5.5.6: an expired snapshot MUST NOT be used, kept or served")
{
    const auto expired = sign(snapshot(1, {{"targets", listed(1)}}, earlier), {snapshot_key});
    auto set = at_snapshot(listed(1));
    REQUIRE(set.load_snapshot(expired).has_value());
    CHECK_FALSE(set.snapshot_is_current());
    CHECK(why(set.update_snapshot(expired)) == ms::reason::metadata_expired);
}

TEST_CASE("TUF 5.6.2 to 5.6.5: digest, signatures, version and expiry of targets metadata MUST hold")
{
    const auto good = sign(targets(2), {targets_key});
    CHECK(at_targets({{"targets", listed(2, good)}}).update_targets(top, {}, good).has_value());
    CHECK(why(at_targets({{"targets", listed(2, good)}}).update_targets(top, {}, sign(targets(2), {targets_key, thief}))) ==
          ms::reason::metadata_mismatch);
    const auto take = [](const json& part, const signers& by) {
        return why(at_targets({{"targets", listed(2)}}).update_targets(top, {}, sign(part, by)));
    };
    CHECK(take(targets(2), {targets_key}) == ms::reason::none);
    CHECK(take(targets(2), {thief}) == ms::reason::unknown_key);
    CHECK(take(targets(1), {targets_key}) == ms::reason::metadata_mismatch);
    CHECK(take(targets(3), {targets_key}) == ms::reason::metadata_mismatch);
    CHECK(take(targets(2, {}, earlier), {targets_key}) == ms::reason::metadata_expired);
    CHECK(take(snapshot(2, {{"targets", listed(1)}}), {targets_key}) == ms::reason::metadata_malformed);
}

TEST_CASE("a delegated role answers to the keys and the threshold of whoever delegates to it now")
{
    const auto set_with = [](const std::vector<delegation>& to) {
        auto set = at_targets({{"targets", listed(1)}, {"a", listed(1)}, {"d", listed(1)}});
        REQUIRE(set.update_targets(top, {}, sign(delegating(targets(1), to), {targets_key})).has_value());
        return set;
    };
    auto set = set_with({{"d", {{5, 6}, 2}}});
    CHECK(set.update_targets({"d", "targets"}, {}, sign(targets(1), {5, 6})).has_value());
    CHECK(why(set_with({{"d", {{5, 6}, 2}}}).update_targets({"d", "targets"}, {}, sign(targets(1), {5}))) ==
          ms::reason::threshold_unmet);
    CHECK(why(set_with({{"d", {{5}}}}).update_targets({"d", "targets"}, {}, sign(targets(1), {targets_key}))) ==
          ms::reason::unknown_key);
    CHECK(why(set_with({{"d", {{5}}}}).update_targets({"d", "a"}, {}, sign(targets(1), {5}))) == ms::reason::internal_error);
    CHECK(why(set_with({{"a", {{5}}}}).update_targets({"d", "targets"}, {}, sign(targets(1), {5}))) ==
          ms::reason::internal_error);

    // By way of "a" other keys speak for "d".
    auto two = set_with({{"a", {{7}}}, {"d", {{5}}}});
    REQUIRE(two.update_targets({"a", "targets"}, {}, sign(delegating(targets(1), {{"d", {{8}}}}), {7})).has_value());
    CHECK(why(two.update_targets({"d", "a"}, {}, sign(targets(1), {5}))) == ms::reason::unknown_key);
    CHECK(two.update_targets({"d", "a"}, {}, sign(targets(1), {8})).has_value());
    CHECK(two.update_targets({"d", "targets"}, {}, sign(targets(1), {5})).has_value());
    two.forget_targets();
    CHECK(two.targets("d") == nullptr);
    CHECK(two.targets("targets") == nullptr);
}

TEST_CASE("metadata above its cap is refused before it is read")
{
    ms::limits caps;
    caps.timestamp_bytes = 100;
    auto set = ms::detail::trusted_set::start(root_spec().file(), now, caps).value();
    REQUIRE(set.finish_root().has_value());
    CHECK(why(set.update_timestamp(sign(timestamp(1, listed(1)), {timestamp_key}))) == ms::reason::too_large);
}

TEST_CASE("of a targets role no more is kept than what it says of one target")
{
    std::vector<delegation> many;
    for (int i = 0; i < 100; ++i)
        many.push_back({"a" + std::to_string(i), {{5}}, {"a/*"}});
    many.push_back({"b", {{6}}, {"b/*"}});
    many.push_back({"b2", {{7}}, {"b/*"}, true});
    many.push_back({"b3", {{8}}, {"b/*"}});
    const json part = delegating(targets(1, {{"a/x", target("x")}, {"b/y", target("y")}}), many);

    const auto of_b = read_targets(part, "b/z").value();
    CHECK_FALSE(of_b.target.has_value());
    REQUIRE(of_b.delegations->roles.size() == 2);  // none behind the terminating one
    CHECK(of_b.delegations->roles[1].name == "b2");
    CHECK(of_b.delegations->keys.size() == 2);
    CHECK(read_targets(part, "b/y")->target->path == "b/y");
    CHECK(read_targets(part)->delegations->roles.empty());

    // More than may be visited are not kept, save one that says so.
    ms::limits caps;
    caps.delegations = 5;
    CHECK(read_targets(part, "a/z", caps)->delegations->roles.size() == 6);

    // A malformed one among those that are not kept refuses the file all the same.
    json::object listed{{"a/x", target("x")}, {"bad", json{{"length", 1}}}};
    CHECK(why(read_targets(targets(1, listed), "a/x")) == ms::reason::metadata_malformed);
}

TEST_CASE("what delegations to one target say has a cap over all roles, of which others have no part")
{
    const std::string long_id(700'000, 'k');
    const auto with_keys = [&](int ids, const char* paths) {
        json list = json::array{};
        for (int i = 0; i < ids; ++i)
            list.as_array()->push_back(json(long_id + std::to_string(i)));
        const json role{
            {"name", "d"}, {"keyids", list}, {"threshold", 1}, {"terminating", false}, {"paths", json::array{paths}}};
        json out = targets(1);
        out.set("delegations", json{{"keys", json::object()}, {"roles", json::array{role}}});
        return out;
    };
    CHECK(read_targets(with_keys(2, "*"), "t")->delegations->text_bytes > 1'400'000);
    CHECK(why(read_targets(with_keys(3, "*"), "t")) == ms::reason::too_large);
    CHECK(read_targets(with_keys(3, "other"), "t").has_value());
    CHECK(why(read_targets(delegating(targets(1), {{std::string(2'000, 'n'), {{5}}}}), "t")) == ms::reason::too_large);

    auto set = at_targets({{"targets", listed(1)}, {"a", listed(1)}, {"d", listed(1)}});
    json top_part = with_keys(2, "*");
    json delegations = *top_part.find("delegations");
    json::array roles = *delegations.find("roles")->as_array();
    roles.push_back((*delegating(targets(1), {{"a", {{5}}}}).find("delegations")->find("roles")->as_array())[0]);
    delegations.set("roles", roles);
    delegations.set("keys", json{{"k5", signer(5).key()}});
    top_part.set("delegations", delegations);
    REQUIRE(set.update_targets(top, "t", sign(top_part, {targets_key})).has_value());
    CHECK(why(set.update_targets({"a", "targets"}, "t", sign(with_keys(2, "*"), {5}))) == ms::reason::too_large);
    CHECK(set.update_targets({"a", "targets"}, "t", sign(with_keys(2, "other"), {5})).has_value());
}

TEST_CASE("cancel and deadline are asked between the signatures of TUF metadata, which have the budget that is configured")
{
    int asked = 0;
    ms::reason ended = ms::reason::none;
    const auto go_on = [&]() -> ms::result<void> {
        ++asked;
        return ended == ms::reason::none ? ms::result<void>() : ms::fail(ended);
    };
    root_spec r;
    r.timestamp = {{21, 22, 23, 24, 25, 26, 27, 28, 29}, 9};
    auto set = ms::detail::trusted_set::start(r.file(), now, {}, go_on).value();
    CHECK(asked == 1);
    REQUIRE(set.finish_root().has_value());
    json part = timestamp(1, listed(1));
    part.set("pad", std::string(1'000, 'x'));  // longer than the root by all its pairs
    const auto file = sign(part, r.timestamp.keys);
    ended = ms::reason::cancelled;
    CHECK(why(set.load_timestamp(file)) == ms::reason::cancelled);
    CHECK(why(set.update_timestamp(file)) == ms::reason::cancelled);
    CHECK(why(ms::detail::trusted_set::start(r.file(), now, {}, go_on)) == ms::reason::cancelled);
    ended = ms::reason::none;
    asked = 0;
    CHECK(set.update_timestamp(file).value());
    CHECK(asked == 3);  // nine pairs, four at a time

    // Counted by the bytes that are hashed: nine pairs take nine times the signed part.
    const auto e = ms::detail::parse_metadata_envelope(file, file.size()).value();
    ms::detail::signature_budget budget;
    const auto root = ms::detail::parse_root(r.signed_part()).value();
    CHECK(ms::detail::check_authority(e, root.authority(ms::detail::tuf_role::timestamp), root.keys, &budget).has_value());
    CHECK(budget.hashed == 9 * e.signed_bytes.size());
    ms::limits caps;
    caps.signature_message_bytes = 9 * e.signed_bytes.size() - 1;
    REQUIRE(r.file().size() < caps.signature_message_bytes);
    auto poor = ms::detail::trusted_set::start(r.file(), now, caps).value();
    REQUIRE(poor.finish_root().has_value());
    CHECK(why(poor.update_timestamp(file)) == ms::reason::too_many_signatures);
    caps.signature_message_bytes += 1;
    auto enough = ms::detail::trusted_set::start(r.file(), now, caps).value();
    REQUIRE(enough.finish_root().has_value());
    CHECK(enough.update_timestamp(file).has_value());
}
