// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <modelsec/detail/net/connection.hpp>
#include <modelsec/detail/net/range_answer.hpp>
#include <modelsec/detail/net/redirect_fsm.hpp>
#include <modelsec/detail/net/retry_fsm.hpp>

#include <algorithm>

using namespace modelsec;

using namespace modelsec::detail;

namespace {

std::string_view take_line(std::string_view& text)
{
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    return line;
}

/// Two bytes are a status, lines are headers.
detail::response_head read_head(bytes_view input)
{
    detail::response_head head;
    if (input.size() >= 2)
    {
        head.status = static_cast<unsigned>(input[0] + 256 * input[1]) % 1000;
        input = input.subspan(2);
    }
    std::string_view text = as_text(input);
    while (!text.empty() && head.headers.size() < 16)
    {
        const std::string_view line = take_line(text);
        const std::size_t colon = std::min(line.find(':'), line.size());
        head.headers.push_back(
            {std::string(line.substr(0, colon)), std::string(line.substr(std::min(line.size(), colon + 1)))});
    }
    return head;
}

}  // namespace

// What is decided by an answer's header alone: which bytes it has, where to ask instead, how long to wait.
MODELSEC_FUZZ_TARGET(answer)
{
    static constexpr std::uint64_t size = 1000;
    static constexpr byte_range asked{100, 200};
    const detail::response_head head = read_head(input);

    if (const auto answer = detail::check_range_answer(head, asked, size); answer.has_value())
    {
        fuzz::require(head.status == 200 || head.status == 206, "only these two have bytes");
        fuzz::require(answer->bytes == (answer->whole ? byte_range{0, size} : asked), "the whole file or what was asked");
    }
    if (const auto total = detail::announced_total(head))
        fuzz::require((head.status == 206 && *total > 0) || (head.status == 416 && *total == 0),
                      "only these two say how long a file is");
    const auto wait = detail::server_wait(head.find("retry-after"), head.find("ratelimit"), utc_time());
    fuzz::require(!wait || wait->count() >= 0, "no wait is negative");
    if (head.status != 200 && head.status != 206)
        fuzz::require(detail::status_failure(head.status).code() != errc::ok, "a failure is one");

    detail::redirect_fsm where(url::parse("https://example.com/a").value(), head.status % 2 == 0, 5,
                               {"example.com", "b.example"});
    for (const http_header& h : head.headers)
    {
        const auto more = where.next(head.status, h.value);
        if (more.has_error() || !*more)
            break;
        fuzz::require(where.check().has_value(), "only hosts on the list are asked");
        fuzz::require(!where.post() || where.where().host() == "example.com", "a body stays with its origin");
        fuzz::require(!where.trusted() || where.where().host() == "example.com", "so do credentials");
    }
}
