// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_CLIENT_HPP
#define MODELSEC_CLIENT_HPP

#include <modelsec/options.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>

#include <memory>

MODELSEC_BEGIN_NAMESPACE

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

    /// Opens what is active for reading encrypted files of it, which stay encrypted on disk. Codes: 30, 41, 43, 50.
    MODELSEC_DECL decrypted_pack open_decrypted(const std::string& model_id, const key_provider& keys);
    MODELSEC_DECL decrypted_pack open_decrypted(const std::string& model_id, const key_provider& keys, error_code& ec, diagnostics& diag);

    /// What the store holds, of all models. An absent store holds nothing. Codes: 41.
    MODELSEC_DECL std::vector<model_status> status();
    MODELSEC_DECL std::vector<model_status> status(error_code& ec, diagnostics& diag);
    /// Signature of the handler: void(error_code, std::vector<model_status>).
    template <class CompletionToken>
    auto async_status(CompletionToken&& token, diagnostics* diag = nullptr);

    /// Hashes again what is active. Codes: 3, 30, 41, 43.
    MODELSEC_DECL pack_info verify(const std::string& model_id, const event_handler& on_event = {}, control handle = {});
    MODELSEC_DECL pack_info verify(const std::string& model_id, error_code& ec, diagnostics& diag,
                                   const event_handler& on_event = {}, control handle = {});
    /// Signature of the handler: void(error_code, pack_info), as of async_rollback().
    template <class CompletionToken>
    auto async_verify(std::string model_id, CompletionToken&& token, diagnostics* diag = nullptr,
                      event_handler on_event = {});

    /// Makes the last good pack active again, after hashing it; the one that is left is remembered as rejected and not
    /// fetched again. Codes: 3, 20, 30, 41, 42, 43.
    MODELSEC_DECL pack_info rollback(const rollback_options& options);
    MODELSEC_DECL pack_info rollback(const rollback_options& options, error_code& ec, diagnostics& diag);
    template <class CompletionToken>
    auto async_rollback(rollback_options options, CompletionToken&& token, diagnostics* diag = nullptr);

    /// Removes packs, orphans and finished partials that nothing needs; never what is active, last good or open. Codes: 3, 41, 42.
    MODELSEC_DECL gc_report gc(const gc_options& options = {});
    MODELSEC_DECL gc_report gc(const gc_options& options, error_code& ec, diagnostics& diag);
    /// Signature of the handler: void(error_code, gc_report).
    template <class CompletionToken>
    auto async_gc(gc_options options, CompletionToken&& token, diagnostics* diag = nullptr);

    /// Gives models a state again whose newest one is damaged, or that have packs and none: the highest state that is whole, with
    /// the highest memory that anything readable proves. What the newest kept manifest is about becomes active if nothing is and its
    /// files are here; what no state names is set aside. Codes: 2, 3, 20, 41, 42.
    MODELSEC_DECL repair_report repair(const repair_options& options = {});
    MODELSEC_DECL repair_report repair(const repair_options& options, error_code& ec, diagnostics& diag);
    /// Signature of the handler: void(error_code, repair_report).
    template <class CompletionToken>
    auto async_repair(repair_options options, CompletionToken&& token, diagnostics* diag = nullptr);

private:
    struct state;
    using state_ptr = std::shared_ptr<state>;
    template <class T>
    using handler = boost::asio::any_completion_handler<void(error_code, T)>;

    // The compiled ends of the templates above.
    MODELSEC_DECL static void start_fetch(const state_ptr& self, fetch_options options, bool lenient, diagnostics* diag,
                                          handler<fetch_result> then);
    MODELSEC_DECL static void start_open(const state_ptr& self, std::string model_id, diagnostics* diag,
                                         handler<open_pack> then);
    MODELSEC_DECL static void start_status(const state_ptr& self, diagnostics* diag,
                                           handler<std::vector<model_status>> then);
    MODELSEC_DECL static void start_verify(const state_ptr& self, std::string model_id, event_handler on_event,
                                           diagnostics* diag, handler<pack_info> then);
    MODELSEC_DECL static void start_rollback(const state_ptr& self, rollback_options options, diagnostics* diag,
                                             handler<pack_info> then);
    MODELSEC_DECL static void start_gc(const state_ptr& self, gc_options options, diagnostics* diag,
                                       handler<gc_report> then);
    MODELSEC_DECL static void start_repair(const state_ptr& self, repair_options options, diagnostics* diag,
                                           handler<repair_report> then);

    /// `start` is called, when the token wants the operation to begin, with the handler that the token made.
    template <class T, class CompletionToken, class Start>
    static auto initiate(CompletionToken&& token, Start start);

    state_ptr state_;
};

template <class T, class CompletionToken, class Start>
auto client::initiate(CompletionToken&& token, Start start)
{
    return boost::asio::async_initiate<CompletionToken, void(error_code, T)>(
        [](auto made, Start go) { std::move(go)(handler<T>(std::move(made))); }, token, std::move(start));
}

template <class CompletionToken>
auto client::async_fetch(fetch_options options, CompletionToken&& token, diagnostics* diag)
{
    return initiate<fetch_result>(std::forward<CompletionToken>(token),
                                  [self = state_, o = std::move(options), diag](handler<fetch_result> then) mutable {
                                      start_fetch(self, std::move(o), false, diag, std::move(then));
                                  });
}

template <class CompletionToken>
auto client::async_ensure(fetch_options options, CompletionToken&& token, diagnostics* diag)
{
    return initiate<fetch_result>(std::forward<CompletionToken>(token),
                                  [self = state_, o = std::move(options), diag](handler<fetch_result> then) mutable {
                                      start_fetch(self, std::move(o), true, diag, std::move(then));
                                  });
}

template <class CompletionToken>
auto client::async_open(std::string model_id, CompletionToken&& token, diagnostics* diag)
{
    return initiate<open_pack>(std::forward<CompletionToken>(token),
                               [self = state_, id = std::move(model_id), diag](handler<open_pack> then) mutable {
                                   start_open(self, std::move(id), diag, std::move(then));
                               });
}

template <class CompletionToken>
auto client::async_status(CompletionToken&& token, diagnostics* diag)
{
    using list = std::vector<model_status>;
    return initiate<list>(std::forward<CompletionToken>(token),
                          [self = state_, diag](handler<list> then) { start_status(self, diag, std::move(then)); });
}

template <class CompletionToken>
auto client::async_verify(std::string model_id, CompletionToken&& token, diagnostics* diag, event_handler on_event)
{
    return initiate<pack_info>(
        std::forward<CompletionToken>(token),
        [self = state_, id = std::move(model_id), f = std::move(on_event), diag](handler<pack_info> then) mutable {
            start_verify(self, std::move(id), std::move(f), diag, std::move(then));
        });
}

template <class CompletionToken>
auto client::async_rollback(rollback_options options, CompletionToken&& token, diagnostics* diag)
{
    return initiate<pack_info>(std::forward<CompletionToken>(token),
                               [self = state_, o = std::move(options), diag](handler<pack_info> then) mutable {
                                   start_rollback(self, std::move(o), diag, std::move(then));
                               });
}

template <class CompletionToken>
auto client::async_gc(gc_options options, CompletionToken&& token, diagnostics* diag)
{
    return initiate<gc_report>(std::forward<CompletionToken>(token),
                               [self = state_, o = std::move(options), diag](handler<gc_report> then) mutable {
                                   start_gc(self, std::move(o), diag, std::move(then));
                               });
}

template <class CompletionToken>
auto client::async_repair(repair_options options, CompletionToken&& token, diagnostics* diag)
{
    return initiate<repair_report>(std::forward<CompletionToken>(token),
                                   [self = state_, o = std::move(options), diag](handler<repair_report> then) mutable {
                                       start_repair(self, std::move(o), diag, std::move(then));
                                   });
}

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/client/client.ipp>
#endif

#endif
