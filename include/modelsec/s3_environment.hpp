// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_S3_ENVIRONMENT_HPP
#define MODELSEC_S3_ENVIRONMENT_HPP

// s3_environment and s3_options_from: for servers that take their keys to buckets from where Amazon's own tools do. A header of its own,
// since it brings the metadata service's sockets along, which no other program needs.
#include <modelsec/detail/source/s3_environment.hpp>

#endif
