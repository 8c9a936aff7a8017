# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# Makes sodium::sodium, from a package configuration if there is one, else by pkg-config's hints, else where the compiler looks.
if(TARGET sodium::sodium)
    set(sodium_FOUND TRUE)
    return()
endif()
find_package(sodium CONFIG QUIET)
if(TARGET sodium::sodium)
    set(sodium_FOUND TRUE)
    return()
endif()

find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
    pkg_check_modules(PC_sodium QUIET libsodium)
endif()
find_path(sodium_INCLUDE_DIR sodium.h HINTS ${PC_sodium_INCLUDE_DIRS})
find_library(sodium_LIBRARY NAMES sodium libsodium HINTS ${PC_sodium_LIBRARY_DIRS})
mark_as_advanced(sodium_INCLUDE_DIR sodium_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(sodium REQUIRED_VARS sodium_LIBRARY sodium_INCLUDE_DIR VERSION_VAR PC_sodium_VERSION)
if(sodium_FOUND)
    add_library(sodium::sodium UNKNOWN IMPORTED)
    set_target_properties(sodium::sodium PROPERTIES
        IMPORTED_LOCATION "${sodium_LIBRARY}"
        INTERFACE_INCLUDE_DIRECTORIES "${sodium_INCLUDE_DIR}")
endif()
