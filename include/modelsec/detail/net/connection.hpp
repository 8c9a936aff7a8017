// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_CONNECTION_HPP
#define MODELSEC_DETAIL_NET_CONNECTION_HPP

#include <modelsec/detail/net/awaitable.hpp>
#include <modelsec/detail/net/options.hpp>
#include <modelsec/detail/net/url.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <span>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

class session;

/// Bytes [first, last] of a resource: both are included, as in HTTP.
struct http_range
{
    std::uint64_t first = 0;
    std::uint64_t last = 0;
};

/// A body that is sent while it is read, from a file for example.
struct upload_body
{
    std::uint64_t size_bytes = 0;
    /// Fills `space` with the bytes from `offset` on: all of it, or less where the body ends. Asked for the same bytes again if the request is
    /// made again.
    std::function<result<void>(std::uint64_t offset, std::span<std::uint8_t> space)> read{};
};

/// What is sent. `Host`, `User-Agent`, `Accept-Encoding: identity` and, with a body, `Content-Type` and `Content-Length`
/// are added.
struct request_head
{
    // Not an aggregate: g++ 12 destroys the members of one that is made within a co_await expression twice (PR 98401).
    explicit request_head(url to) : target(std::move(to)) {}

    url target;
    std::vector<http_header> headers;             ///< the caller's: session::follow() drops them once the origin changes
    std::optional<std::string> post_body;         ///< POST instead of GET
    std::string method{};                         ///< PUT, PATCH, HEAD, DELETE, … (RFC 9110 section 9); empty: GET or POST
    std::shared_ptr<const upload_body> upload{};  ///< in place of `post_body`; null: none. Only without `redirects`
    std::optional<http_range> range;              ///< goes along to every origin
    bool redirects = true;                        ///< whether session::follow() follows any
};

/// The content coding that these headers claim (RFC 9110 section 8.4), `identity` left out; empty: none. What is no coding's name
/// comes as "unreadable".
MODELSEC_DECL std::string content_coding(const std::vector<http_header>& headers);

/// What came back, up to the body.
struct response_head
{
    unsigned status = 0;
    std::vector<http_header> headers;
    std::optional<std::uint64_t> content_length;  ///< also 0 where there can be no body; nothing if chunked or until close

    /// The value of the first header of this name, in any case; nothing if there is none.
    MODELSEC_DECL std::optional<std::string_view> find(std::string_view name) const noexcept;
    /// The coding that the server claims for the body, as above. Nothing is ever decoded here.
    std::string content_coding() const { return detail::content_coding(headers); }
};

/// One TLS connection to one origin, HTTP/1.1 (RFC 9112), one exchange at a time: send(), then read_some() until it says 0.
/// Every wait ends at its deadline (connect, handshake, first byte, stall), at the operation's, or when the operation is cancelled,
/// whatever the server sends meanwhile; none counts while it is paused. After any failure the connection is good for nothing but destruction.
class connection
{
public:
    /// Name, TCP, the proxy if there is one, TLS. Codes 10 and 11; 14 where the proxy refuses.
    MODELSEC_DECL static awaitable<result<std::unique_ptr<connection>>> open(session& owner, url target);
    MODELSEC_DECL ~connection();

    /// Sends a request and waits for the response's header. Any final status is a success here. `bad_response` for what is
    /// no HTTP/1.1, a header over the cap, or a body framed in two ways; `first_byte_timeout`, `stall`.
    MODELSEC_DECL awaitable<result<response_head>> send(request_head request);

    /// Reads body bytes into `space` (not empty): as many as are there, waiting only for the first. 0: the body ended
    /// exactly where its framing says. Ended earlier: `truncated`.
    MODELSEC_DECL awaitable<result<std::size_t>> read_some(std::span<std::uint8_t> space);

    /// What comes of this body is deciphered beside the session's thread (session::side()), where there are threads for that.
    MODELSEC_DECL void read_beside() noexcept;

    /// The rest of the body is given up (`too_slow`) unless it has ended in so long. For bodies that are read at once: see
    /// may_take_longer().
    MODELSEC_DECL void must_end_within(std::chrono::milliseconds time) noexcept;
    MODELSEC_DECL void may_take_longer(std::chrono::milliseconds time) noexcept;

    /// Between exchanges: the body was read to its end, the server keeps the connection open and has sent nothing more.
    MODELSEC_DECL bool reusable() const;
    /// No body byte is missing.
    MODELSEC_DECL bool body_done() const noexcept;
    MODELSEC_DECL const std::string& origin() const noexcept;

private:
    struct impl;
    MODELSEC_DECL explicit connection(std::unique_ptr<impl> self);
    std::unique_ptr<impl> impl_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/session.hpp>  // whose end holds the bodies of both
#endif

#endif
