// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_HTTP_HPP
#define MODELSEC_DETAIL_NET_HTTP_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/control.hpp>
#include <modelsec/event.hpp>
#include <modelsec/limits.hpp>
#include <modelsec/detail/net/options.hpp>
#include <modelsec/detail/net/url.hpp>

#include <chrono>
#include <functional>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Takes a body while it comes: one that is too large to be held.
class body_reader
{
public:
    virtual ~body_reader() = default;
    /// A body begins. What came before, of an answer that was cut, does not count.
    virtual void begin() = 0;
    virtual void take(bytes_view data) = 0;
};

struct http_request
{
    detail::url url;
    std::optional<std::string> post_body;  ///< POST this JSON instead of GET
    std::vector<http_header> headers;      ///< for the first origin only; dropped for good once a redirect leaves it
    std::size_t body_cap = 0;              ///< a longer body is refused while it streams: `too_large`
    bool any_status = false;  ///< whatever final status comes is an answer, with its body, and is not asked for again
    bool first_hand = false;  ///< this origin's own word: no redirect is followed, 403 and 404 are answers (no body)
    /// Only how long the document is: asks for its first byte and reads no more, `http_answer::total` says it.
    bool size_only = false;
    /// The body is held against a digest that was signed: it is those bytes or not, whatever coding a label claims for it. Other documents
    /// that come in a coding are `content_encoding`.
    bool digest_signed = false;
    std::string if_none_match{};    ///< an entity tag: then 304 is an answer, without a body (RFC 9110 section 13.1.2)
    body_reader* reader = nullptr;  ///< who gets the body, instead of http_answer::body
};

struct response_head;

struct http_answer
{
    unsigned status = 0;
    std::vector<http_header> headers;
    bytes body;
    detail::url url;                       ///< where it came from in the end
    std::optional<std::uint64_t> total{};  ///< of `size_only`: bytes; nothing if the host does not say
    std::string coding{};                  ///< that is claimed for the body, which is never decoded; empty: none
};

/// What the requests of one operation have in common. What it points at must outlive the operation.
struct http_environment
{
    const transport_options* options = nullptr;
    const limits* caps = nullptr;
    const clock* time = nullptr;  ///< also decides whether a certificate is valid now
    control handle;
    std::optional<std::chrono::steady_clock::time_point> deadline;
    std::function<void(const event&)> observe;
    /// Looks at what `options->credentials` gave, before any of it is sent; a failure ends the request. May be empty.
    std::function<result<void>(const std::vector<http_header>&)> check_credentials;
    /// Headers for one address, beside those of its origin, which they replace where the names agree; asked before every request that still
    /// is at the first origin. May be empty.
    std::function<result<std::vector<http_header>>(const url&)> authorize;
    /// What an error answer from an address means, of whose host more is known than the status says; nothing: the status decides. May be
    /// empty.
    std::function<std::optional<failure>(const url&, const response_head&, bytes_view body)> classify;
    /// Who gets the client certificate and must show a pinned key; empty: nobody.
    std::string manifest_origin;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
