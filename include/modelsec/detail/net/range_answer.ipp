// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_RANGE_ANSWER_IPP
#define MODELSEC_DETAIL_NET_RANGE_ANSWER_IPP

#include <modelsec/detail/net/connection.hpp>
#include <modelsec/detail/net/range_answer.hpp>
#include <modelsec/detail/net/retry_fsm.hpp>

#include <charconv>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Content-Range: `bytes A-B/T`, or `bytes */T` of a 416.
struct content_range
{
    std::optional<byte_range> bytes;
    std::uint64_t total = 0;
};

inline std::optional<std::uint64_t> take_number(std::string_view& text)
{
    std::uint64_t value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc{} || value > 0x7fff'ffff'ffff'ffff)
        return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return value;
}

inline bool take_text(std::string_view& text, std::string_view what)
{
    if (!text.starts_with(what))
        return false;
    text.remove_prefix(what.size());
    return true;
}

inline std::optional<content_range> parse_content_range(std::string_view text)
{
    content_range out;
    if (!take_text(text, "bytes "))
        return std::nullopt;
    if (!take_text(text, "*"))
    {
        const auto first = take_number(text);
        if (!first || !take_text(text, "-"))
            return std::nullopt;
        const auto last = take_number(text);
        if (!last || *last < *first)
            return std::nullopt;
        out.bytes = byte_range{*first, *last + 1};
    }
    if (!take_text(text, "/"))
        return std::nullopt;
    const auto total = take_number(text);
    if (!total || !text.empty())
        return std::nullopt;
    out.total = *total;
    return out;
}

inline failure wrong_total(const response_head& head, std::uint64_t announced)
{
    const std::string coding = head.content_coding();
    return fail(reason::size_mismatch, "the server announces " + std::to_string(announced) + " bytes" +
                                           (coding.empty() ? "" : " in the content coding " + coding));
}

result<range_answer> check_range_answer(const response_head& head, std::optional<byte_range> asked, std::uint64_t size)
{
    if (head.status == 200)
    {
        if (head.content_length && *head.content_length != size)
            return wrong_total(head, *head.content_length);
        return range_answer{true, {0, size}};
    }
    // Object stores and firewalls in front of them forbid large ranges, or ranges at all, and give the whole: before it is said that the
    // caller has no right, the whole is asked for.
    if (head.status == 403 && asked)
        return fail(reason::range_refused, "status 403");
    if (head.status != 206 && head.status != 416)
        return status_failure(head.status);
    const auto field = head.find("content-range");
    const auto said = field ? parse_content_range(*field) : std::nullopt;
    if (said && said->total != size)
        return wrong_total(head, said->total);
    if (head.status == 416)
        return fail(reason::range_mismatch, "status 416");
    if (!asked || !said || said->bytes != asked)
        return fail(reason::range_mismatch, "another range than was asked");
    if (head.content_length && *head.content_length != asked->size())
        return fail(reason::range_mismatch, "a range of another length than announced");
    return range_answer{false, *asked};
}

std::optional<std::uint64_t> announced_total(const response_head& head)
{
    // RFC 9110 section 8.4: the length of an encoded body is not that of the file.
    if (!head.content_coding().empty())
        return std::nullopt;
    if (head.status == 200)
        return head.content_length;
    const auto field = head.find("content-range");
    const auto said = field ? parse_content_range(*field) : std::nullopt;
    if (!said)
        return std::nullopt;
    const bool whole = head.status == 206 ? said->bytes == byte_range{0, 1} && said->total > 0
                                          : head.status == 416 && !said->bytes && said->total == 0;
    return whole ? std::optional(said->total) : std::nullopt;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
