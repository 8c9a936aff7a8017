// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_SOURCE_ANSWER_HPP
#define MODELSEC_DETAIL_SOURCE_ANSWER_HPP

#include <modelsec/detail/source/source.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What an error answer of a host with known habits means, whoever sent us there: presigned addresses of S3, R2 and GCS, and
/// Supabase's storage, which says nearly everything as a 400 with the true status in its JSON. Only closed codes are looked for;
/// the text itself goes nowhere. Nothing if the answer is none of these.
MODELSEC_DECL std::optional<reason> known_meaning(const source_answer& answer);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/source/answer.ipp>
#endif

#endif
