// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_PERCENT_HPP
#define MODELSEC_DETAIL_SOURCE_PERCENT_HPP

#include <modelsec/config.hpp>

#include <string>
#include <string_view>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// RFC 3986 section 2.1: all but the unreserved characters (and slashes, if they separate the parts of a path) as %XX, in capitals.
MODELSEC_DECL std::string percent_encode(std::string_view text, bool keep_slashes);
/// A relative path whose parts are names: not empty, no `.` or `..`, no control characters.
MODELSEC_DECL bool is_plain_path(std::string_view text) noexcept;

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/source/percent.ipp>
#endif

#endif
