// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_PINNED_KEYS_HPP
#define MODELSEC_PINNED_KEYS_HPP

// Pins as constants of a program: what a header holds that write_pins_header() or `modelsec init` wrote.
#include <modelsec/detail/trust/pinned_keys.hpp>

#endif
