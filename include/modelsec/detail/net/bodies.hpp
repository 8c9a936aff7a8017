// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_BODIES_HPP
#define MODELSEC_DETAIL_NET_BODIES_HPP

#include <modelsec/detail/net/connection.ipp>
#include <modelsec/detail/net/connection_read.ipp>
#include <modelsec/detail/net/connection_state.ipp>
#include <modelsec/detail/net/credential_file.ipp>
#include <modelsec/detail/net/credentials.ipp>
#include <modelsec/detail/net/dial.ipp>
#include <modelsec/detail/net/exchange.ipp>
#include <modelsec/detail/net/expiry.ipp>
#include <modelsec/detail/net/http_client.ipp>
#include <modelsec/detail/net/http_message.ipp>
#include <modelsec/detail/net/look_ups.ipp>
#include <modelsec/detail/net/proxy.ipp>
#include <modelsec/detail/net/proxy_fsm.ipp>
#include <modelsec/detail/net/range_answer.ipp>
#include <modelsec/detail/net/redirect_fsm.ipp>
#include <modelsec/detail/net/retry_fsm.ipp>
#include <modelsec/detail/net/session.ipp>
#include <modelsec/detail/net/side_threads.ipp>
#include <modelsec/detail/net/staple.ipp>
#include <modelsec/detail/net/tls.ipp>
#include <modelsec/detail/net/tls_stream.ipp>
#include <modelsec/detail/net/trust_roots.ipp>
#include <modelsec/detail/net/tunnel.ipp>
#include <modelsec/detail/net/url.ipp>
#include <modelsec/detail/net/watch.ipp>

// Of this system.
#include <modelsec/detail/base/platform.hpp>
#include MODELSEC_SYSTEM_ROOTS_BODY

#endif
