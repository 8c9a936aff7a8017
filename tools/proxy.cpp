// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "proxy.hpp"

#include "command_error.hpp"
#include "credentials.hpp"
#include "output.hpp"
#include "platform.hpp"

#include <initializer_list>

namespace modelsec::tool {

namespace {

/// The first that is set. Lower case goes first, as with curl.
std::string first_of(std::initializer_list<const char*> variables)
{
    for (const char* variable : variables)
        if (auto value = environment(variable))
            return std::move(*value);
    return {};
}

/// The address with "user:password" put in, percent-encoded.
std::string with_user(const std::string& address, const std::string& login)
{
    const std::size_t colon = login.find(':');
    if (colon == std::string::npos)
        usage("the variable of --proxy-user-env holds USER:PASSWORD");
    static constexpr char digits[] = "0123456789ABCDEF";
    std::string userinfo;
    userinfo.reserve(3 * login.size() + 1);  // in one place: wiped below
    for (std::size_t i = 0; i < login.size(); ++i)
    {
        const auto byte = static_cast<std::uint8_t>(login[i]);
        const bool plain = (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
        if (plain || i == colon)
            userinfo.push_back(login[i]);
        else
            ((userinfo += '%') += digits[byte >> 4]) += digits[byte & 15];
    }
    userinfo += '@';
    const std::size_t scheme = address.find("://");
    const std::size_t place = scheme == std::string::npos ? 0 : scheme + 3;
    if (address.substr(place).find('@') != std::string::npos)
        usage("--proxy-user-env, and a proxy that has a user already");
    std::string out;
    out.reserve(address.size() + userinfo.size());
    out.append(address, 0, place).append(userinfo).append(address, place);
    wipe(userinfo);
    return out;
}

}  // namespace

proxy_options find_proxy(const std::optional<std::string>& url, const std::optional<std::string>& no_proxy,
                         const std::string& user_variable)
{
    if (url)
        refuse_userinfo(url->find("://") == std::string::npos ? "http://" + *url : *url);
    std::string address = url ? *url : first_of({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"});
    if (address.empty())
        return {};
    if (!user_variable.empty())
        if (auto login = environment(user_variable))
        {
            std::string complete = with_user(address, *login);
            wipe(*login);
            wipe(address);
            address = std::move(complete);
        }
    proxy_options out(address, no_proxy ? *no_proxy : first_of({"no_proxy", "NO_PROXY"}));
    wipe(address);
    return out;
}

void proxy_arguments::add_to(CLI::App& command, const std::string& group)
{
    command.add_option("--proxy", url_, "Ask through this proxy; in place of HTTPS_PROXY and ALL_PROXY; '' for none")
        ->type_name("[http|socks5]://HOST:PORT")
        ->group(group);
    command
        .add_option("--no-proxy", no_proxy_, "Hosts that are asked directly, in place of NO_PROXY: a.example,10.0.0.0/8,*")
        ->type_name("LIST")
        ->group(group);
    command.add_option("--proxy-user-env", user_variable_, "The variable with USER:PASSWORD for the proxy")
        ->type_name("VAR")
        ->group(group);
}

proxy_options proxy_arguments::options(output& out) const
{
    if (const auto variable = unset_variable())
        out.unset(*variable);
    return options();
}

std::optional<std::string> proxy_arguments::unset_variable() const
{
    return user_variable_.empty() || environment(user_variable_) ? std::nullopt : std::optional(user_variable_);
}

}  // namespace modelsec::tool
