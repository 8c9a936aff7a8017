// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_IMPL_HTTP_CLIENT_IPP
#define MODELSEC_IMPL_HTTP_CLIENT_IPP

#include <modelsec/transport/http_client.hpp>
#include <modelsec/transport/session.hpp>

MODELSEC_BEGIN_NAMESPACE

http_client::http_client(environment env) : session_(std::make_unique<detail::session>(std::move(env))) {}

http_client::~http_client() = default;

result<http_answer> http_client::exchange(const http_request& request)
{
    return session_->run(session_->exchange(request));
}

MODELSEC_END_NAMESPACE

#endif
