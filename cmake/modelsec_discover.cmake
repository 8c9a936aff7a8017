# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# One ctest for each doctest test case, under the sentence that is its name. (doctest's own script cannot label them.)
#
#   modelsec_discover(<target> LABEL <label> TIMEOUT <seconds>)
#
# Run as a script after the target is built, this file asks it for its tests.
if(CMAKE_SCRIPT_MODE_FILE STREQUAL CMAKE_CURRENT_LIST_FILE)
    execute_process(COMMAND "${TEST_EXECUTABLE}" --list-test-cases --no-version=true
        OUTPUT_FILE "${OUTPUT}.txt" RESULT_VARIABLE failed)
    if(failed)
        message(FATAL_ERROR "${TEST_EXECUTABLE} does not list its tests: ${failed}")
    endif()
    file(STRINGS "${OUTPUT}.txt" lines ENCODING UTF-8)
    set(script "")
    foreach(name IN LISTS lines)
        if(name MATCHES "^\\[doctest\\]|^====")
            continue()
        endif()
        # doctest takes the name as a filter: a comma would end it, an asterisk match more.
        string(REPLACE "," "\\," filter "${name}")
        string(APPEND script
            "add_test([==[${LABEL}: ${name}]==] [==[${TEST_EXECUTABLE}]==] [==[--test-case=${filter}]==] --no-version=true)\n"
            "set_tests_properties([==[${LABEL}: ${name}]==] PROPERTIES LABELS ${LABEL} TIMEOUT ${TIMEOUT}"
            " WORKING_DIRECTORY [==[${WORKING_DIRECTORY}]==])\n")
    endforeach()
    if(script STREQUAL "")
        message(FATAL_ERROR "${TEST_EXECUTABLE} has no tests")
    endif()
    file(WRITE "${OUTPUT}" "${script}")
    return()
endif()

set(MODELSEC_DISCOVER_SCRIPT "${CMAKE_CURRENT_LIST_FILE}")

function(modelsec_discover target)
    cmake_parse_arguments(arg "" "LABEL;TIMEOUT" "" ${ARGN})
    set(tests "${CMAKE_CURRENT_BINARY_DIR}/${target}_tests.cmake")
    add_custom_command(TARGET ${target} POST_BUILD BYPRODUCTS "${tests}" VERBATIM
        COMMAND "${CMAKE_COMMAND}" -D "TEST_EXECUTABLE=$<TARGET_FILE:${target}>" -D "OUTPUT=${tests}" -D "LABEL=${arg_LABEL}"
            -D "TIMEOUT=${arg_TIMEOUT}" -D "WORKING_DIRECTORY=${CMAKE_CURRENT_BINARY_DIR}" -P "${MODELSEC_DISCOVER_SCRIPT}")
    # A target that was not built is a failed test, not an absent one.
    set(include "${CMAKE_CURRENT_BINARY_DIR}/${target}_include.cmake")
    file(WRITE "${include}"
        "if(EXISTS [==[${tests}]==])\n  include([==[${tests}]==])\nelse()\n  add_test([==[${target} is built]==] false)\nendif()\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${include}")
endfunction()
