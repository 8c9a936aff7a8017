// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_ERROR_HPP
#define MODELSEC_ERROR_HPP

#include <modelsec/config.hpp>

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>
#include <boost/system/system_error.hpp>

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

MODELSEC_BEGIN_NAMESPACE

using boost::system::error_code;

/// What an operation came to. The values are stable: exit codes of the command and codes of every binding (docs/codes.md):
/// ok 0, internal 1, usage 2, cancelled 3, network 10, tls 11, http_status 12, rate_limited 13, unauthorized 14, signature 20, expired 21,
/// rollback 22, mismatch 23, malformed 24, no_artifact 25, clock 26, digest 30, unsafe 31, disk_full 40, store 41, busy 42, none_active 43,
/// policy 50, findings 60.
enum class errc : int
{
#define MODELSEC_CODE(name, value, text) name = value,
#define MODELSEC_REASON(name, code, hint)
#include <modelsec/detail/base/error_codes.def>
};

/// Which case of its code it was. Names are stable words (JSON `reason`), values are not.
enum class reason : int
{
#define MODELSEC_CODE(name, value, text)
#define MODELSEC_REASON(name, code, hint) name,
#include <modelsec/detail/base/error_codes.def>
};

/// The name of a code, as in JSON `name`: "ok", "digest", … ("internal" for a value that is none).
MODELSEC_DECL std::string_view to_string(errc code) noexcept;
/// The stable word of a reason: "host_mismatch", "stall", …
MODELSEC_DECL std::string_view to_string(reason why) noexcept;
/// The generic text for users. It never contains a path, an address or a secret.
MODELSEC_DECL std::string_view message(errc code) noexcept;
/// What the reader of the error can do about it.
MODELSEC_DECL std::string_view hint(reason why) noexcept;
/// Every reason belongs to exactly one code.
MODELSEC_DECL errc code_of(reason why) noexcept;

/// The generic text for end users, who can do nothing about the case: "Model initialization failed (code N)".
MODELSEC_DECL std::string generic_message(errc code);

/// The category of modelsec's error codes: `name()` is "modelsec", `message()` the generic text. As conditions, `errc::cancelled`
/// equals `std::errc::operation_canceled` and the condition of `boost::asio::error::operation_aborted`.
MODELSEC_DECL const boost::system::error_category& modelsec_category() noexcept;

inline error_code make_error_code(errc code) noexcept
{
    return {static_cast<int>(code), modelsec_category()};
}

/// The code that `why` belongs to. It compares equal to make_error_code() of it, and carries the reason besides.
MODELSEC_DECL error_code make_error_code(reason why) noexcept;
/// The reason that a code of modelsec carries; `reason::none` where there is none in it.
MODELSEC_DECL reason reason_of(const error_code& ec) noexcept;

/// A failure with both of its channels: the code and reason for everybody, `detail` for the owner of the process only
/// (it may hold local paths and text that a remote host chose; never a token or the query of a URL).
struct failure
{
    reason why = reason::internal_error;
    std::string detail{};

    errc code() const noexcept { return code_of(why); }
    operator error_code() const noexcept { return make_error_code(why); }
};

inline failure fail(reason why, std::string detail = {})
{
    return {why, std::move(detail)};
}

/// Why an operation failed, beside its error_code. Cleared at the start of every operation that takes one.
struct diagnostics
{
    reason why = reason::none;
    std::string detail{};  ///< for the owner; see failure::detail

    void clear() noexcept
    {
        why = reason::none;
        detail.clear();
    }
};

/// What the throwing overloads throw.
class error : public boost::system::system_error
{
public:
    explicit error(failure f) : system_error(make_error_code(f.why)), diag_{f.why, std::move(f.detail)} {}

    errc code_value() const noexcept { return static_cast<errc>(code().value()); }
    const diagnostics& get_diagnostics() const noexcept { return diag_; }

private:
    diagnostics diag_;
};

[[noreturn]] inline void throw_exception_from_error(const failure& f, const boost::source_location&)
{
    throw error(f);
}

/// A value or the failure that stands in its place.
template <class T>
using result = boost::system::result<T, failure>;

/// Returns the failure of `expr` to the caller, if it has one.
#define MODELSEC_CHECK(expr)                                  \
    do                                                        \
    {                                                         \
        if (auto modelsec_r = (expr); modelsec_r.has_error()) \
            return std::move(modelsec_r).error();             \
    } while (false)

/// Declares `decl` from the value of `expr`, or returns its failure to the caller.
#define MODELSEC_TRY(decl, expr) MODELSEC_TRY_AT(decl, expr, __LINE__)
#define MODELSEC_TRY_AT(decl, expr, line) MODELSEC_TRY_NAMED(decl, expr, line)
#define MODELSEC_TRY_NAMED(decl, expr, line)        \
    auto modelsec_r##line = (expr);                 \
    if (modelsec_r##line.has_error())               \
        return std::move(modelsec_r##line).error(); \
    decl = std::move(*modelsec_r##line)

MODELSEC_END_NAMESPACE

namespace boost::system {
template <>
struct is_error_code_enum<modelsec::errc> : std::true_type
{
};
}  // namespace boost::system

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/base/error.ipp>
#endif

#endif
