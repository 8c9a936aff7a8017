// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_MACHINE_HPP
#define MODELSEC_DETAIL_BASE_MACHINE_HPP

#include <modelsec/detail/base/platform.hpp>

#include <cstdint>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Physical memory of this machine, in bytes; 0 if the system does not tell.
MODELSEC_DECL std::uint64_t total_memory() noexcept;
/// Memory that nobody uses now, not even as a cache, in bytes; 0 if the system does not tell.
MODELSEC_DECL std::uint64_t available_memory() noexcept;

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include MODELSEC_MACHINE_BODY
#endif

#endif
