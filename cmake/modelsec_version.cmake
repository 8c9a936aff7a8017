# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# The version stands in include/modelsec/version.hpp and nowhere else.
set(modelsec_version_header "${CMAKE_CURRENT_LIST_DIR}/../include/modelsec/version.hpp")
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${modelsec_version_header}")
file(STRINGS "${modelsec_version_header}" modelsec_version_line REGEX "define MODELSEC_VERSION_STRING ")
if(NOT modelsec_version_line MATCHES "\"([0-9]+\\.[0-9]+\\.[0-9]+)\"")
    message(FATAL_ERROR "No MODELSEC_VERSION_STRING in ${modelsec_version_header}")
endif()
set(MODELSEC_VERSION "${CMAKE_MATCH_1}")
