// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_RETRY_FSM_HPP
#define MODELSEC_DETAIL_NET_RETRY_FSM_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/error.hpp>
#include <modelsec/limits.hpp>

#include <chrono>
#include <optional>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What a status other than the hoped-for one means. 401 unauthorized, 403 forbidden, 407 proxy_auth, 402 quota, 404 and 410
/// not_found, 429 rate_limited, 408 and 5xx server_error, everything else http_status. Text of the server is never in it.
MODELSEC_DECL failure status_failure(unsigned status);

/// The wait a server asks for: `Retry-After` (RFC 9110 section 10.2.3, seconds or a date) or, if that is absent, the `t` of
/// an exhausted `RateLimit` plus one second. Nothing if neither says anything readable.
MODELSEC_DECL std::optional<std::chrono::seconds> server_wait(std::optional<std::string_view> retry_after,
                                                              std::optional<std::string_view> rate_limit, utc_time now);

/// Decides whether a failed request is made again, and when: exponential back-off with full jitter, but not before the
/// server's own wait, and never beyond the attempt's deadline. An answer that is no HTTP is asked for once more; if it is the same
/// again, that is how the server answers, and no trouble of the network. No IO, no clock, no randomness of its own.
class retry_fsm
{
public:
    /// `first_wait`: the longest draw of the first wait. Even the luckiest one is a tenth of it.
    explicit retry_fsm(unsigned retries, std::chrono::milliseconds first_wait = limits().first_retry_wait) noexcept
        : retries_(retries), first_wait_(first_wait)
    {
    }

    struct input
    {
        failure problem;
        std::optional<std::chrono::seconds> server_wait;
        std::optional<std::chrono::milliseconds> time_left;  ///< until the attempt's deadline, if it has one
        double random = 0;                                   ///< [0, 1)
    };

    /// How long to wait before the next try, or the failure that the attempt ends with.
    MODELSEC_DECL result<std::chrono::milliseconds> next(const input& in);
    /// New bytes arrived: the budget is whole again.
    void progress() noexcept
    {
        tried_ = 0;
        last_answer_.clear();
    }

    /// Network failures (10), server errors and 429. Never TLS failures (11), other statuses or anything about trust.
    MODELSEC_DECL static bool worth_retrying(reason why) noexcept;

private:
    unsigned retries_;
    std::chrono::milliseconds first_wait_;
    unsigned tried_ = 0;
    std::string last_answer_;  // what was wrong with it
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/retry_fsm.ipp>
#endif

#endif
