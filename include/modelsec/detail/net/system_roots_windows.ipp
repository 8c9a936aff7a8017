// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_SYSTEM_ROOTS_WINDOWS_IPP
#define MODELSEC_DETAIL_NET_SYSTEM_ROOTS_WINDOWS_IPP

#include <modelsec/detail/base/file_system/system_windows.ipp>
#include <modelsec/detail/net/tls.hpp>

#include <wincrypt.h>
// They are types of OpenSSL.
#undef X509_NAME
#undef X509_EXTENSIONS
#undef PKCS7_ISSUER_AND_SERIAL
#undef PKCS7_SIGNER_INFO
#undef OCSP_REQUEST
#undef OCSP_RESPONSE

#include <openssl/err.h>

#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

struct close_certificate_store
{
    void operator()(void* opened) const noexcept { ::CertCloseStore(opened, 0); }
};
using certificate_store = std::unique_ptr<void, close_certificate_store>;

/// Whether Windows trusts a root for servers: a root may be there for other purposes (signed programs, mail) alone.
inline bool is_for_servers(PCCERT_CONTEXT root)
{
    DWORD size = 0;
    if (::CertGetEnhancedKeyUsage(root, CERT_FIND_PROP_ONLY_ENHKEY_USAGE_FLAG, nullptr, &size) == 0)
        return ::GetLastError() == static_cast<DWORD>(CRYPT_E_NOT_FOUND);  // nothing is said: for all
    std::vector<std::max_align_t> space(size / sizeof(std::max_align_t) + 1);
    auto* const uses = reinterpret_cast<CERT_ENHKEY_USAGE*>(space.data());
    if (::CertGetEnhancedKeyUsage(root, CERT_FIND_PROP_ONLY_ENHKEY_USAGE_FLAG, uses, &size) == 0)
        return false;
    if (uses->cUsageIdentifier == 0)  // for all or for none: the error tells
        return ::GetLastError() == static_cast<DWORD>(CRYPT_E_NOT_FOUND);
    for (DWORD i = 0; i < uses->cUsageIdentifier; ++i)
        if (std::strcmp(uses->rgpszUsageIdentifier[i], szOID_PKIX_KP_SERVER_AUTH) == 0)
            return true;
    return false;
}

inline bool is_in(HCERTSTORE store, PCCERT_CONTEXT certificate)
{
    const PCCERT_CONTEXT found = ::CertFindCertificateInStore(store, X509_ASN_ENCODING | PKCS_7_ASN_ENCODING, 0,
                                                              CERT_FIND_EXISTING, certificate, nullptr);
    if (found == nullptr)
        return false;
    ::CertFreeCertificateContext(found);
    return true;
}

// The roots of the user and of the machine, but for those that Windows was told to refuse. Windows fetches rarely used roots when
// its own verification wants them; those that it has not fetched yet are not there.
bool add_system_roots(X509_STORE* store)
{
    const certificate_store roots(::CertOpenSystemStoreW(0, L"ROOT"));
    const certificate_store refused(::CertOpenSystemStoreW(0, L"Disallowed"));
    if (!roots || !refused)
        return false;
    bool any = false;
    PCCERT_CONTEXT root = nullptr;
    while ((root = ::CertEnumCertificatesInStore(roots.get(), root)) != nullptr)
    {
        if ((root->dwCertEncodingType & X509_ASN_ENCODING) == 0 || !is_for_servers(root) || is_in(refused.get(), root))
            continue;
        const unsigned char* at = root->pbCertEncoded;
        const openssl_ptr<X509, X509_free> certificate(d2i_X509(nullptr, &at, static_cast<long>(root->cbCertEncoded)));
        any = (certificate && X509_STORE_add_cert(store, certificate.get()) == 1) || any;
    }
    ERR_clear_error();
    return any;
}

// Windows has no processes with more rights than their caller by their file.
char roots_separator() noexcept
{
    return ';';
}

std::optional<std::string> roots_variable(const char* name)
{
    const char* const value = std::getenv(name);
    return value && *value ? std::optional<std::string>(value) : std::nullopt;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
