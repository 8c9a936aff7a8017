// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/net/credentials.hpp>
#include <modelsec/detail/source/locator.hpp>

#include <doctest/doctest.h>

using namespace modelsec;

using namespace modelsec::detail;

namespace {
reason why(std::string_view locator)
{
    const auto r = resolve_locator(locator);
    return r ? reason::none : r.error().why;
}
const std::string commit(40, 'c');
}  // namespace

TEST_SUITE_BEGIN("source");

TEST_CASE("only https leads anywhere, and what can be moved under us is refused")
{
    CHECK(why("https://h.example/m.gguf") == reason::none);
    CHECK(why("http://h.example/m.gguf") == reason::plain_http);
    CHECK(why("HTTP://h.example/m.gguf") == reason::plain_http);
    CHECK(why("ftp://h.example/m") == reason::scheme_not_allowed);
    CHECK(why("file:///etc/passwd") == reason::scheme_not_allowed);
    CHECK(why("hf://org/repo@main/m.gguf") == reason::mutable_revision);
    CHECK(why("hf://org/repo/m.gguf") == reason::mutable_revision);
    CHECK(why("hf://org/repo@" + commit.substr(1) + "/m.gguf") == reason::mutable_revision);
    CHECK(why("hf://org/repo@" + commit + "/../x") == reason::bad_url);
    CHECK(why("hf://repo@" + commit + "/x") == reason::bad_url);
    CHECK(why("hf://org/repo@" + commit + "/x?y=z") == reason::bad_url);
    CHECK(resolve_locator("hf://org/repo@" + commit + "/a/m.gguf").value().str() ==
          "https://huggingface.co/org/repo/resolve/" + commit + "/a/m.gguf");
}

TEST_CASE("an endpoint's answer is a URL, absolute or Supabase's own")
{
    const url endpoint = url::parse("https://x.example/functions/v1/get").value();
    const auto answer = [&](std::string_view body) { return read_endpoint_answer(as_bytes(body), endpoint); };
    CHECK(answer(R"({"url":"https://s3.example/k?X-Amz-Signature=1"})").value().host() == "s3.example");
    CHECK(answer(R"({"signedURL":"/object/sign/b/k?token=t"})").value().str() ==
          "https://x.example/storage/v1/object/sign/b/k?token=t");
    CHECK(answer(R"({"url":"http://s3.example/k"})").error().why == reason::plain_http);
    for (const auto* bad : {"", "{}", R"({"url":7})", R"({"signedURL":"//evil.example/x"})", R"({"signedURL":"relative"})"})
        CHECK(answer(bad).has_error());
}

TEST_CASE("credentials of a storage service are known when they are seen")
{
    for (const auto* secret : {"Bearer hf_abcdefgh", "hf_x", "AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE",
                               "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/us-east-1/s3/aws4_request"})
        CHECK(is_storage_credential(secret));
    for (const auto* key :
         {"", "Bearer hk_live_abc", "eyJhbGciOiJIUzI1NiJ9.e30.x", "shelf_life", "AKIA", "BearerAKIAIOSFODNN7EXAMPLE"})
        CHECK_FALSE(is_storage_credential(key));
    CHECK(check_client_headers({{"Authorization", "Bearer hf_x"}}).error().why == reason::storage_credentials);
}

TEST_SUITE_END();
