// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_INSTALL_MIXING_MODES_LIBRARY_HPP
#define MODELSEC_TESTS_INSTALL_MIXING_MODES_LIBRARY_HPP

#include <modelsec/error.hpp>

int reason_of(const modelsec::failure& f);

#endif
