// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_EXPIRY_IPP
#define MODELSEC_DETAIL_NET_EXPIRY_IPP

#include <modelsec/detail/net/expiry.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

bool says_expired(unsigned status, std::string_view body) noexcept
{
    if (status != 400 && status != 401 && status != 403)
        return false;
    constexpr std::string_view codes[] = {"ExpiredToken", "ExpiredRequest", "Request has expired", "InvalidJWT"};
    return std::ranges::any_of(codes, [&](std::string_view code) { return body.find(code) != std::string_view::npos; });
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
