// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_CREDENTIALS_IPP
#define MODELSEC_DETAIL_NET_CREDENTIALS_IPP

#include <modelsec/detail/net/credentials.hpp>

#include <boost/beast/core/string.hpp>

#include <algorithm>
#include <utility>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The words of a header's value: what stands between spaces, commas, colons and the like.
template <class Predicate>
bool any_word(std::string_view text, Predicate wanted)
{
    static constexpr std::string_view separators = " ,;:=/\"\t";
    while (!text.empty())
    {
        const std::size_t end = std::min(text.find_first_of(separators), text.size());
        if (wanted(text.substr(0, end)))
            return true;
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return false;
}

bool is_storage_credential(std::string_view header_value)
{
    return any_word(header_value, [](std::string_view word) {
        const auto upper_alnum = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); };
        const bool aws = word.size() == 20 && (word.starts_with("AKIA") || word.starts_with("ASIA")) &&
                         std::all_of(word.begin(), word.end(), upper_alnum);
        return aws || word.starts_with("hf_") || word == "AWS4-HMAC-SHA256" || word == "GOOG4-RSA-SHA256";
    });
}

void add_headers(std::vector<http_header>& given, std::vector<http_header> needed)
{
    for (http_header& h : needed)
    {
        std::erase_if(given, [&](const http_header& old) { return boost::beast::iequals(old.name, h.name); });
        given.push_back(std::move(h));
    }
}

result<void> check_client_headers(const std::vector<http_header>& headers)
{
    for (const http_header& h : headers)
        if (is_storage_credential(h.value))
            return fail(reason::storage_credentials);
    return {};
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
