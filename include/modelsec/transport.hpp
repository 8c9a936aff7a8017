// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TRANSPORT_HPP
#define MODELSEC_TRANSPORT_HPP

// How hosts are reached (client_options::transport; docs/network.md):
//
//  * transport_options: connections, rate, hosts that may be asked; in it tls_options, proxy_options and a credential_provider
//  * http_header, origin_headers: what requests to one origin carry, and to no other
//  * load_credentials(), parse_credentials(), make_credential_provider(): the same from a file that is its user's alone
#include <modelsec/detail/net/credential_file.hpp>
#include <modelsec/detail/net/options.hpp>

#endif
