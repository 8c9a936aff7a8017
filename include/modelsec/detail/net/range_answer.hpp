// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_RANGE_ANSWER_HPP
#define MODELSEC_DETAIL_NET_RANGE_ANSWER_HPP

#include <modelsec/detail/base/range_set.hpp>
#include <modelsec/error.hpp>

#include <optional>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

struct response_head;

/// What an answer's body is, going by its header.
struct range_answer
{
    bool whole = false;  ///< a 200: the body begins at 0, whatever was asked
    byte_range bytes;
};

/// Holds an answer against what was asked (nothing: the whole file) of a file whose signed size is `size`. A range counts
/// only as 206 with exactly that Content-Range (RFC 9110 sections 14.4 and 15.3.7) and the signed size as its total.
/// `size_mismatch` if another total is announced, `range_mismatch` for every other deviation and for 416, `range_refused` for a 403 to
/// a range, else what status_failure() says.
MODELSEC_DECL result<range_answer> check_range_answer(const response_head& head, std::optional<byte_range> asked,
                                                      std::uint64_t size);

/// How long the whole is, going by the header of an answer to the first byte's range, or of a whole one (200). Nothing if it does not
/// say, says it in a content coding, or contradicts itself.
MODELSEC_DECL std::optional<std::uint64_t> announced_total(const response_head& head);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/range_answer.ipp>
#endif

#endif
