// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "library.hpp"

int reason_of(const modelsec::failure& f)
{
    return static_cast<int>(f.why);
}
