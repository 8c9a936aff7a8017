// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_CLOCK_HPP
#define MODELSEC_CLOCK_HPP

// clock: where the library learns the time (client_options::clock). utc_time: wall time in whole seconds; steady_time: deadlines and
// rates. parse_rfc3339() and format_rfc3339() for what people read.
#include <modelsec/detail/base/clock.hpp>

#endif
