// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_MACHINE_HPP
#define MODELSEC_DETAIL_BASE_MACHINE_HPP

#include <modelsec/detail/base/platform.hpp>

#include <cstdint>
#include <string>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Physical memory of this machine, in bytes; 0 if the system does not tell.
MODELSEC_DECL std::uint64_t total_memory() noexcept;
/// Memory that nobody uses now, not even as a cache, in bytes; 0 if the system does not tell.
MODELSEC_DECL std::uint64_t available_memory() noexcept;

/// Names this process among all that ever ran here: the system as it was started, who is numbered with whom (containers), the number, and
/// when it began. One word without line ends; empty where the system does not tell.
MODELSEC_DECL std::string process_identity();
/// Whether the process of that name is certainly no more. False for what cannot be told from here: another machine's, another
/// container's, or of before this system was started.
MODELSEC_DECL bool process_is_gone(const std::string& identity);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include MODELSEC_MACHINE_BODY
#endif

#endif
