// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_BODIES_HPP
#define MODELSEC_DETAIL_BASE_BODIES_HPP

#include <modelsec/detail/base/clock.ipp>
#include <modelsec/detail/base/control.ipp>
#include <modelsec/detail/base/digest.ipp>
#include <modelsec/detail/base/encoding.ipp>
#include <modelsec/detail/base/error.ipp>
#include <modelsec/detail/base/event.ipp>
#include <modelsec/detail/base/json.ipp>
#include <modelsec/detail/base/local_file.ipp>
#include <modelsec/detail/base/log.ipp>
#include <modelsec/detail/base/name.ipp>
#include <modelsec/detail/base/openssl.ipp>
#include <modelsec/detail/base/range_set.ipp>
#include <modelsec/detail/base/secret.ipp>
#include <modelsec/detail/base/verity.ipp>

// Of this system.
#include <modelsec/detail/base/platform.hpp>
#include MODELSEC_DYNAMIC_LIBRARY_BODY
#include MODELSEC_FILE_SYSTEM_BODY
#include MODELSEC_MACHINE_BODY
#include MODELSEC_MAPPED_FILE_BODY
#include MODELSEC_MEMORY_FILE_BODY

#endif
