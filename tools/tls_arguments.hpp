// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TOOLS_TLS_ARGUMENTS_HPP
#define MODELSEC_TOOLS_TLS_ARGUMENTS_HPP

#include "command_error.hpp"

#include <modelsec/options.hpp>

#include <CLI/CLI.hpp>

#include <string>

namespace modelsec::tool {

/// Whom the command believes where nothing was said: what SSL_CERT_FILE and SSL_CERT_DIR name, else the system's roots. For every
/// connection of every command, those to an audit sink too.
inline tls_options default_tls()
{
    tls_options out;
    out.roots_from_environment = true;
    return out;
}

/// --ca and --ca-partial, as every command has them that asks a host.
class tls_arguments
{
public:
    void add_to(CLI::App& c, const std::string& group)
    {
        c.add_option("--ca", ca_,
                     "The CA to trust in place of the system's and $SSL_CERT_FILE's: a file, or a folder of them")
            ->type_name("FILE|DIR")
            ->group(group);
        c.add_flag("--ca-partial", partial_, "Believe what --ca holds as it is, an intermediate certificate too")
            ->group(group);
    }

    /// --cert and --cert-key, where a host may ask who this is.
    void add_certificate_to(CLI::App& c, const std::string& group, const std::string& what)
    {
        c.add_option("--cert", certificate_, what)->type_name("FILE")->group(group);
        c.add_option("--cert-key", certificate_key_, "Its private key")->type_name("FILE")->group(group);
    }

    tls_options options() const
    {
        if (certificate_.empty() != certificate_key_.empty())
            usage("--cert and --cert-key belong together");
        if (partial_ && ca_.empty())
            usage("--ca-partial goes with --ca");
        tls_options out = default_tls();
        out.ca_file = ca_;
        out.partial_chain = partial_;
        out.certificate_file = certificate_;
        out.private_key_file = certificate_key_;
        return out;
    }

private:
    std::string ca_, certificate_, certificate_key_;
    bool partial_ = false;
};

}  // namespace modelsec::tool

#endif
