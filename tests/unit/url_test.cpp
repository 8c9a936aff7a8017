// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/net/url.hpp>

#include <doctest/doctest.h>

using namespace modelsec;

using namespace modelsec::detail;

namespace {

std::string normal(std::string_view text)
{
    const auto parsed = url::parse(text);
    return parsed.has_value() ? parsed->str() : std::string(to_string(parsed.error().why));
}

std::string resolved(std::string_view base, std::string_view reference)
{
    const auto target = url::parse(base)->resolve(reference);
    return target.has_value() ? target->str() : std::string(to_string(target.error().why));
}

}  // namespace

TEST_CASE("an https URL is taken apart and normalized")
{
    const auto v = url::parse("HTTPS://CDN.Example:8443/a/../b/./m.gguf?token=a/../b");
    REQUIRE(v.has_value());
    CHECK(v->host() == "cdn.example");
    CHECK(v->port() == 8443);
    CHECK(v->target() == "/b/m.gguf?token=a/../b");
    CHECK(v->authority() == "cdn.example:8443");
    CHECK(v->origin() == "https://cdn.example:8443");
    CHECK_FALSE(v->host_is_address());
    CHECK(normal("https://h:443") == "https://h/");
    CHECK(normal("https://h:") == "https://h/");
    CHECK(normal("https://h?q") == "https://h/?q");
    CHECK(normal("https://h/..") == "https://h/");
    CHECK(normal("https://h/a/b/..") == "https://h/a/");
    CHECK(normal("https://h/a/b/../../../c") == "https://h/c");
    CHECK(normal("https://h//a//b") == "https://h//a//b");
    CHECK(normal("https://h/a%2Fb%zz") == "https://h/a%2Fb%zz");
    CHECK(normal("https://h/\xc3\xa9|") == "https://h/%C3%A9%7C");
}

TEST_CASE("addresses are recognised and written in one way only")
{
    CHECK(url::parse("https://127.0.0.1/")->host_is_address());
    CHECK(normal("https://[2001:DB8:0::1]:8443/") == "https://[2001:db8::1]:8443/");
    CHECK(url::parse("https://[::1]/")->host() == "::1");
    for (const char* bad : {"https://127.1/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://2130706433/",
                            "https://127.0.0.1.5/", "https://[::1", "https://[::1]x/", "https://[fe80::1%25eth0]/",
                            "https://[127.0.0.1]/", "https://::1/", "https://a.0x1/"})
    {
        CAPTURE(bad);
        CHECK(normal(bad) == "bad_url");
    }
}

TEST_CASE("a name with the root's dot is another origin, and the same name in certificates")
{
    const auto dotted = url::parse("https://CDN.Example.:8443/x");
    REQUIRE(dotted.has_value());
    CHECK(dotted->host() == "cdn.example.");
    CHECK(dotted->origin() == "https://cdn.example.:8443");
    CHECK(dotted->dns_name() == "cdn.example");
    CHECK(url::parse("https://cdn.example/")->dns_name() == "cdn.example");
}

TEST_CASE("plain http is a case of its own")
{
    CHECK(normal("http://h/") == "plain_http");
    CHECK(normal("HTTP:h") == "plain_http");
}

TEST_CASE("what is no https URL, or could be read in two ways, is refused")
{
    for (const char* bad : {"",
                            "https",
                            "https:",
                            "https:/h/",
                            "https:///",
                            "https://",
                            "h/path",
                            "ftp://h/",
                            "file:///etc/passwd",
                            "https://user@h/",
                            "https://user:pw@h/",
                            "https://good.example@evil.example/",
                            "https://h\\@evil/",
                            "https://h/ x",
                            " https://h/",
                            "https://h/\n",
                            "https://h/\x7f",
                            "https://h/#f",
                            "https://h:0/",
                            "https://h:65536/",
                            "https://h:8x/",
                            "https://h:000443/",
                            "https://a..b/",
                            "https://.a/",
                            "https://a../",
                            "https://./",
                            "https://1.2.3.4./",
                            "https://h%2e/",
                            "https://\xc3\xa9.example/",
                            "https://a b/",
                            "https://h:443:443/"})
    {
        CAPTURE(bad);
        CHECK(normal(bad) == "bad_url");
    }
    CHECK(normal("https://h/" + std::string(10'000, 'a')) == "bad_url");
    CHECK(normal("https://" + std::string(64, 'a') + "/") == "bad_url");
    CHECK(normal(std::string_view("https://h/\0x", 12)) == "bad_url");
}

TEST_CASE("a Location is resolved as RFC 3986 says")
{
    const char* base = "https://h:8443/a/b/c?q=1";
    CHECK(resolved(base, "https://o/x") == "https://o/x");
    CHECK(resolved(base, "//o/x") == "https://o/x");
    CHECK(resolved(base, "/x?y") == "https://h:8443/x?y");
    CHECK(resolved(base, "x") == "https://h:8443/a/b/x");
    CHECK(resolved(base, "./x") == "https://h:8443/a/b/x");
    CHECK(resolved(base, "../../../x") == "https://h:8443/x");
    CHECK(resolved(base, "?z") == "https://h:8443/a/b/c?z");
    CHECK(resolved(base, "x?u=https://o/") == "https://h:8443/a/b/x?u=https://o/");
    CHECK(resolved(base, "/x#part") == "https://h:8443/x");
    CHECK(resolved(base, "http://h/x") == "plain_http");
    CHECK(resolved(base, "/a b/c?d= e") == "https://h:8443/a%20b/c?d=%20e");
    CHECK(resolved(base, "https://o/my model.gguf") == "https://o/my%20model.gguf");
    CHECK(resolved(base, "https://o o/x") == "bad_url");
    CHECK(resolved(base, "  https://o/x ") == "https://o/x");
    CHECK(resolved(base, "  ") == "bad_url");
    CHECK(resolved(base, "https://o/x\ty") == "bad_url");
    CHECK(resolved(base, "javascript:x") == "bad_url");
    CHECK(resolved(base, "") == "bad_url");
    CHECK(resolved(base, "#x") == "bad_url");
    CHECK(resolved(base, "/x\r\nSet-Cookie: y") == "bad_url");
    CHECK(resolved(base, "\\\\evil/x") == "bad_url");
    CHECK(resolved(base, "//user@evil/x") == "bad_url");
}

TEST_CASE("the query is a secret that is not displayed")
{
    const auto u = url::parse("https://h/object?X-Amz-Signature=secret");
    CHECK(u->display() == "https://h/object");
    CHECK(u->str() == "https://h/object?X-Amz-Signature=secret");
    for (const char* bad : {"https://h/?token=secret#", "https://u:secret@h/", "http://h/?token=secret"})
        CHECK(url::parse(bad).error().detail.find("secret") == std::string::npos);
}
