// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "credentials.hpp"

#include "command_error.hpp"
#include "platform.hpp"
#include "text.hpp"

namespace modelsec::tool {

namespace {

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t'))
        text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t'))
        text.remove_suffix(1);
    return text;
}

}  // namespace

void refuse_userinfo(std::string_view text)
{
    const std::size_t scheme = text.find("//");
    const std::size_t begin = scheme == std::string_view::npos ? 0 : scheme + 2;
    if (text.substr(begin, text.find_first_of("/?#", begin) - begin).find('@') != std::string_view::npos)
        throw command_error(reason::secret_in_argument, "no user or password in a URL; use --token-env or --credentials");
}

http_header parse_header(std::string_view text)
{
    const std::size_t colon = text.find(':');
    http_header out{std::string(text.substr(0, colon)),
                    colon == std::string_view::npos ? std::string_view() : trimmed(text.substr(colon + 1))};
    if (colon == std::string_view::npos || !is_header_field(out.name, out.value))
        usage("--header takes 'Name: value'");
    for (const std::string_view secret_name : {"Authorization", "Proxy-Authorization", "Cookie", "apikey", "X-API-Key"})
        if (same_ignoring_case(out.name, secret_name))
            throw command_error(reason::secret_in_argument,
                                "--header shows the secret to everybody; use --header-env, --token-env or --credentials");
    return out;
}

http_header header_from_environment(std::string_view text)
{
    const std::size_t split = text.find('=');
    const std::string name(text.substr(0, split));
    if (split == std::string_view::npos || split + 1 == text.size() || !is_header_field(name, {}))
        usage("--header-env takes NAME=VARIABLE");
    auto value = environment(std::string(text.substr(split + 1)));
    if (!value)
        return {};
    if (!is_header_field(name, *value))
        usage("a variable of --header-env holds what no header can");
    http_header out{name, *value};
    wipe(*value);
    return out;
}

credential_provider make_provider(origin_headers fixed, const std::string& path)
{
    auto made = make_credential_provider(std::move(fixed), path);
    if (made.has_value())
        return std::move(*made);
    const reason why = made.error().why;
    if (why == reason::secret_file_exposed || why == reason::file_unreadable)
        throw command_error(why, file_hint(made.error()), made.error().detail);
    throw command_error(
        reason::bad_option,
        "--credentials takes a JSON object: for each origin its bearer, basic or headers; none for the origin of "
        "--token-env",
        made.error().detail);
}

}  // namespace modelsec::tool
