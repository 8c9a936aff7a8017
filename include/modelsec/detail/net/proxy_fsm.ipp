// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_PROXY_FSM_IPP
#define MODELSEC_DETAIL_NET_PROXY_FSM_IPP

#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/net/proxy.ipp>
#include <modelsec/detail/net/proxy_fsm.hpp>

#include <algorithm>
#include <array>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline void proxy_add(bytes& to, std::string_view text)
{
    to.insert(to.end(), text.begin(), text.end());
}

proxy_fsm::proxy_fsm(const proxy_server& via, const url& target, const std::string& user_agent, std::size_t answer_cap)
    : via_(via), target_(target), user_agent_(user_agent), cap_(answer_cap)
{
}

proxy_fsm::~proxy_fsm()
{
    wipe(out_.data(), out_.size());
}

inline proxy_fsm::then proxy_fsm::send(bytes what, stage next)
{
    out_ = std::move(what);
    stage_ = next;
    return then::send;
}

result<proxy_fsm::then> proxy_fsm::resume(bytes_view arrived)
{
    wipe(out_.data(), out_.size());
    out_.clear();
    seen_ += arrived.size();
    if (seen_ > cap_)
        return fail(reason::proxy_failed, "an answer over the limit");
    in_.insert(in_.end(), arrived.begin(), arrived.end());
    switch (stage_)
    {
    case stage::begin:
        return via_.kind == proxy_kind::http ? send(connect_request(), stage::connect_answer)
                                             : send(via_.has_user ? bytes{5, 2, 0, 2} : bytes{5, 1, 0}, stage::socks_method);
    case stage::connect_answer: return read_connect_answer();
    case stage::socks_method: return read_socks_method();
    case stage::socks_login: return read_socks_login();
    case stage::socks_reply: return read_socks_reply();
    }
    return fail(reason::internal_error);
}

/// RFC 9110 section 9.3.6: always host and port. The password goes along at once (RFC 7617 section 2.2), and to nobody but the proxy:
/// the request is made here alone.
inline bytes proxy_fsm::connect_request() const
{
    std::string host = target_.host();
    if (host.find(':') != host.npos)
        host = "[" + host + "]";
    const std::string place = host + ":" + std::to_string(target_.port());
    std::string login, encoded;
    if (via_.has_user)
    {
        login.reserve(via_.user.reveal().size() + 1 + via_.password.reveal().size());
        login.append(via_.user.reveal_text()).append(":").append(via_.password.reveal_text());
        encoded = to_base64(as_bytes(login));
    }
    bytes out;
    out.reserve(256 + 2 * place.size() + encoded.size() + user_agent_.size());  // in one place: nothing to wipe elsewhere
    proxy_add(out, "CONNECT ");
    proxy_add(out, place);
    proxy_add(out, " HTTP/1.1\r\nHost: ");
    proxy_add(out, place);
    const bool printable = std::ranges::all_of(user_agent_, [](char c) { return c >= 0x20 && c < 0x7f; });
    if (!user_agent_.empty() && printable)
    {
        proxy_add(out, "\r\nUser-Agent: ");
        proxy_add(out, user_agent_);
    }
    if (via_.has_user)
    {
        proxy_add(out, "\r\nProxy-Authorization: Basic ");
        proxy_add(out, encoded);
    }
    proxy_add(out, "\r\n\r\n");
    wipe(login);
    wipe(encoded);
    return out;
}

inline result<proxy_fsm::then> proxy_fsm::read_connect_answer()
{
    constexpr std::string_view version = "HTTP/1.";
    const auto digit = [](char c) { return c >= '0' && c <= '9'; };
    while (true)
    {
        const std::string_view text = as_text(in_);
        const std::size_t seen = std::min(text.size(), version.size());
        if (text.substr(0, seen) != version.substr(0, seen))
            return fail(reason::proxy_failed, "it does not speak HTTP/1");
        const std::size_t end = text.find("\r\n\r\n");
        if (end == text.npos)
            return then::read;
        // RFC 9112 section 4: version, space, three digits.
        constexpr std::size_t at = version.size() + 2;
        const std::string status(text.substr(std::min(at, end), 3));
        if (end < at + 3 || text[at - 1] != ' ' || !std::ranges::all_of(status, digit) || digit(text[at + 3]))
            return fail(reason::proxy_failed, "a malformed answer");
        if (status[0] != '1')
            return connect_verdict(status, text.size() > end + 4);
        in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(end + 4));  // interim: the answer follows
    }
}

inline result<proxy_fsm::then> proxy_fsm::connect_verdict(const std::string& status, bool more_bytes)
{
    // RFC 9110 section 9.3.6: no body, whatever the header says; and the target, which waits for the client to speak, has not said
    // anything yet. Bytes here would be smuggled into the handshake (CWE-444).
    if (status[0] == '2')
        return more_bytes ? result<then>(fail(reason::proxy_failed, "bytes after the header of its answer")) : then::open;
    // RFC 9110 section 15.5.8: 407; tinyproxy says 401 to a wrong password.
    const reason why = status == "407" || status == "401" ? reason::proxy_auth
                       : status == "403"                  ? reason::proxy_denied
                                                          : reason::proxy_failed;
    return fail(why, "status " + status + " from the proxy");
}

inline result<proxy_fsm::then> proxy_fsm::read_socks_method()
{
    if (!in_.empty() && in_[0] != 5)
        return fail(reason::proxy_failed, "it does not speak SOCKS5");
    if (in_.size() < 2)
        return then::read;
    const unsigned method = in_[1];
    const bool more = in_.size() > 2;
    in_.clear();
    if (method == 0xff)
        return fail(reason::proxy_auth, via_.has_user ? "user and password are not what it wants" : "it wants a user");
    if (more || (method != 0 && (method != 2 || !via_.has_user)))
        return fail(reason::proxy_failed, "a malformed answer");
    return method == 2 ? send(socks_login(), stage::socks_login) : send(socks_request(), stage::socks_reply);
}

/// RFC 1929 section 2.
inline bytes proxy_fsm::socks_login() const
{
    bytes out;
    out.reserve(3 + via_.user.reveal().size() + via_.password.reveal().size());
    out.push_back(1);
    out.push_back(static_cast<std::uint8_t>(via_.user.reveal().size()));
    proxy_add(out, via_.user.reveal_text());
    out.push_back(static_cast<std::uint8_t>(via_.password.reveal().size()));
    proxy_add(out, via_.password.reveal_text());
    return out;
}

inline result<proxy_fsm::then> proxy_fsm::read_socks_login()
{
    if (in_.size() < 2)
        return then::read;
    // RFC 1929 section 2: version 1, though some say 5; 0 is a welcome, all else is none.
    if (in_[1] != 0)
        return fail(reason::proxy_auth, "user or password are wrong");
    if (in_.size() > 2)
        return fail(reason::proxy_failed, "a malformed answer");
    in_.clear();
    return send(socks_request(), stage::socks_reply);
}

/// RFC 1928 section 4. A name goes as a name: the proxy resolves it, and nobody else is asked for it.
inline bytes proxy_fsm::socks_request() const
{
    const bytes address = proxy_address_bytes(target_);
    const auto kind = static_cast<std::uint8_t>(address.empty() ? 3 : address.size() == 4 ? 1 : 4);
    bytes out;
    out.reserve(7 + std::max(address.size(), target_.host().size()));
    for (const std::uint8_t b : {std::uint8_t{5}, std::uint8_t{1}, std::uint8_t{0}, kind})
        out.push_back(b);
    if (address.empty())
    {
        out.push_back(static_cast<std::uint8_t>(target_.host().size()));  // at most 253: url
        proxy_add(out, target_.host());
    }
    out.insert(out.end(), address.begin(), address.end());
    out.push_back(static_cast<std::uint8_t>(target_.port() >> 8));
    out.push_back(static_cast<std::uint8_t>(target_.port() & 0xff));
    return out;
}

inline result<proxy_fsm::then> proxy_fsm::read_socks_reply() const
{
    constexpr std::array<std::string_view, 9> words = {"",
                                                       "general failure",
                                                       "not allowed",
                                                       "network unreachable",
                                                       "host unreachable",
                                                       "connection refused",
                                                       "time to live expired",
                                                       "command not supported",
                                                       "address type not supported"};
    if (!in_.empty() && in_[0] != 5)
        return fail(reason::proxy_failed, "it does not speak SOCKS5");
    if (in_.size() >= 2 && in_[1] != 0)
        return fail(in_[1] == 2 ? reason::proxy_denied : reason::proxy_failed,
                    std::string(in_[1] < words.size() ? words[in_[1]] : "an unknown failure"));
    // RFC 1928 section 6: then comes the proxy's own address, of a kind that says how long it is.
    if (in_.size() < 5)
        return then::read;
    const std::size_t address = in_[3] == 1 ? 4 : in_[3] == 4 ? 16 : in_[3] == 3 ? 1u + in_[4] : 0;
    const std::size_t size = 4 + address + 2;
    if (address == 0 || in_.size() > size)
        return fail(reason::proxy_failed, "a malformed answer");
    return in_.size() == size ? then::open : then::read;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
