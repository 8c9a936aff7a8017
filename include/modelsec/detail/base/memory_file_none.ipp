// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_MEMORY_FILE_NONE_IPP
#define MODELSEC_DETAIL_BASE_MEMORY_FILE_NONE_IPP

#include <modelsec/detail/base/memory_file.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

result<file> make_sealed_file(std::uint64_t, const std::function<result<void>(std::span<std::uint8_t>)>&)
{
    return fail(reason::unsupported, "this system has no sealed files in memory: take the view in memory");
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
