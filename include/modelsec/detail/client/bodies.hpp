// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_BODIES_HPP
#define MODELSEC_DETAIL_CLIENT_BODIES_HPP

#include <modelsec/detail/client/audit_sink.ipp>
#include <modelsec/detail/client/audit_trail.ipp>
#include <modelsec/detail/client/audited.ipp>
#include <modelsec/detail/client/client.ipp>
#include <modelsec/detail/client/context_watch.ipp>
#include <modelsec/detail/client/event_delivery.ipp>
#include <modelsec/detail/client/foreign_transfer.ipp>
#include <modelsec/detail/client/operation_pool.ipp>
#include <modelsec/detail/client/repair_operation.ipp>
#include <modelsec/detail/client/several.ipp>
#include <modelsec/detail/client/status_cache.ipp>
#include <modelsec/detail/client/store_operation.ipp>
#include <modelsec/detail/client/stream.ipp>

#endif
