// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_PUBLISH_S3_XML_HPP
#define MODELSEC_DETAIL_PUBLISH_S3_XML_HPP

#include <modelsec/config.hpp>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The texts of all elements of this name, in order; S3's answers are flat, and hold no attribute that matters here.
inline std::vector<std::string> xml_texts(std::string_view text, std::string_view name)
{
    const std::string begin = '<' + std::string(name) + '>', end = "</" + std::string(name) + '>';
    std::vector<std::string> out;
    for (std::size_t at = text.find(begin); at != std::string_view::npos; at = text.find(begin, at))
    {
        at += begin.size();
        const std::size_t stop = text.find(end, at);
        if (stop == std::string_view::npos)
            break;
        std::string one(text.substr(at, stop - at));
        for (const auto& [entity, character] : {std::pair<std::string_view, char>{"&quot;", '"'},
                                                {"&lt;", '<'},
                                                {"&gt;", '>'},
                                                {"&apos;", '\''},
                                                {"&#34;", '"'},
                                                {"&amp;", '&'}})
            for (std::size_t found = one.find(entity); found != std::string::npos; found = one.find(entity, found + 1))
                one.replace(found, entity.size(), 1, character);
        out.push_back(std::move(one));
        at = stop;
    }
    return out;
}

inline std::string xml_text(std::string_view text, std::string_view name)
{
    auto all = xml_texts(text, name);
    return all.empty() ? std::string() : std::move(all.front());
}

inline std::string xml_escape(std::string_view text)
{
    std::string out;
    for (const char c : text)
        out += c == '&' ? "&amp;" : c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '"' ? "&quot;" : std::string(1, c);
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
