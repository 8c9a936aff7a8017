// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "network_arguments.hpp"

#include "command_error.hpp"
#include "command_line.hpp"
#include "proxy.hpp"

namespace modelsec::tool {

namespace {
constexpr unsigned most_connections = 64;  // a server takes more of them for an attack
}

void network_arguments::add_to(CLI::App& c)
{
    static const char* const network = "Network";
    c.add_option("--ca", ca_, "The CA to trust in place of the system's")->type_name("FILE")->group(network);
    c.add_option("--cert", certificate_, "A client certificate")->type_name("FILE")->group(network);
    c.add_option("--cert-key", certificate_key_, "Its private key")->type_name("FILE")->group(network);
    c.add_option("--ocsp", ocsp_,
                 "Stapled OCSP answers: check (default) those that come, require one of every server, or off")
        ->type_name("check|require|off")
        ->group(network);
    c.add_option("--proxy", proxy_, "Ask through this proxy; in place of HTTPS_PROXY and ALL_PROXY; '' for none")
        ->type_name("[http|socks5]://HOST:PORT")
        ->group(network);
    c.add_option("--no-proxy", no_proxy_, "Hosts that are asked directly, in place of NO_PROXY: a.example,10.0.0.0/8,*")
        ->type_name("LIST")
        ->group(network);
    c.add_option("--proxy-user-env", proxy_user_variable_, "The variable with USER:PASSWORD for the proxy")
        ->type_name("VAR")
        ->group(network);
    repeatable(c, "--spki-pin", spki_pins_, "A key that must be in the chain of the manifest's origin", "BASE64")
        ->group(network);
    c.add_option("--connections", connections_, "At most so many at once for a download; as many as help are used")
        ->type_name("N")
        ->group(network);
    c.add_option("--limit-rate", limit_rate_, "Not faster than this: 500k, 2MiB")->type_name("BYTES/S")->group(network);
}

transport_options network_arguments::transport() const
{
    transport_options out;
    if (certificate_.empty() != certificate_key_.empty())
        usage("--cert and --cert-key belong together");
    out.tls = {ca_, certificate_, certificate_key_, spki_pins_, ocsp()};
    out.proxy = find_proxy(proxy_, no_proxy_, proxy_user_variable_);
    if (connections_)
    {
        if (*connections_ < 1 || *connections_ > most_connections)
            usage("--connections is from 1 to " + std::to_string(most_connections));
        out.connections = *connections_;
    }
    if (!limit_rate_.empty())
    {
        out.limit_rate = size_option(limit_rate_, "--limit-rate takes bytes a second: 500k, 2MiB");
        if (out.limit_rate == 0)
            usage("--limit-rate 0 would never end");
    }
    return out;
}

ocsp_policy network_arguments::ocsp() const
{
    if (ocsp_ != "check" && ocsp_ != "require" && ocsp_ != "off")
        usage("--ocsp is check, require or off");
    return ocsp_ == "check" ? ocsp_policy::if_stapled : ocsp_ == "require" ? ocsp_policy::required : ocsp_policy::off;
}

}  // namespace modelsec::tool
