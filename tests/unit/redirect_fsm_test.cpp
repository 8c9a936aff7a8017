// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/net/redirect_fsm.hpp>

#include <doctest/doctest.h>

using namespace modelsec;

using namespace modelsec::detail;
using detail::redirect_fsm;

namespace {

redirect_fsm get(std::string_view from, unsigned hops = 5)
{
    return redirect_fsm(*url::parse(from), false, hops);
}

redirect_fsm post(std::string_view from)
{
    return redirect_fsm(*url::parse(from), true, 5);
}

reason why(const result<bool>& r)
{
    return r.has_error() ? r.error().why : reason::none;
}

}  // namespace

TEST_CASE("what is no redirect is the final answer, whatever its Location says")
{
    auto fsm = get("https://a/");
    for (const unsigned status : {200u, 201u, 206u, 300u, 304u, 305u, 306u, 400u, 416u, 503u})
        CHECK(*fsm.next(status, "https://b/") == false);
    CHECK(fsm.where().str() == "https://a/");
}

TEST_CASE("five hops are followed and a sixth is not")
{
    auto fsm = get("https://a/0");
    for (int i = 0; i < 5; ++i)
        REQUIRE(*fsm.next(302, "/again"));
    CHECK(fsm.trusted());
    CHECK(why(fsm.next(302, "/again")) == reason::too_many_redirects);
}

TEST_CASE("a relative Location stays on its origin and keeps its trust")
{
    auto fsm = get("https://a/x/y?token=1");
    REQUIRE(*fsm.next(307, "../z"));
    CHECK(fsm.where().str() == "https://a/z");
    CHECK(fsm.trusted());
}

TEST_CASE("credentials end with the first other origin and do not come back")
{
    for (const char* other : {"https://b/", "https://a:8443/", "https://sub.a/"})
    {
        CAPTURE(other);
        auto fsm = get("https://a/");
        REQUIRE(*fsm.next(302, other));
        CHECK_FALSE(fsm.trusted());
        REQUIRE(*fsm.next(302, "https://a/"));
        CHECK_FALSE(fsm.trusted());
    }
    auto same = get("https://a/");
    REQUIRE(*same.next(302, "https://A:443/x"));
    CHECK(same.trusted());
}

TEST_CASE("a redirect to http is refused at any hop")
{
    auto fsm = get("https://a/");
    CHECK(why(fsm.next(301, "http://a/")) == reason::plain_http);
    REQUIRE(*fsm.next(301, "https://b/"));
    CHECK(why(fsm.next(301, "http://localhost/")) == reason::plain_http);
    CHECK(fsm.where().host() == "b");
}

TEST_CASE("a missing or malformed Location is refused and not repeated in the message")
{
    CHECK(why(get("https://a/").next(302, std::nullopt)) == reason::bad_redirect);
    for (const char* bad : {"", "ftp://b/", "https://user@b/", "https://", " ", "https://a b/", "/a\tb", "/a\\b", "data:x"})
    {
        CAPTURE(bad);
        const auto r = get("https://a/?token=secret").next(302, bad);
        REQUIRE(why(r) == reason::bad_redirect);
        CHECK(r.error().detail.find("secret") == std::string::npos);
    }
}

TEST_CASE("a POST is repeated on its own origin by 307 and 308 and becomes a GET by 301, 302 and 303")
{
    for (const unsigned status : {307u, 308u})
    {
        auto fsm = post("https://a/");
        REQUIRE(*fsm.next(status, "/b"));
        CHECK(fsm.post());
    }
    for (const unsigned status : {301u, 302u, 303u})
    {
        auto fsm = post("https://a/");
        REQUIRE(*fsm.next(status, "/b"));
        CHECK_FALSE(fsm.post());
        // It has no body any more: from here it may go elsewhere, without credentials.
        REQUIRE(*fsm.next(302, "https://b/"));
        CHECK_FALSE(fsm.trusted());
    }
}

TEST_CASE("a POST is never sent, in any form, to another origin")
{
    for (const unsigned status : {301u, 302u, 303u, 307u, 308u})
        CHECK(why(post("https://a/").next(status, "https://b/")) == reason::bad_redirect);
}

TEST_CASE("an allow-list holds for the first host and for every hop")
{
    redirect_fsm fsm(*url::parse("https://a:8443/"), false, 5, {"a", "b"});
    CHECK(fsm.check().has_value());
    REQUIRE(*fsm.next(302, "https://b/"));
    CHECK(why(fsm.next(302, "https://c/")) == reason::host_not_allowed);
    CHECK(redirect_fsm(*url::parse("https://c/"), false, 5, {"a"}).check().error().why == reason::host_not_allowed);
}
