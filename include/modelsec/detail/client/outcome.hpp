// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_OUTCOME_HPP
#define MODELSEC_DETAIL_CLIENT_OUTCOME_HPP

#include <modelsec/error.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The value, or a value-initialized one with error_code and diagnostics set.
template <class T>
T report(result<T> r, error_code& ec, diagnostics& diag)
{
    ec.clear();
    diag.clear();
    if (r)
        return std::move(*r);
    ec = r.error();
    diag.why = r.error().why;
    diag.detail = std::move(r.error().detail);
    return T();
}

template <class T>
T value_or_throw(result<T> r)
{
    if (r.has_error())
        throw error(std::move(r).error());
    return std::move(*r);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
