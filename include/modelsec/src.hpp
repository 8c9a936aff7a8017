// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_SRC_HPP
#define MODELSEC_SRC_HPP

// Every body of the library, for those who compile it as one translation unit of their own. The build of modelsec itself takes
// the same rooms one by one (src/). `./dev lint` checks that no body is missing.
#ifndef MODELSEC_SEPARATE_COMPILATION
#error "src.hpp belongs to the compiled build: define MODELSEC_SEPARATE_COMPILATION here and in every user"
#endif

#include <modelsec/detail/base/bodies.hpp>
#include <modelsec/detail/audit/bodies.hpp>
#include <modelsec/detail/trust/bodies.hpp>
#include <modelsec/detail/manifest/bodies.hpp>
#include <modelsec/detail/store/bodies.hpp>
#include <modelsec/detail/net/bodies.hpp>
#include <modelsec/detail/source/bodies.hpp>
#include <modelsec/detail/fetch/bodies.hpp>
#include <modelsec/detail/publish/bodies.hpp>
#include <modelsec/detail/tuf_client/bodies.hpp>
#include <modelsec/detail/client/bodies.hpp>

#endif
