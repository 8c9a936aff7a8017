// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_IMPL_SYSTEM_ROOTS_IPP
#define MODELSEC_IMPL_SYSTEM_ROOTS_IPP

// One function per kind of system: add_system_roots().
#include <modelsec/impl/system_roots_posix.ipp>

#endif
