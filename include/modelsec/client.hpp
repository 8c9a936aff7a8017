// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_CLIENT_HPP
#define MODELSEC_CLIENT_HPP

#include <modelsec/core/control.hpp>
#include <modelsec/core/name.hpp>
#include <modelsec/event.hpp>
#include <modelsec/manifest/select.hpp>
#include <modelsec/store/open_pack.hpp>
#include <modelsec/transport/options.hpp>
#include <modelsec/trust/pins.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <memory>
#include <variant>

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

/// What stays the same over the life of a client.
struct client_options
{
    std::string store;                     ///< the store's folder; made at the first fetch
    bool group_shared = false;             ///< accept a store that its group may write to
    transport_options transport;
    modelsec::profile profile = profile::client;
    write_policy writing = write_policy::automatic;
    limits caps;
    std::chrono::milliseconds lock_wait{10 * 60 * 1000};  ///< how long to wait for another process that fetches the model
    std::optional<device_facts> device;    ///< what `min_device` is held against; default: this machine
    const modelsec::clock* clock = &modelsec::clock::system();  ///< must outlive the client
    file_system* files = &file_system::native();                ///< must outlive the client
};

/// Where the signed manifest comes from: a URL (https) or a local file, exactly one.
struct manifest_source
{
    std::string url;
    std::optional<std::string> post_body;  ///< POST this JSON, verbatim, instead of GET
    std::vector<http_header> headers;      ///< sent to the manifest's origin only
    std::string file;
};

/// A TUF 1.0 root that the application ships. The newest root of its chain is found at every attempt, as `<url>/<N>.root.json`;
/// manifests are signed by its `targets` role. So keys can be rotated, and lost, without a new application.
struct pinned_root
{
    bytes root;                    ///< the root.json, byte by byte
    std::string url;               ///< https; the folder that holds its successors
    bool forbidden_ends = false;   ///< for servers that answer 403 where a file is missing (S3 without ListBucket)
};

/// Who may sign: exactly one source for a model.
using trust_source = std::variant<std::monostate, pins, pinned_root>;

struct fetch_options
{
    manifest_source manifest;
    trust_source trust;
    envelope_format format = envelope_format::dsse;
    std::string model_id;                ///< the model expected; may be empty in DSSE only
    std::string tier;                    ///< the tier asked for; empty: any
    std::vector<std::string> platforms;  ///< in order of preference; empty: the only one there is
    std::uint64_t min_sequence = 0;      ///< refuse what is older; all that protects a fresh store against replay
    bool offline = false;                ///< no request at all: what is active, or none_active
    bool dry_run = false;                ///< everything up to the first artifact byte; changes nothing
    std::optional<std::chrono::milliseconds> deadline;  ///< for the whole attempt
    event_handler on_event;
    control handle;                      ///< keep a copy to cancel, pause or resume
};

struct fetch_result
{
    std::string model_id;
    std::string version;
    std::uint64_t sequence = 0;
    std::string path;             ///< the pack's folder, absolute; for the owner of the process, not for messages to users
    bool already_active = false;  ///< nothing had to be downloaded
    bool stale = false;           ///< ensure(): the network failed, this is what was active before
    std::uint64_t bytes_fetched = 0;
};

struct model_status
{
    std::string model_id;
    std::optional<pack_info> active;
    std::optional<pack_info> last_good;
    std::uint64_t sequence = 0;           ///< the highest accepted
    std::vector<pack_info> rejected;
    std::uint64_t bytes = 0;              ///< of active and last good
    std::uint64_t partial_bytes = 0;      ///< downloaded so far of what is not active yet
};

struct rollback_options
{
    std::string model_id;
    trust_source trust;  ///< asked again about the pack that comes back, if given
};

struct gc_options
{
    unsigned keep = 0;     ///< packs to keep beside active and last good, newest first
    bool dry_run = false;
};

struct gc_report
{
    std::vector<std::string> removed;  ///< relative to the store
    std::uint64_t bytes = 0;
};

/// Gets models from a hostile network onto the disk, and is sure of it.
///
/// Every operation comes in three forms: throwing `modelsec::error`; with `error_code&` and `diagnostics&`; and asynchronous,
/// with any completion token, where the work runs on a thread of the library and the handler is called, exactly once, through
/// its associated executor (default: the client's). An operation is cancelled through its `control` or, asynchronously,
/// through the token's cancellation slot (any type but none). Distinct operations may run at once from any threads; those on one
/// model wait for each other, also across processes. The client may be destroyed while operations run: they finish.
class client
{
public:
    /// Reads and checks nothing yet. `executor` is where handlers of asynchronous operations go by default.
    MODELSEC_DECL explicit client(client_options options, boost::asio::any_io_executor executor = {});
    MODELSEC_DECL client(client&&) noexcept;
    MODELSEC_DECL client& operator=(client&&) noexcept;
    MODELSEC_DECL ~client();

    using executor_type = boost::asio::any_io_executor;
    MODELSEC_DECL executor_type get_executor() const noexcept;

    /// Fetches the manifest, verifies it, downloads what is missing, verifies it, makes it active. On any error the active model
    /// stays. Codes: all of errc.
    MODELSEC_DECL fetch_result fetch(const fetch_options& options);
    MODELSEC_DECL fetch_result fetch(const fetch_options& options, error_code& ec, diagnostics& diag);
    /// Signature of the handler: void(error_code, fetch_result). `diag`, if given, must live until then.
    template <class CompletionToken>
    auto async_fetch(fetch_options options, CompletionToken&& token, diagnostics* diag = nullptr);

    /// fetch(), but where the network fails (codes 10 to 13) the active model is good enough: `stale`.
    MODELSEC_DECL fetch_result ensure(const fetch_options& options);
    MODELSEC_DECL fetch_result ensure(const fetch_options& options, error_code& ec, diagnostics& diag);
    template <class CompletionToken>
    auto async_ensure(fetch_options options, CompletionToken&& token, diagnostics* diag = nullptr);

    /// Opens what is active: descriptors that stay valid, and the pack with them, whatever happens to the store. Hashes
    /// again what changed on disk since it was verified. Expiry of the manifest does not matter any more. Codes: 30, 41, 43.
    MODELSEC_DECL open_pack open(const std::string& model_id);
    MODELSEC_DECL open_pack open(const std::string& model_id, error_code& ec, diagnostics& diag);
    /// Signature of the handler: void(error_code, open_pack).
    template <class CompletionToken>
    auto async_open(std::string model_id, CompletionToken&& token, diagnostics* diag = nullptr);

    /// What the store holds, of all models. An absent store holds nothing. Codes: 41.
    MODELSEC_DECL std::vector<model_status> status();
    MODELSEC_DECL std::vector<model_status> status(error_code& ec, diagnostics& diag);

    /// Hashes again what is active. Codes: 3, 30, 41, 43.
    MODELSEC_DECL pack_info verify(const std::string& model_id, const event_handler& on_event = {}, control handle = {});
    MODELSEC_DECL pack_info verify(const std::string& model_id, error_code& ec, diagnostics& diag,
                                   const event_handler& on_event = {}, control handle = {});

    /// Makes the last good pack active again, after hashing it; the one that is left is remembered as rejected and not
    /// fetched again. Codes: 20, 30, 41, 42, 43.
    MODELSEC_DECL pack_info rollback(const rollback_options& options);
    MODELSEC_DECL pack_info rollback(const rollback_options& options, error_code& ec, diagnostics& diag);

    /// Removes packs, orphans and finished partials that nothing needs; never what is active, last good or open. Codes: 41, 42.
    MODELSEC_DECL gc_report gc(const gc_options& options = {});
    MODELSEC_DECL gc_report gc(const gc_options& options, error_code& ec, diagnostics& diag);

private:
    struct state;
    using fetch_handler = boost::asio::any_completion_handler<void(error_code, fetch_result)>;
    using open_handler = boost::asio::any_completion_handler<void(error_code, open_pack)>;

    template <class CompletionToken>
    static auto launch_fetch(std::shared_ptr<state> self, fetch_options options, bool lenient, diagnostics* diag,
                             CompletionToken&& token);
    MODELSEC_DECL static void start_fetch(const std::shared_ptr<state>& self, fetch_options options, bool lenient,
                                          diagnostics* diag, fetch_handler handler);
    MODELSEC_DECL static void start_open(const std::shared_ptr<state>& self, std::string model_id, diagnostics* diag,
                                         open_handler handler);

    std::shared_ptr<state> state_;
};

template <class CompletionToken>
auto client::launch_fetch(std::shared_ptr<state> self, fetch_options options, bool lenient, diagnostics* diag,
                          CompletionToken&& token)
{
    return boost::asio::async_initiate<CompletionToken, void(error_code, fetch_result)>(
        [self = std::move(self), lenient, diag](auto handler, fetch_options o) {
            start_fetch(self, std::move(o), lenient, diag, fetch_handler(std::move(handler)));
        },
        token, std::move(options));
}

template <class CompletionToken>
auto client::async_fetch(fetch_options options, CompletionToken&& token, diagnostics* diag)
{
    return launch_fetch(state_, std::move(options), false, diag, std::forward<CompletionToken>(token));
}

template <class CompletionToken>
auto client::async_ensure(fetch_options options, CompletionToken&& token, diagnostics* diag)
{
    return launch_fetch(state_, std::move(options), true, diag, std::forward<CompletionToken>(token));
}

template <class CompletionToken>
auto client::async_open(std::string model_id, CompletionToken&& token, diagnostics* diag)
{
    return boost::asio::async_initiate<CompletionToken, void(error_code, open_pack)>(
        [self = state_, diag](auto handler, std::string id) {
            start_open(self, std::move(id), diag, open_handler(std::move(handler)));
        },
        token, std::move(model_id));
}

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/impl/client.ipp>
#endif

#endif
