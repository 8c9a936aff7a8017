// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_CONTROL_HPP
#define MODELSEC_CONTROL_HPP

// control: cancels, pauses and resumes operations, from any thread. It is operation_options::control; keep a copy of it.
#include <modelsec/detail/base/control.hpp>

#endif
