// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_OPENSSL_IPP
#define MODELSEC_DETAIL_BASE_OPENSSL_IPP

#include <modelsec/detail/base/openssl.hpp>
#include <modelsec/error.hpp>

#include <openssl/provider.h>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline openssl_library::openssl_library()
{
    context_ = OSSL_LIB_CTX_new();
    if (!context_ || !OSSL_PROVIDER_load(context_, "default"))
        throw error(fail(reason::out_of_memory, "OpenSSL gives no library context"));
    sha256_ = EVP_MD_fetch(context_, "SHA2-256", nullptr);
    sha384_ = EVP_MD_fetch(context_, "SHA2-384", nullptr);
    sha512_ = EVP_MD_fetch(context_, "SHA2-512", nullptr);
    if (!sha256_ || !sha384_ || !sha512_)
        throw error(fail(reason::internal_error, "OpenSSL offers no SHA-2"));
}

const openssl_library& openssl_library::instance()
{
    static const openssl_library* const library = new openssl_library();
    return *library;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
