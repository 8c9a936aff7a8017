// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_EXPIRY_HPP
#define MODELSEC_DETAIL_NET_EXPIRY_HPP

#include <modelsec/config.hpp>

#include <string_view>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Whether an error answer says that a signed address has expired. Hosts agree on nothing: S3 403 `AccessDenied` with "Request
/// has expired" or 400 `ExpiredToken`, R2 403 `ExpiredRequest`, GCS 400 `ExpiredToken`, Supabase 400 `InvalidJWT`. Only
/// closed codes are looked for; the text itself goes nowhere.
MODELSEC_DECL bool says_expired(unsigned status, std::string_view body) noexcept;

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/expiry.ipp>
#endif

#endif
