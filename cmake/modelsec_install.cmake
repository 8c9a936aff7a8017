# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(modelsec_package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/modelsec")

install(TARGETS modelsec_cpp modelsec_header_only EXPORT modelsec_targets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT development)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/modelsec" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT development)
install(EXPORT modelsec_targets NAMESPACE modelsec:: DESTINATION "${modelsec_package_dir}" FILE modelsec-targets.cmake
    COMPONENT development)
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DOCDIR}" COMPONENT development)

configure_package_config_file("${PROJECT_SOURCE_DIR}/cmake/modelsec-config.cmake.in"
    "${PROJECT_BINARY_DIR}/modelsec-config.cmake" INSTALL_DESTINATION "${modelsec_package_dir}")
# Before 1.0 every minor version may break: only the same one will do.
write_basic_package_version_file("${PROJECT_BINARY_DIR}/modelsec-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES
    "${PROJECT_BINARY_DIR}/modelsec-config.cmake"
    "${PROJECT_BINARY_DIR}/modelsec-config-version.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/modelsec_dependencies.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/Findsodium.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/Findutf8proc.cmake"
    DESTINATION "${modelsec_package_dir}" COMPONENT development)

file(RELATIVE_PATH modelsec_include_from_pc "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/${CMAKE_INSTALL_INCLUDEDIR}")
configure_file("${PROJECT_SOURCE_DIR}/cmake/modelsec.pc.in" "${PROJECT_BINARY_DIR}/modelsec.pc" @ONLY)
install(FILES "${PROJECT_BINARY_DIR}/modelsec.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT development)
