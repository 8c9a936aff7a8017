// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TESTS_SUPPORT_SHOWN_NAMES_HPP
#define MODELSEC_TESTS_SUPPORT_SHOWN_NAMES_HPP

#include <modelsec/error.hpp>

#include <doctest/doctest.h>

#include <string>

// So that a failed check shows names.
namespace modelsec {
inline doctest::String toString(errc code)
{
    return std::string(to_string(code)).c_str();
}
inline doctest::String toString(reason why)
{
    return std::string(to_string(why)).c_str();
}
}  // namespace modelsec

#endif
