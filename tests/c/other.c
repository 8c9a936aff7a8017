/* Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0. */
/* Another OpenSSL, another libsodium and another zlib: the same names, and whoever calls them by mistake is ended by them. */
#include <stdio.h>
#include <stdlib.h>

static int trap(const char *name)
{
    fprintf(stderr, "modelsec called the %s of somebody else\n", name);
    abort();
}

#define TRAP(name)            \
    int name(void);           \
    int name(void)            \
    {                         \
        return trap(#name);   \
    }

TRAP(SSL_CTX_new_ex)
TRAP(SSL_CTX_new)
TRAP(SSL_new)
TRAP(SSL_do_handshake)
TRAP(SSL_read)
TRAP(SSL_write)
TRAP(OSSL_LIB_CTX_new)
TRAP(EVP_MD_fetch)
TRAP(EVP_DigestInit_ex)
TRAP(EVP_DigestInit_ex2)
TRAP(EVP_DigestUpdate)
TRAP(BIO_new)
TRAP(X509_verify_cert)
TRAP(sodium_init)
TRAP(crypto_sign_verify_detached)
TRAP(crypto_sign_ed25519_verify_detached)
TRAP(inflateInit2_)
TRAP(inflate)

int other_marker(void);
int other_marker(void)
{
    return 42;
}
