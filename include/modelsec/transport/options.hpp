// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_TRANSPORT_OPTIONS_HPP
#define MODELSEC_TRANSPORT_OPTIONS_HPP

#include <modelsec/core/secret.hpp>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

struct http_header
{
    std::string name;
    std::string value;
};

/// What one origin (scheme, host, port) gets to see of the caller, and no other.
struct origin_credentials
{
    std::string origin;                ///< "https://host[:port]"
    std::vector<http_header> headers;  ///< e.g. Authorization, apikey; values are secrets
};

/// Asked before every request for the headers of its origin, on the thread of the operation; so tokens can change at any
/// time.
using credential_provider = std::function<std::vector<http_header>(std::string_view origin)>;

struct tls_options
{
    std::string ca_file;                 ///< PEM; in place of the system's roots
    std::string certificate_file;        ///< PEM chain, for the manifest's origin
    std::string private_key_file;        ///< PEM
    std::vector<std::string> spki_pins;  ///< base64 SHA-256 of SubjectPublicKeyInfo (RFC 7469 section 2.4): one of them must
                                         ///< be in the verified chain of the manifest's origin
};

struct transport_options
{
    tls_options tls;
    credential_provider credentials;
    unsigned connections = 8;      ///< at most so many at once for one download; as many as help are used
    std::uint64_t limit_rate = 0;  ///< bytes a second over all connections; 0: no limit
    std::string user_agent = "modelsec";
    std::vector<std::string> allowed_hosts;  ///< if not empty: no other host is asked, redirected to or not (policy 50)
};

MODELSEC_END_NAMESPACE

#endif
