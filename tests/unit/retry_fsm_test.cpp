// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/net/retry_fsm.hpp>

#include <doctest/doctest.h>

using namespace modelsec;

using namespace modelsec::detail;
using namespace std::chrono_literals;
using detail::retry_fsm;
using detail::server_wait;
using detail::status_failure;

namespace {

constexpr utc_time noon = std::chrono::sys_days(std::chrono::year(1994) / 11 / 6) + 8h + 49min + 37s;

retry_fsm::input lost(double random = 0.5)
{
    return {fail(reason::connection_lost), std::nullopt, std::nullopt, random};
}

}  // namespace

TEST_CASE("a lost connection is tried again as often as allowed and then reported as it was")
{
    retry_fsm fsm(5);
    for (int i = 0; i < 5; ++i)
        REQUIRE(fsm.next(lost()).has_value());
    const auto last = fsm.next(lost());
    REQUIRE(last.has_error());
    CHECK(last.error().why == reason::connection_lost);
}

TEST_CASE("waits grow exponentially up to a cap and spread over all of their range")
{
    retry_fsm fsm(20);
    std::chrono::milliseconds before = 0ms;
    for (int i = 0; i < 20; ++i)
    {
        const auto wait = *fsm.next(lost(0.999));
        CHECK(wait >= before);
        CHECK(wait <= 30s);
        before = wait;
    }
    CHECK(before > 29s);
    CHECK(*retry_fsm(5).next(lost(0.5)) == 250ms);
}

TEST_CASE("even the luckiest draw is no hot loop")
{
    retry_fsm fsm(5);
    for (int i = 0; i < 5; ++i)
        CHECK(*fsm.next(lost(0)) >= 50ms);
    CHECK(*retry_fsm(5, 20ms).next(lost(0)) == 2ms);
    CHECK(*retry_fsm(5, 20ms).next(lost(0.5)) == 10ms);
}

TEST_CASE("bytes that arrive restore the budget")
{
    retry_fsm fsm(1);
    for (int i = 0; i < 100; ++i)
    {
        REQUIRE(fsm.next(lost()).has_value());
        fsm.progress();
    }
    REQUIRE(fsm.next(lost()).has_value());
    CHECK(fsm.next(lost()).has_error());
}

TEST_CASE("a server's wait is obeyed, never undercut, never beyond the deadline")
{
    retry_fsm fsm(5);
    retry_fsm::input in{fail(reason::rate_limited), 20s, 60'000ms, 0.0};
    const auto wait = fsm.next(in);
    REQUIRE(wait.has_value());
    CHECK(*wait >= 20s);
    CHECK(*wait <= 21s);
    in.time_left = 19'000ms;
    const auto late = fsm.next(in);
    REQUIRE(late.has_error());
    CHECK(late.error().why == reason::rate_limited);
    in.time_left = std::nullopt;
    in.server_wait = 24h;
    CHECK(fsm.next(in).has_error());
    in.server_wait = 0s;
    CHECK(*fsm.next(in) >= 50ms);
}

TEST_CASE("a back-off that would pass the deadline is not waited for")
{
    auto in = lost(0.9);
    in.time_left = 100ms;
    CHECK(retry_fsm(5).next(in).has_error());
}

TEST_CASE("only what another try can mend is tried again")
{
    for (const reason why :
         {reason::resolve_failed, reason::connect_failed, reason::connect_timeout, reason::handshake_timeout,
          reason::connection_lost, reason::truncated, reason::stall, reason::too_slow, reason::bad_response,
          reason::range_mismatch, reason::proxy_failed, reason::server_error, reason::rate_limited})
        CHECK(retry_fsm::worth_retrying(why));
    for (const reason why :
         {reason::deadline, reason::cancelled, reason::certificate_expired, reason::host_mismatch, reason::unknown_ca,
          reason::tls_version, reason::tls_handshake, reason::spki_mismatch, reason::not_found, reason::http_status,
          reason::unauthorized, reason::forbidden, reason::proxy_auth, reason::quota, reason::too_many_redirects,
          reason::plain_http, reason::bad_signature, reason::too_large, reason::digest_mismatch})
    {
        CAPTURE(to_string(why));
        CHECK_FALSE(retry_fsm::worth_retrying(why));
        CHECK(retry_fsm(5).next({fail(why), std::nullopt, std::nullopt, 0.5}).error().why == why);
    }
}

TEST_CASE("Retry-After is read as seconds or as a date")
{
    CHECK(server_wait("7", std::nullopt, noon) == 7s);
    CHECK(server_wait("0", std::nullopt, noon) == 0s);
    CHECK(server_wait("Sun, 06 Nov 1994 08:50:37 GMT", std::nullopt, noon) == 60s);
    CHECK(server_wait("Sun, 06 Nov 1994 08:00:00 GMT", std::nullopt, noon) == 0s);
    CHECK(server_wait("99999999999999999999", std::nullopt, noon) == 24h);
    CHECK(server_wait("Sun, 06 Nov 9994 08:49:37 GMT", std::nullopt, noon) == 24h);
    for (const char* bad : {"", "-1", "1.5", "soon", "Sun, 06 Nov 1994 08:50:37 CET", "Sun, 36 Nov 1994 08:50:37 GMT",
                            "Sun, 06 Nox 1994 08:50:37 GMT", "7 s"})
    {
        CAPTURE(bad);
        CHECK_FALSE(server_wait(bad, std::nullopt, noon).has_value());
    }
    CHECK_FALSE(server_wait(std::nullopt, std::nullopt, noon).has_value());
}

TEST_CASE("an exhausted RateLimit means its t and one second more")
{
    CHECK(server_wait(std::nullopt, R"("api";r=0;t=55)", noon) == 56s);
    CHECK(server_wait(std::nullopt, R"("api"; r=0; t=55)", noon) == 56s);
    CHECK(server_wait(std::nullopt, R"("a";r=3;t=9, "b";r=0;t=55)", noon) == 56s);
    CHECK(server_wait("3", R"("api";r=0;t=55)", noon) == 3s);
    CHECK(server_wait("nonsense", R"("api";r=0;t=55)", noon) == 56s);
    CHECK_FALSE(server_wait(std::nullopt, R"("api";r=12;t=55)", noon).has_value());
    CHECK_FALSE(server_wait(std::nullopt, R"(;;;,,,)", noon).has_value());
}
