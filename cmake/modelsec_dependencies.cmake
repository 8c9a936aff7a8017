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
# Of the system itself: sockets, files, the trust store.
set(MODELSEC_SYSTEM_LIBRARIES "")
if(WIN32)
    set(MODELSEC_SYSTEM_LIBRARIES ws2_32 mswsock crypt32 bcrypt ntdll advapi32)
elseif(CMAKE_SYSTEM_NAME STREQUAL "Darwin")
    set(MODELSEC_SYSTEM_LIBRARIES "-framework Security" "-framework CoreFoundation")
endif()
list(APPEND MODELSEC_DEPENDENCIES ${MODELSEC_SYSTEM_LIBRARIES})
