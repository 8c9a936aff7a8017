/* Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0. */
/* What callers can get wrong, and what the machine can refuse them. */
#define _GNU_SOURCE
#include "check.h"

#include <pthread.h>
#include <sys/resource.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define MODELSEC_OWN_ALLOCATOR
#endif
#endif

static origin web;
static char folder[64], store[96];

static modelsec_client *client_of(modelsec_credentials_fn credentials)
{
    modelsec_client_options o;
    modelsec_client *client = NULL;
    memset(&o, 0, sizeof o);
    o.struct_size = sizeof o;
    o.store = store;
    o.ca_file = web.ca;
    o.retries = 1;
    o.credentials = credentials;
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_OK);
    return client;
}

static modelsec_request fetch_request(void)
{
    modelsec_request r;
    memset(&r, 0, sizeof r);
    r.struct_size = sizeof r;
    r.operation = MODELSEC_OP_FETCH;
    r.model_id = "demo";
    r.manifest_url = web.manifest_url;
    r.pins_json = web.pins;
    return r;
}

static int32_t run(modelsec_client *client, const modelsec_request *r, modelsec_error **error)
{
    return modelsec_run(client, r, NULL, NULL, NULL, NULL, NULL, error);
}

static void expect_bad_option(int32_t code, modelsec_error **said, const char *detail)
{
    modelsec_error *error = *said; /* set by the call that gave the code */
    CHECK(code == MODELSEC_USAGE && error && strcmp(error->reason, "bad_option") == 0);
    CHECK(strcmp(error->detail, detail) == 0);
    modelsec_error_release(error);
}

static void a_wish_of_a_later_version_is_refused_not_dropped(void)
{
    struct
    {
        modelsec_client_options known;
        uint64_t later[3];
    } o;
    struct
    {
        modelsec_request known;
        uint64_t later;
    } r;
    modelsec_client *client = NULL;
    modelsec_error *error = NULL;
    memset(&o, 0, sizeof o);
    o.known.struct_size = sizeof o;
    o.known.store = store;
    CHECK(modelsec_client_create(&o.known, &client, NULL) == MODELSEC_OK);
    modelsec_client_release(client);
    o.later[2] = 1;
    expect_bad_option(modelsec_client_create(&o.known, &client, &error), &error, "an option of a later version");
    o.later[2] = 0;
    o.known.reserved = 1;
    expect_bad_option(modelsec_client_create(&o.known, &client, &error), &error, "an option of a later version");
    o.known.reserved = 0;
    o.known.reserved_2 = 1;
    expect_bad_option(modelsec_client_create(&o.known, &client, &error), &error, "an option of a later version");
    o.known.reserved_2 = 0;
    o.known.fallback_after_ms = UINT64_MAX; /* never */
    o.known.cache_tag = 1;
    CHECK(modelsec_client_create(&o.known, &client, NULL) == MODELSEC_OK);
    modelsec_client_release(client);
    o.known.fs_verity = MODELSEC_VERITY_REQUIRED + 1;
    expect_bad_option(modelsec_client_create(&o.known, &client, &error), &error, "an enumerator that is none");
    o.known.struct_size = offsetof(modelsec_client_options, reserved); /* built with an earlier header: not its own */
    CHECK(modelsec_client_create(&o.known, &client, NULL) == MODELSEC_OK);

    memset(&r, 0, sizeof r);
    r.known = fetch_request();
    r.known.operation = MODELSEC_OP_GC;
    r.known.struct_size = sizeof r;
    CHECK(run(client, &r.known, NULL) == MODELSEC_OK);
    r.later = 1;
    expect_bad_option(run(client, &r.known, &error), &error, "an option of a later version");
    r.later = 0;
    r.known.reserved = 1;
    expect_bad_option(run(client, &r.known, &error), &error, "an option of a later version");
    modelsec_client_release(client);
}

static void pins_and_a_tuf_target_are_one_too_many(void)
{
    modelsec_client *client = client_of(NULL);
    modelsec_request r = fetch_request();
    modelsec_error *error = NULL;
    r.tuf_target = "models/model.bin";
    expect_bad_option(run(client, &r, &error), &error, "pins and a TUF target");
    modelsec_client_release(client);
}

static void a_deadline_may_be_for_ever(void)
{
    modelsec_client *client = client_of(NULL);
    modelsec_request r = fetch_request();
    r.deadline_ms = UINT64_MAX;
    CHECK(run(client, &r, NULL) == MODELSEC_OK);
    modelsec_client_release(client);
}

static void never_called(void *user, modelsec_event *e)
{
    (void)user, (void)e;
    const int called = 1;
    CHECK(!called);
}

static void without_a_thread_there_is_no_operation(void)
{
    modelsec_client *client = client_of(NULL);
    modelsec_request r = fetch_request();
    modelsec_error *error = NULL;
    uint64_t operation = 7;
    size_t usual = 0;
    pthread_attr_t attributes;
    CHECK(pthread_getattr_default_np(&attributes) == 0 && pthread_attr_getstacksize(&attributes, &usual) == 0);
    CHECK(pthread_attr_setstacksize(&attributes, (size_t)1 << (sizeof(size_t) * 8 - 2)) == 0); /* more than there can be */
    CHECK(pthread_setattr_default_np(&attributes) == 0);
    CHECK(modelsec_start(client, &r, never_called, NULL, &operation, &error) == MODELSEC_INTERNAL);
    CHECK(operation == 0 && strcmp(error->reason, "out_of_memory") == 0);
    modelsec_error_release(error);
    CHECK(pthread_attr_setstacksize(&attributes, usual) == 0 && pthread_setattr_default_np(&attributes) == 0);
    pthread_attr_destroy(&attributes);
    modelsec_client_release(client);
}

static char *large;

/* While nothing large can be allocated. */
static void add_large(void *user, const char *origin_name, modelsec_add_header_fn add, void *to)
{
    struct rlimit usual, none;
    (void)user, (void)origin_name;
    CHECK(getrlimit(RLIMIT_AS, &usual) == 0);
    none = usual;
    none.rlim_cur = 1;
    CHECK(setrlimit(RLIMIT_AS, &none) == 0);
    add(to, "X-Large", large);
    CHECK(setrlimit(RLIMIT_AS, &usual) == 0);
}

static void memory_that_runs_out_in_a_credentials_callback_fails_the_operation(void)
{
#ifndef MODELSEC_OWN_ALLOCATOR
    const size_t size = (size_t)64 << 20;
    modelsec_client *client = client_of(add_large);
    modelsec_request r = fetch_request();
    modelsec_error *error = NULL;
    large = malloc(size);
    CHECK(large);
    memset(large, 'x', size - 1);
    large[size - 1] = '\0';
    CHECK(run(client, &r, &error) == MODELSEC_INTERNAL && strcmp(error->reason, "out_of_memory") == 0);
    modelsec_error_release(error);
    free(large);
    modelsec_client_release(client);
#else
    (void)add_large;
#endif
}

int main(void)
{
    origin_start(&web);
    new_folder(folder, sizeof folder);
    snprintf(store, sizeof store, "%s/store", folder);
    order(&web, "{\"do\":\"publish\",\"text\":\"one\"}");
    a_wish_of_a_later_version_is_refused_not_dropped();
    pins_and_a_tuf_target_are_one_too_many();
    a_deadline_may_be_for_ever();
    without_a_thread_there_is_no_operation();
    memory_that_runs_out_in_a_credentials_callback_fails_the_operation();
    origin_stop(&web);
    remove_folder(folder);
    puts("all is well");
    return 0;
}
