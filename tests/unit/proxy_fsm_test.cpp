// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include <modelsec/detail/net/proxy_fsm.hpp>

#include <doctest/doctest.h>
#include <publisher.hpp>

#include <memory>

using namespace modelsec;

using namespace modelsec::detail;
using detail::proxy_fsm;
using detail::proxy_rules;
using then = proxy_fsm::then;

namespace {

const std::string agent = "test/1";

/// A talk with a proxy on the way to a target.
struct talk
{
    explicit talk(std::string_view proxy, std::string_view target = "https://models.example:8443/m?token=1",
                  std::size_t cap = 4096)
        : rules(proxy_rules::parse(proxy_options(proxy)).value()), to(url::parse(target).value()),
          fsm(*rules.on_the_way_to(to), to, agent, cap)
    {
    }

    /// "send …", "read", "open", or the reason of the failure.
    std::string step(std::string_view arrived = {})
    {
        const auto r = fsm.resume(as_bytes(arrived));
        if (r.has_error())
        {
            detail = r.error().detail;
            return std::string(to_string(r.error().why));
        }
        if (*r == then::send)
            return "send " + std::string(as_text(fsm.to_send()));
        return *r == then::read ? "read" : "open";
    }

    /// What the answer comes to, in one piece and byte by byte.
    static std::string answered(std::string_view proxy, std::initializer_list<std::string_view> answers)
    {
        std::string whole, slow;
        talk one(proxy), two(proxy);
        whole = one.step();
        slow = two.step();
        for (const std::string_view answer : answers)
        {
            CHECK(one.step() == "read");
            CHECK(two.step() == "read");
            whole = one.step(answer);
            for (std::size_t i = 0; i < answer.size() && (i == 0 || slow == "read"); ++i)
                slow = two.step(answer.substr(i, 1));
            if (!whole.starts_with("send") || whole != slow)
                break;
        }
        // Bytes too many show only where they come in one piece with the last one that counts.
        if (whole != slow)
            CHECK(whole == "proxy_failed");
        return whole;
    }

    proxy_rules rules;
    url to;
    proxy_fsm fsm;
    std::string detail;
};

std::string connect(std::string_view answer)
{
    return talk::answered("http://proxy", {answer});
}

std::string socks(std::initializer_list<std::string_view> answers)
{
    return talk::answered("socks5://user:pass@proxy", answers);
}

using namespace std::string_view_literals;
constexpr std::string_view good_reply = "\x05\x00\x00\x01\x7f\x00\x00\x01\x04\x38"sv;

std::string padded(std::string_view head, std::size_t count, char with)
{
    std::string out(head);
    return out.append(count, with);
}

}  // namespace

TEST_CASE("CONNECT names host and port, and nothing else of the request")
{
    CHECK(talk("http://proxy").step() ==
          "send CONNECT models.example:8443 HTTP/1.1\r\nHost: models.example:8443\r\nUser-Agent: test/1\r\n\r\n");
    CHECK(talk("http://proxy", "https://h/").step().starts_with("send CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n"));
    CHECK(
        talk("http://proxy", "https://[::1]/").step().starts_with("send CONNECT [::1]:443 HTTP/1.1\r\nHost: [::1]:443\r\n"));
}

TEST_CASE("user and password go along with CONNECT, once")
{
    talk t("http://us%40er:pass%3A@proxy");
    CHECK(t.step().find("\r\nProxy-Authorization: Basic " + support::base64("us@er:pass:") + "\r\n\r\n") !=
          std::string::npos);
    CHECK(t.step() == "read");
    CHECK(t.fsm.to_send().empty());
}

TEST_CASE("a CONNECT is answered by any 2xx, whatever else the header says")
{
    CHECK(connect("HTTP/1.1 200 Connection established\r\n\r\n") == "open");
    CHECK(connect("HTTP/1.0 200\r\n\r\n") == "open");
    CHECK(connect("HTTP/1.1 204 x\r\nContent-Length: 77\r\nTransfer-Encoding: chunked\r\n\r\n") == "open");
    CHECK(connect("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 y\r\nLink: z\r\n\r\nHTTP/1.1 200 OK\r\n\r\n") == "open");
}

TEST_CASE("every other answer to a CONNECT has its reason")
{
    CHECK(connect("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 9\r\n\r\nsome body") == "proxy_auth");
    CHECK(connect("HTTP/1.1 401 Unauthorized\r\n\r\n") == "proxy_auth");
    CHECK(connect("HTTP/1.1 403 Forbidden\r\n\r\n") == "proxy_denied");
    for (const char* status : {"302", "400", "404", "405", "500", "502", "503", "504", "999", "000"})
        CHECK(connect("HTTP/1.1 " + std::string(status) + " x\r\n\r\n") == "proxy_failed");
    CHECK(connect("HTTP/2 200 OK\r\n\r\n") == "proxy_failed");
    CHECK(connect("HTTP/1.1 20 OK\r\n\r\n") == "proxy_failed");
    CHECK(connect("HTTP/1.1 2000 OK\r\n\r\n") == "proxy_failed");
    CHECK(connect("HTTP/1.1\r\n\r\n") == "proxy_failed");
    CHECK(connect("HTTP/1.12200 OK\r\n\r\n") == "proxy_failed");
    CHECK(connect("SSH-2.0-OpenSSH_9.2\r\n") == "proxy_failed");
    CHECK(connect("\x15\x03\x01") == "proxy_failed");
}

TEST_CASE("bytes after the header of a CONNECT answer are refused")
{
    CHECK(connect("HTTP/1.1 200 OK\r\n\r\n\x16") == "proxy_failed");
    CHECK(connect("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx") == "proxy_failed");
}

TEST_CASE("a CONNECT answer is refused while it grows over the cap")
{
    talk t("http://proxy", "https://h/", 100);
    t.step();
    CHECK(t.step("HTTP/1.1 200 OK\r\nX: ") == "read");
    CHECK(t.step(std::string(80, 'x')) == "read");
    CHECK(t.step("x") == "proxy_failed");
    talk interim("http://proxy", "https://h/", 100);
    interim.step();
    std::string last = "read";
    for (int i = 0; i < 5 && last == "read"; ++i)
        last = interim.step("HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(last == "proxy_failed");
}

TEST_CASE("SOCKS5 without a user: the name goes to the proxy as it is")
{
    talk t("socks5h://proxy");
    CHECK(t.step() == "send \x05\x01\x00"sv);
    CHECK(t.step("\x05\x00"sv) == "send \x05\x01\x00\x03\x0emodels.example\x20\xfb"sv);
    CHECK(t.step(good_reply) == "open");
}

TEST_CASE("SOCKS5 with a user offers both ways, and shows the password only when asked for it")
{
    talk t("socks5://user:pass@proxy");
    CHECK(t.step() == "send \x05\x02\x00\x02"sv);
    CHECK(t.step("\x05\x02"sv) == "send \x01\x04user\x04pass"sv);
    CHECK(t.step("\x01\x00"sv).starts_with("send \x05\x01\x00\x03"sv));
    CHECK(t.step(good_reply) == "open");
    talk unasked("socks5://user:pass@proxy");
    unasked.step();
    CHECK(unasked.step("\x05\x00"sv).find("pass") == std::string::npos);
}

TEST_CASE("SOCKS5 carries addresses as addresses")
{
    talk v4("socks5://proxy", "https://127.0.0.1/");
    v4.step();
    CHECK(v4.step("\x05\x00"sv) == "send \x05\x01\x00\x01\x7f\x00\x00\x01\x01\xbb"sv);
    talk v6("socks5://proxy", "https://[::1]/");
    v6.step();
    CHECK(v6.step("\x05\x00"sv) == padded("send \x05\x01\x00\x04"sv, 15, '\0').append("\x01\x01\xbb"));
}

TEST_CASE("SOCKS5 replies with any kind of bound address are accepted, in pieces of any size")
{
    CHECK(socks({"\x05\x00"sv, good_reply}) == "open");
    CHECK(socks({"\x05\x00"sv, "\x05\x00\x00\x03\x02hi\x00\x50"sv}) == "open");
    CHECK(socks({"\x05\x00"sv, padded("\x05\x00\x00\x04"sv, 18, 'x')}) == "open");
    CHECK(socks({"\x05\x00"sv, padded("\x05\x00\x00\x04"sv, 17, 'x')}) == "read");
    CHECK(socks({"\x05\x02"sv, "\x01\x00"sv, good_reply}) == "open");
}

TEST_CASE("what goes wrong with SOCKS5 has its reason")
{
    CHECK(socks({"\x05\xff"sv}) == "proxy_auth");
    CHECK(talk::answered("socks5://proxy", {"\x05\xff"sv}) == "proxy_auth");
    CHECK(talk::answered("socks5://proxy", {"\x05\x02"sv}) == "proxy_failed");  // not offered
    CHECK(socks({"\x05\x01"sv}) == "proxy_failed");
    CHECK(socks({"HTTP/1.1 400 Bad request\r\n\r\n"sv}) == "proxy_failed");
    CHECK(socks({"\x05\x02"sv, "\x01\x01"sv}) == "proxy_auth");
    CHECK(socks({"\x05\x00"sv, "\x05\x02\x00\x01"sv}) == "proxy_denied");
    for (const char code : "\x01\x03\x04\x05\x06\x07\x08\x09\x64"sv)
        CHECK(socks({"\x05\x00"sv, std::string("\x05") + code}) == "proxy_failed");
    CHECK(socks({"\x05\x00"sv, "\x04\x00"sv}) == "proxy_failed");
    CHECK(socks({"\x05\x00"sv, "\x05\x00\x00\x02\x00"sv}) == "proxy_failed");
    CHECK(socks({"\x05\x00"sv, std::string(good_reply) + "\x16"}) == "proxy_failed");
    CHECK(socks({"\x05\x00\x05\x00"sv}) == "proxy_failed");
    CHECK(socks({"\x05\x02"sv, "\x01\x00\x05"sv}) == "proxy_failed");
}

TEST_CASE("no message holds what the proxy said or what it was told")
{
    talk t("http://user:s3cr3t@proxy");
    t.step();
    CHECK(t.step("HTTP/1.1 407 s3cr3t remote text\r\n\r\n") == "proxy_auth");
    CHECK(t.detail == "status 407 from the proxy");
}
