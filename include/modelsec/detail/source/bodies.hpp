// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_BODIES_HPP
#define MODELSEC_DETAIL_SOURCE_BODIES_HPP

#include <modelsec/detail/source/answer.ipp>
#include <modelsec/detail/source/hub.ipp>
#include <modelsec/detail/source/instance_keys.ipp>
#include <modelsec/detail/source/locator.ipp>
#include <modelsec/detail/source/oci.ipp>
#include <modelsec/detail/source/percent.ipp>
#include <modelsec/detail/source/s3.ipp>
#include <modelsec/detail/source/s3_environment.ipp>
#include <modelsec/detail/source/source.ipp>
#include <modelsec/detail/source/source_set.ipp>

#endif
