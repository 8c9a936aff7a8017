// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/net/proxy.hpp>

#include <doctest/doctest.h>

using namespace modelsec;

using namespace modelsec::detail;
using detail::proxy_kind;
using detail::proxy_rules;
using detail::proxy_server;

namespace {

/// The proxy on the way to `target`, as "kind host:port".
std::string way(std::string_view proxy, std::string_view no_proxy, std::string_view target)
{
    const auto rules = proxy_rules::parse(proxy_options(proxy, no_proxy));
    if (rules.has_error())
        return std::string(to_string(rules.error().why));
    const proxy_server* via = rules->on_the_way_to(url::parse(target).value());
    if (!via)
        return "direct";
    return (via->kind == proxy_kind::http ? "http " : "socks5 ") + via->host + ":" + std::to_string(via->port);
}

std::string way(std::string_view proxy)
{
    return way(proxy, "", "https://models.example/m");
}

bool direct(std::string_view no_proxy, std::string_view target)
{
    return way("http://proxy:3128", no_proxy, target) == "direct";
}

}  // namespace

TEST_CASE("an address of a proxy is read as curl reads it")
{
    CHECK(way("") == "direct");
    CHECK(way("http://proxy.example:3128") == "http proxy.example:3128");
    CHECK(way("HTTP://Proxy.Example:3128/") == "http proxy.example:3128");
    CHECK(way("proxy.example:3128") == "http proxy.example:3128");
    CHECK(way("proxy.example") == "http proxy.example:1080");
    CHECK(way("http://proxy.example:443") == "http proxy.example:443");
    CHECK(way("socks5://10.0.0.1:9050") == "socks5 10.0.0.1:9050");
    CHECK(way("socks5h://proxy") == "socks5 proxy:1080");
    CHECK(way("socks5h://[::1]") == "socks5 ::1:1080");
    CHECK(way("http://[fe80::1]:3128") == "http fe80::1:3128");
    CHECK(way("http://user:p%40ss@proxy:3128") == "http proxy:3128");
}

TEST_CASE("what is no address of a proxy is refused, and is not repeated in the message")
{
    for (const char* wrong :
         {"https://user:s3cr3t@proxy:3128", "socks4://user:s3cr3t@proxy:1", "ftp://s3cr3t", "http://", "http://user:s3cr3t@",
          "http://user:s3cr3t@proxy:99999", "http://user:s3cr3t@proxy:12x", "http://user:s3cr3t@proxy/path",
          "http://user:s3cr3t@proxy?q", "http://us%3Aer:s3cr3t@proxy", "http://user:s3cr3t%2@proxy",
          "http://user:s3cr3t%zz@proxy", "http://user:s3cr3t @proxy", "http://user:s3cr3t@pro xy",
          "http://user:s3cr3t\r\n@proxy", "socks5://:s3cr3t@proxy", "http://user:s3cr3t@[::1"})
    {
        CAPTURE(wrong);
        const auto rules = proxy_rules::parse(proxy_options(wrong));
        REQUIRE(rules.has_error());
        CHECK((rules.error().why == reason::bad_proxy));
        CHECK(rules.error().detail.find("s3cr3t") == std::string::npos);
    }
    CHECK(way("socks5://user:" + std::string(256, 'x') + "@proxy") == "bad_proxy");
}

TEST_CASE("user and password are decoded, and either may be empty")
{
    const auto login = [](std::string_view proxy) {
        const auto rules = proxy_rules::parse(proxy_options(proxy)).value();
        const proxy_server* via = rules.on_the_way_to(url::parse("https://h/").value());
        return via->has_user ? std::string(via->user.reveal_text()) + "|" + std::string(via->password.reveal_text())
                             : "none";
    };
    CHECK(login("http://proxy") == "none");
    CHECK(login("http://user@proxy") == "user|");
    CHECK(login("http://user:pass@proxy") == "user|pass");
    CHECK(login("http://us%40er:p%3A%2f%25:x@proxy") == "us@er|p:/%:x");
    CHECK(login("http://a@b:c@proxy") == "a@b|c");
    CHECK(login("http://:token@proxy") == "|token");
    CHECK(login("socks5://user:p%00w@proxy") == std::string("user|p\0w", 8));
}

TEST_CASE("names that are asked directly stand for what is below them")
{
    for (const char* entry :
         {"example.org", ".example.org", "*.example.org", "EXAMPLE.org.", " x , example.org ", "x example.org"})
    {
        CAPTURE(entry);
        CHECK(direct(entry, "https://example.org/"));
        CHECK(direct(entry, "https://a.b.example.org:8443/"));
        CHECK_FALSE(direct(entry, "https://badexample.org/"));
        CHECK_FALSE(direct(entry, "https://example.org.evil/"));
        CHECK_FALSE(direct(entry, "https://org/"));
    }
    CHECK(direct("*", "https://anything/"));
    CHECK(direct("a,*", "https://[::1]/"));
    CHECK_FALSE(direct("", "https://example.org/"));
    CHECK_FALSE(direct(",. ,", "https://example.org/"));
}

TEST_CASE("a port narrows what is asked directly")
{
    CHECK(direct("example.org:8443", "https://example.org:8443/"));
    CHECK_FALSE(direct("example.org:8443", "https://example.org/"));
    CHECK(direct("example.org:443", "https://a.example.org/"));
    CHECK(direct("127.0.0.1:99", "https://127.0.0.1:99/"));
    CHECK_FALSE(direct("127.0.0.1:99", "https://127.0.0.1/"));
    CHECK(direct("[::1]:99", "https://[::1]:99/"));
    CHECK_FALSE(direct("[::1]:99", "https://[::1]/"));
    CHECK(direct("[::1]", "https://[::1]:99/"));
}

TEST_CASE("addresses are asked directly one by one and in blocks")
{
    CHECK(direct("10.1.2.3", "https://10.1.2.3/"));
    CHECK_FALSE(direct("10.1.2.3", "https://10.1.2.30/"));
    CHECK_FALSE(direct("1.2.3", "https://10.1.2.3/"));
    CHECK(direct("10.0.0.0/8", "https://10.255.2.3/"));
    CHECK_FALSE(direct("10.0.0.0/8", "https://11.0.0.1/"));
    CHECK(direct("192.168.4.0/22", "https://192.168.7.255/"));
    CHECK_FALSE(direct("192.168.4.0/22", "https://192.168.8.0/"));
    CHECK(direct("10.1.2.3/32", "https://10.1.2.3/"));
    CHECK(direct("0.0.0.0/0", "https://8.8.8.8/"));
    CHECK(direct("::1", "https://[::1]/"));
    CHECK(direct("fd00::/8", "https://[fd12::1]/"));
    CHECK_FALSE(direct("fd00::/8", "https://[fe00::1]/"));
    CHECK(direct("10.0.0.0/8", "https://[::ffff:10.1.1.1]/"));
    for (const char* nonsense : {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/x", "10.0.0.0/8x", "10.0.0.0/-1", "/8", "::/129"})
        CHECK_FALSE(direct(nonsense, "https://10.0.0.1/"));
    CHECK_FALSE(direct("0.0.0.0/0", "https://[::1]/"));
    CHECK_FALSE(direct("0.0.0.0/0", "https://example.org/"));  // a name is not resolved to see
}
