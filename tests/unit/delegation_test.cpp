// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "tuf_publisher.hpp"

#include <modelsec/detail/trust/delegation.hpp>

#include <doctest/doctest.h>

using namespace tuf_test;

namespace {

using graph = std::map<std::string, std::vector<delegation>>;

/// Walks a graph of delegations for a path; returns the roles in the order in which they are asked for. `holder` lists it.
std::vector<std::string> walk(const graph& g, const std::string& path, const std::string& holder = {}, ms::limits caps = {})
{
    ms::detail::delegation_walk w(path, caps);
    std::vector<std::string> order;
    while (const auto next = w.next())
    {
        order.push_back(next->role);
        json t = targets(1, next->role == holder ? json::object{{path, target("x")}} : json::object{});
        if (const auto it = g.find(next->role); it != g.end())
            t = delegating(t, it->second);
        const auto metadata = read_targets(t, path).value();
        const ms::detail::target_file* found = w.visit(metadata);
        CHECK((found != nullptr) == (next->role == holder));
    }
    return order;
}

delegation to(const char* name, bool terminating = false, std::vector<std::string> paths = {"*"})
{
    return {name, {{5}}, std::move(paths), terminating};
}

using order = std::vector<std::string>;

}  // namespace

TEST_CASE("TUF 4.5: path patterns are shell wildcards that stop at a slash")
{
    const auto match = [](const char* path, const char* pattern) { return ms::detail::matches_path_pattern(path, pattern); };
    CHECK(match("foo.tgz", "*.tgz"));
    CHECK(match("targets/foo.tgz", "targets/*.tgz"));
    CHECK_FALSE(match("foo.tgz", "targets/*.tgz"));
    CHECK_FALSE(match("targets/foo.tgz", "*"));
    CHECK_FALSE(match("targets/foo.tgz", "*.tgz"));
    CHECK_FALSE(match("targets/a/foo.tgz", "targets/*"));
    CHECK(match("targets/foo", "*/*"));
    CHECK(match("foo-version-a.tgz", "foo-version-?.tgz"));
    CHECK_FALSE(match("foo-version-alpha.tgz", "foo-version-?.tgz"));
    CHECK_FALSE(match("a/b", "a?b"));
    CHECK_FALSE(match("a/b", "a[/]b"));
    CHECK(match("", "*"));
    CHECK(match("", ""));
    CHECK_FALSE(match("a", ""));
    CHECK_FALSE(match("", "?"));
    CHECK_FALSE(match("A", "a"));
    CHECK(match("abcabc", "*abc"));
    CHECK(match("aXbXc", "a*b*c"));
    CHECK_FALSE(match("aXbX", "a*b*c"));
    CHECK(match("a*", "a[*]"));
    CHECK_FALSE(match("ab", "a[*]"));
    CHECK(match("b", "[a-c]"));
    CHECK_FALSE(match("d", "[a-c]"));
    CHECK(match("d", "[!a-c]"));
    CHECK_FALSE(match("b", "[!a-c]"));
    CHECK(match("]", "[]]"));
    CHECK(match("-", "[a-]"));
    CHECK(match("[a", "[a"));
    CHECK_FALSE(match("a", "[a"));
    CHECK(match("\xC3\xA9", "?"));
    CHECK(match("\xC3\xA9", "[\xC3\xA0-\xC3\xB0]"));
    CHECK_FALSE(match("\xC3\xA9", "??"));
    CHECK(match(".hidden", "*"));
    CHECK(match("/a", "/*"));
    CHECK_FALSE(match("/a", "*"));
}

TEST_CASE("no pattern takes more than the product of the lengths: stars do not multiply")
{
    std::string pattern, path(5000, 'a');
    for (int i = 0; i < 500; ++i)
        pattern += "*a";
    CHECK_FALSE(ms::detail::matches_path_pattern(path, pattern + "b"));
    CHECK(ms::detail::matches_path_pattern(path, pattern));
}

TEST_CASE("TUF 4.5: path hash prefixes are of the SHA-256 of the path")
{
    const std::string hash = ms::sha256(ms::as_bytes("a/b")).hex();
    const auto leads_there = [](json::array prefixes) {
        const json d{{"name", "d"},
                     {"keyids", json::array{}},
                     {"threshold", 1},
                     {"terminating", false},
                     {"path_hash_prefixes", std::move(prefixes)}};
        json t = targets(1);
        t.set("delegations", json{{"keys", json::object()}, {"roles", json::array{d}}});
        return !read_targets(t, "a/b").value().delegations->roles.empty();
    };
    CHECK(leads_there({json("zz"), json(hash.substr(0, 3))}));
    CHECK_FALSE(leads_there({json(hash + "0")}));
    CHECK_FALSE(leads_there({}));
}

TEST_CASE("TAP 15: the bin is the leftmost bits of the SHA-256 of the path, in hex of fixed width")
{
    const auto digest = ms::sha256(ms::as_bytes("a/b"));
    const std::string hash = digest.hex();
    CHECK(ms::detail::bin_of_path({{}, 8, "bin"}, "a/b") == "bin-" + hash.substr(0, 2));
    CHECK(ms::detail::bin_of_path({{}, 32, ""}, "a/b") == "-" + hash.substr(0, 8));
    CHECK(ms::detail::bin_of_path({{}, 1, "b"}, "a/b") == (digest.view()[0] & 0x80 ? "b-1" : "b-0"));
    CHECK(ms::detail::bin_of_path({{}, 5, "b"}, "a/b").size() == 4);
}

TEST_CASE("TUF 5.6.7: the search is pre-order and depth-first, in the order of the delegations")
{
    CHECK(walk({}, "x") == order{"targets"});
    CHECK(walk({{"targets", {to("A"), to("B")}}}, "x") == order{"targets", "A", "B"});
    CHECK(walk({{"targets", {to("A"), to("B")}}, {"A", {to("C"), to("D")}}}, "x") == order{"targets", "A", "C", "D", "B"});
    CHECK(walk({{"targets", {to("A"), to("B")}}, {"A", {to("C")}}, {"C", {to("D")}}}, "x") ==
          order{"targets", "A", "C", "D", "B"});
}

TEST_CASE("TUF 5.6.7.1: the search ends with the first role that lists the target")
{
    const graph g{{"targets", {to("A"), to("B")}}, {"A", {to("C")}}};
    CHECK(walk(g, "x", "targets") == order{"targets"});
    CHECK(walk(g, "x", "A") == order{"targets", "A"});
    CHECK(walk(g, "x", "B") == order{"targets", "A", "C", "B"});
}

TEST_CASE("TUF 5.6.7.1: a role is visited once, so cycles end")
{
    CHECK(walk({{"targets", {to("A"), to("B")}}, {"B", {to("C")}}, {"C", {to("D")}}, {"D", {to("B")}}}, "x") ==
          order{"targets", "A", "B", "C", "D"});
    CHECK(walk({{"targets", {to("A")}}, {"A", {to("A")}}}, "x") == order{"targets", "A"});
    CHECK(walk({{"targets", {to("A"), to("B")}}, {"B", {to("C")}}, {"A", {to("C")}}}, "x") ==
          order{"targets", "A", "C", "B"});
}

TEST_CASE("TUF 5.6.7.2.1: beyond a terminating delegation that matches, only what it delegates to is asked")
{
    CHECK(walk({{"targets", {to("A"), to("B")}}, {"A", {to("C", true), to("D")}}}, "x") == order{"targets", "A", "C"});
    CHECK(walk({{"targets", {to("A"), to("B")}}, {"A", {to("C", true)}}, {"C", {to("D"), to("E")}}}, "x") ==
          order{"targets", "A", "C", "D", "E"});
    CHECK(walk({{"targets", {to("A", true, {"*.py"}), to("B")}}}, "x") == order{"targets", "B"});
}

TEST_CASE("a role is asked only for paths that are delegated to it, at every level")
{
    CHECK(walk({{"targets", {to("A", false, {"*.py"}), to("B")}}, {"A", {to("C")}}}, "x") == order{"targets", "B"});
    CHECK(walk({{"targets", {to("A"), to("B")}}, {"A", {to("C", false, {"*.py"})}}, {"C", {to("D")}}}, "x") ==
          order{"targets", "A", "B"});
    CHECK(walk({{"targets", {to("A"), to("B")}}, {"B", {to("C")}}, {"A", {to("C", false, {"*.py"})}}}, "x") ==
          order{"targets", "A", "B", "C"});
}

TEST_CASE("TUF 5.6.7.1: the number of roles that are visited is capped, and the cap is told from a plain end")
{
    ms::limits caps;
    caps.delegations = 3;
    const graph chain{{"targets", {to("A")}}, {"A", {to("B")}}, {"B", {to("C")}}};
    CHECK(walk(chain, "x", {}, caps) == order{"targets", "A", "B"});
    ms::detail::delegation_walk w("x", caps);
    const auto leads_on = read_targets(delegating(targets(1), {to("A"), to("B"), to("C")}), "x").value();
    for (int i = 0; i < 3; ++i)
    {
        CHECK_FALSE(w.capped());
        REQUIRE(w.next().has_value());
        w.visit(leads_on);
    }
    CHECK(w.capped());
    CHECK_FALSE(w.next().has_value());
}
