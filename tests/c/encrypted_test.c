/* Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0. */
/* A model that `modelsec publish --encrypt-for` encrypted (MODELSEC_COMMAND), through the C ABI: fetched, streamed, read back. */
#define _GNU_SOURCE
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

enum { PLAIN_SIZE = 700001, CHUNK = 65536 };

/* One X25519 key in its forms, and another one. */
static const char reader_public[] = "{\"key_id\": \"reader\", \"x25519_b64\": \"B6N8vBQgk8i3VdwbEOhstCY3StFqqFPtC9/AsrhtHHw=\"}";
static const char reader_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                                 "MC4CAQAwBQYDK2VuBCIEIAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g\n"
                                 "-----END PRIVATE KEY-----\n";
static const char reader_base64[] = "AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyA=";
static const char stranger_base64[] = "ISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A=";
static const char *const right[] = {stranger_base64, reader_base64, NULL};
static const char *const wrong[] = {stranger_base64, NULL};
static const char *const pem[] = {reader_pem, NULL};
static const char *const none[] = {NULL};

static origin web;
static char folder[64], base[256], pins[4096], plain[PLAIN_SIZE + 1], got[PLAIN_SIZE + 1];

static void write_file(const char *name, const char *content, size_t size)
{
    char path[128];
    FILE *f;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "wb");
    CHECK(f && fwrite(content, 1, size, f) == size && fclose(f) == 0);
}

static void shell(const char *command)
{
    CHECK(setenv("HERE", folder, 1) == 0 && setenv("BASE", base, 1) == 0 && system(command) == 0);
}

static void publish(void)
{
    char json[512], path[128];
    size_t at = 0;
    FILE *f;
    while (at < PLAIN_SIZE) /* the last line is cut */
        at += (size_t)snprintf(plain + at, sizeof plain - at, "planted plain text %zu\n", at);
    write_file("model.gguf", plain, PLAIN_SIZE);
    write_file("reader.json", reader_public, strlen(reader_public));
    shell("\"$MODELSEC_COMMAND\" keygen --quiet --out \"$HERE/keys\" --key-id k && "
          "\"$MODELSEC_COMMAND\" publish --quiet --key \"$HERE/keys/k.pem\" --model demo --version 1.0.0 --sequence 1 --expires 1d "
          "--platform any --file \"$HERE/model.gguf\" --url \"$BASE/m.enc\" --encrypt-for \"$HERE/reader.json\" --chunk-size 256KiB "
          "--out \"$HERE/manifest.json\"");
    snprintf(json, sizeof json, "{\"do\":\"serve\",\"path\":\"/m.enc\",\"file\":\"%s/model.gguf.enc\"}", folder);
    order(&web, json);
    snprintf(json, sizeof json, "{\"do\":\"serve\",\"path\":\"/sealed\",\"type\":\"application/json\",\"file\":\"%s/manifest.json\"}",
             folder);
    order(&web, json);
    snprintf(path, sizeof path, "%s/keys/k.pub.json", folder);
    f = fopen(path, "rb");
    CHECK(f && fread(pins, 1, sizeof pins - 1, f) > 0 && fclose(f) == 0);
}

static modelsec_client *client_of(const char *name)
{
    static char store[96];
    modelsec_client_options o;
    modelsec_client *client = NULL;
    snprintf(store, sizeof store, "%s/%s", folder, name);
    memset(&o, 0, sizeof o);
    o.struct_size = sizeof o;
    o.store = store;
    o.ca_file = web.ca;
    CHECK(modelsec_client_create(&o, &client, NULL) == MODELSEC_OK);
    return client;
}

/* With these keys, the NULL after the last not among them. */
static modelsec_request request_of(uint32_t operation, const char *const *keys)
{
    static char url[300];
    modelsec_request r;
    snprintf(url, sizeof url, "%s/sealed", base);
    memset(&r, 0, sizeof r);
    r.struct_size = sizeof r;
    r.operation = operation;
    r.model_id = "demo";
    r.manifest_url = url;
    r.pins_json = pins;
    r.decrypt_keys = keys;
    while (keys && keys[r.decrypt_key_count])
        ++r.decrypt_key_count;
    return r;
}

static int32_t run(modelsec_client *client, const modelsec_request *r, char *reason, size_t size)
{
    modelsec_error *error = NULL;
    const int32_t code = modelsec_run(client, r, NULL, NULL, NULL, NULL, NULL, &error);
    snprintf(reason, size, "%s", error ? error->reason : "none");
    CHECK(!error || (!strstr(error->detail, stranger_base64) && !strstr(error->detail, reader_base64)));
    modelsec_error_release(error);
    return code;
}

static void only_who_holds_the_key_activates_by_it(void)
{
    static const char *const nonsense[] = {"planted key", NULL};
    char path[128], reason[64];
    const char *files[1];
    modelsec_client *client = client_of("store");
    modelsec_request r = request_of(MODELSEC_OP_FETCH, wrong);
    modelsec_status *status = NULL;
    modelsec_error *error = NULL;
    CHECK(run(client, &r, reason, sizeof reason) == MODELSEC_DIGEST && strcmp(reason, "decrypt_failed") == 0);
    CHECK(modelsec_client_status(client, &status, NULL) == MODELSEC_OK);
    CHECK(status->count == 0 || !status->models[0]->active);
    modelsec_status_release(status);
    r = request_of(MODELSEC_OP_FETCH, nonsense);
    CHECK(modelsec_run(client, &r, NULL, NULL, NULL, NULL, NULL, &error) == MODELSEC_USAGE);
    CHECK(strcmp(error->reason, "bad_option") == 0 && !strstr(error->detail, "planted"));
    modelsec_error_release(error);
    r.decrypt_keys = NULL; /* a count without a list */
    CHECK(run(client, &r, reason, sizeof reason) == MODELSEC_USAGE);

    /* A file belongs to its user alone. */
    snprintf(path, sizeof path, "%s/reader.pem", folder);
    write_file("reader.pem", reader_pem, strlen(reader_pem));
    files[0] = path;
    r = request_of(MODELSEC_OP_FETCH, NULL);
    r.decrypt_key_files = files;
    r.decrypt_key_file_count = 1;
    CHECK(chmod(path, 0644) == 0);
    CHECK(run(client, &r, reason, sizeof reason) == MODELSEC_USAGE && strcmp(reason, "secret_file_exposed") == 0);
    CHECK(chmod(path, 0600) == 0);
    CHECK(run(client, &r, reason, sizeof reason) == MODELSEC_OK);
    modelsec_client_release(client);
}

static void it_is_streamed_as_plain_text(void)
{
    modelsec_client *client = client_of("streamed");
    modelsec_request r = request_of(MODELSEC_OP_FETCH, NULL);
    modelsec_stream *stream = NULL;
    modelsec_result *result = NULL;
    modelsec_error *error = NULL;
    modelsec_status *status = NULL;
    size_t n = 0;
    CHECK(modelsec_stream_open(client, &r, &stream, &error) == MODELSEC_POLICY && !stream);
    CHECK(strcmp(error->reason, "not_streamable") == 0);
    modelsec_error_release(error);

    /* The rest takes two seconds more than what is read first. */
    order(&web, "{\"do\":\"fail\",\"path\":\"/m.enc\",\"bytes_per_second\":200000}");
    r = request_of(MODELSEC_OP_FETCH, pem);
    CHECK(modelsec_stream_open(client, &r, &stream, NULL) == MODELSEC_OK);
    CHECK(modelsec_stream_file_count(stream) == 1 && strcmp(modelsec_stream_file_name(stream, 0), "model.gguf") == 0);
    CHECK(modelsec_stream_file_size(stream, 0) == PLAIN_SIZE);
    CHECK(modelsec_stream_read(stream, 0, CHUNK - 50, got, 100, &n, NULL) == MODELSEC_OK && n == 100);
    CHECK(memcmp(got, plain + CHUNK - 50, n) == 0);
    CHECK(modelsec_client_status(client, &status, NULL) == MODELSEC_OK);
    CHECK(status->count == 0 || !status->models[0]->active); /* still on its way */
    modelsec_status_release(status);
    order(&web, "{\"do\":\"heal\",\"path\":\"/m.enc\"}");
    CHECK(modelsec_stream_read(stream, 0, 0, got, PLAIN_SIZE + 1, &n, NULL) == MODELSEC_OK && n == PLAIN_SIZE);
    CHECK(memcmp(got, plain, PLAIN_SIZE) == 0);
    CHECK(modelsec_stream_finish(stream, &result, NULL) == MODELSEC_OK && strcmp(result->version, "1.0.0") == 0);
    modelsec_result_release(result);
    modelsec_stream_release(stream);
    modelsec_client_release(client);

    client = client_of("refused");
    r = request_of(MODELSEC_OP_FETCH, wrong);
    CHECK(modelsec_stream_open(client, &r, &stream, NULL) == MODELSEC_OK);
    CHECK(modelsec_stream_read(stream, 0, 0, got, 100, &n, &error) == MODELSEC_DIGEST && n == 0);
    CHECK(strcmp(error->reason, "decrypt_failed") == 0);
    modelsec_error_release(error);
    CHECK(modelsec_stream_finish(stream, NULL, &error) == MODELSEC_DIGEST && strcmp(error->reason, "decrypt_failed") == 0);
    modelsec_error_release(error);
    modelsec_stream_release(stream);
    modelsec_client_release(client);
}

static void what_is_active_is_read_by_keys_and_stays_encrypted(void)
{
    modelsec_client *client = client_of("store");
    modelsec_request r = request_of(MODELSEC_OP_OPEN, wrong);
    modelsec_decrypted *pack = NULL;
    modelsec_error *error = NULL;
    modelsec_view *view = NULL, *again = NULL;
    const modelsec_pack *stored;
    char stays[24];
    size_t n = 0;
    int descriptor = 0;
    CHECK(modelsec_decrypted_open(client, &r, &pack, &error) == MODELSEC_DIGEST && !pack);
    CHECK(strcmp(error->reason, "decrypt_failed") == 0);
    modelsec_error_release(error);
    r = request_of(MODELSEC_OP_OPEN, none);
    CHECK(modelsec_decrypted_open(client, &r, &pack, NULL) == MODELSEC_DIGEST && !pack);
    r = request_of(MODELSEC_OP_FETCH, right);
    CHECK(modelsec_decrypted_open(client, &r, &pack, NULL) == MODELSEC_USAGE && !pack);
    r.operation = MODELSEC_OP_OPEN;
    CHECK(modelsec_decrypted_open(client, &r, NULL, NULL) == MODELSEC_USAGE);
    CHECK(modelsec_decrypted_open(client, &r, &pack, NULL) == MODELSEC_OK);
    modelsec_client_release(client); /* the pack does without */

    stored = modelsec_decrypted_pack(pack);
    CHECK(strcmp(modelsec_pack_version(stored), "1.0.0") == 0 && modelsec_pack_file_count(stored) == 1);
    CHECK(modelsec_pack_file_size(stored, 0) == PLAIN_SIZE + 16 * ((PLAIN_SIZE + CHUNK - 1) / CHUNK));
    CHECK(pread(modelsec_pack_file_descriptor(stored, 0), stays, sizeof stays, 0) == sizeof stays && memcmp(stays, plain, sizeof stays) != 0);
    CHECK(modelsec_decrypted_file_count(pack) == 1 && modelsec_decrypted_find(pack, "model.gguf") == 0);
    CHECK(modelsec_decrypted_find(pack, "other") == 1 && modelsec_decrypted_find(pack, NULL) == 1);
    CHECK(strcmp(modelsec_decrypted_file_name(pack, 0), "model.gguf") == 0 && !modelsec_decrypted_file_name(pack, 1));
    CHECK(modelsec_decrypted_file_size(pack, 0) == PLAIN_SIZE && modelsec_decrypted_file_size(pack, 1) == 0);

    CHECK(modelsec_decrypted_read(pack, 0, 2 * CHUNK - 10, got, 3 * CHUNK, &n, NULL) == MODELSEC_OK && n == 3 * CHUNK);
    CHECK(memcmp(got, plain + 2 * CHUNK - 10, n) == 0);
    CHECK(modelsec_decrypted_read(pack, 0, PLAIN_SIZE - 5, got, 100, &n, NULL) == MODELSEC_OK && n == 5);
    CHECK(modelsec_decrypted_read(pack, 0, PLAIN_SIZE, got, 100, &n, NULL) == MODELSEC_OK && n == 0);
    CHECK(modelsec_decrypted_read(pack, 0, UINT64_MAX, got, 100, &n, NULL) == MODELSEC_OK && n == 0);
    CHECK(modelsec_decrypted_read(pack, 1, 0, got, 100, &n, NULL) == MODELSEC_USAGE);
    CHECK(modelsec_decrypted_read(pack, 0, 0, NULL, 100, &n, NULL) == MODELSEC_USAGE);
    CHECK(modelsec_decrypted_read(NULL, 0, 0, got, 100, &n, NULL) == MODELSEC_USAGE);

    CHECK(modelsec_decrypted_view(pack, 1, &view, NULL) == MODELSEC_USAGE && !view);
    CHECK(modelsec_decrypted_view(pack, 0, &view, NULL) == MODELSEC_OK && modelsec_view_size(view) == PLAIN_SIZE);
    CHECK(modelsec_decrypted_view(pack, 0, &again, NULL) == MODELSEC_OK && modelsec_view_data(again) != modelsec_view_data(view));
    modelsec_view_release(again);
    CHECK(modelsec_decrypted_sealed_descriptor(pack, 1, &descriptor, NULL) == MODELSEC_USAGE && descriptor == -1);
    CHECK(modelsec_decrypted_sealed_descriptor(pack, 0, NULL, NULL) == MODELSEC_USAGE);
#ifdef __linux__
    CHECK(modelsec_decrypted_sealed_descriptor(pack, 0, &descriptor, NULL) == MODELSEC_OK && descriptor >= 0);
#else
    CHECK(modelsec_decrypted_sealed_descriptor(pack, 0, &descriptor, &error) == MODELSEC_POLICY && descriptor == -1);
    CHECK(strcmp(error->reason, "unsupported") == 0);
    modelsec_error_release(error);
#endif
    modelsec_decrypted_release(pack); /* view and descriptor do without */
    CHECK(memcmp(modelsec_view_data(view), plain, PLAIN_SIZE) == 0);
    modelsec_view_release(view);
#ifdef __linux__
    {
        struct stat about;
        CHECK(fstat(descriptor, &about) == 0 && about.st_size == PLAIN_SIZE && (about.st_mode & 07777) == 0600);
        CHECK(fcntl(descriptor, F_GET_SEALS) == (F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE));
        CHECK((fcntl(descriptor, F_GETFD) & FD_CLOEXEC) != 0);
        CHECK(pread(descriptor, got, sizeof got, 0) == PLAIN_SIZE && memcmp(got, plain, PLAIN_SIZE) == 0);
        CHECK(pwrite(descriptor, "x", 1, 0) == -1 && errno == EPERM);
        CHECK(ftruncate(descriptor, 1) == -1 && errno == EPERM);
        CHECK(mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0) == MAP_FAILED);
        close(descriptor);
    }
#endif
    CHECK(!modelsec_decrypted_pack(NULL) && modelsec_decrypted_file_count(NULL) == 0 && !modelsec_view_data(NULL));
    CHECK(modelsec_view_size(NULL) == 0);
    modelsec_decrypted_release(NULL);
    modelsec_view_release(NULL);
}

/* A program of an earlier header says nothing of keys: it fetches what is encrypted as it is. */
static void a_request_of_before_has_no_keys(void)
{
    char reason[64];
    modelsec_client *client = client_of("before");
    modelsec_request r = request_of(MODELSEC_OP_FETCH, wrong);
    r.struct_size = (uint32_t)offsetof(modelsec_request, decrypt_keys);
    CHECK(run(client, &r, reason, sizeof reason) == MODELSEC_OK);
    modelsec_client_release(client);
}

static void no_plain_text_is_on_the_disk(void)
{
    shell("grep -r -q -a -F 'planted plain text' \"$HERE/store\" \"$HERE/streamed\" \"$HERE/refused\" \"$HERE/before\"; test $? = 1");
    shell("grep -q -a -F 'planted plain text' \"$HERE/model.gguf\""); /* it would be found */
}

int main(void)
{
    CHECK(getenv("MODELSEC_COMMAND"));
    origin_start(&web);
    member(&web, "base_url", base, sizeof base);
    new_folder(folder, sizeof folder);
    publish();
    only_who_holds_the_key_activates_by_it();
    it_is_streamed_as_plain_text();
    what_is_active_is_read_by_keys_and_stays_encrypted();
    a_request_of_before_has_no_keys();
    no_plain_text_is_on_the_disk();
    remove_folder(folder);
    origin_stop(&web);
    printf("ok\n");
    return 0;
}
