// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_JSON_IPP
#define MODELSEC_DETAIL_BASE_JSON_IPP

#include <modelsec/detail/base/json.hpp>
#include <modelsec/detail/base/json_document.hpp>
#include <modelsec/limits.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <string>
#include <utility>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline void append_escaped(std::string& out, std::string_view text, bool canonical)
{
    static constexpr char digits[] = "0123456789abcdef";
    out += '"';
    for (const char c : text)
    {
        const auto u = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\')
            (out += '\\') += c;
        else if (u < 0x20 && !canonical)
            ((out += "\\u00") += digits[u >> 4]) += digits[u & 15];
        else
            out += c;
    }
    out += '"';
}

template <class Number>
void append_number(std::string& out, Number value)
{
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
    out.append(text.data(), end);
}

/// Writes `value`; false if it has no canonical form and one was asked for.
inline bool append_json(std::string& out, const json& value, bool canonical)
{
    if (const auto* b = value.as_bool())
        out += *b ? "true" : "false";
    else if (const auto* i = value.as_integer())
        append_number(out, *i);
    else if (const auto* s = value.as_string())
        append_escaped(out, *s, canonical);
    else if (const auto* d = value.as_double())
    {
        if (canonical)
            return false;
        const std::size_t begin = out.size();
        if (std::isfinite(*d))
        {
            append_number(out, *d);
            if (out.find_first_of(".e", begin) == std::string::npos)
                out += ".0";  // else it would be read back as an integer, or not at all: 18446744073709552000
        }
        else
            out += "null";  // RFC 8259 section 6 has no infinities
    }
    else if (const auto* a = value.as_array())
    {
        out += '[';
        for (const json& element : *a)
        {
            if (&element != a->data())
                out += ',';
            if (!append_json(out, element, canonical))
                return false;
        }
        out += ']';
    }
    else if (const auto* o = value.as_object())
    {
        std::vector<const json::member*> members;
        for (const auto& m : *o)
            members.push_back(&m);
        if (canonical)
            std::sort(members.begin(), members.end(), [](auto* x, auto* y) { return x->first < y->first; });
        out += '{';
        for (std::size_t n = 0; n < members.size(); ++n)
        {
            if (n != 0)
                out += ',';
            append_escaped(out, members[n]->first, canonical);
            out += ':';
            if (!append_json(out, members[n]->second, canonical))
                return false;
        }
        out += '}';
    }
    else
        out += "null";
    return true;
}

json copy_json(json_view from)
{
    const simdjson::dom::element value = from.raw();
    switch (value.type())
    {
    case simdjson::dom::element_type::ARRAY:
    {
        json::array out;
        for (const auto element : simdjson::dom::array(value))
            out.push_back(copy_json(json_view(element)));
        return json(std::move(out));
    }
    case simdjson::dom::element_type::OBJECT:
    {
        json::object out;
        for (const auto field : simdjson::dom::object(value))
            out.emplace_back(std::string(field.key), copy_json(json_view(field.value)));
        return json(std::move(out));
    }
    case simdjson::dom::element_type::INT64: return json(std::int64_t(value));
    case simdjson::dom::element_type::UINT64: return json(double(std::uint64_t(value)));  // from 2^63: no integer of ours
    case simdjson::dom::element_type::DOUBLE: return json(double(value));
    case simdjson::dom::element_type::STRING: return json(std::string_view(value));
    case simdjson::dom::element_type::BOOL: return json(bool(value));
    case simdjson::dom::element_type::NULL_VALUE: break;
    }
    return json();
}

inline bool append_canonical(bytes& out, json_view from)
{
    const auto put = [&](std::string_view text) { out.insert(out.end(), text.begin(), text.end()); };
    const auto put_string = [&](std::string_view text) {
        out.push_back('"');
        for (const char c : text)
        {
            if (c == '"' || c == '\\')
                out.push_back('\\');
            out.push_back(static_cast<std::uint8_t>(c));
        }
        out.push_back('"');
    };
    const simdjson::dom::element value = from.raw();
    switch (value.type())
    {
    case simdjson::dom::element_type::ARRAY:
    {
        char separator = '[';
        for (const auto element : simdjson::dom::array(value))
        {
            out.push_back(static_cast<std::uint8_t>(std::exchange(separator, ',')));
            if (!append_canonical(out, json_view(element)))
                return false;
        }
        put(separator == '[' ? "[]" : "]");
        return true;
    }
    case simdjson::dom::element_type::OBJECT:
    {
        // Where a member is, not what it is: half the size, and there may be half a million of them.
        const simdjson::dom::object object(value);
        std::vector<simdjson::dom::object::iterator> members;
        members.reserve(object.size());
        for (auto at = object.begin(); at != object.end(); ++at)
            members.push_back(at);
        std::sort(members.begin(), members.end(), [](const auto& x, const auto& y) { return x.key() < y.key(); });
        char separator = '{';
        for (const auto& at : members)
        {
            out.push_back(static_cast<std::uint8_t>(std::exchange(separator, ',')));
            put_string(at.key());
            out.push_back(':');
            if (!append_canonical(out, json_view(at.value())))
                return false;
        }
        put(separator == '{' ? "{}" : "}");
        return true;
    }
    case simdjson::dom::element_type::INT64: put(std::to_string(std::int64_t(value))); return true;
    case simdjson::dom::element_type::UINT64:  // from 2^63: no integer of ours
    case simdjson::dom::element_type::DOUBLE: return false;
    case simdjson::dom::element_type::STRING: put_string(std::string_view(value)); return true;
    case simdjson::dom::element_type::BOOL: put(bool(value) ? "true" : "false"); return true;
    case simdjson::dom::element_type::NULL_VALUE: put("null"); return true;
    }
    return false;
}

std::optional<bytes> canonical_json(json_view from, std::size_t room)
{
    bytes out;
    out.reserve(room);
    return append_canonical(out, from) ? std::optional(std::move(out)) : std::nullopt;
}

bool is_modest_json(bytes_view text) noexcept
{
    if (text.size() <= limits::json_values)
        return true;
    std::size_t values = 0;
    bool quoted = false;
    for (std::size_t at = 0; at < text.size(); ++at)
        switch (text[at])
        {
        case '"': quoted = !quoted; break;
        case '\\': at += quoted ? 1 : 0; break;
        case ',':
        case ':':
        case '[':
        case '{': values += quoted ? 0 : 1; break;
        default: break;
        }
    return values <= limits::json_values;
}

const json* json::find(std::string_view key) const noexcept
{
    if (const object* members = as_object())
        for (const member& m : *members)
            if (m.first == key)
                return &m.second;
    return nullptr;
}

json& json::set(std::string_view key, json value)
{
    if (!as_object())
        value_ = object{};
    object& members = *as_object();
    for (member& m : members)
        if (m.first == key)
            return m.second = std::move(value);
    members.emplace_back(std::string(key), std::move(value));
    return members.back().second;
}

std::optional<std::string_view> json::string_at(std::string_view key) const noexcept
{
    const json* v = find(key);
    const std::string* s = v ? v->as_string() : nullptr;
    return s ? std::optional<std::string_view>(*s) : std::nullopt;
}

std::optional<std::uint64_t> json::size_at(std::string_view key) const noexcept
{
    const json* v = find(key);
    const std::int64_t* i = v ? v->as_integer() : nullptr;
    if (!i || *i < 0 || static_cast<std::uint64_t>(*i) > limits::max_integer)
        return std::nullopt;
    return static_cast<std::uint64_t>(*i);
}

std::optional<bool> json::bool_at(std::string_view key) const noexcept
{
    const json* v = find(key);
    const bool* b = v ? v->as_bool() : nullptr;
    return b ? std::optional<bool>(*b) : std::nullopt;
}

std::string json::dump() const
{
    std::string out;
    append_json(out, *this, false);
    return out;
}

std::optional<std::string> json::canonical() const
{
    std::string out;
    if (!append_json(out, *this, true))
        return std::nullopt;
    return out;
}

result<json> parse_json(bytes_view text, std::size_t max_depth)
{
    MODELSEC_TRY(const json_document document, json_document::parse(text, max_depth));
    return copy_json(document.root());
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
