// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_JSON_DOCUMENT_HPP
#define MODELSEC_DETAIL_BASE_JSON_DOCUMENT_HPP

#include <modelsec/detail/base/bytes.hpp>
#include <modelsec/error.hpp>
#include <modelsec/limits.hpp>

#include <simdjson.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

class json;

/// A value inside a json_document, read where simdjson put it; what large documents (an envelope, a manifest) are read by, because a
/// tree of 40,000 digests takes longer to build than to verify. Copied freely; lives as long as its document. Its members mean what
/// those of `json` mean.
class json_view
{
public:
    class array
    {
    public:
        class iterator
        {
        public:
            explicit iterator(simdjson::dom::array::iterator at) : at_(at) {}
            json_view operator*() const { return json_view(*at_); }
            iterator& operator++() { return ++at_, *this; }
            bool operator!=(const iterator& other) const { return at_ != other.at_; }

        private:
            simdjson::dom::array::iterator at_;
        };

        explicit array(simdjson::dom::array list) : list_(list) {}
        iterator begin() const { return iterator(list_.begin()); }
        iterator end() const { return iterator(list_.end()); }
        std::size_t size() const
        {
            return list_.size();
        }  // right up to 0xffffff, more than a document within its cap has room for
        bool empty() const { return !(begin() != end()); }

    private:
        simdjson::dom::array list_;
    };

    struct member;
    /// The members of an object, in the order in which they are written.
    class object
    {
    public:
        class iterator
        {
        public:
            explicit iterator(simdjson::dom::object::iterator at) : at_(at) {}
            inline member operator*() const;
            iterator& operator++() { return ++at_, *this; }
            bool operator!=(const iterator& other) const { return at_ != other.at_; }

        private:
            simdjson::dom::object::iterator at_;
        };

        explicit object(simdjson::dom::object members) : members_(members) {}
        iterator begin() const { return iterator(members_.begin()); }
        iterator end() const { return iterator(members_.end()); }
        std::size_t size() const { return members_.size(); }
        bool empty() const { return !(begin() != end()); }

    private:
        simdjson::dom::object members_;
    };

    explicit json_view(simdjson::dom::element value) : value_(value) {}

    bool is_null() const { return value_.is_null(); }
    bool is_object() const { return value_.is_object(); }
    std::optional<std::string_view> as_string() const { return get<std::string_view>(); }
    std::optional<array> as_array() const
    {
        const auto list = get<simdjson::dom::array>();
        return list ? std::optional(array(*list)) : std::nullopt;
    }

    std::optional<object> as_object() const
    {
        const auto members = get<simdjson::dom::object>();
        return members ? std::optional(object(*members)) : std::nullopt;
    }

    std::optional<json_view> find(std::string_view key) const
    {
        if (const auto members = get<simdjson::dom::object>())
            for (const auto field : *members)
                if (field.key == key)
                    return json_view(field.value);
        return std::nullopt;
    }

    /// The member of this name if it is there and not null.
    std::optional<json_view> present(std::string_view key) const
    {
        const auto v = find(key);
        return v && !v->is_null() ? v : std::nullopt;
    }

    std::optional<std::string_view> string_at(std::string_view key) const
    {
        const auto v = find(key);
        return v ? v->as_string() : std::nullopt;
    }

    std::optional<array> array_at(std::string_view key) const
    {
        const auto v = find(key);
        return v ? v->as_array() : std::nullopt;
    }

    std::optional<std::uint64_t> size_at(std::string_view key) const
    {
        const auto v = find(key);
        const auto n = v ? v->get<std::uint64_t>() : std::nullopt;
        return n && *n <= limits::max_integer ? n : std::nullopt;
    }

    std::optional<bool> bool_at(std::string_view key) const
    {
        const auto v = find(key);
        return v ? v->get<bool>() : std::nullopt;
    }

    /// Whether no object in it has a member twice.
    bool names_are_distinct() const
    {
        if (const auto list = as_array())
        {
            for (const json_view element : *list)
                if (!element.names_are_distinct())
                    return false;
        }
        else if (const auto members = get<simdjson::dom::object>())
        {
            std::vector<std::string_view> names;
            names.reserve(members->size());
            for (const auto field : *members)
            {
                names.push_back(field.key);
                if (!json_view(field.value).names_are_distinct())
                    return false;
            }
            std::sort(names.begin(), names.end());
            return std::adjacent_find(names.begin(), names.end()) == names.end();
        }
        return true;
    }

    simdjson::dom::element raw() const { return value_; }

private:
    template <class T>
    std::optional<T> get() const
    {
        T out{};
        return value_.get(out) == simdjson::SUCCESS ? std::optional<T>(out) : std::nullopt;
    }

    simdjson::dom::element value_;
};

struct json_view::member
{
    std::string_view key;
    json_view value;
};

inline json_view::member json_view::object::iterator::operator*() const
{
    const auto at = *at_;
    return {at.key, json_view(at.value)};
}

/// A tree of its own; in json.hpp's body.
MODELSEC_DECL json copy_json(json_view from);
/// As json::canonical(), without a tree. `room`: how long it will be at most, as far as the caller knows.
MODELSEC_DECL std::optional<bytes> canonical_json(json_view from, std::size_t room = 0);
/// Whether a text has at most limits::json_values values and members, counted by what separates them: an upper bound of what a parser
/// holds of it (CWE-400). Of what is no JSON it says nothing.
MODELSEC_DECL bool is_modest_json(bytes_view text) noexcept;

/// What parse_json reads, not copied into a tree.
class json_document
{
public:
    static result<json_document> parse(bytes_view text, std::size_t max_depth)
    {
        if (text.empty())
            return fail(reason::json_malformed, "an empty document");
        if (!is_modest_json(text))
            return fail(reason::json_malformed, "more values in one document than allowed");
        // Whoever allows any depth gets what recursion bears, and what simdjson reserves room for (CWE-674).
        constexpr std::size_t deepest = 1000;
        max_depth = std::min(max_depth, deepest);
        auto values = std::make_unique<simdjson::dom::document>();
        simdjson::dom::element root;
        {
            // Its copy of the text and its list of where values begin are as large as the text again: they go once it has been read.
            simdjson::dom::parser parser;
            if (parser.allocate(text.size(), max_depth) != simdjson::SUCCESS)
                return fail(reason::out_of_memory);
            const auto* data = reinterpret_cast<const char*>(text.data());
            if (const auto ec = parser.parse_into_document(*values, data, text.size(), true).get(root);
                ec != simdjson::SUCCESS)
                return fail(reason::json_malformed, simdjson::error_message(ec));
        }
        const json_view view(root);
        if (!view.names_are_distinct())
            return fail(reason::json_malformed, "a member stands twice in one object");
        return json_document(std::move(values), view);
    }

    json_view root() const { return root_; }

private:
    json_document(std::unique_ptr<simdjson::dom::document> values, json_view root) : values_(std::move(values)), root_(root)
    {
    }

    std::unique_ptr<simdjson::dom::document> values_;  // holds what root_ points into, so it never moves
    json_view root_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
