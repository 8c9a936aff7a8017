// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_ERROR_IPP
#define MODELSEC_DETAIL_BASE_ERROR_IPP

#include <modelsec/error.hpp>

MODELSEC_BEGIN_NAMESPACE

std::string_view to_string(errc code) noexcept
{
    switch (code)
    {
#define MODELSEC_CODE(name, value, text) \
    case errc::name: return #name;
#define MODELSEC_REASON(name, code, hint)
#include <modelsec/detail/base/error_codes.def>
    }
    return "internal";
}

std::string_view message(errc code) noexcept
{
    switch (code)
    {
#define MODELSEC_CODE(name, value, text) \
    case errc::name: return text;
#define MODELSEC_REASON(name, code, hint)
#include <modelsec/detail/base/error_codes.def>
    }
    return message(errc::internal);
}

std::string_view to_string(reason why) noexcept
{
    switch (why)
    {
#define MODELSEC_CODE(name, value, text)
#define MODELSEC_REASON(name, code, hint) \
    case reason::name: return #name;
#include <modelsec/detail/base/error_codes.def>
    }
    return "internal_error";
}

std::string_view hint(reason why) noexcept
{
    switch (why)
    {
#define MODELSEC_CODE(name, value, text)
#define MODELSEC_REASON(name, code, hint) \
    case reason::name: return hint;
#include <modelsec/detail/base/error_codes.def>
    }
    return {};
}

errc code_of(reason why) noexcept
{
    switch (why)
    {
#define MODELSEC_CODE(name, value, text)
#define MODELSEC_REASON(name, code, hint) \
    case reason::name: return errc::code;
#include <modelsec/detail/base/error_codes.def>
    }
    return errc::internal;
}

namespace detail {
class category final : public boost::system::error_category
{
public:
    constexpr category() noexcept : error_category(0x6d6f64656c736563ULL) {}
    const char* name() const noexcept override { return "modelsec"; }
    std::string message(int value) const override { return std::string(modelsec::message(static_cast<errc>(value))); }
};
}  // namespace detail

const boost::system::error_category& modelsec_category() noexcept
{
    static constexpr detail::category instance;
    return instance;
}

MODELSEC_END_NAMESPACE

#endif
