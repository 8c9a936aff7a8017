// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_OPENSSL_HPP
#define MODELSEC_DETAIL_BASE_OPENSSL_HPP

#include <modelsec/config.hpp>

#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <memory>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

template <auto Free>
struct openssl_free
{
    template <class T>
    void operator()(T* p) const noexcept
    {
        Free(p);
    }
};

template <class T, auto Free>
using openssl_ptr = std::unique_ptr<T, openssl_free<Free>>;

/// For PEM_read_…: a key with a passphrase is refused; OpenSSL's default would ask on the terminal.
inline int no_passphrase(char*, int, int, void*) noexcept
{
    return -1;
}

/// OpenSSL in a library context of its own: no configuration file, no environment, no other user of the process can change
/// which algorithms it holds. Made at first use, kept until the process ends (worker threads may outlive statics).
class openssl_library
{
public:
    MODELSEC_DECL static const openssl_library& instance();

    OSSL_LIB_CTX* context() const noexcept { return context_; }
    const EVP_MD* sha256() const noexcept { return sha256_; }
    const EVP_MD* sha384() const noexcept { return sha384_; }
    const EVP_MD* sha512() const noexcept { return sha512_; }

private:
    openssl_library();

    OSSL_LIB_CTX* context_ = nullptr;
    EVP_MD* sha256_ = nullptr;
    EVP_MD* sha384_ = nullptr;
    EVP_MD* sha512_ = nullptr;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/base/openssl.ipp>
#endif

#endif
