// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_SECRET_JSON_HPP
#define MODELSEC_DETAIL_BASE_SECRET_JSON_HPP

#include <modelsec/detail/base/json_document.hpp>
#include <modelsec/detail/base/secret.hpp>

#include <cstring>
#include <memory>
#include <optional>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A JSON document that holds secrets (credentials, tokens), read by the rules of parse_json(). Its strings are never copied into a tree, and
/// are wiped when it goes, as is the copy of the text that the parser reads (CWE-226). What is taken out of it belongs into a `secret` or a
/// secret_text.
class secret_json
{
public:
    static result<secret_json> parse(bytes_view text, std::size_t max_depth = 16)
    {
        if (text.empty())
            return fail(reason::json_malformed, "an empty document");
        if (!is_modest_json(text))
            return fail(reason::json_malformed, "more values in one document than allowed");
        // simdjson copies what is left of its last block onto the stack, and the whole where there is no room behind it: neither is wiped. So
        // there is room, and the last block has blanks alone, which may follow any document (RFC 8259 section 2).
        constexpr std::size_t block_bytes = 128;
        const std::size_t size = (text.size() / block_bytes + 2) * block_bytes;
        std::vector<std::uint8_t, wiping_allocator<std::uint8_t>> padded(size + simdjson::SIMDJSON_PADDING, ' ');
        std::memcpy(padded.data(), text.data(), text.size());
        secret_json out;
        simdjson::dom::parser parser;
        if (parser.allocate(size, max_depth) != simdjson::SUCCESS)
            return fail(reason::out_of_memory);
        simdjson::dom::element root;
        if (const auto ec =
                parser.parse_into_document(*out.values_, reinterpret_cast<const char*>(padded.data()), size, false)
                    .get(root);
            ec != simdjson::SUCCESS)
            return fail(reason::json_malformed, simdjson::error_message(ec));
        out.root_ = json_view(root);
        if (!out.root_->names_are_distinct())
            return fail(reason::json_malformed, "a member stands twice in one object");
        return out;
    }

    secret_json(secret_json&&) noexcept = default;
    secret_json& operator=(secret_json&&) = delete;
    ~secret_json()
    {
        if (!values_ || !values_->string_buf)
            return;
        if (root_)
            wipe_strings(*root_);
        // Of a text that was no JSON there is nothing to go by but how much of it there was; the buffer is larger than that.
        modelsec::wipe(values_->string_buf.get(), values_->capacity());
    }

    json_view root() const { return *root_; }

private:
    secret_json() : values_(std::make_unique<simdjson::dom::document>()) {}

    static void wipe_text(std::string_view text) noexcept { modelsec::wipe(const_cast<char*>(text.data()), text.size()); }

    static void wipe_strings(json_view value)
    {
        if (const auto text = value.as_string())
            wipe_text(*text);
        else if (const auto list = value.as_array())
            for (const json_view element : *list)
                wipe_strings(element);
        else if (const auto members = value.as_object())
            for (const auto member : *members)
            {
                wipe_text(member.key);
                wipe_strings(member.value);
            }
    }

    std::unique_ptr<simdjson::dom::document> values_;
    std::optional<json_view> root_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
