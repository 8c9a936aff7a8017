// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_HTTP_CLIENT_HPP
#define MODELSEC_DETAIL_NET_HTTP_CLIENT_HPP

#include <modelsec/detail/net/http.hpp>

#include <memory>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

class session;

/// HTTPS for one operation: connections, redirects, retries, deadlines. Runs on the calling thread only, in an io_context of
/// its own; `handle` cancels it from any thread.
class http_client
{
public:
    using environment = http_environment;

    MODELSEC_DECL explicit http_client(environment env);
    MODELSEC_DECL ~http_client();

    /// A small document: at most 5 redirects, at least 5 retries of what is worth it; 2xx only, everything else is a failure
    /// of its own code.
    MODELSEC_DECL result<http_answer> exchange(const http_request& request);

    /// For downloads, which stream (transport/session.hpp).
    session& get() noexcept { return *session_; }

private:
    std::unique_ptr<session> session_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/http_client.ipp>
#endif

#endif
