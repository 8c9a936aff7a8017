// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_AUDIT_HPP
#define MODELSEC_AUDIT_HPP

// What is kept of attempts (client_options::audit): audit_record, one of them, and audit_filter, for client::audit(); audit_rules say
// what is unusual enough for an alert, request_limits how often manifests may be asked for.
#include <modelsec/detail/audit/audit_memory.hpp>
#include <modelsec/detail/audit/audit_record.hpp>

#endif
