// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/net/expiry.hpp>

#include <doctest/doctest.h>

using modelsec::detail::says_expired;

TEST_CASE("expiry is known in the words of every host")
{
    CHECK(
        says_expired(403, "<Error><Code>AccessDenied</Code><Message>Request has expired</Message><Expires>2026</Expires>"));
    CHECK(says_expired(400, "<Error><Code>ExpiredToken</Code><Message>The provided token has expired.</Message></Error>"));
    CHECK(says_expired(403, "<?xml version=\"1.0\"?><Error><Code>ExpiredRequest</Code></Error>"));
    CHECK(says_expired(
        400, "{\"statusCode\":\"400\",\"error\":\"InvalidJWT\",\"message\":\"\\\"exp\\\" claim timestamp check failed\"}"));
}

TEST_CASE("other refusals are no expiry")
{
    CHECK_FALSE(says_expired(403, "<Error><Code>SignatureDoesNotMatch</Code></Error>"));
    CHECK_FALSE(says_expired(403, "<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"));
    CHECK_FALSE(says_expired(400, "{\"statusCode\":\"400\",\"error\":\"InvalidSignature\"}"));
    CHECK_FALSE(says_expired(400, ""));
    CHECK_FALSE(says_expired(503, "ExpiredToken"));
    CHECK_FALSE(says_expired(200, "Request has expired"));
}
