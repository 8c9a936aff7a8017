// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "command_line.hpp"

int main(int argc, char** argv)
{
    return modelsec::tool::run(argc, argv);
}
