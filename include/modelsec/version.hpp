// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_VERSION_HPP
#define MODELSEC_VERSION_HPP

// The one place where the version stands; CMake, pkg-config, the command and the bindings read it from here.
#define MODELSEC_VERSION_MAJOR 0
#define MODELSEC_VERSION_MINOR 1
#define MODELSEC_VERSION_PATCH 0
#define MODELSEC_VERSION_STRING "0.1.0"

#endif
