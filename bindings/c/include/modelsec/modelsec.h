/* Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0. */
/*
 * modelsec for C, and for every language that speaks C: fetches signed model packs, verifies them, makes them active.
 *
 * Conventions, everywhere:
 *  - Functions that can fail return a code (MODELSEC_OK or an error, the same numbers as the command's exit codes) and, through
 *    `error` (may be NULL), an owned description. On failure every other output is NULL.
 *  - What a function hands out is released by the `_release` function of its type; NULL is always fine there. Releasing
 *    never blocks and never calls back.
 *  - Every struct begins with `struct_size`. Callers set it to sizeof and the rest to zero; the library fills it in what it
 *    hands out. Structs grow at their end only. A program that was built with a later header may give a larger one: what this library
 *    does not know of it, and `reserved`, must be zero, else it is a mistake of usage ("an option of a later version").
 *  - Strings are UTF-8, zero-terminated. Inputs are copied before the function returns. Outputs live as long as what they hang on.
 *  - All functions may be called from any thread, also within a callback (but modelsec_shutdown and modelsec_run of the same model
 *    would wait for the callback that calls them). A client may be used by many threads at once; one handed-out object by one
 *    thread at a time, unless only read.
 *  - After fork() the child must not use what the parent made: MODELSEC_USAGE. It may make a client of its own.
 */
#ifndef MODELSEC_MODELSEC_H
#define MODELSEC_MODELSEC_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#ifdef MODELSEC_BUILDING_C
#define MODELSEC_API __declspec(dllexport)
#elif defined(MODELSEC_STATIC)
#define MODELSEC_API
#else
#define MODELSEC_API __declspec(dllimport)
#endif
#else
#define MODELSEC_API __attribute__((visibility("default")))
#endif

#if defined(__GNUC__) || defined(__clang__)
#define MODELSEC_MUST_CHECK __attribute__((warn_unused_result))
#else
#define MODELSEC_MUST_CHECK
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Codes. The table with names and texts is docs/codes.md. */
#include <modelsec/modelsec_codes.h>

/** The version of the library that is loaded, as in "0.1.0". Static. Any thread. */
MODELSEC_API const char *modelsec_version(void);
/** The name of a code, as in "digest"; "internal" for what is none. Static. Any thread. */
MODELSEC_API const char *modelsec_code_name(int32_t code);
/** The generic text of a code, fit for end users: no path, no secret. Static. Any thread. */
MODELSEC_API const char *modelsec_code_message(int32_t code);

/** Why something failed. */
typedef struct modelsec_error {
    uint32_t struct_size;
    int32_t code;
    const char *name;    /**< of the code */
    const char *reason;  /**< a stable word: "host_mismatch", "stall", … */
    const char *message; /**< generic, for users */
    const char *hint;    /**< what can be done about it */
    const char *detail;  /**< for the owner of the process only: may hold local paths and text of the remote side */
} modelsec_error;
/** Any thread, once; so with every release function. */
MODELSEC_API void modelsec_error_release(modelsec_error *error);

typedef struct modelsec_header {
    const char *name;
    const char *value;
} modelsec_header;

/* ---- clients ------------------------------------------------------------------------------------------------------- */

typedef struct modelsec_client modelsec_client;

enum { MODELSEC_PROFILE_CLIENT = 0, MODELSEC_PROFILE_SERVER = 1 };
enum { MODELSEC_WRITE_AUTOMATIC = 0, MODELSEC_WRITE_DIRECT = 1, MODELSEC_WRITE_CACHED = 2 };
enum {
    MODELSEC_OCSP_IF_STAPLED = 0, /**< a stapled OCSP answer that comes must be good, and must come where the certificate says so */
    MODELSEC_OCSP_REQUIRED = 1,   /**< every server must staple a good one */
    MODELSEC_OCSP_OFF = 2         /**< servers are not asked for one */
};

enum {
    MODELSEC_DIGEST_AUTOMATIC = 0, /**< all signed chunks decide where the pack would have to wait for the digest of the whole */
    MODELSEC_DIGEST_WHOLE = 1      /**< always the digest of the whole file too */
};
enum {
    MODELSEC_STORE_OWNER_ONLY = 0,  /**< folders 0700, files 0600 */
    MODELSEC_STORE_SHARED_READ = 1, /**< 0755, 0644: others read it (images, read-only mounts) */
    MODELSEC_STORE_VOLUME = 2       /**< the volume is this application's alone, whoever owns its topmost folder (Kubernetes) */
};
enum {
    MODELSEC_VERITY_OFF = 0,     /**< packs are not put under fs-verity (Linux) */
    MODELSEC_VERITY_WANTED = 1,  /**< where kernel and disk can; else an event WARNING (verity_unsupported), and active without */
    MODELSEC_VERITY_REQUIRED = 2 /**< where they cannot, nothing becomes active: 41 verity_unsupported */
};

/** Adds one header that a credential callback wants sent; copies it. Only to be called within that callback. */
typedef void (*modelsec_add_header_fn)(void *to, const char *name, const char *value);
/** Asked for the headers of an origin ("https://host[:port]") before each request to it, on a thread of the library. */
typedef void (*modelsec_credentials_fn)(void *user, const char *origin, modelsec_add_header_fn add, void *to);

/** The counters of a store after an attempt, as Prometheus text, on a thread of the library; `text` goes when it returns. */
typedef void (*modelsec_metrics_fn)(void *user, const char *text);

/** What an ALERT may be about; of modelsec_audit_options::alerts_off a sum. */
enum { MODELSEC_ALERT_FAILURES = 1, MODELSEC_ALERT_REQUESTS = 2, MODELSEC_ALERT_SIZE = 4, MODELSEC_ALERT_HOST = 8 };

/** What is kept of every attempt, beside its events: one line in the store's audit log (docs/manifest.md, Audit log) and what follows from
 *  them. What cannot be written fails no operation. Zero is the default of each. */
typedef struct modelsec_audit_options {
    uint32_t struct_size;
    uint32_t reserved;
    const char *actor;             /**< whom the application acts for; may be NULL */
    uint64_t file_bytes;           /**< a log that has grown to this is put aside; 0: the default (16 MiB) */
    uint32_t kept_files;           /**< so many of those that were put aside stay; 0: the default (8) */
    uint32_t alerts_off;           /**< a sum of MODELSEC_ALERT_…: what is not looked at. An unknown host is `unusual_host` */
    uint32_t failures_in_a_row;    /**< ALERT `repeated_failures`; 0: the default (3) */
    uint32_t requests_per_hour;    /**< ALERT `unusual_request_rate`: more manifest requests than this; 0: the default (120) */
    uint32_t size_factor;          /**< ALERT `unusual_size`: so many times larger or smaller than the version before; 0: the default (4) */
    uint32_t sink_queue;           /**< so many events may wait for the sink; 0: the default (1,024) */
    uint64_t cool_down_s;          /**< how long the same alert of a model is not told again; 0: the default (1 hour) */
    const char *sink_url;          /**< https: the events go on to it by POST, as JSON; it never holds an operation up; may be NULL */
    uint64_t sink_linger_ms;       /**< how long the client's end waits for events that still wait; 0: the default (2 s) */
    const char *metrics_file;      /**< the counters, replaced as a whole after each attempt, for Prometheus' node exporter; may be NULL */
    modelsec_metrics_fn metrics;   /**< may be NULL */
    void *metrics_user;            /**< must live until the client is released and its last operation has ended */
} modelsec_audit_options;

typedef struct modelsec_client_options {
    uint32_t struct_size;
    uint32_t profile;             /**< MODELSEC_PROFILE_…; a client must hold no storage credentials */
    const char *store;            /**< the store's folder; made at the first fetch */
    const char *ca_file;          /**< PEM; in place of the system's roots; may be NULL */
    const char *certificate_file; /**< PEM chain for client authentication; may be NULL */
    const char *private_key_file; /**< PEM; may be NULL */
    const char *const *spki_pins; /**< base64 SHA-256 of public keys, for the manifest's origin */
    size_t spki_pin_count;
    uint32_t connections;         /**< at most so many at once; 0: the default */
    uint32_t write_policy;        /**< MODELSEC_WRITE_… */
    uint64_t limit_rate;          /**< bytes a second; 0: no limit */
    uint64_t lock_wait_ms;        /**< how long to wait for another process; 0: the default (10 minutes) */
    modelsec_credentials_fn credentials; /**< may be NULL */
    void *credentials_user;              /**< must live until the client is released and its last operation has ended */
    const char *const *allowed_hosts;    /**< if there are any: no other host is asked, redirected to or not (MODELSEC_POLICY) */
    size_t allowed_host_count;
    const char *user_agent;              /**< NULL: "modelsec" */
    uint64_t device_ram_mb;              /**< what a manifest's `min_device` is held against, both or none; 0: this machine */
    uint64_t device_free_disk_mb;
    uint64_t connect_timeout_ms;         /**< of each try; 0: the default (10 s), as in the next two */
    uint64_t handshake_timeout_ms;
    uint64_t stall_timeout_ms;           /**< 0: the default (20 s) */
    uint32_t retries;                    /**< at least so many tries after the first; 0: the default (5) */
    uint32_t group_shared;               /**< 1: accept a store that its group may write to */
    const char *proxy;                   /**< http://[user:password@]host[:port] or socks5(h)://…; NULL: none. Not read from the environment */
    const char *no_proxy;                /**< hosts to ask directly, as in the variable NO_PROXY; may be NULL */
    uint32_t ocsp;                       /**< MODELSEC_OCSP_… */
    uint32_t reserved;
    const char *ca_pem;                  /**< as ca_file, in memory; both are believed where both are given; may be NULL */
    const char *certificate_pem;         /**< as certificate_file, in memory; not both */
    const char *private_key_pem;         /**< as private_key_file, in memory; not both. The library's copy is wiped with the client */
    uint64_t first_byte_timeout_ms;      /**< how long a server may take to begin an answer; 0: the default (60 s) */
    uint32_t partial_chain;              /**< 1: a certificate of the CA is believed as it is, also an intermediate one */
    uint32_t digest_policy;              /**< MODELSEC_DIGEST_… */
    uint32_t store_policy;               /**< MODELSEC_STORE_… */
    uint32_t automatic_repair;           /**< 1: where the newest state of a model is damaged, go on with the highest that is whole (event
                                              WARNING, memory_lost) */
    uint64_t max_model_bytes;            /**< of all files together, where nobody signed their sizes (`model_signer`); 0: the default (256 GiB) */
    uint64_t fallback_after_ms;          /**< ensure: without a verified manifest by then, what is active has to do; 0: the default (10 s);
                                              UINT64_MAX: never, it has to do only where the network fails */
    uint64_t min_rate;                   /**< a source that brings less over ten seconds is given up, bytes a second; 0: none is */
    const modelsec_audit_options *audit; /**< NULL: no audit log, no alerts, no counters */
    uint32_t manifest_requests_per_minute; /**< at most so many over all processes that use the store, then MODELSEC_RATE_LIMITED and nobody
                                                is asked; at most 1,000; 0: no limit. Also without an audit log */
    uint32_t manifest_requests_per_day;  /**< the same in 24 hours from the first one on; 0: no limit */
    uint32_t hub_environment;            /**< 1: `hf://` as the Hub's own tools have it: HF_ENDPOINT, HF_TOKEN, HF_TOKEN_PATH, HF_HOME, as they are
                                              now; 0: the public Hub, without a token */
    uint32_t hub_allow_endpoint;         /**< 1: a token from a file also goes to an HF_ENDPOINT that only the environment names */
    uint32_t fs_verity;                  /**< MODELSEC_VERITY_… */
    uint32_t roots_from_environment;     /**< 1: where no CA is given, what SSL_CERT_FILE and SSL_CERT_DIR name, in place of the system's roots;
                                              not in a process with more rights than its caller */
    uint32_t cache_tag;                  /**< 1: mark the store by a CACHEDIR.TAG, so that backups leave it out (bford.info/cachedir) */
    uint32_t reserved_2;
} modelsec_client_options;

/** Makes a client. Reads no disk and asks no network. Any thread. Codes: 2, 50 (with `hub_environment`, where the variable HF_ENDPOINT is no
 *  https address: `detail` names it). */
MODELSEC_API int32_t modelsec_client_create(const modelsec_client_options *options, modelsec_client **client,
                                            modelsec_error **error) MODELSEC_MUST_CHECK;
/** Running operations go on and keep what they need; the handle itself is gone. Any thread, once. Waits for nothing, save for an
 *  audit sink that has events left, for its sink_linger_ms at most. */
MODELSEC_API void modelsec_client_release(modelsec_client *client);

/** Sets (count > 0) or forgets (count 0) the headers that go to one origin and no other, from the next request on. For
 *  languages whose callbacks cannot answer at once. Any thread. Codes: 2. */
MODELSEC_API int32_t modelsec_client_set_headers(modelsec_client *client, const char *origin, const modelsec_header *headers,
                                                 size_t count, modelsec_error **error) MODELSEC_MUST_CHECK;

/* ---- operations ---------------------------------------------------------------------------------------------------- */

enum {
    MODELSEC_OP_FETCH = 1,    /**< fetch, verify, make active */
    MODELSEC_OP_ENSURE = 2,   /**< the same; where the network fails, what is active is good enough (`stale`) */
    MODELSEC_OP_VERIFY = 3,   /**< hash again what is active */
    MODELSEC_OP_ROLLBACK = 4, /**< last good becomes active */
    MODELSEC_OP_GC = 5,       /**< remove what nothing needs, of all models */
    MODELSEC_OP_OPEN = 6,     /**< open what is active: the result has `pack` */
    MODELSEC_OP_CHECK = 7,    /**< what a fetch would do: verified, nothing is changed */
    MODELSEC_OP_REMOVE = 8,   /**< remove the model; what is remembered against older manifests stays */
    MODELSEC_OP_REPAIR = 9    /**< give models a state again whose newest one is damaged or lost; without `model_id` all */
};

enum { MODELSEC_FORMAT_DSSE = 0, MODELSEC_FORMAT_PACK = 1 };

/** Who may have signed a model (OpenSSF Model Signing): keys, or a CA, or identities; any one of those given. */
typedef struct modelsec_model_signer {
    uint32_t struct_size;
    uint32_t reserved;
    const char *const *keys;       /**< public keys in PEM: ECDSA or Ed25519 */
    size_t key_count;
    const char *authorities;       /**< certificates of a CA, and those below it that help, in one PEM text */
    const char *const *identities; /**< keyless: URIs or e-mail addresses, … */
    const char *const *issuers;    /**< … and for each who vouched for it, a URL */
    size_t identity_count;
    const char *trusted_root;      /**< Sigstore's trusted_root.json, byte by byte: whose logs and timestamps count. Needed for identities */
    size_t trusted_root_size;
    const char *const *identity_patterns; /**< beside `identities`, or in place of them: `*` stands for any text, … */
    const char *const *pattern_issuers;   /**< … and for each who vouched for it, a URL, compared exactly */
    size_t identity_pattern_count;
} modelsec_model_signer;

/** What to do. Members that an operation has no use for are ignored. */
typedef struct modelsec_request {
    uint32_t struct_size;
    uint32_t operation;            /**< MODELSEC_OP_FETCH, … */
    const char *model_id;          /**< the model; optional for a DSSE fetch. Not for gc, which always goes over all models */
    const char *manifest_url;      /**< https; or … */
    const char *manifest_file;     /**< … a local file */
    const char *post_body;         /**< JSON to POST, verbatim; NULL: GET */
    const modelsec_header *headers; /**< for the manifest's origin */
    size_t header_count;
    const char *pins_json;         /**< {"keys": [{"key_id", "ed25519_b64", …}], "threshold": 1}; for a rollback optional */
    const char *tier;
    const char *const *platforms;  /**< in order of preference */
    size_t platform_count;
    uint32_t format;               /**< MODELSEC_FORMAT_… */
    uint32_t offline;              /**< 1: ask nobody */
    uint32_t dry_run;              /**< 1: change nothing */
    uint32_t keep;                 /**< gc: packs to keep beside active and last good */
    uint64_t min_sequence;
    uint64_t deadline_ms;          /**< for the whole attempt; 0: none */
    const char *root;              /**< in place of pins: a TUF root.json, byte by byte, whose `targets` role signs … */
    size_t root_size;
    const char *root_url;          /**< … and the https folder with its successors; none is needed with `bundle` */
    uint32_t root_forbidden_ends;  /**< 1: the server answers 403 where a root is missing */
    uint32_t reserved;
    const char *tuf_target;        /**< with `root`: a target of the TUF repository whose metadata lies at `root_url`, in place of a manifest */
    const char *const *tuf_target_urls; /**< folders of its targets, best first; none: `targets/` beside the metadata, then below */
    size_t tuf_target_url_count;
    const char *manifest;          /**< in place of manifest_url and manifest_file: the envelope, byte by byte, however it was got */
    size_t manifest_size;
    const char *bundle;            /**< in place of them: a local file with manifest, roots and model; no host is asked */
    uint32_t require_order;        /**< 1: refuse a manifest that neither sequence nor issued_at orders */
    uint32_t partial;              /**< remove: 1: only what was downloaded so far of a version that is not active yet */
    const modelsec_model_signer *model_signer; /**< in place of pins and root: `manifest_url` or `manifest_file` is the signature of a model … */
    const char *const *model_bases; /**< … whose files lie below these, best first: https, hf://ORG/REPO@COMMIT/, oci://HOST/REPO@sha256:HEX */
    size_t model_base_count;
    uint64_t max_age_s;            /**< refuse a signature that is older or undated; 0: any */
    const char *trace_parent;      /**< W3C Trace Context, for the audit log and the manifest's origin alone; what is none is ignored */
    const char *const *decrypt_keys; /**< keys to encrypted files, each a text: X25519 in PEM, JSON, or 32 bytes in base64. With one, here or in a
                                          file, a model that none of them opens is not activated (30 `decrypt_failed`); without any it is
                                          fetched as it is. On disk it stays encrypted. The library's copies are wiped with the operation */
    size_t decrypt_key_count;
    const char *const *decrypt_key_files; /**< the same in files that belong to their user alone (0600) */
    size_t decrypt_key_file_count;
} modelsec_request;

typedef struct modelsec_pack modelsec_pack;

/** What a repair found of one model, and did. */
typedef struct modelsec_repaired {
    uint32_t struct_size;
    uint32_t adopted;             /**< 1: `active_version` was made of files that no state named */
    const char *model_id;
    const char *found;            /**< "none", "state_damaged" or "memory_lost" */
    const char *reason;           /**< "none", or why it could not be repaired */
    const char *active_version;   /**< by now; "" if nothing is active */
    uint64_t forgotten_changes;   /**< newer states that could not be read */
    uint64_t sequence;            /**< the highest that is still known to have been accepted */
    const char *const *set_aside; /**< relative to the store; gc removes them */
    size_t set_aside_count;
} modelsec_repaired;

/** What an operation came to. */
typedef struct modelsec_result {
    uint32_t struct_size;
    uint32_t already_active;
    uint32_t stale;
    uint32_t reserved;
    const char *model_id;
    const char *version;
    const char *path;       /**< the pack's folder, absolute */
    const char *sha256;     /**< of the artifact, hex; "" after gc */
    uint64_t sequence;
    uint64_t bytes_fetched;
    uint64_t bytes_removed; /**< gc */
    const char *const *removed; /**< gc, remove: what went, or with `dry_run` would go; relative to the store */
    size_t removed_count;
    uint64_t total_bytes;       /**< check: of all files, as signed */
    uint64_t bytes_to_fetch;    /**< check: at most so many would travel */
    const char *active_version; /**< check: what is active now; "" if nothing is */
    const char *platform;       /**< check: of what would be taken; else "" */
    const char *tier;           /**< check: as signed; else "" */
    const char *stale_reason;   /**< ensure: what the network failed by, where `stale`; else "none" */
    const modelsec_repaired *const *repaired; /**< repair: every model that was looked at */
    size_t repaired_count;
} modelsec_result;
MODELSEC_API void modelsec_result_release(modelsec_result *result);

enum {
    MODELSEC_EVENT_STAGE = 0,
    MODELSEC_EVENT_PROGRESS = 1, /**< (0, total) first, then at least every 512 KiB, then (total, total) */
    MODELSEC_EVENT_REDIRECT = 2,
    MODELSEC_EVENT_RETRY = 3,
    MODELSEC_EVENT_WARNING = 4,
    MODELSEC_EVENT_DONE = 5,     /**< exactly one, with `result` or `error` */
    MODELSEC_EVENT_RELEASED = 6, /**< the very last call for this operation: `user` may go */
    MODELSEC_EVENT_ALERT = 8     /**< something unusual for `model_id`, by `reason` (modelsec_audit_options); before DONE */
};

/** Something that happened. The receiver owns it and releases it, whenever and on whichever thread it likes. */
typedef struct modelsec_event {
    uint32_t struct_size;
    uint32_t kind;        /**< MODELSEC_EVENT_… */
    uint64_t operation;   /**< the id that modelsec_start gave */
    uint64_t bytes;
    uint64_t total;
    uint64_t wait_ms;
    const char *stage;    /**< "manifest", "download", "extract", "activate", "verify" */
    const char *reason;   /**< "none" or a stable word */
    const char *host;
    const char *model_id;
    const modelsec_result *result; /**< DONE and it worked; belongs to the event */
    const modelsec_error *error;   /**< DONE and it did not; belongs to the event */
    modelsec_pack *pack;           /**< DONE of MODELSEC_OP_OPEN; take it with modelsec_event_take_pack */
} modelsec_event;
MODELSEC_API void modelsec_event_release(modelsec_event *event);
/** The pack of a DONE event; the caller releases it. NULL if there is none (any more). Not from two threads at once for one event. */
MODELSEC_API modelsec_pack *modelsec_event_take_pack(modelsec_event *event);

/** Called on a thread of the library, one call at a time for one operation. */
typedef void (*modelsec_event_fn)(void *user, modelsec_event *event);

/** Starts an operation and returns at once. `on_event` is called for everything that happens, then once with DONE, then
 *  once with RELEASED, never again. Fails (nothing is called then) only for what cannot be meant. Any thread. Codes: 1, 2, 3 (after
 *  modelsec_shutdown), 41 (`decrypt_key_files`, where no more files can be opened). */
MODELSEC_API int32_t modelsec_start(modelsec_client *client, const modelsec_request *request, modelsec_event_fn on_event,
                                    void *user, uint64_t *operation, modelsec_error **error) MODELSEC_MUST_CHECK;

/** The same, done on the calling thread: returns when it is over. `on_event` (may be NULL) gets events but DONE and RELEASED;
 *  `operation` (may be NULL) is set before the first, so that other threads can cancel, and stays set. `pack` (may be NULL) is for
 *  MODELSEC_OP_OPEN. Any thread that may wait. Codes: all. */
MODELSEC_API int32_t modelsec_run(modelsec_client *client, const modelsec_request *request, modelsec_event_fn on_event,
                                  void *user, uint64_t *operation, modelsec_result **result, modelsec_pack **pack,
                                  modelsec_error **error) MODELSEC_MUST_CHECK;

/** End, pause or go on with a running operation. An unknown or ended id is no error. Any thread, also from within a callback; never
 *  waits for the operation. What was downloaded and is good stays; deadlines stand still during a pause. */
MODELSEC_API void modelsec_cancel(uint64_t operation);
MODELSEC_API void modelsec_pause(uint64_t operation);
MODELSEC_API void modelsec_resume(uint64_t operation);

/* ---- what is there ------------------------------------------------------------------------------------------------- */

typedef struct modelsec_pack_info {
    uint32_t struct_size;
    uint32_t fs_verity; /**< 1: all files were under fs-verity when they were last opened or verified: the kernel lets nobody change them */
    const char *version;
    const char *sha256; /**< of the artifact, hex */
    const char *path;   /**< absolute folder; "" if it is gone */
    uint64_t sequence;
    uint64_t bytes;
} modelsec_pack_info;

typedef struct modelsec_model_status {
    uint32_t struct_size;
    uint32_t rejected_count;
    const char *model_id;
    const modelsec_pack_info *active;    /**< or NULL */
    const modelsec_pack_info *last_good; /**< or NULL */
    const modelsec_pack_info *const *rejected;
    uint64_t sequence;
    uint64_t bytes;
    uint64_t partial_bytes;
} modelsec_model_status;

typedef struct modelsec_status {
    uint32_t struct_size;
    uint32_t count;
    const modelsec_model_status *const *models;
} modelsec_status;
MODELSEC_API void modelsec_status_release(modelsec_status *status);

/** What the store holds. An absent store holds nothing. Does not hash; as long as nothing changes on the disk, answered from memory
 *  in some microseconds. Any thread. Codes: 2, 41. */
MODELSEC_API int32_t modelsec_client_status(modelsec_client *client, modelsec_status **status,
                                            modelsec_error **error) MODELSEC_MUST_CHECK;

/* An open pack stays on disk and readable for as long as it is held, whatever happens to the store. Its strings and descriptors
 * live as long as it does. All these are any thread's; a NULL pack has no files. */
MODELSEC_API void modelsec_pack_release(modelsec_pack *pack);
MODELSEC_API const char *modelsec_pack_path(const modelsec_pack *pack); /**< the folder, absolute */
MODELSEC_API const char *modelsec_pack_version(const modelsec_pack *pack);
MODELSEC_API const char *modelsec_pack_sha256(const modelsec_pack *pack); /**< of the artifact, hex */
MODELSEC_API uint64_t modelsec_pack_sequence(const modelsec_pack *pack);
MODELSEC_API size_t modelsec_pack_file_count(const modelsec_pack *pack);
MODELSEC_API const char *modelsec_pack_file_name(const modelsec_pack *pack, size_t index); /**< relative; NULL beyond the end */
MODELSEC_API uint64_t modelsec_pack_file_size(const modelsec_pack *pack, size_t index);
MODELSEC_API const char *modelsec_pack_file_sha256(const modelsec_pack *pack, size_t index); /**< hex; NULL beyond the end */
/** The index of the file of this relative name; the number of files if there is none. */
MODELSEC_API size_t modelsec_pack_find(const modelsec_pack *pack, const char *name);
/** A descriptor for reading, owned by the pack: where paths must stay inside. Use pread() or dup() it. -1 beyond the end, and where the
 *  file cannot be opened: files of packs of more than 16 are opened when they are first asked for. On
 *  Windows a HANDLE, of which 32 bits are in use: (HANDLE)(intptr_t)number, for ReadFile() and DuplicateHandle(). */
MODELSEC_API int modelsec_pack_file_descriptor(const modelsec_pack *pack, size_t index);

/* ---- encrypted packs ----------------------------------------------------------------------------------------------- */

/** An open pack of which some files are encrypted, on disk as before, and readers of these: what they give was matched against the signed
 *  digests and authenticated by the file's key. Held as a modelsec_pack is; its functions are any thread's, reads of one file at once too. */
typedef struct modelsec_decrypted modelsec_decrypted;

/** Does a MODELSEC_OP_OPEN whose `decrypt_keys` open every encrypted file. Any thread that may wait. Codes: 2, 3, 30 (`decrypt_failed`: none of
 *  the keys, or not the bytes that were encrypted; `pack_damaged`), 41, 43, 50 (`encrypted`: a scheme of a later version). */
MODELSEC_API int32_t modelsec_decrypted_open(modelsec_client *client, const modelsec_request *request,
                                             modelsec_decrypted **pack, modelsec_error **error) MODELSEC_MUST_CHECK;
/** Wipes the keys. Views and descriptors that were given out stay. */
MODELSEC_API void modelsec_decrypted_release(modelsec_decrypted *pack);
/** The pack as it lies on disk, with the files that are not encrypted. Lives as long as `pack`; not to be released. */
MODELSEC_API const modelsec_pack *modelsec_decrypted_pack(const modelsec_decrypted *pack);
/** How many files are encrypted. */
MODELSEC_API size_t modelsec_decrypted_file_count(const modelsec_decrypted *pack);
MODELSEC_API const char *modelsec_decrypted_file_name(const modelsec_decrypted *pack, size_t index); /**< relative; NULL beyond the end */
MODELSEC_API uint64_t modelsec_decrypted_file_size(const modelsec_decrypted *pack, size_t index);    /**< of the plain text */
/** The index of the encrypted file of this relative name; the number of encrypted files if there is none. */
MODELSEC_API size_t modelsec_decrypted_find(const modelsec_decrypted *pack, const char *name);
/** Plain bytes from `offset` on. `*got`: fewer than `size` only at the end of the file. On failure nothing that was not verified is left in
 *  `into`. Codes: 2, 30, 41. */
MODELSEC_API int32_t modelsec_decrypted_read(const modelsec_decrypted *pack, size_t index, uint64_t offset, void *into, size_t size,
                                             size_t *got, modelsec_error **error) MODELSEC_MUST_CHECK;

/** The whole plain text of a file in memory, for reading only, kept out of swap and core dumps where the system allows it, and wiped when it
 *  is released; needs its pack no more. */
typedef struct modelsec_view modelsec_view;
/** Decrypts on every core. Codes: 1, 2, 30, 41. */
MODELSEC_API int32_t modelsec_decrypted_view(const modelsec_decrypted *pack, size_t index, modelsec_view **view,
                                             modelsec_error **error) MODELSEC_MUST_CHECK;
MODELSEC_API const void *modelsec_view_data(const modelsec_view *view);
MODELSEC_API size_t modelsec_view_size(const modelsec_view *view);
MODELSEC_API void modelsec_view_release(modelsec_view *view);

/** The same in an anonymous file in memory, 0600 and sealed against every change, for loaders that want a descriptor or, as
 *  /proc/self/fd/N, a path. `*descriptor` is the caller's to close. Linux; elsewhere 50 `unsupported`, and -1. Codes: 1, 2, 30, 41, 50. */
MODELSEC_API int32_t modelsec_decrypted_sealed_descriptor(const modelsec_decrypted *pack, size_t index, int *descriptor,
                                                          modelsec_error **error) MODELSEC_MUST_CHECK;

/* ---- models that were signed for everybody (OpenSSF Model Signing) --------------------------------------------------- */

/** A model on the disk, and its signature. */
typedef struct modelsec_model_check {
    uint32_t struct_size;
    uint32_t reserved;
    const char *bundle;         /**< the signature, byte by byte */
    size_t bundle_size;
    const char *path;           /**< the model's folder, or its one file */
    const modelsec_model_signer *signer;
    const char *const *ignored; /**< files and folders below the folder that need not be signed: the bundle itself, if it lies there */
    size_t ignored_count;
    uint32_t ignore_unsigned;   /**< 1: no other file needs to be signed either */
    uint32_t reserved_check;
} modelsec_model_check;

/** A model to be signed. */
typedef struct modelsec_model_signing {
    uint32_t struct_size;
    uint32_t reserved;
    const char *private_key;    /**< PEM: ECDSA (P-256, P-384, P-521) or Ed25519, without passphrase */
    const char *certificates;   /**< PEM: the key's own first, then those that lead to a CA; NULL: signs by the key alone */
    const char *path;           /**< the model's folder, or its one file */
    const char *const *ignored; /**< files and folders below the folder that are not signed; recorded */
    size_t ignored_count;
    uint64_t shard_bytes;       /**< a digest for each piece of this size; 0: one for each file */
    uint32_t follow_links;      /**< 1: symbolic links to files count as the files */
    uint32_t reserved_signing;
} modelsec_model_signing;

/** What was verified, or signed. */
typedef struct modelsec_model_report {
    uint32_t struct_size;
    uint32_t reserved;
    uint64_t files;
    uint64_t bytes;             /**< hashed */
    const char *model_name;     /**< what the signer called the model; binds nothing */
    const char *identity;       /**< verified, keyless: who signed; else "" */
    const char *issuer;
    const char *trusted_time;   /**< verified: when it was signed, RFC 3339, as far as somebody trusted says so; else "" */
    const char *bundle;         /**< signed: the signature, a JSON text; else "" */
} modelsec_model_report;
MODELSEC_API void modelsec_model_report_release(modelsec_model_report *report);

/** Whether a model is what was signed. Changes nothing, asks nobody; blocks while it hashes. Any thread. Codes: 2, 20, 21, 24, 30, 31, 41, 50. */
MODELSEC_API int32_t modelsec_verify_model(const modelsec_model_check *what, modelsec_model_report **report,
                                           modelsec_error **error) MODELSEC_MUST_CHECK;
/** Signs a model. Blocks while it hashes. Any thread. Codes: 2, 24, 31, 41. */
MODELSEC_API int32_t modelsec_sign_model(const modelsec_model_signing *what, modelsec_model_report **report,
                                         modelsec_error **error) MODELSEC_MUST_CHECK;

/* ---- reading while it is downloaded -------------------------------------------------------------------------------- */

/** Reads the files of a pack while it is downloaded, verified and made active. A read returns bytes only after all of the signed chunk
 *  around them was verified, and waits for that; what is waited for is downloaded next. What was read was signed, also where the
 *  attempt fails in the end and the pack never becomes active: reads then fail by its code. */
typedef struct modelsec_stream modelsec_stream;

/** Starts a MODELSEC_OP_FETCH (neither offline nor a dry run) and returns once its manifest is accepted. Any thread that may wait.
 *  Encrypted files are read as plain text by `decrypt_keys`: the sizes are the plain text's. Codes: all; 50 for archives, and for encrypted
 *  files without keys. */
MODELSEC_API int32_t modelsec_stream_open(modelsec_client *client, const modelsec_request *request, modelsec_stream **stream,
                                          modelsec_error **error) MODELSEC_MUST_CHECK;
/** Cancels the attempt, if it still runs, and waits for nothing. Once, while nobody reads. */
MODELSEC_API void modelsec_stream_release(modelsec_stream *stream);
/** Ends the attempt soon, and reads that wait, by code 3. Any thread. */
MODELSEC_API void modelsec_stream_cancel(modelsec_stream *stream);
MODELSEC_API const char *modelsec_stream_model_id(const modelsec_stream *stream);
MODELSEC_API const char *modelsec_stream_version(const modelsec_stream *stream);
MODELSEC_API size_t modelsec_stream_file_count(const modelsec_stream *stream);
MODELSEC_API const char *modelsec_stream_file_name(const modelsec_stream *stream, size_t index); /**< relative; NULL beyond the end */
MODELSEC_API uint64_t modelsec_stream_file_size(const modelsec_stream *stream, size_t index);
/** So many bytes become readable at once: a signed chunk; without chunks, the whole file. */
MODELSEC_API uint64_t modelsec_stream_file_granularity(const modelsec_stream *stream, size_t index);
/** The bytes from `offset` on; waits until they are verified. `*got`: fewer than `size` only at the end of the file. On failure nothing
 *  that was not verified is left in `into`. Any threads at once. Codes: of the attempt; 2, 30 (`decrypt_failed`: no key opens it), 41. */
MODELSEC_API int32_t modelsec_stream_read(modelsec_stream *stream, size_t index, uint64_t offset, void *into, size_t size,
                                          size_t *got, modelsec_error **error) MODELSEC_MUST_CHECK;
/** Waits until the pack is active. Any thread that may wait. Codes: as of MODELSEC_OP_FETCH. */
MODELSEC_API int32_t modelsec_stream_finish(modelsec_stream *stream, modelsec_result **result,
                                            modelsec_error **error) MODELSEC_MUST_CHECK;

/* ---- downloads by another transport -------------------------------------------------------------------------------- */

/** A download whose bytes another transport brings: a background service of the system, or a cache of the site. It may deliver while the
 *  application is dead, out of order, twice, or wrongly. What must outlive the application is in the store when a function returns:
 *  which ranges were handed out, until when, and what came. After a crash the application begins the transfer again with the same
 *  request, delivers what its service has brought meanwhile, and goes on. What is delivered is copied into a file of the store and hashed
 *  there; all of it is hashed again by modelsec_transfer_finish() before anything becomes active. The functions may wait for other
 *  processes that work on the model, and may be called from any thread. */
typedef struct modelsec_transfer modelsec_transfer;

/** Bytes to be brought. The id names them in whatever process, for as long as the transfer lasts: letters, digits and `-`, 120 at most.
 *  Headers go to the URL's origin and to nobody else, redirects included. URL and headers may be secrets, and are made anew each time. */
typedef struct modelsec_range {
    uint32_t struct_size;
    uint32_t reserved;
    const char *id;
    const char *file;              /**< its place in the pack; "": an archive */
    const char *url;               /**< https; "" in a list of ranges that were handed out before */
    const modelsec_header *headers;
    size_t header_count;
    uint64_t begin;                /**< in the file: the first byte … */
    uint64_t end;                  /**< … and one past the last: `end - begin` bytes are expected */
    uint64_t file_size;            /**< of the whole file, as signed; 0 in a list */
    uint64_t leased_until;         /**< seconds since 1970: nobody else is asked for these bytes before */
} modelsec_range;
MODELSEC_API void modelsec_range_release(modelsec_range *range);

typedef struct modelsec_ranges {
    uint32_t struct_size;
    uint32_t reserved;
    const modelsec_range *const *ranges;
    size_t count;
} modelsec_ranges;
MODELSEC_API void modelsec_ranges_release(modelsec_ranges *ranges);

enum {
    MODELSEC_FAILED_HOST = 0,      /**< the host did not bring it: another address of the file is given next, if there is one */
    MODELSEC_FAILED_EXPIRED = 1,   /**< the address ran out of time: the same one is given anew */
    MODELSEC_FAILED_CANCELLED = 2  /**< the task was ended, or its service does not know it: as if it had never been handed out */
};

/** Begins or goes on with the transfer of a MODELSEC_OP_FETCH (neither offline nor a dry run nor from a bundle); returns once its manifest is
 *  accepted. `lease_s`: how long a range is not handed out again; 0: 24 hours. `range_bytes`: about so much is asked for at once, at
 *  least 1 MiB; 0: 256 MiB. Codes: all; 50 for what cannot be transferred. */
MODELSEC_API int32_t modelsec_transfer_begin(modelsec_client *client, const modelsec_request *request, uint64_t lease_s,
                                             uint64_t range_bytes, modelsec_transfer **transfer,
                                             modelsec_error **error) MODELSEC_MUST_CHECK;
/** Ends nothing: the transfer goes on in the store. */
MODELSEC_API void modelsec_transfer_release(modelsec_transfer *transfer);
MODELSEC_API const char *modelsec_transfer_model_id(const modelsec_transfer *transfer);
MODELSEC_API const char *modelsec_transfer_version(const modelsec_transfer *transfer);
/** The manifest as verified, byte by byte: `manifest` of a later request, where there is no network then. Lives as long as the transfer. */
MODELSEC_API const char *modelsec_transfer_envelope(const modelsec_transfer *transfer, size_t *size);
/** `*range`: what to ask for next; NULL with MODELSEC_OK: all has come or is on its way. Addresses that fail again and
 *  again rest for a while: when all that is left rests, the code is that of their failure, and the detail says when to ask again.
 *  Codes: 3, 10 to 14, 20 to 23, 30, 40 to 42, 50. */
MODELSEC_API int32_t modelsec_transfer_next(modelsec_transfer *transfer, modelsec_range **range,
                                            modelsec_error **error) MODELSEC_MUST_CHECK;
/** The bytes of a range, or of the whole file where a host knows no ranges; durable when this returns. `*taken` (may be NULL): how many were
 *  new. Codes: 2 for an unknown id; 3; 30: not the signed bytes, they will be asked for again; 40 to 42. */
MODELSEC_API int32_t modelsec_transfer_deliver(modelsec_transfer *transfer, const char *id, const void *data, size_t size,
                                               uint64_t *taken, modelsec_error **error) MODELSEC_MUST_CHECK;
/** The same, from a regular file that may be removed afterwards. 31 for links, pipes and the like. */
MODELSEC_API int32_t modelsec_transfer_deliver_file(modelsec_transfer *transfer, const char *id, const char *path,
                                                    uint64_t *taken, modelsec_error **error) MODELSEC_MUST_CHECK;
/** A range will not come: it may be handed out again. `why`: MODELSEC_FAILED_…. Codes: 2, 3, 40 to 42. */
MODELSEC_API int32_t modelsec_transfer_fail(modelsec_transfer *transfer, const char *id, uint32_t why,
                                            modelsec_error **error) MODELSEC_MUST_CHECK;
/** What was handed out, by whatever process, and is waited for. */
MODELSEC_API int32_t modelsec_transfer_handed_out(modelsec_transfer *transfer, modelsec_ranges **ranges,
                                                  modelsec_error **error) MODELSEC_MUST_CHECK;
/** Bytes that have not come yet. */
MODELSEC_API int32_t modelsec_transfer_missing(modelsec_transfer *transfer, uint64_t *bytes,
                                               modelsec_error **error) MODELSEC_MUST_CHECK;
/** Verifies all and makes it active. 2 (`transfer_incomplete`) while bytes are missing. Codes: all. */
MODELSEC_API int32_t modelsec_transfer_finish(modelsec_transfer *transfer, modelsec_result **result,
                                              modelsec_error **error) MODELSEC_MUST_CHECK;

/* ---- the end ------------------------------------------------------------------------------------------------------- */

/** Cancels all operations of the process and waits until their last callback has returned, at most `ms`. 1: all ended; 0: time ran
 *  out. To be called before a process unloads what its callbacks need. New operations fail afterwards. Not from within a callback. */
MODELSEC_API int32_t modelsec_shutdown(uint64_t ms);

#ifdef __cplusplus
}
#endif

#endif
