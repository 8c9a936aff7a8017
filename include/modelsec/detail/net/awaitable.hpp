// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_AWAITABLE_HPP
#define MODELSEC_DETAIL_NET_AWAITABLE_HPP

#include <modelsec/error.hpp>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

// MODELSEC_CHECK and MODELSEC_TRY for coroutines.
#define MODELSEC_CO_CHECK(expr)                               \
    do                                                        \
    {                                                         \
        if (auto modelsec_r = (expr); modelsec_r.has_error()) \
            co_return std::move(modelsec_r).error();          \
    } while (false)

#define MODELSEC_CO_TRY(decl, expr) MODELSEC_CO_TRY_AT(decl, expr, __LINE__)
#define MODELSEC_CO_TRY_AT(decl, expr, line) MODELSEC_CO_TRY_NAMED(decl, expr, line)
#define MODELSEC_CO_TRY_NAMED(decl, expr, line)        \
    auto modelsec_r##line = (expr);                    \
    if (modelsec_r##line.has_error())                  \
        co_return std::move(modelsec_r##line).error(); \
    decl = std::move(*modelsec_r##line)

MODELSEC_BEGIN_NAMESPACE
namespace detail {

using boost::asio::awaitable;

/// For every wait: the outcome is a value, nothing throws.
inline constexpr auto use_tuple = boost::asio::as_tuple(boost::asio::use_awaitable);

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
