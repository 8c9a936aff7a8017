// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_MEMORY_FILE_HPP
#define MODELSEC_DETAIL_BASE_MEMORY_FILE_HPP

#include <modelsec/detail/base/file_system/file_system.hpp>

#include <functional>
#include <span>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// An anonymous file in memory (0600, closed on exec) that `fill` writes once and nobody changes any more. `unsupported` where the
/// system has none.
MODELSEC_DECL result<file> make_sealed_file(std::uint64_t size,
                                            const std::function<result<void>(std::span<std::uint8_t>)>& fill);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include MODELSEC_MEMORY_FILE_BODY
#endif

#endif
