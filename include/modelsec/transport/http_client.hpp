// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TRANSPORT_HTTP_CLIENT_HPP
#define MODELSEC_TRANSPORT_HTTP_CLIENT_HPP

#include <modelsec/core/control.hpp>
#include <modelsec/event.hpp>
#include <modelsec/limits.hpp>
#include <modelsec/transport/options.hpp>
#include <modelsec/transport/url.hpp>

#include <chrono>
#include <functional>
#include <memory>

MODELSEC_BEGIN_NAMESPACE

struct http_request
{
    modelsec::url url;
    std::optional<std::string> post_body;  ///< POST this JSON instead of GET
    std::vector<http_header> headers;      ///< for the first origin only; dropped for good once a redirect leaves it
    std::size_t body_cap = 0;              ///< a longer body is refused while it streams: `too_large`
};

struct http_answer
{
    unsigned status = 0;
    std::vector<http_header> headers;
    bytes body;
    modelsec::url url;  ///< where it came from in the end
};

/// HTTPS for one operation: connections, redirects, retries, deadlines. Runs on the calling thread only, in an io_context of
/// its own; `handle` cancels it from any thread.
class http_client
{
public:
    struct environment
    {
        const transport_options* options = nullptr;
        const limits* caps = nullptr;
        const clock* time = nullptr;
        control handle;
        std::optional<std::chrono::steady_clock::time_point> deadline;
        std::function<void(const event&)> observe;
    };

    MODELSEC_DECL explicit http_client(environment env);
    MODELSEC_DECL ~http_client();

    /// A small document: at most 5 redirects, at least 5 retries of what is worth it; 2xx only, everything else is a failure of its own
    /// code.
    MODELSEC_DECL result<http_answer> exchange(const http_request& request);

    struct impl;
    impl& get() noexcept { return *impl_; }

private:
    std::unique_ptr<impl> impl_;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/impl/http_client.ipp>
#endif

#endif
