// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_HTTP_CLIENT_IPP
#define MODELSEC_DETAIL_NET_HTTP_CLIENT_IPP

#include <modelsec/detail/net/http_client.hpp>
#include <modelsec/detail/net/session.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

http_client::http_client(environment env) : session_(std::make_unique<session>(std::move(env))) {}

http_client::~http_client() = default;

result<http_answer> http_client::exchange(const http_request& request)
{
    return session_->run(session_->exchange(request));
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
