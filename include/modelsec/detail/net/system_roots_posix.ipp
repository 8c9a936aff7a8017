// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_SYSTEM_ROOTS_POSIX_IPP
#define MODELSEC_DETAIL_NET_SYSTEM_ROOTS_POSIX_IPP

#include <modelsec/detail/net/tls.hpp>

#include <openssl/err.h>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// Fixed paths: OpenSSL's own defaults would follow SSL_CERT_FILE, and a statically linked OpenSSL knows none of this
// machine.
bool add_system_roots(X509_STORE* store)
{
    constexpr const char* bundles[] = {
        "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Alpine, Gentoo
        "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, Red Hat
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Red Hat, newer
        "/etc/ssl/ca-bundle.pem",                             // SUSE
        "/etc/ssl/cert.pem",                                  // macOS, the BSDs, Alpine
        "/usr/local/share/certs/ca-root-nss.crt",             // FreeBSD
    };
    for (const char* bundle : bundles)
        if (X509_STORE_load_file_ex(store, bundle, openssl_library::instance().context(), nullptr) == 1)
            return true;
    ERR_clear_error();
    return false;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
