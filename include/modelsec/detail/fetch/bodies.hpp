// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_BODIES_HPP
#define MODELSEC_DETAIL_FETCH_BODIES_HPP

#include <modelsec/detail/fetch/block_pool.ipp>
#include <modelsec/detail/fetch/bundle.ipp>
#include <modelsec/detail/fetch/bundle_network.ipp>
#include <modelsec/detail/fetch/download.ipp>
#include <modelsec/detail/fetch/download_lane.ipp>
#include <modelsec/detail/fetch/download_run.ipp>
#include <modelsec/detail/fetch/fetch_accept.ipp>
#include <modelsec/detail/fetch/fetch_artifact.ipp>
#include <modelsec/detail/fetch/fetch_foreign.ipp>
#include <modelsec/detail/fetch/fetch_operation.ipp>
#include <modelsec/detail/fetch/fetch_signature.ipp>
#include <modelsec/detail/fetch/fetch_trust.ipp>
#include <modelsec/detail/fetch/foreign_delivery.ipp>
#include <modelsec/detail/fetch/foreign_plan.ipp>
#include <modelsec/detail/fetch/growth_fsm.ipp>
#include <modelsec/detail/fetch/mirror_fsm.ipp>
#include <modelsec/detail/fetch/network.ipp>
#include <modelsec/detail/fetch/pace_fsm.ipp>
#include <modelsec/detail/fetch/pack_sink.ipp>
#include <modelsec/detail/fetch/pack_sink_digests.ipp>
#include <modelsec/detail/fetch/pack_sink_state.ipp>
#include <modelsec/detail/fetch/pack_sink_workers.ipp>
#include <modelsec/detail/fetch/plan_fsm.ipp>
#include <modelsec/detail/fetch/reuse.ipp>
#include <modelsec/detail/fetch/signed_model.ipp>
#include <modelsec/detail/fetch/stream_feed.ipp>
#include <modelsec/detail/fetch/trust_again.ipp>
#include <modelsec/detail/fetch/trust_anchor.ipp>
#include <modelsec/detail/fetch/trust_driver.ipp>

#endif
