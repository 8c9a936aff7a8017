// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_ERROR_IPP
#define MODELSEC_DETAIL_BASE_ERROR_IPP

#include <modelsec/error.hpp>

#include <iterator>

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

std::string generic_message(errc code)
{
    return "Model initialization failed (code " + std::to_string(static_cast<int>(code)) + ")";
}

namespace detail {

/// Categories are equal by their number, so there can be one for each reason: an error_code then carries it at no cost.
class category final : public boost::system::error_category
{
public:
    static constexpr boost::ulong_long_type number = 0x6d6f64656c736563ULL;

    constexpr explicit category(reason why) noexcept : error_category(number), why_(why) {}
    const char* name() const noexcept override { return "modelsec"; }
    std::string message(int value) const override { return std::string(modelsec::message(static_cast<errc>(value))); }
    boost::system::error_condition default_error_condition(int value) const noexcept override
    {
        if (value == static_cast<int>(errc::cancelled))
            return make_error_condition(boost::system::errc::operation_canceled);
        return {value, *this};
    }
    reason why() const noexcept { return why_; }

private:
    reason why_;
};

inline const category& category_of(reason why) noexcept
{
    static constexpr category categories[] = {
#define MODELSEC_CODE(name, value, text)
#define MODELSEC_REASON(name, code, hint) category(reason::name),
#include <modelsec/detail/base/error_codes.def>
    };
    const auto at = static_cast<std::size_t>(why);
    return categories[at < std::size(categories) ? at : static_cast<std::size_t>(reason::internal_error)];
}

}  // namespace detail

const boost::system::error_category& modelsec_category() noexcept
{
    return detail::category_of(reason::none);
}

error_code make_error_code(reason why) noexcept
{
    return {static_cast<int>(code_of(why)), detail::category_of(why)};
}

reason reason_of(const error_code& ec) noexcept
{
    // Nobody else has this number.
    return ec.category() == modelsec_category() ? static_cast<const detail::category&>(ec.category()).why() : reason::none;
}

MODELSEC_END_NAMESPACE

#endif
