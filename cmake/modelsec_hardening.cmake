# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# What compiler and linker add against faults of memory (OpenSSF: Compiler Options Hardening Guide for C and C++). Programs and the
# shared library are built so; tests/hardening looks at the binaries.
include(CheckPIESupported)
check_pie_supported()

function(modelsec_hardened target)
    if(MSVC)
        target_compile_options(${target} PRIVATE /GS /guard:cf)
        return()
    endif()
    target_compile_options(${target} PRIVATE -fstack-protector-strong)
    set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE ON)
    if(NOT MODELSEC_SANITIZE)
        target_compile_options(${target} PRIVATE
            $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-U_FORTIFY_SOURCE>
            $<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:-D_FORTIFY_SOURCE=2>)
    endif()
    if(CMAKE_SYSTEM_NAME STREQUAL "Linux")
        target_compile_options(${target} PRIVATE -fstack-clash-protection)
        if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
            target_compile_options(${target} PRIVATE -fcf-protection=full)
        elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)$")
            target_compile_options(${target} PRIVATE -mbranch-protection=standard)
        endif()
        get_target_property(type ${target} TYPE)
        if(type MATCHES "EXECUTABLE|SHARED_LIBRARY")
            target_link_options(${target} PRIVATE -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack)
        endif()
    endif()
endfunction()
