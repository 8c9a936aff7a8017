# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# What only those need who work on modelsec itself.

# Warnings for one of our own targets; the headers of others come in as system headers and are not ours to judge.
function(modelsec_developer_target target)
    if(NOT MODELSEC_DEVELOPER)
        return()
    endif()
    if(MSVC)
        target_compile_options(${target} PRIVATE /W4 /permissive- /utf-8)
    else()
        target_compile_options(${target} PRIVATE -Wall -Wextra -Wconversion -Wshadow)
    endif()
endfunction()

# What every file of a target reads anyway, read once.
function(modelsec_precompile target)
    if(MODELSEC_DEVELOPER)
        target_precompile_headers(${target} PRIVATE
            <algorithm> <chrono> <functional> <map> <optional> <string> <thread> <variant> <vector>
            <boost/asio/any_completion_handler.hpp> <boost/asio/any_io_executor.hpp> <boost/system/result.hpp> ${ARGN})
    endif()
endfunction()

if(NOT MODELSEC_DEVELOPER)
    return()
endif()

set(MODELSEC_SANITIZE "" CACHE STRING "Sanitizers, as -fsanitize= takes them: address,undefined or thread")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${PROJECT_BINARY_DIR}/bin")
if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release CACHE STRING "Type of build" FORCE)
endif()

# Boost's templates are most of the work of every build: never do the same twice.
find_program(MODELSEC_CCACHE ccache)
mark_as_advanced(MODELSEC_CCACHE)
if(MODELSEC_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER
        ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime
        CCACHE_BASEDIR=${PROJECT_SOURCE_DIR} CCACHE_NOHASHDIR=1 ${MODELSEC_CCACHE})  # clones and work trees share what is the same
    # What ccache asks for, to see through precompiled headers.
    if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
        add_compile_options(-fpch-preprocess)
    elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
        add_compile_options("SHELL:-Xclang -fno-pch-timestamp")
    endif()
endif()

if(MODELSEC_SANITIZE)
    add_compile_options(-fsanitize=${MODELSEC_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
    add_link_options(-fsanitize=${MODELSEC_SANITIZE})
endif()
