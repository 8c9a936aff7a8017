// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_OPTIONS_HPP
#define MODELSEC_OPTIONS_HPP

#include <modelsec/detail/audit/audit_memory.hpp>
#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/event.hpp>
#include <modelsec/log.hpp>
#include <modelsec/detail/manifest/model_signer.hpp>
#include <modelsec/detail/manifest/select.hpp>
#include <modelsec/detail/store/decrypted_pack.hpp>
#include <modelsec/detail/store/open_pack.hpp>
#include <modelsec/detail/manifest/encryption_keys.hpp>
#include <modelsec/detail/net/credential_file.hpp>
#include <modelsec/detail/net/options.hpp>
#include <modelsec/detail/source/source_set.hpp>
#include <modelsec/pins.hpp>

#include <functional>
#include <variant>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// Who runs the library. A client holds no storage credentials (`hf_…` tokens, S3 keys): policy 50.
enum class profile
{
    client,
    server
};

/// How a download is written. Weights are about to be read: what fits into free memory is best left in the page cache,
/// what does not is faster written past it.
enum class write_policy
{
    automatic,  ///< direct, where the file system can, from 256 MiB on, or from 1/32 of the free memory if that is less
    direct,     ///< past the page cache where the file system can
    cached      ///< through the page cache
};

/// Which signed digests decide before a pack becomes active. Every byte is matched against one, always.
enum class digest_policy
{
    automatic,  ///< that of the whole file too, as long as the pack does not wait for it; where it would, all signed chunks decide.
                ///< Files without chunks, archives and packs of up to 256 MiB always get the whole one
    whole  ///< always that of the whole file
};

/// What every operation can be given.
struct operation_options
{
    event_handler
        events{};  ///< told what happens; see bind_events() and event_channel for others than the operation's thread
    modelsec::control control{};  ///< keep a copy to cancel, pause or resume
    /// For the whole attempt, from its beginning, by client_options::clock: `deadline`, code 10. Nothing: none.
    std::optional<std::chrono::milliseconds> deadline{};
    /// W3C Trace Context (`traceparent`): goes into the audit log, and as it is to the manifest's origin and to nobody else (section 6 of it:
    /// what others would learn is who works for whom). An invalid value is ignored.
    std::string trace_parent{};
};

/// What is kept of every attempt, beside its events. All of it is off by default.
struct audit_options
{
    /// One line for every attempt in `.modelsec/audit.jsonl` of the store (docs/manifest.md, Audit log), and what follows from them. What
    /// cannot be written fails no operation.
    bool enabled = false;
    std::uint64_t file_bytes = std::uint64_t{16} << 20;  ///< a file that has grown to this is put aside as `audit.<n>.jsonl`
    unsigned kept_files = 8;                             ///< so many of these stay, the newest; at least 1
    std::string actor{};                                 ///< whom the application acts for: `user.name` of every line
    audit_rules rules{};                                 ///< what is an `alert`
    /// Counters over all processes that use the store, as Prometheus text: to a file, replaced as a whole after each attempt (the node
    /// exporter's textfile collector reads `*.prom`), and to a function, called on the operation's thread.
    std::string metrics_file{};
    std::function<void(std::string_view)> on_metrics{};
    /// https: a POST of a JSON array of the same objects, by a thread of its own, with the client's transport and credentials. It never holds
    /// an operation up: what finds the queue full, or cannot be delivered, is dropped and counted.
    std::string sink_url{};
    std::size_t sink_queue = 1024;                ///< events that may wait
    std::chrono::milliseconds sink_linger{2000};  ///< how long the client's end waits for those that still do
};

/// What stays the same over the life of a client.
struct client_options
{
    std::string store{};                             ///< the store's folder; made at the first fetch
    bool group_shared = false;                       ///< accept a store that its group may write to
    store_policy policy = store_policy::owner_only;  ///< who beside its owner may use the store
    /// Where the newest state of a model is damaged: go on with the highest that is whole, as repair() does, and say so by the event
    /// `memory_lost`, in place of `state_damaged`.
    bool automatic_repair = false;
    audit_options audit{};
    log_options log{};                   ///< lines for the application's own log
    request_limits manifest_requests{};  ///< kept to over all processes that use the store, also without an audit log
    bool cache_tag = false;  ///< mark the store by a CACHEDIR.TAG, so that backups leave it out (bford.info/cachedir)
    transport_options transport{};
    source_options sources{};
    modelsec::profile profile = profile::client;
    write_policy writing = write_policy::automatic;
    digest_policy digest = digest_policy::automatic;
    limits caps{};
    std::chrono::milliseconds lock_wait{10 * 60 * 1000};  ///< how long to wait for another process that fetches the model
    std::optional<device_facts> device{};                 ///< what `min_device` is held against; default: this machine
    /// Wall time and steady time, deadlines included. Kept for as long as an operation needs it; null is the system's.
    std::shared_ptr<const modelsec::clock> clock = modelsec::clock::shared_system();
    detail::file_system* files =
        &detail::file_system::native();  ///< must outlive the client, its operations and what it opened
    unsigned threads =
        16;  ///< at most so many asynchronous operations at once, at least 3; two are kept for open() and status()
    /// What becomes active is put under fs-verity, and must measure what was computed beside SHA-256, or is read once more for that (chunks
    /// that decided, archives, copies). From then on open() and verify() read none of it.
    verity_policy verity = verity_policy::off;
};

/// Where the signed manifest comes from: a URL (https), a local file, a bundle with all that belongs to it, or the very bytes;
/// exactly one.
struct manifest_source
{
    std::string url{};
    std::optional<std::string> post_body{};  ///< POST this JSON, verbatim, instead of GET
    std::vector<http_header> headers{};      ///< sent to the manifest's origin only
    std::string file{};
    std::string bundle{};  ///< one local file with envelope, roots and artifacts: no host is asked for anything
    bytes content{};       ///< the envelope, byte by byte, however it was got
};

/// A TUF 1.0 root that the application ships. The newest root of its chain is found at every attempt, as `<url>/<N>.root.json`;
/// manifests are signed by its `targets` role. So keys can be rotated, and lost, without a new application.
struct pinned_root
{
    bytes root{};       ///< the root.json, byte by byte
    std::string url{};  ///< https; the folder that holds its successors; may be empty for a bundle, which brings them
    bool forbidden_ends = false;  ///< for servers that answer 403 where a file is missing (S3 without ListBucket)
};

/// A TUF 1.0 repository and one of its targets, which takes the place of a manifest: its metadata says what the bytes are, so
/// `manifest`, `tier`, `platforms` and `min_sequence` stay empty, and `model_id` is required. The pack's version is the first
/// 16 hex digits of the target's SHA-256, its one file the last part of the target's name.
struct tuf_repository
{
    bytes root{};                ///< a root.json that the application ships, byte by byte
    std::string metadata_url{};  ///< https; the folder that holds timestamp.json
    std::string target{};        ///< its name: a relative path
    std::vector<std::string>
        urls{};  ///< https; folders of targets, best first. Empty: `targets/` beside the metadata, then below
};

/// A model that its publisher signed for everybody (OpenSSF Model Signing), without a manifest: `manifest` is where the signature (a
/// bundle) is, a URL, a file or its bytes. Its statement says which files the model has and their SHA-256; sizes are asked for, and
/// bounded by limits::max_model_bytes. `tier`, `platforms` and `min_sequence` stay empty, `model_id` is required. The pack's version is
/// the first 16 hex digits of the statement's subject digest. A signature says no expiry and no sequence: what orders signatures is their
/// trusted time alone, and a host that keeps serving the same one is not noticed unless `max_age` is set.
struct model_signature
{
    std::vector<model_signer> signers{};  ///< any one of these may have signed
    /// The folders that hold the files, best first: `https://…`, `hf://ORG/REPO@COMMIT/…`, `oci://HOST/REPO@sha256:HEX` (an artifact whose
    /// layers are the files). Of a model that is one file, a folder with it or the file itself.
    std::vector<std::string> bases{};
    /// Refuse what nobody who is trusted says to have been signed within this time (21 `signature_too_old`).
    std::optional<std::chrono::seconds> max_age{};
};

/// Who may say what a model is: exactly one source for a model. None (monostate) is refused by fetch(), ensure() and check()
/// (`trust_source_missing`); rollback() and repair() then trust what the store recorded.
using trust_source = std::variant<std::monostate, pins, pinned_root, tuf_repository, model_signature>;

struct fetch_options
{
    manifest_source manifest{};
    trust_source trust{};
    envelope_format format = envelope_format::dsse;
    std::string model_id{};                ///< the model expected; may be empty in DSSE only
    std::string tier{};                    ///< the tier asked for; empty: any
    std::vector<std::string> platforms{};  ///< in order of preference; empty: the only one there is
    std::uint64_t min_sequence = 0;        ///< refuse what is older; all that protects a fresh store against replay
    /// Refuse a manifest that neither sequence nor issued_at orders (22 `unordered`), in place of a warning.
    bool require_order = false;
    bool offline = false;  ///< no request at all: what is active, or none_active
    /// fetch(): everything up to the first artifact byte; changes nothing. It is check() in the form of a fetch, for programs that switch
    /// between the two: what it found is told by fetch_result, the sizes by `total_bytes` and `bytes_to_fetch`. check() tells more.
    bool dry_run = false;
    /// Keys to encrypted files. With it they are decrypted once in memory before they become active, and a pack that does not open, or is not
    /// the signed plain text, is refused (`decrypt_failed`). Without it they are fetched as they are. They stay encrypted on disk either way.
    key_provider decrypt_keys{};
    operation_options operation{};
};

struct fetch_result
{
    std::string model_id{};
    std::string version{};
    std::uint64_t sequence = 0;
    std::string path{};           ///< the pack's folder, absolute; for the owner of the process, not for messages to users
    bool already_active = false;  ///< nothing had to be downloaded
    bool stale = false;           ///< ensure(): the network failed, this is what was active before
    std::uint64_t bytes_fetched = 0;   ///< artifact bytes that came over the network
    sha256_digest artifact{};          ///< which bytes they are, as signed
    reason stale_why = reason::none;   ///< what the network failed by, where `stale`
    std::uint64_t total_bytes = 0;     ///< as check_result::total_bytes, of a dry run; else 0
    std::uint64_t bytes_to_fetch = 0;  ///< as check_result::bytes_to_fetch, of a dry run; else 0
    attempt_metrics metrics{};         ///< of the attempt; a failed one's come with its `done` event
};

struct model_status
{
    std::string model_id{};
    std::optional<pack_info> active{};
    std::optional<pack_info> last_good{};
    std::uint64_t sequence = 0;  ///< the highest accepted
    std::vector<pack_info> rejected{};
    std::uint64_t bytes = 0;          ///< of active and last good
    std::uint64_t partial_bytes = 0;  ///< downloaded so far of what is not active yet
    reason why = reason::none;        ///< why its state cannot be used (`state_damaged`, …): then nothing else is known
};

struct rollback_options
{
    std::string model_id{};
    trust_source trust{};  ///< asked again about the pack that comes back, if given
    operation_options operation{};
};

/// The model that an operation on the store is about.
struct model_options
{
    // No default argument: g++ 12 destroys one twice where the model is converted within a co_await expression.
    model_options(std::string id) : model_id(std::move(id)) {}
    model_options(std::string id, operation_options run) : model_id(std::move(id)), operation(std::move(run)) {}
    model_options(const char* id) : model_id(id) {}

    std::string model_id;
    operation_options operation;
    /// verify(): the digest of every whole file, also where the digests of its chunks say the same. open(): nothing.
    bool whole = false;
};

struct remove_options
{
    std::string model_id{};
    bool partial = false;  ///< only what was downloaded so far of a pack that is not active yet
    operation_options operation{};
};

struct gc_options
{
    unsigned keep = 0;  ///< packs to keep beside active and last good, newest first
    bool dry_run = false;
    operation_options operation{};  ///< cancelled, what is removed by then is removed
};

struct gc_report
{
    std::vector<std::string> removed{};  ///< relative to the store
    std::uint64_t bytes = 0;
    std::vector<std::string> skipped{};  ///< models whose state cannot be used: nothing of them was removed
};

struct repair_options
{
    std::string model_id{};  ///< empty: all
    /// If set, the kept manifest under which files are adopted is verified against it again; otherwise its earlier verification, as the
    /// store recorded it, is trusted.
    trust_source trust{};
    operation_options operation{};  ///< its events tell `memory_lost`, for every model of which something may be forgotten
};

/// What was found of one model, and done.
struct model_repair
{
    std::string model_id{};
    /// `state_damaged`: its newest state was; `memory_lost`: it had none; none: nothing was wrong.
    reason found = reason::none;
    reason why = reason::none;             ///< none, or why it could not be repaired (`newer_schema`, …)
    std::uint64_t forgotten_changes = 0;   ///< newer states that could not be read: what they said may be forgotten
    std::uint64_t sequence = 0;            ///< the highest that is still known to have been accepted
    std::optional<pack_info> active{};     ///< by now
    bool adopted = false;                  ///< `active` was made so of files that no state named
    std::vector<std::string> set_aside{};  ///< relative to the store, and only if a pack is active; gc removes them
    /// Relative to the store: nothing is active, so what no state names stays where it is. A fetch adopts what its manifest proves of them,
    /// and gc leaves them alone.
    std::vector<std::string> candidates{};
};

struct repair_report
{
    std::vector<model_repair> models{};
};

/// What fetch() with the same options would do.
struct check_result
{
    struct file
    {
        std::string path{};  ///< as in the pack, with `/`; empty for an archive
        std::uint64_t size = 0;
        sha256_digest sha256{};
    };

    std::string model_id{};
    std::string version{};
    std::string tier{};
    std::uint64_t sequence = 0;
    std::string platform{};            ///< of the artifact that would be taken
    sha256_digest artifact{};          ///< which bytes they are, as signed
    bool archive = false;              ///< `files` is the archive, not what is in it
    std::vector<file> files{};         ///< as signed
    std::uint64_t total_bytes = 0;     ///< of `files`
    std::uint64_t bytes_to_fetch = 0;  ///< at most so many would travel: what is active, or downloaded already, does not
    bool already_active = false;       ///< nothing would be fetched
    std::string active_path{};         ///< the folder of what is active, where nothing would be fetched
    std::string active_version{};      ///< what is active now; empty if nothing is
    utc_time issued_at{};              ///< as signed; of a TUF target: none
    utc_time expires_at{};
    bytes envelope{};  ///< as verified: manifest_source::content takes it, and it is asked again then
};

struct ensure_all_options
{
    std::vector<fetch_options> models{};
    operation_options operation{};
};

/// What became of one of several models.
struct model_outcome
{
    error_code ec{};
    diagnostics diag{};
    fetch_result result{};
};

/// When to look for new versions, and what to do about them.
struct watch_options
{
    std::vector<fetch_options> models{};
    std::chrono::milliseconds interval = std::chrono::hours(6);  ///< between two checks of all; at least a second
    double jitter = 0.1;  ///< each wait is longer or shorter by up to this part of it, so that not all ask at once: 0 to 0.9
    bool install = false;  ///< ensure() what is new, rather than only tell
    /// Told of each version that is not active, once, on the operation's thread; then the operation's events tell `update`.
    std::function<void(const check_result&)> on_update{};
    operation_options operation{};
};

MODELSEC_END_NAMESPACE

#endif
