// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "tuf_publisher.hpp"

#include <modelsec/detail/trust/root_chain.hpp>

#include <doctest/doctest.h>

#include <map>

using namespace tuf_test;

namespace {

/// Root N with these keys.
root_spec root(std::uint64_t version, signers keys = {1}, unsigned threshold = 1)
{
    root_spec r;
    r.version = version;
    r.root = {std::move(keys), threshold};
    return r;
}

ms::reason next(const root_spec& trusted, const ms::bytes& raw)
{
    const auto old_root = ms::detail::verify_first_root(trusted.file()).value();
    const auto r = ms::detail::verify_next_root(old_root, raw);
    return r ? ms::reason::none : r.error().why;
}

/// What the origin serves and the store keeps, and what was asked of them.
struct world
{
    std::map<std::string, ms::bytes> origin;
    std::map<std::string, ms::bytes> store;
    std::vector<std::string> log;
    std::string fail_at;  ///< the action that fails, as it stands in the log

    ms::detail::trust_input perform(const ms::detail::trust_action& a)
    {
        using kind = ms::detail::trust_action::kind;
        static const std::map<kind, std::string> words{
            {kind::fetch, "fetch "}, {kind::load, "load "}, {kind::store, "store "}, {kind::remove, "remove "}};
        log.push_back(words.at(a.what) + a.name);
        if (log.back() == fail_at)
            return ms::detail::trust_input::failed(ms::fail(ms::reason::connection_lost));
        auto& files = a.what == kind::fetch ? origin : store;
        if (a.what == kind::store)
            store[a.name] = a.data;
        else if (a.what == kind::remove)
            store.erase(a.name);
        else if (const auto it = files.find(a.name); it == files.end())
            return ms::detail::trust_input::absent();
        else
            return ms::detail::trust_input::got(it->second);
        return ms::detail::trust_input::finished();
    }

    ms::reason walk(ms::detail::root_chain& chain)
    {
        auto action = chain.resume(ms::detail::trust_input::finished());
        while (action && action->what != ms::detail::trust_action::kind::done)
            action = chain.resume(perform(*action));
        return action ? ms::reason::none : action.error().why;
    }
};

}  // namespace

TEST_CASE(
    "TUF 5.2: a root that is trusted from elsewhere is signed by a threshold of its own keys; its expiry does not matter")
{
    CHECK(ms::detail::verify_first_root(root(1).file()).has_value());
    root_spec expired = root(1);
    expired.expires = earlier;
    CHECK(ms::detail::verify_first_root(expired.file()).has_value());
    CHECK(ms::detail::verify_first_root(sign(root(1).signed_part(), {9})).error().code() == ms::errc::signature);
    CHECK(ms::detail::verify_first_root(root(1, {1, 2}, 3).file()).error().why == ms::reason::threshold_unmet);
    CHECK(ms::detail::verify_first_root(to_bytes("{}")).error().why == ms::reason::root_malformed);
    CHECK(ms::detail::verify_first_root(sign(targets(1), {1})).error().why == ms::reason::root_malformed);
    ms::bytes large = root(1).file();
    large.resize(ms::limits().root_bytes + 1, ' ');
    CHECK(ms::detail::verify_first_root(large).error().why == ms::reason::too_large);
}

TEST_CASE("TUF 5.3.4: the next root MUST be signed by a threshold of the old keys and by a threshold of its own")
{
    CHECK(next(root(1), root(2).file()) == ms::reason::none);
    CHECK(next(root(1), root(2, {5}).file({1})) == ms::reason::none);
    CHECK(next(root(1), root(2, {5}).file({8, 1, 9})) == ms::reason::none);
    CHECK(next(root(1), root(2, {5}).file()) == ms::reason::unknown_key);
    CHECK(next(root(1), sign(root(2, {5}).signed_part(), {1})) == ms::reason::unknown_key);
    CHECK(next(root(1, {1, 2, 3}, 2), root(2, {1, 2, 3}, 2).file()) == ms::reason::none);
    CHECK(next(root(1, {1, 2, 3}, 2), sign(root(2, {1, 2, 3}, 1).signed_part(), {1})) == ms::reason::threshold_unmet);
    CHECK(next(root(1, {1, 2, 3}, 1), sign(root(2, {1, 2, 3}, 2).signed_part(), {2})) == ms::reason::threshold_unmet);
    CHECK(next(root(1, {1, 2, 3}, 2), root(2, {4, 5}, 2).file({2, 3})) == ms::reason::none);
}

TEST_CASE("TUF 5.3.5: the version MUST be exactly one more than the trusted one")
{
    for (const std::uint64_t version : {1u, 2u, 3u, 5u, 100u})
        CHECK(next(root(3), root(version).file()) == ms::reason::older_root);
    CHECK(next(root(3), root(4).file()) == ms::reason::none);
}

TEST_CASE("TUF 5.3.3: the walk goes on to the last root; only that there is none further ends it")
{
    world w;
    w.origin = {{"2.root.json", root(2, {5}).file({1})}, {"3.root.json", root(3, {6}).file({5})}};
    ms::detail::root_chain chain(root(1).file(), now);
    CHECK(w.walk(chain) == ms::reason::none);
    CHECK(chain.root().version == 3);
    CHECK(w.log == std::vector<std::string>{"load 2.root.json", "fetch 2.root.json", "store 2.root.json", "load 3.root.json",
                                            "fetch 3.root.json", "store 3.root.json", "load 4.root.json",
                                            "fetch 4.root.json"});
    CHECK(w.store == w.origin);  // the bytes as received
}

TEST_CASE("any failure of the walk fails the attempt: freeze never fails open")
{
    const std::map<std::string, ms::bytes> origin{{"2.root.json", root(2).file()}};
    for (const char* at : {"fetch 2.root.json", "store 2.root.json", "fetch 3.root.json"})
    {
        world w;
        w.origin = origin;
        w.fail_at = at;
        ms::detail::root_chain chain(root(1).file(), now);
        CHECK(w.walk(chain) == ms::reason::connection_lost);
        CHECK(chain.resume(ms::detail::trust_input::absent()).error().why == ms::reason::internal_error);
    }
    for (const ms::bytes& bad : {root(3).file(), root(1).file(), root(2, {5}).file(), to_bytes("{}"), to_bytes("")})
    {
        world w;
        w.origin = {{"2.root.json", bad}};
        ms::detail::root_chain chain(root(1).file(), now);
        CHECK(w.walk(chain) != ms::reason::none);
        CHECK(w.store.empty());
    }
}

TEST_CASE("roots in the store save requests; one that does not chain from the pinned root is discarded")
{
    world w;
    const ms::bytes second = root(2, {5}).file({1}), third = root(3, {5}).file();
    w.origin = {{"2.root.json", second}, {"3.root.json", third}};
    w.store = w.origin;
    ms::detail::root_chain kept(root(1).file(), now);
    CHECK(w.walk(kept) == ms::reason::none);
    CHECK(w.log ==
          std::vector<std::string>{"load 2.root.json", "load 3.root.json", "load 4.root.json", "fetch 4.root.json"});

    w.log.clear();
    w.store["2.root.json"] = root(2, {66}).file();  // planted
    ms::detail::root_chain planted(root(1).file(), now);
    CHECK(w.walk(planted) == ms::reason::none);
    CHECK(planted.root().version == 3);
    CHECK(w.store == w.origin);
    CHECK(w.log.at(1) == "remove 2.root.json");
    CHECK(w.log.at(2) == "fetch 2.root.json");
}

TEST_CASE("TUF 5.3.6, 5.3.10: the expiry of the last root counts, not that of the pinned one or of those between")
{
    root_spec expired = root(1);
    expired.expires = earlier;
    root_spec between = root(2);
    between.expires = earlier;
    world w;
    w.origin = {{"2.root.json", between.file()}, {"3.root.json", root(3).file()}};
    ms::detail::root_chain good(expired.file(), now);
    CHECK(w.walk(good) == ms::reason::none);

    w.origin.erase("3.root.json");
    w.store.clear();
    ms::detail::root_chain frozen(expired.file(), now);
    CHECK(w.walk(frozen) == ms::reason::root_expired);
    CHECK(w.store.contains("2.root.json"));  // 5.3.8: it was accepted, and stays
}

TEST_CASE("the number of roots in one walk is capped")
{
    world w;
    for (std::uint64_t n = 2; n < 10; ++n)
        w.origin[std::to_string(n) + ".root.json"] = root(n).file();
    ms::limits caps;
    caps.roots = 9;
    ms::detail::root_chain enough(root(1).file(), now, caps);
    CHECK(w.walk(enough) == ms::reason::none);
    caps.roots = 8;
    ms::detail::root_chain short_of(root(1).file(), now, caps);
    CHECK(w.walk(short_of) == ms::reason::too_large);
}

TEST_CASE("manifests are signed by the targets role of the last root, and not for a later root than it")
{
    root_spec r = root(1);
    r.targets = {{7, 8}, 2};
    world w;
    ms::detail::root_chain chain(r.file(), now);
    REQUIRE(w.walk(chain) == ms::reason::none);
    REQUIRE(chain.manifest_keys().size() == 2);
    CHECK(chain.manifest_keys()[1].key_id == "k8");
    CHECK(chain.manifest_threshold() == 2);
    CHECK(chain.check_manifest_root(1).has_value());
    CHECK(chain.check_manifest_root(2).error().why == ms::reason::older_root);
    CHECK(ms::code_of(ms::reason::older_root) == ms::errc::rollback);
}

TEST_CASE("a pinned root whose root key signs manifests too is a usage error")
{
    root_spec r = root(1);
    r.targets = {{7, 1}};
    world w;
    ms::detail::root_chain chain(r.file(), now);
    CHECK(w.walk(chain) == ms::reason::key_reused);
    CHECK(w.log.empty());
    CHECK(ms::code_of(ms::reason::key_reused) == ms::errc::usage);
}

TEST_CASE("keys lost below the threshold are survivable, and a stolen key below it is harmless")
{
    // Of {1, 2, 3} with threshold 2, key 3 is lost: 1 and 2 replace it by 4.
    world w;
    w.origin = {{"2.root.json", sign(root(2, {1, 2, 4}, 2).signed_part(), {1, 2})}};
    ms::detail::root_chain lost(sign(root(1, {1, 2, 3}, 2).signed_part(), {1, 2}), now);
    CHECK(w.walk(lost) == ms::reason::none);
    // Key 3 is stolen: alone it rotates nothing.
    world thief;
    thief.origin = {{"2.root.json", sign(root(2, {3}, 1).signed_part(), {3})}};
    ms::detail::root_chain stolen(sign(root(1, {1, 2, 3}, 2).signed_part(), {1, 2}), now);
    CHECK(thief.walk(stolen) == ms::reason::threshold_unmet);
}
