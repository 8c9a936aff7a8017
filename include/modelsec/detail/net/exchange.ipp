// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_EXCHANGE_IPP
#define MODELSEC_DETAIL_NET_EXCHANGE_IPP

#include <modelsec/detail/base/content_coding.hpp>
#include <modelsec/detail/net/expiry.hpp>
#include <modelsec/detail/net/range_answer.hpp>
#include <modelsec/detail/net/session.hpp>

#include <algorithm>
#include <limits>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What so many bytes of a document may take beyond `document_start_time`.
inline std::chrono::milliseconds session::document_time(std::size_t size) const noexcept
{
    const std::uint64_t more = size - std::min(size, caps().document_start_bytes);
    if (more == 0)
        return std::chrono::milliseconds(0);
    constexpr std::uint64_t longest = 1u << 30;  // twelve days
    const std::uint64_t rate = caps().document_min_rate;
    return std::chrono::milliseconds(rate == 0 ? longest
                                               : std::min(longest, more / rate * 1000 + more % rate * 1000 / rate));
}

/// A body that is held.
class held_body final : public body_reader
{
public:
    void begin() override { body.clear(); }
    void take(bytes_view data) override { body.insert(body.end(), data.begin(), data.end()); }

    bytes body;
};

awaitable<result<bytes>> session::read_all(connection& link, const response_head& head, std::size_t cap)
{
    held_body to;
    // Growing step by step it would take twice its size; what is announced and does not come takes none, what is refused is not held.
    constexpr std::uint64_t most = 64u << 20;
    if (head.content_length && *head.content_length <= std::min<std::uint64_t>(cap, most))
        to.body.reserve(static_cast<std::size_t>(*head.content_length));
    MODELSEC_CO_CHECK(co_await read_through(link, head, cap, to));
    co_return std::move(to.body);
}

awaitable<result<void>> session::read_through(connection& link, const response_head& head, std::size_t cap, body_reader& to)
{
    if (head.content_length && *head.content_length > cap)
        co_return fail(reason::too_large, "a body of " + std::to_string(*head.content_length) + " bytes");
    cap = std::min(cap, std::numeric_limits<std::size_t>::max() / 2);
    // CWE-400: a document that drips would never stall, and hold up whoever waits for it.
    link.must_end_within(caps().document_start_time);
    to.begin();
    bytes block(std::size_t{64} << 10);
    for (std::size_t size = 0;;)
    {
        // One more than the cap, to see that it ends there.
        MODELSEC_CO_TRY(const std::size_t n,
                        co_await link.read_some(std::span(block).first(std::min(block.size(), cap + 1 - size))));
        if (n == 0)
            co_return result<void>();
        if (size + n > cap)
            co_return fail(reason::too_large, "a body of more than " + std::to_string(cap) + " bytes");
        to.take(bytes_view(block).first(n));
        link.may_take_longer(document_time(size + n) - document_time(size));
        size += n;
    }
}

awaitable<result<void>> session::drain(response answer)
{
    // A connection is worth keeping if little is left on it. Whatever goes wrong here is not the caller's concern, unless
    // the operation has ended.
    const auto body = co_await read_all(*answer.link, answer.head, caps().error_body_bytes);
    if (body.has_value())
        release(std::move(answer.link));
    if (auto ended = stopped())
        co_return *ended;
    co_return result<void>();
}

awaitable<failure> session::refusal(response answer)
{
    const auto body = co_await read_all(*answer.link, answer.head, caps().error_body_bytes);
    if (auto ended = stopped())
        co_return *ended;
    const unsigned status = answer.head.status;
    const bytes_view said = body.has_value() ? bytes_view(*body) : bytes_view();
    std::optional<failure> meant;
    if (env_.classify)
        meant = env_.classify(answer.where, answer.head, said);
    if (!meant && says_expired(status, as_text(said)))
        meant = fail(reason::url_expired, "status " + std::to_string(status));
    if (body.has_value())
        release(std::move(answer.link));
    co_return meant ? std::move(*meant) : status_failure(status);
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"  // g++ 12 takes Asio's own pair for a mismatch, once it is inlined
#endif
awaitable<result<http_answer>> session::exchange_once(const http_request& request, std::optional<response_head>& head)
{
    head.reset();
    request_head outgoing(request.url);
    outgoing.headers = request.headers;
    if (!request.if_none_match.empty())
        outgoing.headers.push_back({"If-None-Match", request.if_none_match});
    outgoing.post_body = request.post_body;
    outgoing.redirects = !request.first_hand;
    if (request.size_only)
        outgoing.range = http_range{0, 0};
    request_head whole = outgoing;
    whole.range.reset();
    MODELSEC_CO_TRY(response answer, co_await follow(std::move(outgoing)));
    // Some hosts refuse a part where they would send the whole, or do not say of how much: then the whole is asked for and, but for its
    // length, left.
    if (request.size_only && (answer.head.status == 403 || (answer.head.status == 416 && !announced_total(answer.head))))
    {
        MODELSEC_CO_CHECK(co_await drain(std::move(answer)));
        MODELSEC_CO_TRY(answer, co_await follow(std::move(whole)));
    }
    head = answer.head;
    // RFC 9110 section 14.2: a server may not know ranges; 416 with a total is the answer of an empty file.
    if (request.size_only && (answer.head.status == 200 || answer.head.status == 206 || answer.head.status == 416))
    {
        http_answer said{answer.head.status, {}, {}, answer.where, announced_total(answer.head)};
        if (said.status != 200)
            MODELSEC_CO_CHECK(co_await drain(std::move(answer)));
        co_return said;
    }
    if (!request.any_status && (answer.head.status < 200 || answer.head.status > 299))
    {
        const unsigned status = answer.head.status;
        const url where = answer.where;
        if (status == 304 && !request.if_none_match.empty())
        {
            MODELSEC_CO_CHECK(co_await drain(std::move(answer)));
            co_return http_answer{status, {}, {}, where};
        }
        failure meant = co_await refusal(std::move(answer));
        if (auto ended = stopped())
            co_return *ended;
        if (request.first_hand && (status == 403 || status == 404))
            co_return http_answer{status, {}, {}, where};
        if (request.first_hand && status < 400)
            co_return fail(reason::bad_redirect, "no redirect is followed here");
        co_return meant;
    }
    // RFC 9110 section 8.4: nobody asked for a coding, nothing is decoded here (CWE-409), and what is encoded is no document. Bytes with
    // a signed digest are judged by that; a refusal, which `any_status` lets through, by its status and its headers.
    std::string coding = answer.head.content_coding();
    const bool refused = answer.head.status < 200 || answer.head.status > 299;
    if (!coding.empty() && !request.digest_signed && !refused)
        co_return fail(reason::content_encoding, "content coding " + std::move(coding));
    bytes body;
    result<void> done;
    if (request.reader)
        done = co_await read_through(*answer.link, answer.head, request.body_cap, *request.reader);
    else
    {
        auto all = co_await read_all(*answer.link, answer.head, request.body_cap);
        if (all.has_value())
            body = std::move(*all);
        else
            done = std::move(all).error();
    }
    if (done.has_error())
    {
        failure problem = std::move(done).error();
        co_return problem.why == reason::too_large ? with_coding_named(std::move(problem), coding) : std::move(problem);
    }
    release(std::move(answer.link));
    http_answer out{answer.head.status, std::move(answer.head.headers), std::move(body), std::move(answer.where)};
    out.coding = std::move(coding);
    co_return out;
}

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic pop
#endif

awaitable<result<http_answer>> session::exchange(http_request request)
{
    retry_fsm retries(caps().retries, caps().first_retry_wait);
    while (true)
    {
        std::optional<response_head> head;
        auto answer = co_await exchange_once(request, head);
        if (answer.has_value())
            co_return answer;
        MODELSEC_CO_CHECK(co_await before_retry(retries, std::move(answer).error(), head ? &*head : nullptr));
    }
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
