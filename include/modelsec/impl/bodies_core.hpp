// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_IMPL_BODIES_CORE_HPP
#define MODELSEC_IMPL_BODIES_CORE_HPP

#include <modelsec/impl/clock.ipp>
#include <modelsec/impl/control.ipp>
#include <modelsec/impl/digest.ipp>
#include <modelsec/impl/encoding.ipp>
#include <modelsec/impl/error.ipp>
#include <modelsec/impl/event.ipp>
#include <modelsec/impl/json.ipp>
#include <modelsec/impl/local_file.ipp>
#include <modelsec/impl/name.ipp>
#include <modelsec/impl/openssl.ipp>
#include <modelsec/impl/range_set.ipp>
#include <modelsec/impl/secret.ipp>

// Of this system.
#include <modelsec/core/platform.hpp>
#include MODELSEC_FILE_SYSTEM_BODY
#include MODELSEC_MACHINE_BODY

#endif
