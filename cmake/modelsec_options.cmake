# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# Every option a builder may set, with its default. As a part of another project modelsec is the library and nothing else. At the
# top level the command and the tests are built where what only they need is installed; who asks for them by name
# (-DMODELSEC_BUILD_TESTS=ON, as the presets do) is told what is missing.

# modelsec_part(OPTION TEXT PACKAGE …): ON at the top level if every package can be found, decided at the first configure.
function(modelsec_part option text)
    set(default ${PROJECT_IS_TOP_LEVEL})
    if(default AND NOT DEFINED ${option})
        foreach(package IN LISTS ARGN)
            find_package(${package} QUIET)
            if(NOT ${package}_FOUND)
                message(STATUS "${option} is OFF, since ${package} was not found")
                set(default OFF)
            endif()
        endforeach()
    endif()
    option(${option} "${text}" ${default})
endfunction()

modelsec_part(MODELSEC_BUILD_TOOLS "Build the modelsec command and the C library" CLI11)
modelsec_part(MODELSEC_BUILD_EXAMPLES "Build the examples and the demo")
modelsec_part(MODELSEC_BUILD_TESTS "Build the tests" doctest)
option(MODELSEC_FUZZ "Build the fuzzers (clang)" OFF)
option(MODELSEC_INSTALL "Make the install target" ${PROJECT_IS_TOP_LEVEL})
option(MODELSEC_DEVELOPER "Warnings, ccache and sanitizers for working on modelsec itself" ${PROJECT_IS_TOP_LEVEL})
