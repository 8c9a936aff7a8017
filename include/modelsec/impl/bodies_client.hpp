// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_IMPL_BODIES_CLIENT_HPP
#define MODELSEC_IMPL_BODIES_CLIENT_HPP

#include <modelsec/impl/client.ipp>
#include <modelsec/impl/download.ipp>
#include <modelsec/impl/download_lane.ipp>
#include <modelsec/impl/download_run.ipp>
#include <modelsec/impl/fetch_accept.ipp>
#include <modelsec/impl/fetch_artifact.ipp>
#include <modelsec/impl/fetch_operation.ipp>
#include <modelsec/impl/fetch_trust.ipp>
#include <modelsec/impl/network.ipp>
#include <modelsec/impl/store_operation.ipp>
#include <modelsec/impl/trust_anchor.ipp>
#include <modelsec/impl/trust_driver.ipp>

#endif
