// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_PEM_HPP
#define MODELSEC_DETAIL_BASE_PEM_HPP

#include <modelsec/config.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// One object of a PEM text (RFC 7468 section 2).
struct pem_block
{
    std::string_view label;  ///< "CERTIFICATE"
    std::string_view text;   ///< from its BEGIN line to its END line; to the end of the text where that line is missing
    std::string_view body;   ///< between these lines, the end of the first one included; empty where the last one is missing
};

/// The next object of `rest`, which then holds what follows it; nothing if there is none. Lines around the objects are for people
/// (RFC 7468 section 2: parsers skip them), and so is a byte order mark before a BEGIN line, which Windows' editors leave. Every
/// reader of PEM begins here, so that all of them take the same files. Views into `rest`.
inline std::optional<pem_block> next_pem(std::string_view& rest)
{
    static constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF", begin = "-----BEGIN ", dashes = "-----";
    while (!rest.empty())
    {
        const std::size_t line_end = std::min(rest.find('\n'), rest.size());
        if (rest.starts_with(byte_order_mark))
        {
            rest.remove_prefix(byte_order_mark.size());
            continue;
        }
        const std::string_view line = rest.substr(0, line_end);
        const std::size_t label_end = line.starts_with(begin) ? line.find(dashes, begin.size()) : line.npos;
        if (label_end == line.npos)
        {
            rest.remove_prefix(std::min(line_end + 1, rest.size()));
            continue;
        }
        pem_block out;
        out.label = line.substr(begin.size(), label_end - begin.size());
        const std::string end = std::string("\n-----END ").append(out.label).append(dashes);
        const std::size_t at = rest.find(end);
        out.text = rest.substr(0, at == rest.npos ? rest.npos : at + end.size());
        const std::size_t from = label_end + dashes.size();
        if (at != rest.npos)
            out.body = rest.substr(from, at + 1 - from);
        rest.remove_prefix(out.text.size());
        return out;
    }
    return std::nullopt;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
