// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_IMPL_BODIES_TRANSPORT_HPP
#define MODELSEC_IMPL_BODIES_TRANSPORT_HPP

#include <modelsec/impl/connection.ipp>
#include <modelsec/impl/connection_read.ipp>
#include <modelsec/impl/connection_state.ipp>
#include <modelsec/impl/credentials.ipp>
#include <modelsec/impl/dial.ipp>
#include <modelsec/impl/exchange.ipp>
#include <modelsec/impl/expiry.ipp>
#include <modelsec/impl/growth_fsm.ipp>
#include <modelsec/impl/http_client.ipp>
#include <modelsec/impl/http_message.ipp>
#include <modelsec/impl/locator.ipp>
#include <modelsec/impl/mirror_fsm.ipp>
#include <modelsec/impl/proxy.ipp>
#include <modelsec/impl/proxy_fsm.ipp>
#include <modelsec/impl/range_answer.ipp>
#include <modelsec/impl/range_fsm.ipp>
#include <modelsec/impl/redirect_fsm.ipp>
#include <modelsec/impl/retry_fsm.ipp>
#include <modelsec/impl/session.ipp>
#include <modelsec/impl/staple.ipp>
#include <modelsec/impl/tls.ipp>
#include <modelsec/impl/tls_stream.ipp>
#include <modelsec/impl/tunnel.ipp>
#include <modelsec/impl/url.ipp>
#include <modelsec/impl/watch.ipp>

// Of this system.
#include <modelsec/core/platform.hpp>
#include MODELSEC_SYSTEM_ROOTS_BODY

#endif
