# Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
# The C library is a package of its own, modelsec_c: whoever uses it needs neither C++ nor what that stands on (unless linked
# statically: find_package(modelsec_c COMPONENTS static)).
set(modelsec_c_dir "${CMAKE_INSTALL_LIBDIR}/cmake/modelsec_c")

install(TARGETS modelsec_c EXPORT modelsec_c_targets
    LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT c NAMELINK_COMPONENT c
    RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT c
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT c)
install(TARGETS modelsec_c_static EXPORT modelsec_c_static_targets
    ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}" COMPONENT c)
install(DIRECTORY "${CMAKE_CURRENT_LIST_DIR}/include/modelsec" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT c)
install(EXPORT modelsec_c_targets NAMESPACE modelsec:: DESTINATION "${modelsec_c_dir}" COMPONENT c)
install(EXPORT modelsec_c_static_targets NAMESPACE modelsec:: DESTINATION "${modelsec_c_dir}" COMPONENT c)

write_basic_package_version_file("${CMAKE_CURRENT_BINARY_DIR}/modelsec_c-config-version.cmake" COMPATIBILITY SameMinorVersion)
install(FILES
    "${CMAKE_CURRENT_LIST_DIR}/modelsec_c-config.cmake"
    "${CMAKE_CURRENT_BINARY_DIR}/modelsec_c-config-version.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/modelsec_dependencies.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/Findsodium.cmake"
    "${PROJECT_SOURCE_DIR}/cmake/Findutf8proc.cmake"
    DESTINATION "${modelsec_c_dir}" COMPONENT c)

file(RELATIVE_PATH modelsec_c_include_from_pc "/${CMAKE_INSTALL_LIBDIR}/pkgconfig" "/${CMAKE_INSTALL_INCLUDEDIR}")
foreach(name IN ITEMS modelsec_c modelsec_c_shared)
    configure_file("${CMAKE_CURRENT_LIST_DIR}/${name}.pc.in" "${CMAKE_CURRENT_BINARY_DIR}/${name}.pc" @ONLY)
    install(FILES "${CMAKE_CURRENT_BINARY_DIR}/${name}.pc" DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig" COMPONENT c)
endforeach()
# For pkg-config --static: a folder with the archive and no shared library of that name, which linkers would prefer.
install(CODE "
    set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/modelsec_c\")
    file(MAKE_DIRECTORY \"\${folder}\")
    file(CREATE_LINK ../$<TARGET_FILE_NAME:modelsec_c_static> \"\${folder}/$<TARGET_FILE_NAME:modelsec_c_static>\" SYMBOLIC)"
    COMPONENT c)

# Into the package, for a wheel: one file, and beside it what is not linked statically.
if(SKBUILD)
    set_target_properties(modelsec_c PROPERTIES INSTALL_RPATH "$ORIGIN" VERSION ${PROJECT_VERSION_MAJOR})
    install(TARGETS modelsec_c LIBRARY DESTINATION modelsec COMPONENT python NAMELINK_SKIP)
    get_target_property(simdjson_type simdjson::simdjson TYPE)
    if(simdjson_type STREQUAL "SHARED_LIBRARY")
        install(FILES "$<TARGET_FILE:simdjson::simdjson>" DESTINATION modelsec COMPONENT python
            RENAME "$<TARGET_SONAME_FILE_NAME:simdjson::simdjson>")
    endif()
endif()
