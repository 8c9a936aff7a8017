// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "describe.hpp"

#include "text.hpp"

#include <algorithm>

namespace modelsec::tool {

namespace {

constexpr std::size_t longest_list = 8;

bool is_plain(const json::value& value)
{
    return !value.is_object() && !value.is_array();
}

std::string plain_text(const json::value& value)
{
    return value.is_string() ? printable(value.as_string()) : json::serialize(value);
}

/// A number of bytes is read more easily with its unit.
std::string with_unit(std::string_view key, const json::value& value)
{
    const std::int64_t* n = value.if_int64();
    const bool bytes = key == "size" || key.ends_with("bytes");
    return plain_text(value) + (n && *n >= 1024 && bytes ? " (" + human_size(static_cast<std::uint64_t>(*n)) + ")" : "");
}

void render_value(std::string& out, std::string_view key, const json::value& value, std::size_t indent);

void render_members(std::string& out, const json::object& object, std::size_t indent)
{
    for (const auto& [key, value] : object)
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
        for (const json::value& element : list)
            out += (&element == list.data() ? " " : ", ") + plain_text(element);
        out += "\n";
    }
    else
    {
        out += "\n";
        for (const json::value& element : list)
        {
            const std::size_t begin = out.size();
            render_value(out, {}, element, indent);
            if (element.is_object() && !element.as_object().empty())
                out.replace(begin, 1 + indent + 2, std::string(indent, ' ') + "- ");  // the first member on the dash's line
        }
    }
}

void render_value(std::string& out, std::string_view key, const json::value& value, std::size_t indent)
{
    if (value.is_object())
    {
        out += "\n";
        render_members(out, value.as_object(), indent + 2);
    }
    else if (value.is_array())
        render_list(out, value.as_array(), indent + 2);
    else
        out += " " + with_unit(key, value) + "\n";
}

}  // namespace

std::string render(const json::object& description)
{
    std::string out;
    render_members(out, description, 0);
    if (!out.empty())
        out.pop_back();
    return out;
}

}  // namespace modelsec::tool
