// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_BODIES_HPP
#define MODELSEC_DETAIL_TRUST_BODIES_HPP

#include <modelsec/detail/trust/delegation.ipp>
#include <modelsec/detail/trust/envelope.ipp>
#include <modelsec/detail/trust/key.ipp>
#include <modelsec/detail/trust/memory.ipp>
#include <modelsec/detail/trust/metadata.ipp>
#include <modelsec/detail/trust/metadata_parse.ipp>
#include <modelsec/detail/trust/pins.ipp>
#include <modelsec/detail/trust/root_chain.ipp>
#include <modelsec/detail/trust/signature_bundle.ipp>
#include <modelsec/detail/trust/sigstore/bundle.ipp>
#include <modelsec/detail/trust/sigstore/certificate.ipp>
#include <modelsec/detail/trust/sigstore/timestamp.ipp>
#include <modelsec/detail/trust/sigstore/transparency.ipp>
#include <modelsec/detail/trust/sigstore/trusted_root.ipp>
#include <modelsec/detail/trust/sigstore/verify.ipp>
#include <modelsec/detail/trust/target_check.ipp>
#include <modelsec/detail/trust/threshold.ipp>
#include <modelsec/detail/trust/trusted_set.ipp>
#include <modelsec/detail/trust/tuf_workflow.ipp>

#endif
