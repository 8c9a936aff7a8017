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
    CHECK(why("ht+t-p.9:x") == reason::scheme_not_allowed);
    for (const char* none :
         {"ht!tp://h.example/m", "1https://h.example/m", "://h.example/m", "h.example/a:b", "-x:y", "hf://a", ""})
        CHECK(why(none) == reason::bad_url);
    CHECK(why("hf://org/repo@main/m.gguf") == reason::mutable_revision);
    CHECK(why("hf://org/repo/m.gguf") == reason::mutable_revision);
    CHECK(why("hf://org/repo@" + commit.substr(1) + "/m.gguf") == reason::mutable_revision);
    CHECK(why("hf://org/repo@" + commit + "/../x") == reason::bad_url);
    CHECK(why("hf://repo@" + commit + "/x") == reason::bad_url);
    CHECK(why("hf://org/repo@" + commit + "/a//x") == reason::bad_url);
    CHECK(why("hf://org/repo@" + commit + "/") == reason::bad_url);
    CHECK(why("hf://org/repo@" + commit + "/a\nb") == reason::bad_url);
    CHECK(why("hf://or%67/repo@" + commit + "/x") == reason::bad_url);
    CHECK(why("hf://org/repo/more@" + commit + "/x") == reason::bad_url);
    CHECK(resolve_locator("hf://org/repo@" + commit + "/a/m.gguf").value().str() ==
          "https://huggingface.co/org/repo/resolve/" + commit + "/a/m.gguf");
}

TEST_CASE("a path on the Hub is percent-encoded as its own clients do it")
{
    const auto path = [](std::string_view file) {
        const std::string all = resolve_locator("hf://org/repo@" + commit + "/" + std::string(file)).value().str();
        return all.substr(all.find(commit) + commit.size() + 1);
    };
    CHECK(path("my model.gguf") == "my%20model.gguf");
    CHECK(path("\xe6\xa8\xa1\xe5\x9e\x8b/\xe9\x87\x8d.bin") == "%E6%A8%A1%E5%9E%8B/%E9%87%8D.bin");
    CHECK(path("x?y=z#1") == "x%3Fy%3Dz%231");
    CHECK(path("100%.bin") == "100%25.bin");
    CHECK(path("a+b~c_d-e.f") == "a%2Bb~c_d-e.f");
    CHECK(path("back\\slash") == "back%5Cslash");
}

TEST_CASE("a malformed address in a signed manifest is its publisher's fault; a malformed mirror is left out with a warning")
{
    CHECK(resolve_signed("https://h/ x").error().why == reason::manifest_malformed);
    CHECK(resolve_signed("not an address").error().why == reason::manifest_malformed);
    CHECK(resolve_signed("http://h/x").error().why == reason::plain_http);
    CHECK(resolve_signed("https://h/x").has_value());
    for (const char* url : {"ht!tp://h/x", "1https://h/x"})
        CHECK(resolve_signed(url).error().why == reason::manifest_malformed);
    for (const char* bad :
         {"https://b b/x", "ht!tp://h/x", "1https://h/x", "ftp://h/x", "file:x", "hf://a", "hf://o/r@main/x"})
        CHECK(is_bad_mirror(resolve_locator(bad).error()));
    CHECK_FALSE(is_bad_mirror(resolve_locator("http://a/x").error()));
    CHECK_FALSE(is_bad_mirror(fail(reason::host_not_allowed)));
}

TEST_CASE("an endpoint's answer is a URL, absolute or Supabase's own")
{
    const url endpoint = url::parse("https://x.example/functions/v1/get").value();
    const auto answer = [&](std::string_view body) { return read_endpoint_answer(as_bytes(body), endpoint); };
    CHECK(answer(R"({"url":"https://s3.example/k?X-Amz-Signature=1"})").value().host() == "s3.example");
    CHECK(answer(R"({"signedURL":"/object/sign/b/k?token=t"})").value().str() ==
          "https://x.example/storage/v1/object/sign/b/k?token=t");
    CHECK(answer(R"({"url":"http://s3.example/k"})").error().why == reason::plain_http);
    CHECK(answer(R"({"url":"https://s3 .example/k"})").error().why == reason::bad_response);
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
