# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# modelsec::c; with COMPONENTS static also modelsec::c_static.
include("${CMAKE_CURRENT_LIST_DIR}/modelsec_c_targets.cmake")
if("static" IN_LIST modelsec_c_FIND_COMPONENTS)
    include("${CMAKE_CURRENT_LIST_DIR}/modelsec_dependencies.cmake")
    include("${CMAKE_CURRENT_LIST_DIR}/modelsec_c_static_targets.cmake")
    set(modelsec_c_static_FOUND TRUE)
endif()
