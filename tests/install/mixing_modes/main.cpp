// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "library.hpp"

int main()
{
    return reason_of(modelsec::fail(modelsec::reason::stall)) == static_cast<int>(modelsec::reason::stall) ? 0 : 1;
}
