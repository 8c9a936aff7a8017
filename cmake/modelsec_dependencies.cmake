# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# What modelsec stands on, found in the same way for its own build and for users of the installed package (which finds this
# file, and the Find modules, beside its configuration). Why each of them: docs/dependencies.md
list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")
include(CMakeFindDependencyMacro)

if(POLICY CMP0167)
    cmake_policy(SET CMP0167 NEW)  # Boost by its own package configuration
endif()
find_dependency(Boost 1.81)
find_dependency(OpenSSL 3.0)
find_dependency(ZLIB)
find_dependency(simdjson)
find_dependency(sodium)
find_dependency(utf8proc)
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_dependency(Threads)

set(MODELSEC_DEPENDENCIES
    Boost::headers OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB simdjson::simdjson sodium::sodium utf8proc::utf8proc
    Threads::Threads)
if(WIN32)
    list(APPEND MODELSEC_DEPENDENCIES ws2_32 mswsock crypt32 bcrypt)
endif()
