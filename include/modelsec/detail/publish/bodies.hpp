// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_BODIES_HPP
#define MODELSEC_DETAIL_PUBLISH_BODIES_HPP

#include <modelsec/detail/publish/encrypt_file.ipp>

#endif
