// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_CLIENT_HPP
#define MODELSEC_CLIENT_HPP

#include <modelsec/foreign_transfer.hpp>
#include <modelsec/options.hpp>
#include <modelsec/stream.hpp>
#include <modelsec/with_diagnostics.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/system_executor.hpp>

#include <memory>

MODELSEC_BEGIN_NAMESPACE

namespace detail {
struct client_state;

template <class>
inline constexpr bool is_system_executor_type = false;
template <class Blocking, class Relationship, class Allocator>
inline constexpr bool is_system_executor_type<boost::asio::basic_system_executor<Blocking, Relationship, Allocator>> = true;

/// Its context must not even be asked for where threads are scarce: it starts several, and where it cannot, Asio ends the process.
template <class Executor>
bool is_system_executor([[maybe_unused]] const Executor& executor) noexcept
{
    if constexpr (is_system_executor_type<Executor>)
        return true;
    else if constexpr (requires { executor.template target<boost::asio::system_executor>(); })
        return executor.template target<boost::asio::system_executor>() != nullptr;
    else
        return false;
}

/// The context that an executor runs things in; null if it does not say, or is the system's, which outlives all.
template <class Executor>
boost::asio::execution_context* context_of(const Executor& executor)
{
    if (is_system_executor(executor))
        return nullptr;
    using wanted = boost::asio::execution::context_as_t<boost::asio::execution_context&>;
    if constexpr (boost::asio::can_query_v<const Executor&, wanted>)
        return &boost::asio::query(executor, wanted());
    else if constexpr (requires { static_cast<boost::asio::execution_context&>(executor.context()); })
        return &static_cast<boost::asio::execution_context&>(executor.context());
    else
        return nullptr;
}

/// A handler, and the context of its executor.
template <class T>
struct completion
{
    boost::asio::any_completion_handler<void(error_code, T)> handler;
    boost::asio::execution_context* context;
};

/// What an asynchronous operation does when its token wants it to begin: `Start` with the handler that the token made.
template <class T, auto Start>
struct client_initiation
{
    using executor_type = boost::asio::any_io_executor;
    executor_type get_executor() const noexcept { return executor; }

    executor_type executor;

    template <class Handler, class... Args>
    void operator()(Handler&& handler, const std::shared_ptr<client_state>& state, diagnostics* diag, Args... args) const
    {
        boost::asio::execution_context* const context = context_of(boost::asio::get_associated_executor(handler, executor));
        Start(state, diag, std::move(args)...,
              {boost::asio::any_completion_handler<void(error_code, T)>(std::forward<Handler>(handler)), context});
    }
};

/// A token that begins nothing.
struct executor_probe
{
};
}  // namespace detail

/// Gets models from a hostile network onto the disk, and verifies them.
///
/// Every operation comes in three forms: throwing `modelsec::error`; with `error_code&`, and `diagnostics&` if you like; and
/// asynchronous, with any completion token. (stream() throws only, since it does not wait for the download; audit() and
/// open_decrypted() have no asynchronous form.) "Codes" are values of `errc`, listed in error.hpp and docs/codes.md. Distinct operations may run at once from any threads; those on one model wait for each
/// other, also across processes.
///
/// **Asynchronous operations** `async_x(args…, [diagnostics&,] token)`: the work blocks threads of the library, never an executor of
/// the caller's. The handler is called exactly once, never within the initiating function, through its associated executor (default:
/// the client's); its associated allocator and cancellation slot (terminal, partial and total all end the operation) are used. The
/// `diagnostics` must live until then. Outstanding work is counted on both executors. Tokens that throw (use_awaitable, use_future,
/// and the default: `co_await client.async_fetch(options)`) throw `modelsec::error`, with reason and detail; others get an
/// error_code of which reason_of() knows the reason.
///
/// **Threads** belong to a pool, at most client_options::threads, that is a service of the executor's execution context: all
/// clients on one io_context share it. When that context goes, its operations are cancelled and its threads joined, and handlers that
/// were to run there are destroyed without a call, as Asio's are. Without an executor the client has a context, and so a pool, of its
/// own: handlers without an executor then run on the library's threads, and the pool goes when the client and the last of its
/// operations have. What still runs when the process exits is cancelled and joined then. Where not one thread can be started, an
/// operation fails with `out_of_memory`: through the executor, or, if that is none or a system_executor, at once and right here.
///
/// **Lifetimes**: a client may be destroyed, moved or assigned while operations run, also by an event handler or a completion handler:
/// they finish. Who wants them to end calls stop() or shutdown() first.
class client
{
public:
    using executor_type = boost::asio::any_io_executor;
    using default_token = with_diagnostics_t<boost::asio::deferred_t>;

    /// Reads and checks nothing yet. `executor`: whose context owns the threads, and where handlers go by default.
    MODELSEC_DECL explicit client(client_options options, boost::asio::any_io_executor executor = {});
    template <class ExecutionContext>
        requires std::is_convertible_v<ExecutionContext&, boost::asio::execution_context&>
    client(client_options options, ExecutionContext& context) : client(std::move(options), context.get_executor())
    {
    }
    MODELSEC_DECL client(client&&) noexcept;
    MODELSEC_DECL client& operator=(client&&) noexcept;
    MODELSEC_DECL ~client();

    /// A system_executor where none was given.
    MODELSEC_DECL executor_type get_executor() const noexcept;

    /// Cancels every operation of this client; those that are begun from now on end with `errc::cancelled`. Waits for nothing.
    MODELSEC_DECL void stop();
    /// stop(), and waits until the operations have ended and their handlers were handed to their executors, at most `longest`.
    /// False if some had not by then. What runs on the calling thread, as within an event handler, is not waited for.
    MODELSEC_DECL bool shutdown(std::chrono::milliseconds longest);

    /// Fetches the manifest, verifies it, downloads what is missing, verifies it, makes it active. On any error the active model
    /// stays. Codes: all of errc.
    MODELSEC_DECL fetch_result fetch(const fetch_options& options);
    MODELSEC_DECL fetch_result fetch(const fetch_options& options, error_code& ec);
    MODELSEC_DECL fetch_result fetch(const fetch_options& options, error_code& ec, diagnostics& diag);
    /// Signature of the handler: void(error_code, fetch_result).
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, fetch_result)) CompletionToken = default_token>
    auto async_fetch(fetch_options options, CompletionToken&& token = {});
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, fetch_result)) CompletionToken = default_token>
    auto async_fetch(fetch_options options, diagnostics& diag, CompletionToken&& token = {});

    /// fetch(), but where the network fails (codes 10 to 13), or no manifest is verified within limits::fallback_after, the active
    /// model is good enough: `stale`, and `stale_why`. Without fetch_options::model_id that is the only active one of the store, if
    /// fetch_options::trust vouches for it; of several none is: `model_required`.
    MODELSEC_DECL fetch_result ensure(const fetch_options& options);
    MODELSEC_DECL fetch_result ensure(const fetch_options& options, error_code& ec);
    MODELSEC_DECL fetch_result ensure(const fetch_options& options, error_code& ec, diagnostics& diag);
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, fetch_result)) CompletionToken = default_token>
    auto async_ensure(fetch_options options, CompletionToken&& token = {});
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, fetch_result)) CompletionToken = default_token>
    auto async_ensure(fetch_options options, diagnostics& diag, CompletionToken&& token = {});

    /// What fetch() would do, after all that it checks before the first artifact byte: version, files, bytes to travel, and the
    /// verified manifest itself. Changes nothing, not even what the store remembers. Codes: as of fetch().
    MODELSEC_DECL check_result check(const fetch_options& options);
    MODELSEC_DECL check_result check(const fetch_options& options, error_code& ec);
    MODELSEC_DECL check_result check(const fetch_options& options, error_code& ec, diagnostics& diag);
    /// Signature of the handler: void(error_code, check_result).
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, check_result)) CompletionToken = default_token>
    auto async_check(fetch_options options, CompletionToken&& token = {});
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, check_result)) CompletionToken = default_token>
    auto async_check(fetch_options options, diagnostics& diag, CompletionToken&& token = {});

    /// ensure(), of several models one after another with one progress: `bytes` and `total` of its events are of all of them. An
    /// outcome for each, in their order; the models' own controls and deadlines hold as well. Fails only where nothing could begin,
    /// or when cancelled.
    MODELSEC_DECL std::vector<model_outcome> ensure_all(const ensure_all_options& options);
    MODELSEC_DECL std::vector<model_outcome> ensure_all(const ensure_all_options& options, error_code& ec);
    MODELSEC_DECL std::vector<model_outcome> ensure_all(const ensure_all_options& options, error_code& ec,
                                                        diagnostics& diag);
    /// Signature of the handler: void(error_code, std::vector<model_outcome>).
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, std::vector<model_outcome>)) CompletionToken = default_token>
    auto async_ensure_all(ensure_all_options options, CompletionToken&& token = {});
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, std::vector<model_outcome>)) CompletionToken = default_token>
    auto async_ensure_all(ensure_all_options options, diagnostics& diag, CompletionToken&& token = {});

    /// Asks for new versions again and again, until cancelled or its deadline: see watch_options. A check that fails is reported as a
    /// `warning` event and tried again. Holds a thread of the pool meanwhile. Returns the number of new versions seen.
    MODELSEC_DECL std::uint64_t watch(const watch_options& options);
    MODELSEC_DECL std::uint64_t watch(const watch_options& options, error_code& ec);
    MODELSEC_DECL std::uint64_t watch(const watch_options& options, error_code& ec, diagnostics& diag);
    /// Signature of the handler: void(error_code, std::uint64_t).
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, std::uint64_t)) CompletionToken = default_token>
    auto async_watch(watch_options options, CompletionToken&& token = {});
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, std::uint64_t)) CompletionToken = default_token>
    auto async_watch(watch_options options, diagnostics& diag, CompletionToken&& token = {});

    /// fetch(), on a thread of the pool, with a reader that needs not wait for its end: see pack_stream. Returns once the manifest is
    /// accepted; what fails before is thrown here. Encrypted files are read as plain text by fetch_options::decrypt_keys. Archives, and
    /// encrypted files without keys, are 50 `not_streamable`; neither offline nor a dry
    /// run. Codes: as of fetch().
    MODELSEC_DECL pack_stream stream(const fetch_options& options);

    /// fetch(), whose bytes another transport brings: see foreign_transfer. Returns once the manifest is accepted; to be called again
    /// with the same options whenever the application comes back. Neither offline nor a dry run nor from a bundle: 50
    /// `not_transferable`. Codes: as of fetch().
    MODELSEC_DECL foreign_transfer transfer(const foreign_options& options);
    MODELSEC_DECL foreign_transfer transfer(const foreign_options& options, error_code& ec);
    MODELSEC_DECL foreign_transfer transfer(const foreign_options& options, error_code& ec, diagnostics& diag);

    /// Opens what is active: descriptors that stay valid, and the pack with them, whatever happens to the store. Hashes
    /// again what changed on disk since it was verified. Expiry of the manifest does not matter any more. Codes: 3, 30, 41, 43.
    MODELSEC_DECL open_pack open(const model_options& model);
    MODELSEC_DECL open_pack open(const model_options& model, error_code& ec);
    MODELSEC_DECL open_pack open(const model_options& model, error_code& ec, diagnostics& diag);
    /// Signature of the handler: void(error_code, open_pack).
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, open_pack)) CompletionToken = default_token>
    auto async_open(model_options model, CompletionToken&& token = {});
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, open_pack)) CompletionToken = default_token>
    auto async_open(model_options model, diagnostics& diag, CompletionToken&& token = {});

    /// Opens what is active for reading encrypted files of it, which stay encrypted on disk. Codes: 30, 41, 43, 50.
    MODELSEC_DECL decrypted_pack open_decrypted(const model_options& model, const key_provider& keys);
    MODELSEC_DECL decrypted_pack open_decrypted(const model_options& model, const key_provider& keys, error_code& ec);
    MODELSEC_DECL decrypted_pack open_decrypted(const model_options& model, const key_provider& keys, error_code& ec,
                                                diagnostics& diag);

    /// What the store holds, of all models. An absent store holds nothing. Codes: 41.
    MODELSEC_DECL std::vector<model_status> status();
    MODELSEC_DECL std::vector<model_status> status(error_code& ec);
    MODELSEC_DECL std::vector<model_status> status(error_code& ec, diagnostics& diag);
    /// Signature of the handler: void(error_code, std::vector<model_status>).
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, std::vector<model_status>)) CompletionToken = default_token>
    auto async_status(CompletionToken&& token = {});
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, std::vector<model_status>)) CompletionToken = default_token>
    auto async_status(diagnostics& diag, CompletionToken&& token = {});

    /// Hashes again what is active, on all processors. With `whole`, where the digests of a file contradict each other: 24, and the
    /// pack is left for last good and rejected. Codes: 3, 24, 30, 41, 43.
    MODELSEC_DECL pack_info verify(const model_options& model);
    MODELSEC_DECL pack_info verify(const model_options& model, error_code& ec);
    MODELSEC_DECL pack_info verify(const model_options& model, error_code& ec, diagnostics& diag);
    /// Signature of the handler: void(error_code, pack_info), as of async_rollback().
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, pack_info)) CompletionToken = default_token>
    auto async_verify(model_options model, CompletionToken&& token = {});
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, pack_info)) CompletionToken = default_token>
    auto async_verify(model_options model, diagnostics& diag, CompletionToken&& token = {});

    /// Makes the last good pack active again, after hashing it; the one that is left is remembered as rejected and not
    /// fetched again. Codes: 3, 20, 30, 41, 42, 43.
    MODELSEC_DECL pack_info rollback(const rollback_options& options);
    MODELSEC_DECL pack_info rollback(const rollback_options& options, error_code& ec);
    MODELSEC_DECL pack_info rollback(const rollback_options& options, error_code& ec, diagnostics& diag);
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, pack_info)) CompletionToken = default_token>
    auto async_rollback(rollback_options options, CompletionToken&& token = {});
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, pack_info)) CompletionToken = default_token>
    auto async_rollback(rollback_options options, diagnostics& diag, CompletionToken&& token = {});

    /// Removes packs, orphans and finished partials that nothing needs; never what is active, last good or open. Codes: 3, 41, 42.
    MODELSEC_DECL gc_report gc(const gc_options& options = {});
    MODELSEC_DECL gc_report gc(const gc_options& options, error_code& ec);
    MODELSEC_DECL gc_report gc(const gc_options& options, error_code& ec, diagnostics& diag);
    /// Signature of the handler: void(error_code, gc_report), as of async_remove().
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, gc_report)) CompletionToken = default_token>
    auto async_gc(gc_options options, CompletionToken&& token = {});
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, gc_report)) CompletionToken = default_token>
    auto async_gc(gc_options options, diagnostics& diag, CompletionToken&& token = {});

    /// Removes a model: what is active, last good, set aside and downloaded in part; or only the latter. A pack that is open stays on the disk
    /// until it is closed and gc() comes by. What the store remembers against older manifests stays: removing a model must not let an
    /// older one in (TUF specification 5.4.3). Codes: 3, 41, 42, 43.
    MODELSEC_DECL gc_report remove(const remove_options& options);
    MODELSEC_DECL gc_report remove(const remove_options& options, error_code& ec);
    MODELSEC_DECL gc_report remove(const remove_options& options, error_code& ec, diagnostics& diag);
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, gc_report)) CompletionToken = default_token>
    auto async_remove(remove_options options, CompletionToken&& token = {});
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, gc_report)) CompletionToken = default_token>
    auto async_remove(remove_options options, diagnostics& diag, CompletionToken&& token = {});

    /// What the store's audit log (client_options::audit) tells, oldest first, at most the newest 10,000 records; lines that a crash
    /// tore are left out. Codes: 41.
    MODELSEC_DECL std::vector<audit_record> audit(const audit_filter& filter = {});
    MODELSEC_DECL std::vector<audit_record> audit(const audit_filter& filter, error_code& ec);
    MODELSEC_DECL std::vector<audit_record> audit(const audit_filter& filter, error_code& ec, diagnostics& diag);

    /// Gives models a state again whose newest one is damaged, or that have packs and none: the highest state that is whole, with
    /// the highest memory that anything readable proves. What the newest kept manifest is about becomes active if nothing is and its
    /// files are here; what no state names is set aside. Codes: 2, 3, 20, 41, 42.
    MODELSEC_DECL repair_report repair(const repair_options& options = {});
    MODELSEC_DECL repair_report repair(const repair_options& options, error_code& ec);
    MODELSEC_DECL repair_report repair(const repair_options& options, error_code& ec, diagnostics& diag);
    /// Signature of the handler: void(error_code, repair_report).
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, repair_report)) CompletionToken = default_token>
    auto async_repair(repair_options options, CompletionToken&& token = {});
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, repair_report)) CompletionToken = default_token>
    auto async_repair(repair_options options, diagnostics& diag, CompletionToken&& token = {});

private:
    using state_ptr = std::shared_ptr<detail::client_state>;
    template <class T>
    using handler = detail::completion<T>;

    // The compiled ends of the templates above.
    MODELSEC_DECL static void start_fetch(const state_ptr& self, diagnostics* diag, fetch_options options,
                                          handler<fetch_result> then);
    MODELSEC_DECL static void start_ensure(const state_ptr& self, diagnostics* diag, fetch_options options,
                                           handler<fetch_result> then);
    MODELSEC_DECL static void start_check(const state_ptr& self, diagnostics* diag, fetch_options options,
                                          handler<check_result> then);
    MODELSEC_DECL static void start_ensure_all(const state_ptr& self, diagnostics* diag, ensure_all_options options,
                                               handler<std::vector<model_outcome>> then);
    MODELSEC_DECL static void start_watch(const state_ptr& self, diagnostics* diag, watch_options options,
                                          handler<std::uint64_t> then);
    MODELSEC_DECL static void start_open(const state_ptr& self, diagnostics* diag, model_options model,
                                         handler<open_pack> then);
    MODELSEC_DECL static void start_status(const state_ptr& self, diagnostics* diag,
                                           handler<std::vector<model_status>> then);
    MODELSEC_DECL static void start_verify(const state_ptr& self, diagnostics* diag, model_options model,
                                           handler<pack_info> then);
    MODELSEC_DECL static void start_rollback(const state_ptr& self, diagnostics* diag, rollback_options options,
                                             handler<pack_info> then);
    MODELSEC_DECL static void start_gc(const state_ptr& self, diagnostics* diag, gc_options options,
                                       handler<gc_report> then);
    MODELSEC_DECL static void start_repair(const state_ptr& self, diagnostics* diag, repair_options options,
                                           handler<repair_report> then);
    MODELSEC_DECL static void start_remove(const state_ptr& self, diagnostics* diag, remove_options options,
                                           handler<gc_report> then);

    template <class T, auto Start, class CompletionToken, class... Args>
    auto initiate(diagnostics* diag, CompletionToken&& token, Args&&... args)
    {
        auto&& used = detail::with_thrown_diagnostics(std::forward<CompletionToken>(token));
        return boost::asio::async_initiate<std::remove_reference_t<decltype(used)>, void(error_code, T)>(
            detail::client_initiation<T, Start>{get_executor()}, used, state_, diag, std::forward<Args>(args)...);
    }

    state_ptr state_;
};

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, fetch_result)) CompletionToken>
auto client::async_fetch(fetch_options options, CompletionToken&& token)
{
    return initiate<fetch_result, &client::start_fetch>(nullptr, std::forward<CompletionToken>(token), std::move(options));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, fetch_result)) CompletionToken>
auto client::async_fetch(fetch_options options, diagnostics& diag, CompletionToken&& token)
{
    return initiate<fetch_result, &client::start_fetch>(&diag, std::forward<CompletionToken>(token), std::move(options));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, fetch_result)) CompletionToken>
auto client::async_ensure(fetch_options options, CompletionToken&& token)
{
    return initiate<fetch_result, &client::start_ensure>(nullptr, std::forward<CompletionToken>(token), std::move(options));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, fetch_result)) CompletionToken>
auto client::async_ensure(fetch_options options, diagnostics& diag, CompletionToken&& token)
{
    return initiate<fetch_result, &client::start_ensure>(&diag, std::forward<CompletionToken>(token), std::move(options));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, check_result)) CompletionToken>
auto client::async_check(fetch_options options, CompletionToken&& token)
{
    return initiate<check_result, &client::start_check>(nullptr, std::forward<CompletionToken>(token), std::move(options));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, check_result)) CompletionToken>
auto client::async_check(fetch_options options, diagnostics& diag, CompletionToken&& token)
{
    return initiate<check_result, &client::start_check>(&diag, std::forward<CompletionToken>(token), std::move(options));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, std::vector<model_outcome>)) CompletionToken>
auto client::async_ensure_all(ensure_all_options options, CompletionToken&& token)
{
    return initiate<std::vector<model_outcome>, &client::start_ensure_all>(nullptr, std::forward<CompletionToken>(token),
                                                                           std::move(options));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, std::vector<model_outcome>)) CompletionToken>
auto client::async_ensure_all(ensure_all_options options, diagnostics& diag, CompletionToken&& token)
{
    return initiate<std::vector<model_outcome>, &client::start_ensure_all>(&diag, std::forward<CompletionToken>(token),
                                                                           std::move(options));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, std::uint64_t)) CompletionToken>
auto client::async_watch(watch_options options, CompletionToken&& token)
{
    return initiate<std::uint64_t, &client::start_watch>(nullptr, std::forward<CompletionToken>(token), std::move(options));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, std::uint64_t)) CompletionToken>
auto client::async_watch(watch_options options, diagnostics& diag, CompletionToken&& token)
{
    return initiate<std::uint64_t, &client::start_watch>(&diag, std::forward<CompletionToken>(token), std::move(options));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, open_pack)) CompletionToken>
auto client::async_open(model_options model, CompletionToken&& token)
{
    return initiate<open_pack, &client::start_open>(nullptr, std::forward<CompletionToken>(token), std::move(model));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, open_pack)) CompletionToken>
auto client::async_open(model_options model, diagnostics& diag, CompletionToken&& token)
{
    return initiate<open_pack, &client::start_open>(&diag, std::forward<CompletionToken>(token), std::move(model));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, std::vector<model_status>)) CompletionToken>
auto client::async_status(CompletionToken&& token)
{
    return initiate<std::vector<model_status>, &client::start_status>(nullptr, std::forward<CompletionToken>(token));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, std::vector<model_status>)) CompletionToken>
auto client::async_status(diagnostics& diag, CompletionToken&& token)
{
    return initiate<std::vector<model_status>, &client::start_status>(&diag, std::forward<CompletionToken>(token));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, pack_info)) CompletionToken>
auto client::async_verify(model_options model, CompletionToken&& token)
{
    return initiate<pack_info, &client::start_verify>(nullptr, std::forward<CompletionToken>(token), std::move(model));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, pack_info)) CompletionToken>
auto client::async_verify(model_options model, diagnostics& diag, CompletionToken&& token)
{
    return initiate<pack_info, &client::start_verify>(&diag, std::forward<CompletionToken>(token), std::move(model));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, pack_info)) CompletionToken>
auto client::async_rollback(rollback_options options, CompletionToken&& token)
{
    return initiate<pack_info, &client::start_rollback>(nullptr, std::forward<CompletionToken>(token), std::move(options));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, pack_info)) CompletionToken>
auto client::async_rollback(rollback_options options, diagnostics& diag, CompletionToken&& token)
{
    return initiate<pack_info, &client::start_rollback>(&diag, std::forward<CompletionToken>(token), std::move(options));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, gc_report)) CompletionToken>
auto client::async_gc(gc_options options, CompletionToken&& token)
{
    return initiate<gc_report, &client::start_gc>(nullptr, std::forward<CompletionToken>(token), std::move(options));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, gc_report)) CompletionToken>
auto client::async_gc(gc_options options, diagnostics& diag, CompletionToken&& token)
{
    return initiate<gc_report, &client::start_gc>(&diag, std::forward<CompletionToken>(token), std::move(options));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, gc_report)) CompletionToken>
auto client::async_remove(remove_options options, CompletionToken&& token)
{
    return initiate<gc_report, &client::start_remove>(nullptr, std::forward<CompletionToken>(token), std::move(options));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, gc_report)) CompletionToken>
auto client::async_remove(remove_options options, diagnostics& diag, CompletionToken&& token)
{
    return initiate<gc_report, &client::start_remove>(&diag, std::forward<CompletionToken>(token), std::move(options));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, repair_report)) CompletionToken>
auto client::async_repair(repair_options options, CompletionToken&& token)
{
    return initiate<repair_report, &client::start_repair>(nullptr, std::forward<CompletionToken>(token), std::move(options));
}

template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, repair_report)) CompletionToken>
auto client::async_repair(repair_options options, diagnostics& diag, CompletionToken&& token)
{
    return initiate<repair_report, &client::start_repair>(&diag, std::forward<CompletionToken>(token), std::move(options));
}

MODELSEC_END_NAMESPACE

namespace boost::asio {

/// Asks an operation that was made but not begun for its executor, without beginning it.
template <class Signature>
class async_result<modelsec::detail::executor_probe, Signature>
{
public:
    template <class Initiation, class RawToken, class... Args>
    static any_io_executor initiate(const Initiation& initiation, const RawToken&, const Args&...)
    {
        if constexpr (requires { initiation.get_executor(); })
            return initiation.get_executor();
        else
            return any_io_executor();
    }
};

/// Such an operation (`deferred`) belongs to its client's executor: a ranged parallel group, which asks the operation, goes on there.
template <class Signature, class T, auto Start, class... Args, class Executor>
struct associated_executor<deferred_async_operation<Signature, modelsec::detail::client_initiation<T, Start>, Args...>,
                           Executor>
{
    using type = any_io_executor;
    template <class Operation>
    static type get(const Operation& operation, const Executor& = Executor())
    {
        return operation(modelsec::detail::executor_probe());
    }
};

template <class Signature, class T, class Initiation, class... Args, class Executor>
struct associated_executor<
    deferred_async_operation<Signature, modelsec::detail::diagnostics_initiation<T, Initiation>, Args...>, Executor>
{
    using type = any_io_executor;
    template <class Operation>
    static type get(const Operation& operation, const Executor& = Executor())
    {
        return operation(modelsec::detail::executor_probe());
    }
};

}  // namespace boost::asio

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/client/client.ipp>
#include <modelsec/detail/client/foreign_transfer.ipp>
#endif

#endif
