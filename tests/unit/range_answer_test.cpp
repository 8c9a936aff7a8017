// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/net/connection.hpp>
#include <modelsec/detail/net/range_answer.hpp>

#include <doctest/doctest.h>

using namespace modelsec;
using namespace modelsec::detail;

namespace {

response_head head(unsigned status, std::string content_range = {}, std::optional<std::uint64_t> length = {})
{
    response_head out;
    out.status = status;
    out.content_length = length;
    if (!content_range.empty())
        out.headers.push_back({"Content-Range", std::move(content_range)});
    return out;
}

reason why(const response_head& h, std::optional<byte_range> asked)
{
    const auto r = check_range_answer(h, asked, 1000);
    return r ? reason::none : r.error().why;
}

}  // namespace

TEST_CASE("a range counts only as 206 with exactly what was asked and the signed size")
{
    const byte_range asked{100, 200};
    const auto good = check_range_answer(head(206, "bytes 100-199/1000", 100), asked, 1000);
    REQUIRE(good.has_value());
    CHECK_FALSE(good->whole);
    CHECK(good->bytes == asked);
    CHECK(why(head(206, "bytes 100-199/1000"), asked) == reason::none);

    CHECK(why(head(206, "bytes 100-199/1001", 100), asked) == reason::size_mismatch);
    for (const auto* odd : {"bytes 100-198/1000", "bytes 101-199/1000", "bytes 0-99/1000", "bytes 100-199/*", "bytes */1000",
                            "100-199/1000", "bytes 100-199/1000x", "bytes=100-199/1000", "bytes 199-100/1000", "Bytes",
                            "bytes -100-199/1000", "bytes 100-99999999999999999999/1000", ""})
        CHECK_MESSAGE(why(head(206, odd), asked) == reason::range_mismatch, odd);
    CHECK(why(head(206, "bytes 100-199/1000", 99), asked) == reason::range_mismatch);
    CHECK(why(head(206, "bytes 0-999/1000", 1000), std::nullopt) == reason::range_mismatch);  // nobody asked
}

TEST_CASE("200 is the whole file from its first byte, if its length is the signed one")
{
    const auto whole = check_range_answer(head(200, {}, 1000), byte_range{100, 200}, 1000);
    REQUIRE(whole.has_value());
    CHECK(whole->whole);
    CHECK(whole->bytes == byte_range{0, 1000});
    CHECK(why(head(200), std::nullopt) == reason::none);
    CHECK(why(head(200, {}, 999), std::nullopt) == reason::size_mismatch);
    CHECK(why(head(200, {}, 1001), byte_range{100, 200}) == reason::size_mismatch);
}

TEST_CASE("416 and other statuses have reasons of their own")
{
    CHECK(why(head(416), byte_range{1, 2}) == reason::range_mismatch);
    CHECK(why(head(416, "bytes */1000"), byte_range{1, 2}) == reason::range_mismatch);
    CHECK(why(head(416, "bytes */900"), byte_range{1, 2}) == reason::size_mismatch);
    CHECK(why(head(403), byte_range{1, 2}) == reason::range_refused);
    CHECK(why(head(403), std::nullopt) == reason::forbidden);
    CHECK(why(head(404), std::nullopt) == reason::not_found);
    CHECK(why(head(503), std::nullopt) == reason::server_error);
    CHECK(why(head(204), std::nullopt) == reason::http_status);
}
