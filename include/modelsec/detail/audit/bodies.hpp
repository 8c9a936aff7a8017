// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_AUDIT_BODIES_HPP
#define MODELSEC_DETAIL_AUDIT_BODIES_HPP

#include <modelsec/detail/audit/audit_log.ipp>
#include <modelsec/detail/audit/audit_memory.ipp>
#include <modelsec/detail/audit/audit_record.ipp>

#endif
