# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# An overlay port over the tree it lies in: vcpkg install modelsec --overlay-ports=packaging/vcpkg/ports. A registry's port differs in one
# line, where the sources come from.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../../../.." ABSOLUTE)

vcpkg_check_linkage(ONLY_STATIC_LIBRARY)  # of C++; the C library of the feature "tools" is shared and self-contained
vcpkg_check_features(OUT_FEATURE_OPTIONS features FEATURES tools MODELSEC_BUILD_TOOLS)
vcpkg_cmake_configure(SOURCE_PATH "${SOURCE_PATH}"
    OPTIONS ${features} -DMODELSEC_BUILD_TESTS=OFF -DMODELSEC_BUILD_EXAMPLES=OFF -DMODELSEC_DEVELOPER=OFF -DMODELSEC_INSTALL=ON)
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/modelsec)
if("tools" IN_LIST FEATURES)
    vcpkg_cmake_config_fixup(PACKAGE_NAME modelsec_c CONFIG_PATH lib/cmake/modelsec_c)
    vcpkg_copy_tools(TOOL_NAMES modelsec AUTO_CLEAN)
endif()
vcpkg_fixup_pkgconfig()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
