// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <stdlib.h>
#include <unistd.h>

int main(int argc, char** argv)
{
    // Hundreds of stores, each synced dozens of times: in memory, where the machine has such a folder.
    if (::access("/dev/shm", W_OK | X_OK) == 0)
        ::setenv("TMPDIR", "/dev/shm", 0);
    return doctest::Context(argc, argv).run();
}
