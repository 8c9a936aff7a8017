// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_CONTENT_CODING_HPP
#define MODELSEC_DETAIL_BASE_CONTENT_CODING_HPP

#include <modelsec/error.hpp>

#include <string>
#include <string_view>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What is wrong with bytes that came with the label of a content coding (RFC 9110 section 8.4; empty: none). They are never decoded,
/// so that the label explains why they are others than those that were signed.
inline failure with_coding_named(failure problem, std::string_view coding)
{
    if (!coding.empty() && problem.detail.find(coding) == std::string::npos)
        problem.detail.append(problem.detail.empty() ? "" : "; ")
            .append("an answer came in the content coding ")
            .append(coding);
    return problem;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
