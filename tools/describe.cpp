// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "describe.hpp"

#include "text.hpp"

#include <modelsec/detail/trust/signature_bundle.hpp>
#include <modelsec/detail/store/state/state.hpp>
#include <modelsec/detail/trust/metadata.hpp>
#include <modelsec/pins.hpp>

#include <algorithm>

namespace modelsec::tool {

namespace {

constexpr std::size_t longest_list = 8;

/// The payload as JSON if it is JSON, else its size.
json payload_of(const envelope& e)
{
    if (auto parsed = parse_json(e.payload()))
        return std::move(*parsed);
    return std::to_string(e.payload_size) + " bytes that are no JSON";
}

result<json> describe_envelope(bytes_view text, envelope_format format, const json& doc)
{
    const std::string type(doc.string_at("payloadType").value_or(manifest_payload_type));
    MODELSEC_TRY(const envelope e, parse_envelope(text, format, {}, type));
    json::array signers;
    for (const signature& s : e.signatures)
        signers.emplace_back(s.key_id);
    json out{{"kind", format == envelope_format::dsse ? "DSSE envelope" : "pack envelope"},
             {"verified", "no: inspect checks no signature"}};
    if (format == envelope_format::dsse)
        out.set("payload_type", type);
    out.set("signatures_claimed_by", std::move(signers));
    out.set("payload", payload_of(e));
    return out;
}

result<json> describe_bundle(bytes_view text)
{
    MODELSEC_TRY(const signature_bundle b, parse_signature_bundle(text));
    return json{{"kind", "signature bundle of OpenSSF Model Signing"},
                {"verified", "no: inspect checks no signature"},
                {"payload_type", statement_payload_type},
                {"key_hint", b.key_hint},
                {"payload", payload_of(b.content)}};
}

result<json> describe_metadata(bytes_view text, const json& doc)
{
    MODELSEC_TRY(const metadata_envelope e, parse_metadata_envelope(text, limits{}.envelope_bytes));
    json::array signers;
    for (const signature& s : e.signatures)
        signers.emplace_back(s.key_id);
    return json{{"kind", "TUF metadata: " + std::string(e.signed_view.string_at("_type").value_or("of no type"))},
                {"verified", "no: inspect checks no signature; modelsec root verify does"},
                {"signatures_claimed_by", std::move(signers)},
                {"signed", *doc.find("signed")}};
}

json described(std::string_view kind, const json& content)
{
    json out{{"kind", kind}};
    if (const auto* members = content.as_object())
        for (const auto& [key, value] : *members)
            out.set(key, value);
    return out;
}

bool has(const json& doc, std::initializer_list<std::string_view> members)
{
    return std::all_of(members.begin(), members.end(), [&](std::string_view key) { return doc.find(key) != nullptr; });
}

bool is_plain(const json& value)
{
    return !value.as_object() && !value.as_array();
}

std::string plain_text(const json& value)
{
    return value.as_string() ? printable(*value.as_string()) : value.dump();
}

/// A number of bytes is read more easily with its unit.
std::string with_unit(std::string_view key, const json& value)
{
    const std::int64_t* n = value.as_integer();
    const bool bytes = key == "size" || key.ends_with("bytes");
    return plain_text(value) + (n && *n >= 1024 && bytes ? " (" + human_size(static_cast<std::uint64_t>(*n)) + ")" : "");
}

void render_value(std::string& out, std::string_view key, const json& value, std::size_t indent);

void render_members(std::string& out, const json& object, std::size_t indent)
{
    for (const auto& [key, value] : *object.as_object())
    {
        ((out.append(indent, ' ') += printable(key)) += ":");
        render_value(out, key, value, indent);
    }
}

void render_list(std::string& out, const json::array& list, std::size_t indent)
{
    if (list.empty())
        out += " none\n";
    else if (list.size() > longest_list)
        out += " " + counted(list.size(), "element") + "\n";
    else if (std::all_of(list.begin(), list.end(), is_plain))
    {
        for (const json& element : list)
            out += (&element == list.data() ? " " : ", ") + plain_text(element);
        out += "\n";
    }
    else
    {
        out += "\n";
        for (const json& element : list)
        {
            const std::size_t begin = out.size();
            render_value(out, {}, element, indent);
            if (element.as_object() && !element.as_object()->empty())
                out.replace(begin, 1 + indent + 2, std::string(indent, ' ') + "- ");  // the first member on the dash's line
        }
    }
}

void render_value(std::string& out, std::string_view key, const json& value, std::size_t indent)
{
    if (value.as_object())
    {
        out += "\n";
        render_members(out, value, indent + 2);
    }
    else if (value.as_array())
        render_list(out, *value.as_array(), indent + 2);
    else
        out += " " + with_unit(key, value) + "\n";
}

}  // namespace

result<json> describe_document(bytes_view text)
{
    MODELSEC_TRY(const json doc, parse_json(text));
    if (has(doc, {"payload_b64"}))
        return describe_envelope(text, envelope_format::pack, doc);
    if (has(doc, {"payloadType"}))
        return describe_envelope(text, envelope_format::dsse, doc);
    if (has(doc, {"dsseEnvelope"}))
        return describe_bundle(text);
    if (has(doc, {"model_id", "artifacts"}))
    {
        json out{{"kind", "manifest without an envelope"}, {"verified", "no: nobody signed this file"}};
        for (const auto& [key, value] : *doc.as_object())
            out.set(key, value);
        return out;
    }
    if (has(doc, {"signed", "signatures"}))
        return describe_metadata(text, doc);
    if (has(doc, {"keys"}))
    {
        MODELSEC_TRY(const pins parsed, pins::parse(text));
        MODELSEC_TRY(const json clean, parse_json(as_bytes(parsed.dump())));
        return described("pins: the keys that may sign", clean);
    }
    if (has(doc, {"generation"}))
    {
        MODELSEC_CHECK(parse_state(text));
        return described("state of a model in a store", doc);
    }
    return fail(reason::json_malformed, "JSON, but nothing that is known here");
}

std::string render(const json& description)
{
    std::string out;
    render_members(out, description, 0);
    if (!out.empty())
        out.pop_back();
    return out;
}

}  // namespace modelsec::tool
