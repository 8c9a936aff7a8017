// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TUF_CLIENT_BODIES_HPP
#define MODELSEC_DETAIL_TUF_CLIENT_BODIES_HPP

#include <modelsec/detail/tuf_client/tuf_updater.ipp>

#endif
