/* Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0. */
/* The C ABI against the project's TLS origin; also run under valgrind, where nothing may be left. */
#define _POSIX_C_SOURCE 200809L
#define _DEFAULT_SOURCE
#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <time.h>

static origin web;
static char folder[64], store[96];

static char alert[64];

typedef struct seen
{
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    unsigned done, released, after, progress;
    uint64_t first, last, total, backwards, stop_at, operation;
    int32_t code;
    modelsec_pack *pack;
} seen;

static void seen_start(seen *s)
{
    memset(s, 0, sizeof *s);
    s->first = UINT64_MAX;
    pthread_mutex_init(&s->mutex, NULL);
    pthread_cond_init(&s->changed, NULL);
}

static void on_event(void *user, modelsec_event *e)
{
    seen *s = user;
    uint64_t cancel = 0;
    pthread_mutex_lock(&s->mutex);
    s->after += s->released;
    if (e->kind == MODELSEC_EVENT_PROGRESS)
    {
        ++s->progress;
        if (s->first == UINT64_MAX)
            s->first = e->bytes;
        s->backwards += e->bytes < s->last;
        s->last = e->bytes;
        s->total = e->total;
        if (s->stop_at != 0 && e->bytes >= s->stop_at)
            cancel = e->operation;
    }
    else if (e->kind == MODELSEC_EVENT_ALERT)
    {
        CHECK(strcmp(e->model_id, "demo") == 0);
        snprintf(alert, sizeof alert, "%s", e->reason);
    }
    else if (e->kind == MODELSEC_EVENT_DONE)
    {
        ++s->done;
        CHECK((e->result != NULL) != (e->error != NULL));
        s->code = e->error ? e->error->code : MODELSEC_OK;
        s->pack = modelsec_event_take_pack(e);
    }
    else if (e->kind == MODELSEC_EVENT_RELEASED)
        ++s->released;
    pthread_cond_broadcast(&s->changed);
    pthread_mutex_unlock(&s->mutex);
    modelsec_event_release(e);
    if (cancel != 0)
        modelsec_cancel(cancel);
}

static modelsec_request request_of(uint32_t operation)
{
    modelsec_request r;
    memset(&r, 0, sizeof r);
    r.struct_size = sizeof r;
    r.operation = operation;
    r.model_id = "demo";
    r.manifest_url = web.manifest_url;
    r.pins_json = web.pins;
    return r;
}

static modelsec_client_options options_of(void)
{
    modelsec_client_options o;
    memset(&o, 0, sizeof o);
    o.struct_size = sizeof o;
    o.store = store;
    o.ca_file = web.ca;
    o.retries = 1;
    return o;
}

static modelsec_client *client_of(void)
{
    const modelsec_client_options o = options_of();
    modelsec_client *client = NULL;
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_OK && client);
    return client;
}

/* Starts it, waits for its last event and checks what holds for every operation. */
static int32_t run(modelsec_client *client, const modelsec_request *r, seen *s)
{
    CHECK(modelsec_start(client, r, on_event, s, &s->operation, NULL) == MODELSEC_OK);
    pthread_mutex_lock(&s->mutex);
    while (s->released == 0)
        pthread_cond_wait(&s->changed, &s->mutex);
    CHECK(s->done == 1 && s->after == 0 && s->backwards == 0);
    CHECK(s->progress == 0 || s->first == 0);
    pthread_mutex_unlock(&s->mutex);
    return s->code;
}

static int32_t fetch(modelsec_client *client)
{
    modelsec_request r = request_of(MODELSEC_OP_FETCH);
    seen s;
    seen_start(&s);
    return run(client, &r, &s);
}

static void expect_active(modelsec_client *client, const char *version)
{
    modelsec_status *status = NULL;
    CHECK(modelsec_client_status(client, &status, NULL) == MODELSEC_OK);
    CHECK(status->count == 1 && strcmp(status->models[0]->model_id, "demo") == 0);
    CHECK(status->models[0]->active && strcmp(status->models[0]->active->version, version) == 0);
    modelsec_status_release(status);
}

static void what_is_tampered_with_or_expired_is_refused(void)
{
    modelsec_client *client = client_of();
    order(&web, "{\"do\":\"publish\",\"text\":\"one\"}");
    CHECK(fetch(client) == MODELSEC_OK);
    order(&web, "{\"do\":\"publish\",\"version\":\"2.0.0\",\"sequence\":2,\"tamper\":\"payload\"}");
    CHECK(fetch(client) == MODELSEC_SIGNATURE);
    order(&web, "{\"do\":\"publish\",\"version\":\"2.0.0\",\"sequence\":2,\"tamper\":\"key\"}");
    CHECK(fetch(client) == MODELSEC_SIGNATURE);
    order(&web, "{\"do\":\"publish\",\"version\":\"2.0.0\",\"sequence\":2,\"tamper\":\"artifact\"}");
    CHECK(fetch(client) == MODELSEC_DIGEST);
    order(&web, "{\"do\":\"publish\",\"version\":\"3.0.0\",\"sequence\":3,\"expires_in\":-60}");
    CHECK(fetch(client) == MODELSEC_EXPIRED);
    expect_active(client, "1.0.0");
    modelsec_client_release(client);
}

static void a_cancelled_fetch_goes_on_where_it_was(void)
{
    const uint64_t size = 40u << 20;
    modelsec_client_options options = options_of();
    modelsec_client *client = NULL;
    modelsec_request r = request_of(MODELSEC_OP_FETCH);
    modelsec_status *status = NULL;
    modelsec_result *result = NULL;
    seen s;
    options.connections = 1; /* of one that another relieves, what is on its way comes twice */
    CHECK(modelsec_client_create(&options, &client, NULL) == MODELSEC_OK && client);
    order(&web, "{\"do\":\"publish\",\"version\":\"4.0.0\",\"sequence\":4,\"size\":41943040}");
    order(&web, "{\"do\":\"fail\",\"path\":\"/demo/4.0.0/model.bin\",\"bytes_per_second\":30000000}");
    seen_start(&s);
    s.stop_at = 30u << 20;
    CHECK(run(client, &r, &s) == MODELSEC_CANCELLED && s.total == size);
    CHECK(modelsec_client_status(client, &status, NULL) == MODELSEC_OK);
    CHECK(status->models[0]->partial_bytes > 0);
    order(&web, "{\"do\":\"heal\",\"path\":\"/demo/4.0.0/model.bin\"}");
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, &result, NULL, NULL) == MODELSEC_OK);
    CHECK(result->bytes_fetched <= size - status->models[0]->partial_bytes && strcmp(result->version, "4.0.0") == 0);
    modelsec_result_release(result);
    modelsec_status_release(status);
    modelsec_client_release(client);
}

static void an_open_pack_is_read_by_descriptor(void)
{
    modelsec_client *client = client_of();
    modelsec_request r = request_of(MODELSEC_OP_OPEN);
    char byte = 0;
    seen s;
    seen_start(&s);
    CHECK(run(client, &r, &s) == MODELSEC_OK && s.pack);
    modelsec_client_release(client); /* the pack does without */
    CHECK(modelsec_pack_file_count(s.pack) == 1 && modelsec_pack_find(s.pack, "model.bin") == 0);
    CHECK(modelsec_pack_find(s.pack, "no.bin") == 1 && modelsec_pack_file_name(s.pack, 1) == NULL);
    CHECK(modelsec_pack_file_size(s.pack, 0) == 40u << 20 && strlen(modelsec_pack_sha256(s.pack)) == 64);
    CHECK(strcmp(modelsec_pack_sha256(s.pack), modelsec_pack_file_sha256(s.pack, 0)) == 0);
    CHECK(pread(modelsec_pack_file_descriptor(s.pack, 0), &byte, 1, 1000) == 1);
    CHECK(modelsec_pack_file_descriptor(s.pack, 1) == -1 && modelsec_pack_sequence(s.pack) == 4);
    CHECK(modelsec_pack_path(s.pack) && strcmp(modelsec_pack_version(s.pack), "4.0.0") == 0);
    modelsec_pack_release(s.pack);
}

static void rollback_verify_and_gc(void)
{
    modelsec_client *client = client_of();
    modelsec_request r = request_of(MODELSEC_OP_ROLLBACK);
    modelsec_result *result = NULL;
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, &result, NULL, NULL) == MODELSEC_OK);
    CHECK(strcmp(result->version, "1.0.0") == 0);
    modelsec_result_release(result);
    CHECK(fetch(client) == MODELSEC_ROLLBACK); /* what was left stays rejected */
    r.operation = MODELSEC_OP_VERIFY;
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, NULL, NULL, NULL) == MODELSEC_OK);
    r.operation = MODELSEC_OP_GC;
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, &result, NULL, NULL) == MODELSEC_OK);
    CHECK(result->removed_count > 0 && result->bytes_removed >= 40u << 20 && strlen(result->removed[0]) > 0);
    modelsec_result_release(result);
    expect_active(client, "1.0.0");
    modelsec_client_release(client);
}

static void add_token(void *user, const char *origin_name, modelsec_add_header_fn add, void *to)
{
    ++*(unsigned *)user;
    CHECK(strncmp(origin_name, "https://127.0.0.1:", 18) == 0);
    add(to, "Authorization", "Bearer secret");
}

static void credentials_come_by_callback(void)
{
    unsigned asked = 0;
    modelsec_client_options o;
    modelsec_client *client = NULL;
    modelsec_header plain = {"X-Test", "yes"};
    char base[256];
    memset(&o, 0, sizeof o);
    o.struct_size = sizeof o;
    o.store = store;
    o.ca_file = web.ca;
    o.credentials = add_token;
    o.credentials_user = &asked;
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_OK);
    snprintf(base, sizeof base, "%s", web.manifest_url);
    *strstr(base, "/manifest") = '\0';
    CHECK(modelsec_client_set_headers(client, base, &plain, 1, NULL) == MODELSEC_OK);
    order(&web, "{\"do\":\"forget\"}");
    order(&web, "{\"do\":\"publish\",\"version\":\"5.0.0\",\"sequence\":5,\"text\":\"five\"}");
    CHECK(fetch(client) == MODELSEC_OK && asked >= 2);
    order(&web, "{\"do\":\"requests\",\"path\":\"/manifest\"}");
    CHECK(strstr(web.line, "Bearer secret") && strstr(web.line, "\"x-test\":\"yes\""));
    modelsec_client_release(client);
}

static void a_pinned_root_may_vouch(void)
{
    modelsec_client *client = client_of();
    modelsec_request r = request_of(MODELSEC_OP_FETCH);
    char path[256], url[256], root[8192];
    FILE *file;
    order(&web, "{\"do\":\"root\"}");
    member(&web, "root_file", path, sizeof path);
    member(&web, "root_url", url, sizeof url);
    file = fopen(path, "rb");
    r.root_size = fread(root, 1, sizeof root, file);
    fclose(file);
    r.pins_json = NULL;
    r.root = root;
    r.root_url = url;
    order(&web, "{\"do\":\"publish\",\"version\":\"6.0.0\",\"sequence\":6,\"text\":\"six\",\"signed_by\":4}");
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, NULL, NULL, NULL) == MODELSEC_OK);
    r.pins_json = web.pins;
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, NULL, NULL, NULL) == MODELSEC_USAGE); /* one source only */
    modelsec_client_release(client);
}

static void a_tuf_target_takes_the_place_of_a_manifest(void)
{
    modelsec_client_options o = options_of();
    modelsec_client *client = NULL;
    modelsec_request r = request_of(MODELSEC_OP_FETCH);
    modelsec_result *result = NULL;
    char other[sizeof store + 8], path[256], url[256], sha256[80], root[8192];
    FILE *file;
    snprintf(other, sizeof other, "%s-of-tuf", store);
    o.store = other;
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_OK);
    order(&web, "{\"do\":\"tuf\",\"text\":\"by the repository\"}");
    member(&web, "root_file", path, sizeof path);
    member(&web, "metadata_url", url, sizeof url);
    member(&web, "sha256", sha256, sizeof sha256);
    file = fopen(path, "rb");
    r.root_size = fread(root, 1, sizeof root, file);
    fclose(file);
    r.manifest_url = r.pins_json = NULL;
    r.root = root;
    r.root_url = url;
    r.tuf_target = "models/model.bin";
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, &result, NULL, NULL) == MODELSEC_OK);
    CHECK(strcmp(result->sha256, sha256) == 0 && strncmp(result->version, sha256, 16) == 0);
    modelsec_result_release(result);
    r.tuf_target = "models/none.bin";
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, NULL, NULL, NULL) == MODELSEC_MISMATCH);
    r.root = NULL;
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, NULL, NULL, NULL) == MODELSEC_USAGE);
    modelsec_client_release(client);
}

static void a_proxy_is_used_and_blamed(void)
{
    modelsec_client_options o = options_of();
    modelsec_request r = request_of(MODELSEC_OP_FETCH);
    modelsec_client *client = NULL;
    modelsec_error *error = NULL;
    order(&web, "{\"do\":\"publish\",\"version\":\"7.0.0\",\"sequence\":7,\"text\":\"seven\"}");
    o.proxy = "socks5://user:planted-secret@127.0.0.1:9"; /* discard: nobody there */
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_OK);
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, NULL, NULL, &error) == MODELSEC_NETWORK);
    CHECK(strcmp(error->reason, "proxy_failed") == 0 && !strstr(error->detail, "planted"));
    modelsec_error_release(error);
    modelsec_client_release(client);
    o.no_proxy = "127.0.0.0/8";
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_OK);
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, NULL, NULL, NULL) == MODELSEC_OK);
    modelsec_client_release(client);
    o.ocsp = MODELSEC_OCSP_REQUIRED; /* this server staples none */
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_OK);
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, NULL, NULL, &error) == MODELSEC_TLS);
    CHECK(strcmp(error->reason, "staple_missing") == 0);
    modelsec_error_release(error);
    modelsec_client_release(client);
    o.ocsp = 99;
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_USAGE && client == NULL);
}

/* The whole of a file, zero-terminated; released by the caller. */
static char *content_of(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, 65536);
    CHECK(f && text);
    CHECK(fread(text, 1, 65535, f) > 0);
    fclose(f);
    return text;
}

/* In a store of its own, so that the other tests find theirs as it was. */
static void a_check_a_removal_and_a_repair_tell_what_they_found(void)
{
    char own[96], state[160];
    char *ca = content_of(web.ca);
    modelsec_client_options o = options_of();
    modelsec_request r = request_of(MODELSEC_OP_CHECK);
    modelsec_client *client = NULL;
    modelsec_result *result = NULL;
    FILE *f;
    snprintf(own, sizeof own, "%s/other", folder);
    o.store = own;
    o.ca_file = NULL;
    o.ca_pem = ca;
    o.first_byte_timeout_ms = 30000;
    o.digest_policy = MODELSEC_DIGEST_WHOLE;
    o.store_policy = MODELSEC_STORE_SHARED_READ;
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_OK);
    free(ca);
    order(&web, "{\"do\":\"publish\",\"version\":\"8.0.0\",\"sequence\":8,\"text\":\"eight\"}");
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, &result, NULL, NULL) == MODELSEC_OK);
    CHECK(result->total_bytes == 5 && result->bytes_to_fetch == 5 && !result->already_active);
    CHECK(strcmp(result->version, "8.0.0") == 0 && result->active_version[0] == '\0' && strcmp(result->stale_reason, "none") == 0);
    modelsec_result_release(result);
    r.operation = MODELSEC_OP_FETCH;
    r.require_order = 1;
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, NULL, NULL, NULL) == MODELSEC_OK);
    r.operation = MODELSEC_OP_CHECK;
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, &result, NULL, NULL) == MODELSEC_OK);
    CHECK(result->already_active && result->bytes_to_fetch == 0 && strcmp(result->active_version, "8.0.0") == 0);
    modelsec_result_release(result);

    r.operation = MODELSEC_OP_REPAIR;
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, &result, NULL, NULL) == MODELSEC_OK);
    CHECK(result->repaired_count == 1 && strcmp(result->repaired[0]->found, "none") == 0);
    CHECK(strcmp(result->repaired[0]->active_version, "8.0.0") == 0);
    modelsec_result_release(result);
    snprintf(state, sizeof state, "%s/.modelsec/state/demo.99.json", own); /* a newer state that cannot be read */
    f = fopen(state, "wb");
    CHECK(f && fputs("{", f) >= 0 && fchmod(fileno(f), 0644) == 0);
    fclose(f);
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, &result, NULL, NULL) == MODELSEC_OK);
    CHECK(result->repaired_count == 1 && strcmp(result->repaired[0]->found, "state_damaged") == 0);
    CHECK(result->repaired[0]->forgotten_changes > 0 && strcmp(result->repaired[0]->reason, "none") == 0);
    modelsec_result_release(result);

    r.operation = MODELSEC_OP_REMOVE;
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, &result, NULL, NULL) == MODELSEC_OK);
    CHECK(result->removed_count > 0 && result->bytes_removed >= 5);
    modelsec_result_release(result);
    r.operation = MODELSEC_OP_OPEN;
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, NULL, NULL, NULL) == MODELSEC_NONE_ACTIVE);
    modelsec_client_release(client);
    o.store_policy = 99;
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_USAGE);
    o.store_policy = 0;
    o.ca_pem = "no certificate";
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_OK); /* asks nobody, so it cannot know */
    r.operation = MODELSEC_OP_FETCH;
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, NULL, NULL, NULL) == MODELSEC_TLS);
    modelsec_client_release(client);
}

/* In a store of its own. */
static void on_metrics(void *user, const char *text)
{
    if (strstr(text, "modelsec_attempts_total"))
        ++*(unsigned *)user;
}

/* Whether the store's audit log has a line with both. */
static int is_in_the_log(const char *one, const char *other)
{
    char path[128], line[4096];
    snprintf(path, sizeof path, "%s/.modelsec/audit.jsonl", store);
    FILE *file = fopen(path, "r");
    int found = 0;
    while (file && fgets(line, sizeof line, file))
        found = found || (strstr(line, one) && strstr(line, other));
    if (file)
        fclose(file);
    return found;
}

static void attempts_are_written_down_counted_and_bounded(void)
{
    char counters[128], before[sizeof store];
    snprintf(counters, sizeof counters, "%s/modelsec.prom", folder);
    memcpy(before, store, sizeof store);
    snprintf(store, sizeof store, "%s/audited", folder);
    unsigned told = 0;
    modelsec_audit_options audit;
    memset(&audit, 0, sizeof audit);
    audit.struct_size = sizeof audit;
    audit.actor = "the application";
    audit.failures_in_a_row = 1;
    audit.metrics_file = counters;
    audit.metrics = on_metrics;
    audit.metrics_user = &told;
    modelsec_client_options o = options_of();
    o.audit = &audit;
    o.manifest_requests_per_day = 2;
    modelsec_client *client = NULL;
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_OK);
    modelsec_request r = request_of(MODELSEC_OP_FETCH);
    r.trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    seen s;
    seen_start(&s);
    order(&web, "{\"do\":\"publish\",\"text\":\"one\"}");
    CHECK(run(client, &r, &s) == MODELSEC_OK && alert[0] == 0 && told == 1);
    CHECK(is_in_the_log("the application", "4bf92f3577b34da6a3ce929d0e0e4736"));
    order(&web, "{\"do\":\"publish\",\"version\":\"2.0.0\",\"sequence\":2,\"tamper\":\"payload\"}");
    CHECK(fetch(client) == MODELSEC_SIGNATURE);
    CHECK(strcmp(alert, "repeated_failures") == 0 && told == 2);
    CHECK(is_in_the_log("repeated_failures", "the application"));
    CHECK(fetch(client) == MODELSEC_RATE_LIMITED);
    modelsec_client_release(client);
    FILE *file = fopen(counters, "r");
    CHECK(file != NULL);
    if (file)
        fclose(file);

    audit.alerts_off = 16;
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_USAGE && !client);
    audit.alerts_off = MODELSEC_ALERT_FAILURES | MODELSEC_ALERT_HOST;
    audit.sink_url = "http://localhost/";
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_USAGE && !client);
    audit.sink_url = NULL;
    audit.struct_size = 0;
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_USAGE && !client);
    audit.struct_size = sizeof audit;
    o.manifest_requests_per_minute = 1001;
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_USAGE && !client);
    o.manifest_requests_per_minute = o.manifest_requests_per_day = 0;
    snprintf(store, sizeof store, "%s/quiet", folder);
    alert[0] = 0;
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_OK && client);
    CHECK(fetch(client) == MODELSEC_SIGNATURE && alert[0] == 0);
    CHECK(is_in_the_log("the application", "bad_signature") && !is_in_the_log("the application", "repeated_failures"));
    modelsec_client_release(client);

    /* Nothing is written for who does not ask for it. */
    snprintf(store, sizeof store, "%s/unaudited", folder);
    client = client_of();
    CHECK(fetch(client) == MODELSEC_SIGNATURE && alert[0] == 0);
    CHECK(!is_in_the_log("", ""));
    modelsec_client_release(client);
    memcpy(store, before, sizeof store);
}

/* What a callback's data is, and whether it was asked for after its time. */
typedef struct
{
    atomic_int over, late, asked;
    seen *operation;
} lent;

static void lend(void *user, const char *of, modelsec_add_header_fn add, void *to)
{
    lent *l = user;
    (void)of;
    (void)add;
    (void)to;
    ++l->asked;
    if (l->over)
        l->late = 1;
}

static void on_last_event(void *user, modelsec_event *e)
{
    lent *l = user;
    if (e->kind == MODELSEC_EVENT_DONE)
        l->over = 1;
    on_event(l->operation, e);
}

/* A sink that nobody answers is tried again and again, by credentials that may be gone when the client is. */
static void a_released_client_asks_its_callbacks_no_more(void)
{
    char before[sizeof store];
    memcpy(before, store, sizeof store);
    snprintf(store, sizeof store, "%s/unheard", folder);
    lent l;
    memset(&l, 0, sizeof l);
    seen s;
    seen_start(&s);
    l.operation = &s;
    modelsec_audit_options audit;
    memset(&audit, 0, sizeof audit);
    audit.struct_size = sizeof audit;
    audit.sink_url = "https://127.0.0.1:1/events";
    audit.sink_linger_ms = 700;
    modelsec_client_options o = options_of();
    o.audit = &audit;
    o.credentials = lend;
    o.credentials_user = &l;
    const modelsec_header name = {"X-App", "demo"};
    modelsec_client *client = NULL;
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_OK);
    CHECK(modelsec_client_set_headers(client, "https://127.0.0.1:1", &name, 1, NULL) == MODELSEC_OK);
    modelsec_request r = request_of(MODELSEC_OP_VERIFY);
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, NULL, NULL, NULL) != MODELSEC_OK);
    r = request_of(MODELSEC_OP_FETCH);
    CHECK(modelsec_start(client, &r, on_last_event, &l, &s.operation, NULL) == MODELSEC_OK);
    modelsec_client_release(client);
    pthread_mutex_lock(&s.mutex);
    while (s.released == 0)
        pthread_cond_wait(&s.changed, &s.mutex);
    pthread_mutex_unlock(&s.mutex);
    CHECK(l.asked > 0 && !l.late);
    memcpy(store, before, sizeof store);
}

static void others_may_bring_the_bytes(void)
{
    static const char text[] = "brought by others";
    const size_t size = sizeof text - 1;
    char own[128], brought[128];
    modelsec_client_options o = options_of();
    modelsec_request r = request_of(MODELSEC_OP_FETCH);
    modelsec_client *client = NULL;
    modelsec_transfer *transfer = NULL;
    modelsec_range *range = NULL, *none = NULL;
    modelsec_ranges *ranges = NULL;
    modelsec_result *result = NULL;
    modelsec_error *error = NULL;
    uint64_t number = 0;
    size_t envelope = 0;
    FILE *f;
    snprintf(own, sizeof own, "%s/transfer", folder);
    snprintf(brought, sizeof brought, "%s/brought", folder);
    o.store = own;
    order(&web, "{\"do\":\"publish\",\"text\":\"brought by others\"}");
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_OK);
    CHECK(modelsec_transfer_begin(client, &r, 0, 0, &transfer, NULL) == MODELSEC_OK && transfer);
    CHECK(strcmp(modelsec_transfer_model_id(transfer), "demo") == 0 && strcmp(modelsec_transfer_version(transfer), "1.0.0") == 0);
    CHECK(modelsec_transfer_envelope(transfer, &envelope) && envelope > 0);
    CHECK(modelsec_transfer_next(transfer, &range, NULL) == MODELSEC_OK && range);
    CHECK(strncmp(range->url, "https://", 8) == 0 && range->begin == 0 && range->end == size && range->file_size == size);
    CHECK(strcmp(range->file, "model.bin") == 0 && range->header_count == 1 && range->leased_until > 1000000000);
    CHECK(strcmp(range->headers[0].name, "Accept-Encoding") == 0 && strcmp(range->headers[0].value, "identity") == 0);
    CHECK(modelsec_transfer_next(transfer, &none, NULL) == MODELSEC_OK && none == NULL);
    CHECK(modelsec_transfer_finish(transfer, &result, &error) == MODELSEC_USAGE && result == NULL);
    CHECK(strcmp(error->reason, "transfer_incomplete") == 0);
    modelsec_error_release(error);
    modelsec_transfer_release(transfer);

    /* The application was restarted. */
    CHECK(modelsec_transfer_begin(client, &r, 0, 0, &transfer, NULL) == MODELSEC_OK);
    CHECK(modelsec_transfer_handed_out(transfer, &ranges, NULL) == MODELSEC_OK && ranges->count == 1);
    CHECK(strcmp(ranges->ranges[0]->id, range->id) == 0 && ranges->ranges[0]->url[0] == '\0');
    modelsec_ranges_release(ranges);
    CHECK(modelsec_transfer_deliver(transfer, range->id, "brought by otherz", size, &number, NULL) == MODELSEC_DIGEST);
    CHECK(modelsec_transfer_deliver(transfer, "x", "", 0, NULL, NULL) == MODELSEC_USAGE);
    CHECK(modelsec_transfer_next(transfer, &none, NULL) == MODELSEC_OK && none && strcmp(none->id, range->id) == 0);
    modelsec_range_release(none);
    CHECK(modelsec_transfer_fail(transfer, range->id, 99, NULL) == MODELSEC_USAGE);
    CHECK(modelsec_transfer_fail(transfer, range->id, MODELSEC_FAILED_EXPIRED, NULL) == MODELSEC_OK);
    f = fopen(brought, "wb");
    CHECK(f && fwrite(text, 1, size, f) == size && fclose(f) == 0);
    CHECK(modelsec_transfer_deliver_file(transfer, range->id, brought, &number, NULL) == MODELSEC_OK && number == size);
    CHECK(modelsec_transfer_deliver_file(transfer, range->id, brought, &number, NULL) == MODELSEC_OK && number == 0);
    CHECK(modelsec_transfer_missing(transfer, &number, NULL) == MODELSEC_OK && number == 0);
    CHECK(modelsec_transfer_finish(transfer, &result, NULL) == MODELSEC_OK && strcmp(result->version, "1.0.0") == 0);
    CHECK(result->bytes_fetched == 0);
    modelsec_result_release(result);
    modelsec_range_release(range);
    modelsec_transfer_release(transfer);
    r.dry_run = 1;
    CHECK(modelsec_transfer_begin(client, &r, 0, 0, &transfer, NULL) == MODELSEC_POLICY && transfer == NULL);
    CHECK(modelsec_transfer_next(NULL, &range, NULL) == MODELSEC_USAGE && range == NULL);
    modelsec_transfer_release(NULL), modelsec_range_release(NULL), modelsec_ranges_release(NULL);
    modelsec_client_release(client);
}

static void mistakes_are_errors_and_null_is_fine(void)
{
    modelsec_client *client = (modelsec_client *)&client;
    modelsec_client_options o;
    modelsec_request r = request_of(99);
    modelsec_error *error = NULL;
    memset(&o, 0, sizeof o);
    CHECK(modelsec_client_create(&o, &client, &error) == MODELSEC_USAGE && client == NULL && error);
    CHECK(error->code == MODELSEC_USAGE && strcmp(error->name, "usage") == 0 && strlen(error->reason) && strlen(error->message));
    modelsec_error_release(error);
    CHECK(modelsec_client_create(NULL, &client, NULL) == MODELSEC_USAGE);
    client = client_of();
    CHECK(modelsec_start(client, &r, on_event, NULL, NULL, NULL) == MODELSEC_USAGE);
    CHECK(modelsec_start(client, NULL, on_event, NULL, NULL, NULL) == MODELSEC_USAGE);
    CHECK(modelsec_start(NULL, &r, on_event, NULL, NULL, NULL) == MODELSEC_USAGE);
    modelsec_cancel(12345), modelsec_pause(12345), modelsec_resume(12345);
    modelsec_client_release(NULL), modelsec_error_release(NULL), modelsec_result_release(NULL), modelsec_event_release(NULL);
    modelsec_status_release(NULL), modelsec_pack_release(NULL);
    CHECK(modelsec_event_take_pack(NULL) == NULL && modelsec_pack_file_count(NULL) == 0 && modelsec_pack_find(NULL, "x") == 0);
    CHECK(strcmp(modelsec_code_name(30), "digest") == 0 && strlen(modelsec_code_message(30)) && modelsec_version()[0]);
    modelsec_client_release(client);
}

static void a_forked_child_is_told_so(void)
{
    modelsec_client *client = client_of();
    const pid_t child = fork();
    int status = 0;
    if (child == 0)
    {
        modelsec_status *s = NULL;
        modelsec_request r = request_of(MODELSEC_OP_FETCH);
        _exit(modelsec_client_status(client, &s, NULL) == MODELSEC_USAGE &&
                      modelsec_run(client, &r, NULL, NULL, NULL, NULL, NULL, NULL) == MODELSEC_USAGE
                  ? 0
                  : 1);
    }
    CHECK(waitpid(child, &status, 0) == child && status == 0);
    modelsec_client_release(client);
}

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void a_thousand_status_calls_take_no_time(void)
{
    modelsec_client *client = client_of();
    double best = 1e9;
    int round, i;
    for (round = 0; round < 5; ++round)
    {
        const double begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
        double took;
        for (i = 0; i < 1000; ++i)
            expect_active(client, "7.0.0");
        took = seconds(CLOCK_PROCESS_CPUTIME_ID) - begin;
        best = took < best ? took : best;
    }
    printf("1,000 status calls: %.1f ms\n", best * 1e3);
    CHECK(best < 0.05 || getenv("MODELSEC_SLOW")); /* 0.01 on a machine of its own: ./dev bench --bindings */
    modelsec_client_release(client);
}

/* What a text file holds. */
static void read_text(const char *path, char *to, size_t size)
{
    FILE *from = fopen(path, "r");
    size_t n;
    CHECK(from);
    n = fread(to, 1, size - 1, from);
    to[n] = '\0';
    fclose(from);
}

static void a_model_is_signed_verified_and_fetched_by_its_signature(void)
{
    char command[512], model[128], private_key[1024], public_key[1024], base[256], signature[128];
    const char *keys[1], *bases[1], *patterns[1] = {"https://ci.example/*"};
    modelsec_model_signer signer;
    modelsec_model_signing signing;
    modelsec_model_check check;
    modelsec_model_report *made = NULL, *seen_report = NULL;
    modelsec_client *client = client_of();
    modelsec_request r;
    modelsec_result *result = NULL;
    modelsec_error *error = NULL;
    FILE *file;
    snprintf(command, sizeof command,
             "openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out %s/k.pem && openssl pkey -in %s/k.pem "
             "-pubout -out %s/k.pub && mkdir %s/model && printf weights > %s/model/w.bin",
             folder, folder, folder, folder, folder);
    CHECK(system(command) == 0);
    snprintf(command, sizeof command, "%s/k.pem", folder);
    read_text(command, private_key, sizeof private_key);
    snprintf(command, sizeof command, "%s/k.pub", folder);
    read_text(command, public_key, sizeof public_key);
    snprintf(model, sizeof model, "%s/model", folder);

    memset(&signing, 0, sizeof signing);
    signing.struct_size = sizeof signing;
    signing.private_key = private_key;
    signing.path = model;
    CHECK(modelsec_sign_model(&signing, &made, NULL) == MODELSEC_OK);
    CHECK(made->files == 1 && made->bytes == 7 && strlen(made->bundle) > 0);

    memset(&signer, 0, sizeof signer);
    signer.struct_size = sizeof signer;
    keys[0] = public_key;
    signer.keys = keys;
    signer.key_count = 1;
    memset(&check, 0, sizeof check);
    check.struct_size = sizeof check;
    check.bundle = made->bundle;
    check.bundle_size = strlen(made->bundle);
    check.path = model;
    check.signer = &signer;
    CHECK(modelsec_verify_model(&check, &seen_report, NULL) == MODELSEC_OK);
    CHECK(seen_report->files == 1 && strcmp(seen_report->model_name, "model") == 0 && seen_report->trusted_time[0] == '\0');
    modelsec_model_report_release(seen_report);
    /* Patterns of identities: a way of their own to say who signs, each with an issuer, and only by a trusted root. */
    signer.identity_patterns = patterns;
    signer.identity_pattern_count = 1;
    CHECK(modelsec_verify_model(&check, &seen_report, &error) == MODELSEC_USAGE);
    CHECK(strcmp(error->reason, "trust_source_twice") == 0);
    modelsec_error_release(error);
    signer.key_count = 0;
    CHECK(modelsec_verify_model(&check, &seen_report, NULL) == MODELSEC_USAGE);
    signer.pattern_issuers = patterns;
    CHECK(modelsec_verify_model(&check, &seen_report, NULL) == MODELSEC_USAGE);
    signer.identity_pattern_count = 0;
    signer.key_count = 1;

    snprintf(signature, sizeof signature, "%s/model.sig", folder);
    file = fopen(signature, "w");
    CHECK(file && fputs(made->bundle, file) >= 0 && fclose(file) == 0);
    modelsec_model_report_release(made);
    snprintf(command, sizeof command, "{\"do\":\"serve\",\"path\":\"/model/w.bin\",\"text\":\"weights\"}");
    order(&web, command);
    snprintf(base, sizeof base, "%s", web.manifest_url);
    strcpy(strstr(base, "/manifest"), "/model/");
    bases[0] = base;
    memset(&r, 0, sizeof r);
    r.struct_size = sizeof r;
    r.operation = MODELSEC_OP_FETCH;
    r.model_id = "signed";
    r.manifest_file = signature;
    r.model_signer = &signer;
    r.model_bases = bases;
    r.model_base_count = 1;
    r.max_age_s = 3600;
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, &result, NULL, &error) == MODELSEC_EXPIRED); /* nobody dated it */
    CHECK(strcmp(error->reason, "signature_too_old") == 0);
    modelsec_error_release(error);
    r.max_age_s = 0;
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, &result, NULL, NULL) == MODELSEC_OK);
    snprintf(command, sizeof command, "cmp -s '%s/w.bin' '%s/w.bin'", result->path, model);
    CHECK(system(command) == 0);
    modelsec_result_release(result);

    snprintf(command, sizeof command, "printf changed > %s/w.bin", model);
    CHECK(system(command) == 0);
    check.bundle = "{}";
    check.bundle_size = 2;
    CHECK(modelsec_verify_model(&check, &seen_report, &error) == MODELSEC_MALFORMED && !seen_report);
    modelsec_error_release(error);
    modelsec_client_release(client);
}

static void a_model_is_signed_and_verified_by_certificate(void)
{
    char command[1024], path[256], private_key[1024], root[2048], stranger[2048], leaf[2048];
    modelsec_model_signer signer;
    modelsec_model_signing signing;
    modelsec_model_check check;
    modelsec_model_report *made = NULL, *seen_report = NULL;
    modelsec_error *error = NULL;
    snprintf(command, sizeof command,
             "cd %s && mkdir -p certified/model && cd certified && printf weights > model/w.bin && "
             "printf 'keyUsage=critical,digitalSignature\\nextendedKeyUsage=codeSigning\\n' > leaf.ext && "
             "for n in root stranger; do openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout $n.pem -out $n.crt "
             "-subj /CN=$n -days 30 2>/dev/null || exit 1; done && "
             "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout leaf.pem -out leaf.csr -subj /CN=leaf 2>/dev/null && "
             "openssl x509 -req -in leaf.csr -CA root.crt -CAkey root.pem -CAcreateserial -days 30 -extfile leaf.ext -out leaf.crt "
             "2>/dev/null",
             folder);
    CHECK(system(command) == 0);
    snprintf(path, sizeof path, "%s/certified/leaf.pem", folder);
    read_text(path, private_key, sizeof private_key);
    snprintf(path, sizeof path, "%s/certified/leaf.crt", folder);
    read_text(path, leaf, sizeof leaf);
    snprintf(path, sizeof path, "%s/certified/root.crt", folder);
    read_text(path, root, sizeof root);
    snprintf(path, sizeof path, "%s/certified/stranger.crt", folder);
    read_text(path, stranger, sizeof stranger);
    snprintf(path, sizeof path, "%s/certified/model", folder);

    memset(&signing, 0, sizeof signing);
    signing.struct_size = sizeof signing;
    signing.private_key = private_key;
    signing.certificates = leaf;
    signing.path = path;
    CHECK(modelsec_sign_model(&signing, &made, NULL) == MODELSEC_OK);
    memset(&signer, 0, sizeof signer);
    signer.struct_size = sizeof signer;
    memset(&check, 0, sizeof check);
    check.struct_size = sizeof check;
    check.bundle = made->bundle;
    check.bundle_size = strlen(made->bundle);
    check.path = path;
    check.signer = &signer;
    signer.authorities = root;
    CHECK(modelsec_verify_model(&check, &seen_report, NULL) == MODELSEC_OK && seen_report->files == 1);
    modelsec_model_report_release(seen_report);
    signer.authorities = stranger;
    CHECK(modelsec_verify_model(&check, &seen_report, &error) == MODELSEC_SIGNATURE && strcmp(error->reason, "chain_invalid") == 0);
    modelsec_error_release(error);
    signer.authorities = leaf; /* nothing that could be trusted by itself */
    CHECK(modelsec_verify_model(&check, &seen_report, &error) == MODELSEC_USAGE && strcmp(error->reason, "no_trust_anchor") == 0);
    modelsec_error_release(error);
    modelsec_model_report_release(made);
}

static void shutdown_ends_what_runs(void)
{
    modelsec_client *client = client_of();
    modelsec_request r = request_of(MODELSEC_OP_FETCH);
    seen s;
    order(&web, "{\"do\":\"publish\",\"version\":\"7.0.0\",\"sequence\":7,\"signed_by\":4}");
    order(&web, "{\"do\":\"fail\",\"path\":\"/manifest\",\"delay_ms\":20000}");
    seen_start(&s);
    CHECK(modelsec_start(client, &r, on_event, &s, NULL, NULL) == MODELSEC_OK);
    CHECK(modelsec_shutdown(20000) == 1 && s.done == 1 && s.released == 1 && s.code == MODELSEC_CANCELLED);
    CHECK(modelsec_start(client, &r, on_event, &s, NULL, NULL) == MODELSEC_CANCELLED);
    modelsec_client_release(client);
}

int main(void)
{
    origin_start(&web);
    new_folder(folder, sizeof folder);
    snprintf(store, sizeof store, "%s/store", folder);
    what_is_tampered_with_or_expired_is_refused();
    a_cancelled_fetch_goes_on_where_it_was();
    an_open_pack_is_read_by_descriptor();
    rollback_verify_and_gc();
    credentials_come_by_callback();
    a_pinned_root_may_vouch();
    a_tuf_target_takes_the_place_of_a_manifest();
    a_proxy_is_used_and_blamed();
    a_check_a_removal_and_a_repair_tell_what_they_found();
    others_may_bring_the_bytes();
    mistakes_are_errors_and_null_is_fine();
    a_forked_child_is_told_so();
    a_thousand_status_calls_take_no_time();
    attempts_are_written_down_counted_and_bounded();
    a_released_client_asks_its_callbacks_no_more();
    a_model_is_signed_verified_and_fetched_by_its_signature();
    a_model_is_signed_and_verified_by_certificate();
    shutdown_ends_what_runs();
    origin_stop(&web);
    remove_folder(folder);
    puts("all is well");
    return 0;
}
