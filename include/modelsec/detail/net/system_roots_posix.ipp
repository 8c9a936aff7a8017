// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_SYSTEM_ROOTS_POSIX_IPP
#define MODELSEC_DETAIL_NET_SYSTEM_ROOTS_POSIX_IPP

#include <modelsec/detail/net/tls.hpp>

#include <modelsec/detail/net/trust_roots.hpp>

#include <cstdlib>
#include <unistd.h>
#ifdef __linux__
#include <sys/auxv.h>
#endif

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// Fixed paths: OpenSSL's own defaults would follow SSL_CERT_FILE, and a statically linked OpenSSL knows none of this
// machine.
bool add_system_roots(X509_STORE* store)
{
    static const std::vector<std::string> bundles = {
        "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch, Alpine, Gentoo
        "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, Red Hat
        "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Red Hat, newer
        "/etc/ssl/ca-bundle.pem",                             // SUSE
        "/etc/ssl/cert.pem",                                  // macOS, the BSDs, Alpine
        "/usr/local/share/certs/ca-root-nss.crt",             // FreeBSD
    };
    static const std::vector<std::string> folders = {
        "/etc/ssl/certs",                       // where there is no bundle beside it
        "/etc/pki/tls/certs",                   // Fedora, Red Hat
        "/etc/openssl/certs",                   // NetBSD
        "/apex/com.android.conscrypt/cacerts",  // Android 14 and later
        "/system/etc/security/cacerts",         // Android
    };
    return add_first_roots(store, bundles, folders);
}

char roots_separator() noexcept
{
    return ':';
}

std::optional<std::string> roots_variable(const char* name)
{
    bool privileged = ::getuid() != ::geteuid() || ::getgid() != ::getegid();
#ifdef __linux__
    privileged = privileged || ::getauxval(AT_SECURE) != 0;  // file capabilities
#endif
    const char* const value = privileged ? nullptr : std::getenv(name);
    return value && *value ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
