// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// The one question that the C layer has for the system: which process this is, to tell a forked child.
#include "handles.hpp"

#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

namespace c_api {

uint64_t process_id() noexcept
{
#ifdef _WIN32
    return static_cast<uint64_t>(::_getpid());
#else
    return static_cast<uint64_t>(::getpid());
#endif
}

}  // namespace c_api
