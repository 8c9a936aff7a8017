/* Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0. */
/* beside_test: in a process with the system's OpenSSL and libsodium in use, or with libraries that only bear their names, modelsec
 * uses its own, and they go on with theirs. */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE
#include "check.h"

#ifdef WITH_TRAPS
int other_marker(void);
static void use_others(void)
{
    CHECK(other_marker() == 42);
}
#else
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <sodium.h>

static void use_others(void)
{
    unsigned char digest[32], pk[crypto_sign_PUBLICKEYBYTES], sk[crypto_sign_SECRETKEYBYTES], sig[crypto_sign_BYTES];
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    CHECK(context && EVP_Digest("abc", 3, digest, NULL, EVP_sha256(), NULL) == 1 && digest[0] == 0xba && digest[31] == 0xad);
    SSL_CTX_free(context);
    CHECK(sodium_init() >= 0 && crypto_sign_keypair(pk, sk) == 0);
    CHECK(crypto_sign_detached(sig, NULL, (const unsigned char *)"abc", 3, sk) == 0);
    CHECK(crypto_sign_verify_detached(sig, (const unsigned char *)"abc", 3, pk) == 0);
}
#endif

int main(void)
{
    static origin web;
    char folder[64], store[96];
    modelsec_client_options o;
    modelsec_request r;
    modelsec_client *client = NULL;
    modelsec_error *error = NULL;
    use_others();
    origin_start(&web);
    new_folder(folder, sizeof folder);
    snprintf(store, sizeof store, "%s/store", folder);
    memset(&o, 0, sizeof o);
    o.struct_size = sizeof o;
    o.store = store;
    o.ca_file = web.ca;
    memset(&r, 0, sizeof r);
    r.struct_size = sizeof r;
    r.operation = MODELSEC_OP_FETCH;
    r.model_id = "demo";
    r.manifest_url = web.manifest_url;
    r.pins_json = web.pins;
    order(&web, "{\"do\":\"publish\",\"zip\":{\"a.txt\":\"aaaaaaaaaaaaaaaaaaaaaaaa\"}}");
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_OK);
    if (modelsec_run(client, &r, NULL, NULL, NULL, NULL, NULL, &error) != MODELSEC_OK)
    {
        fprintf(stderr, "%s: %s\n", error->reason, error->detail);
        return 1;
    }
    use_others();
    modelsec_client_release(client);
    origin_stop(&web);
    remove_folder(folder);
    return 0;
}
