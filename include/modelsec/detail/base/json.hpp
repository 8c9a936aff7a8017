// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_JSON_HPP
#define MODELSEC_DETAIL_BASE_JSON_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/error.hpp>

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A JSON value. Objects keep the order of their members. Read from outside only by parse_json, which refuses what two
/// readers could take for two things; written compactly or canonically.
class json
{
public:
    using array = std::vector<json>;
    using member = std::pair<std::string, json>;
    using object = std::vector<member>;

    json() = default;
    json(std::nullptr_t) {}
    json(bool v) : value_(v) {}
    json(std::int64_t v) : value_(v) {}
    json(std::uint64_t v) : value_(static_cast<std::int64_t>(v)) {}
    json(int v) : value_(std::int64_t{v}) {}
    json(unsigned v) : value_(std::int64_t{v}) {}
    json(double v) : value_(v) {}
    json(std::string v) : value_(std::move(v)) {}
    json(std::string_view v) : value_(std::string(v)) {}
    json(const char* v) : value_(std::string(v)) {}
    json(array v) : value_(std::move(v)) {}
    json(object v) : value_(std::move(v)) {}
    json(std::initializer_list<member> members) : value_(object(members)) {}

    bool is_null() const noexcept { return std::holds_alternative<std::monostate>(value_); }
    // A pointer to the value if it has this type, else null.
    const bool* as_bool() const noexcept { return std::get_if<bool>(&value_); }
    const std::int64_t* as_integer() const noexcept { return std::get_if<std::int64_t>(&value_); }
    const double* as_double() const noexcept { return std::get_if<double>(&value_); }
    const std::string* as_string() const noexcept { return std::get_if<std::string>(&value_); }
    const array* as_array() const noexcept { return std::get_if<array>(&value_); }
    const object* as_object() const noexcept { return std::get_if<object>(&value_); }
    array* as_array() noexcept { return std::get_if<array>(&value_); }
    object* as_object() noexcept { return std::get_if<object>(&value_); }

    /// The member of this name, or null if this is no object or has none.
    MODELSEC_DECL const json* find(std::string_view key) const noexcept;
    /// Sets or replaces a member; makes an object of anything else.
    MODELSEC_DECL json& set(std::string_view key, json value);

    // Typed members; nothing where the member is absent or of another type.
    MODELSEC_DECL std::optional<std::string_view> string_at(std::string_view key) const noexcept;
    /// 0 to 2^53-1, else nothing.
    MODELSEC_DECL std::optional<std::uint64_t> size_at(std::string_view key) const noexcept;
    MODELSEC_DECL std::optional<bool> bool_at(std::string_view key) const noexcept;

    /// Compact JSON text, ASCII control characters escaped.
    MODELSEC_DECL std::string dump() const;
    /// OLPC canonical JSON, over which TUF signs: members sorted by bytes, only `"` and `\` escaped, no space; nothing for a
    /// value with a fractional number, which has no canonical form.
    MODELSEC_DECL std::optional<std::string> canonical() const;

    friend bool operator==(const json&, const json&) = default;

private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, array, object> value_;
};

/// Parses exactly one JSON document (RFC 8259) by simdjson's DOM: well-formed UTF-8, no trailing bytes, no lone surrogate, no
/// deeper than `max_depth`, no member twice in one object (compared unescaped; RFC 8259 section 4, CWE-436). The caller has
/// capped the size. Fails with `json_malformed`.
MODELSEC_DECL result<json> parse_json(bytes_view text, std::size_t max_depth = 16);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/base/json.ipp>
#endif

#endif
