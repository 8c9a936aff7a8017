// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_PLATFORM_HPP
#define MODELSEC_DETAIL_BASE_PLATFORM_HPP

#include <modelsec/config.hpp>

// The only place that asks which system this is compiled for (`./dev lint` sees to that). It names the bodies that speak to the
// system; whoever needs one includes it by its macro. `*_posix*.ipp` is common to Linux, Android, macOS and iOS, which differ in
// the functions of system_linux.ipp and system_macos.ipp.
#if defined(_WIN32)
#define MODELSEC_DYNAMIC_LIBRARY_BODY <modelsec/detail/base/dynamic_library_windows.ipp>
#define MODELSEC_FILE_SYSTEM_BODY <modelsec/detail/base/file_system/file_system_windows.ipp>
#define MODELSEC_LOCAL_FILE_BODY <modelsec/detail/base/local_file_windows.ipp>
#define MODELSEC_MACHINE_BODY <modelsec/detail/base/machine_windows.ipp>
#define MODELSEC_MAPPED_FILE_BODY <modelsec/detail/base/mapped_file_windows.ipp>
#define MODELSEC_MEMORY_FILE_BODY <modelsec/detail/base/memory_file_none.ipp>
#define MODELSEC_MODEL_TREE_BODY <modelsec/detail/manifest/model_tree_windows.ipp>
#define MODELSEC_SYSTEM_ROOTS_BODY <modelsec/detail/net/system_roots_windows.ipp>
#elif defined(__APPLE__)
#include <TargetConditionals.h>
#define MODELSEC_SYSTEM_BODY <modelsec/detail/base/file_system/system_macos.ipp>
#define MODELSEC_DYNAMIC_LIBRARY_BODY <modelsec/detail/base/dynamic_library_posix.ipp>
#define MODELSEC_FILE_SYSTEM_BODY <modelsec/detail/base/file_system/file_system_posix.ipp>
#define MODELSEC_LOCAL_FILE_BODY <modelsec/detail/base/local_file_posix.ipp>
#define MODELSEC_MACHINE_BODY <modelsec/detail/base/machine_macos.ipp>
#define MODELSEC_MAPPED_FILE_BODY <modelsec/detail/base/mapped_file_posix.ipp>
#define MODELSEC_MEMORY_FILE_BODY <modelsec/detail/base/memory_file_none.ipp>
#define MODELSEC_MODEL_TREE_BODY <modelsec/detail/manifest/model_tree_posix.ipp>
#if TARGET_OS_OSX
#define MODELSEC_SYSTEM_ROOTS_BODY <modelsec/detail/net/system_roots_macos.ipp>
#else
#define MODELSEC_SYSTEM_ROOTS_BODY <modelsec/detail/net/system_roots_posix.ipp>
#endif
#elif defined(__linux__)
#define MODELSEC_SYSTEM_BODY <modelsec/detail/base/file_system/system_linux.ipp>
#define MODELSEC_DYNAMIC_LIBRARY_BODY <modelsec/detail/base/dynamic_library_posix.ipp>
#define MODELSEC_FILE_SYSTEM_BODY <modelsec/detail/base/file_system/file_system_posix.ipp>
#define MODELSEC_LOCAL_FILE_BODY <modelsec/detail/base/local_file_posix.ipp>
#define MODELSEC_MACHINE_BODY <modelsec/detail/base/machine_linux.ipp>
#define MODELSEC_MAPPED_FILE_BODY <modelsec/detail/base/mapped_file_posix.ipp>
#define MODELSEC_MEMORY_FILE_BODY <modelsec/detail/base/memory_file_linux.ipp>
#define MODELSEC_MODEL_TREE_BODY <modelsec/detail/manifest/model_tree_posix.ipp>
#define MODELSEC_SYSTEM_ROOTS_BODY <modelsec/detail/net/system_roots_posix.ipp>
#else
#error "modelsec knows Linux, macOS and Windows"
#endif

MODELSEC_BEGIN_NAMESPACE
namespace detail {

#if defined(_WIN32)
using native_handle = void*;  ///< HANDLE
#else
using native_handle = int;  ///< file descriptor
#endif

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
