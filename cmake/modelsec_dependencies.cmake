# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# What modelsec stands on, found in the same way for its own build and for users of the installed package (which finds this
# file, and the Find modules, beside its configuration). Why each of them: docs/dependencies.md
# Nothing of the caller's changes: module path and preferences are put back by modelsec_dependencies_end, also after a failure.
include(CMakeFindDependencyMacro)

set(modelsec_saved_module_path "${CMAKE_MODULE_PATH}")
list(PREPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")
set(modelsec_saved_prefer_pthread "${THREADS_PREFER_PTHREAD_FLAG}")
set(THREADS_PREFER_PTHREAD_FLAG ON)

macro(modelsec_dependencies_end)
    set(CMAKE_MODULE_PATH "${modelsec_saved_module_path}")
    if(modelsec_saved_prefer_pthread STREQUAL "")
        unset(THREADS_PREFER_PTHREAD_FLAG)
    else()
        set(THREADS_PREFER_PTHREAD_FLAG "${modelsec_saved_prefer_pthread}")
    endif()
    unset(modelsec_saved_module_path)
    unset(modelsec_saved_prefer_pthread)
    unset(modelsec_without_headers)
endmacro()

# Of the system itself: sockets, files, the trust store.
set(MODELSEC_SYSTEM_LIBRARIES "")
if(WIN32)
    set(MODELSEC_SYSTEM_LIBRARIES ws2_32 mswsock crypt32 bcrypt ntdll advapi32)
elseif(CMAKE_SYSTEM_NAME STREQUAL "Darwin")
    set(MODELSEC_SYSTEM_LIBRARIES "-framework Security" "-framework CoreFoundation")
endif()
set(MODELSEC_DEPENDENCIES
    Boost::headers OpenSSL::SSL OpenSSL::Crypto ZLIB::ZLIB simdjson::simdjson sodium::sodium utf8proc::utf8proc
    Threads::Threads ${MODELSEC_SYSTEM_LIBRARIES})

if(POLICY CMP0167)
    cmake_policy(SET CMP0167 NEW)  # Boost by its own package configuration; holds in this file only
endif()
if(NOT modelsec_without_headers)  # whoever links the finished C library needs none of Boost
    find_dependency(Boost 1.81)
endif()
find_dependency(OpenSSL 3.0)
find_dependency(ZLIB)
find_dependency(simdjson)
find_dependency(sodium)
find_dependency(utf8proc)
find_dependency(Threads)
