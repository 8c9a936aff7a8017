// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_CLIENT_IPP
#define MODELSEC_DETAIL_CLIENT_CLIENT_IPP

#include <modelsec/client.hpp>
#include <modelsec/detail/client/async_operation.hpp>
#include <modelsec/detail/client/audited.hpp>
#include <modelsec/detail/client/outcome.hpp>
#include <modelsec/detail/client/several.hpp>
#include <modelsec/detail/client/status_cache.hpp>
#include <modelsec/detail/client/store_operation.hpp>
#include <modelsec/detail/fetch/fetch_operation.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/system_executor.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The context of a client that was given no executor.
class client_context final : public boost::asio::execution_context
{
public:
    ~client_context() { shutdown(); }
};

/// What a client and its operations share.
struct client_state
{
    client_state(client_options given, boost::asio::any_io_executor ex)
        : options(with_clock(std::move(given))), executor(std::move(ex)), trail(options)
    {
        list = std::make_shared<operation_list>(options.clock);
        if (executor && !is_system_executor(executor))
        {
            watch = context_watch::of(
                boost::asio::query(executor, boost::asio::execution::context_as<boost::asio::execution_context&>));
            return;
        }
        executor = boost::asio::system_executor();
        own_context = std::make_unique<client_context>();
        watch = context_watch::of(*own_context);
    }

    static client_options with_clock(client_options given)
    {
        if (!given.clock)
            given.clock = clock::shared_system();
        return given;
    }

    client_options options;
    boost::asio::any_io_executor executor;
    audit_trail trail;
    status_cache known{};
    std::shared_ptr<operation_list> list;
    std::shared_ptr<context_watch> watch;
    std::unique_ptr<client_context> own_context;  ///< last: its threads go first
};

/// The control of one attempt by what the caller asked.
inline control attempt_of(const client_state& self, const operation_options& asked)
{
    // A caller may ask for more time than a time_point can hold.
    return asked.deadline
               ? asked.control.attempt(self.options.clock, later(self.options.clock->steady_now(), *asked.deadline))
               : asked.control.attempt();
}

/// The same options, of this attempt, whose events are logged. The state must outlive the attempt.
template <class Options>
Options of_attempt(const client_state& self, const char* operation, Options asked, const control& attempt)
{
    asked.operation.control = attempt;
    if (self.options.log.write)
        asked.operation.events = [&log = self.options.log, operation, listener = asked.operation.events](const event& e) {
            log_event(log, e, operation);
            if (listener)
                listener(e);
        };
    return asked;
}

/// An operation on this thread: `work` (const control& attempt -> result<T>).
template <class T, class Work>
result<T> run_here(const client_state& self, const operation_options& asked, const Work& work)
{
    const control attempt = attempt_of(self, asked);
    const listed_operation listed(self.list, attempt);
    if (!listed)
        return fail(reason::cancelled, "the client was stopped");
    listed.runs_here();
    return guarded([&] { return work(attempt); });
}

/// An operation on a thread of the pool. `work` must keep what it needs, the state included.
template <class T>
void run_on_pool(const std::shared_ptr<client_state>& self, const operation_options& asked, diagnostics* diag,
                 completion<T> then, operation_pool::length expected, typename async_operation<T>::work_type work)
{
    const control attempt = attempt_of(*self, asked);
    const auto operation =
        std::make_shared<async_operation<T>>(self->executor, attempt, listed_operation(self->list, attempt), diag,
                                             std::move(then.handler), then.context, std::move(work));
    const auto pool = self->watch->pool(self->options.threads);
    operation->start(self->executor, self->watch, pool.get(), expected);
}

// One function an operation, over a copy of the state: the client may go while it runs, by an event handler even.

inline result<fetch_result> fetch_here(const std::shared_ptr<client_state> self, const fetch_options& asked, bool lenient)
{
    return run_here<fetch_result>(*self, asked.operation, [&](const control& attempt) {
        return audited_fetch(self->options, self->trail, of_attempt(*self, lenient ? "ensure" : "fetch", asked, attempt),
                             lenient);
    });
}

inline result<check_result> check_here(const std::shared_ptr<client_state> self, const fetch_options& asked)
{
    return run_here<check_result>(*self, asked.operation, [&](const control& attempt) {
        return audited_check(self->options, self->trail, of_attempt(*self, "check", asked, attempt));
    });
}

inline result<std::vector<model_outcome>> ensure_all_here(const std::shared_ptr<client_state> self,
                                                          const ensure_all_options& asked)
{
    return run_here<std::vector<model_outcome>>(*self, asked.operation, [&](const control& attempt) {
        return run_ensure_all(self->options, self->trail, of_attempt(*self, "ensure_all", asked, attempt));
    });
}

inline result<std::uint64_t> watch_here(const std::shared_ptr<client_state> self, const watch_options& asked)
{
    return run_here<std::uint64_t>(*self, asked.operation, [&](const control& attempt) {
        return run_watch(self->options, self->trail, of_attempt(*self, "watch", asked, attempt));
    });
}

inline result<open_pack> open_here(const std::shared_ptr<client_state> self, const model_options& asked)
{
    return run_here<open_pack>(*self, asked.operation, [&](const control& attempt) {
        return open_active(self->options, of_attempt(*self, "open", asked, attempt));
    });
}

inline result<decrypted_pack> open_decrypted_here(const std::shared_ptr<client_state> self, const model_options& asked,
                                                  const key_provider& keys)
{
    return run_here<decrypted_pack>(*self, asked.operation, [&](const control& attempt) {
        return open_decrypted(self->options, of_attempt(*self, "open_decrypted", asked, attempt), keys);
    });
}

inline result<std::vector<model_status>> status_here(const std::shared_ptr<client_state> self)
{
    return run_here<std::vector<model_status>>(*self, {}, [&](const control&) { return self->known.read(self->options); });
}

inline result<pack_info> verify_here(const std::shared_ptr<client_state> self, const model_options& asked)
{
    return run_here<pack_info>(*self, asked.operation, [&](const control& attempt) {
        return audited_verify(self->options, self->trail, of_attempt(*self, "verify", asked, attempt));
    });
}

inline result<pack_info> rollback_here(const std::shared_ptr<client_state> self, const rollback_options& asked)
{
    return run_here<pack_info>(*self, asked.operation, [&](const control& attempt) {
        return audited_rollback(self->options, self->trail, of_attempt(*self, "rollback", asked, attempt));
    });
}

inline result<gc_report> gc_here(const std::shared_ptr<client_state> self, const gc_options& asked)
{
    return run_here<gc_report>(*self, asked.operation, [&](const control& attempt) {
        return audited_gc(self->options, self->trail, of_attempt(*self, "gc", asked, attempt));
    });
}

inline result<gc_report> remove_here(const std::shared_ptr<client_state> self, const remove_options& asked)
{
    return run_here<gc_report>(*self, asked.operation, [&](const control& attempt) {
        return audited_remove(self->options, self->trail, of_attempt(*self, "remove", asked, attempt));
    });
}

inline result<repair_report> repair_here(const std::shared_ptr<client_state> self, const repair_options& asked)
{
    return run_here<repair_report>(*self, asked.operation, [&](const control& attempt) {
        return audited_repair(self->options, self->trail, of_attempt(*self, "repair", asked, attempt));
    });
}

}  // namespace detail

client::client(client_options options, executor_type executor)
    : state_(std::make_shared<detail::client_state>(std::move(options), std::move(executor)))
{
}

client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;
client::~client() = default;

client::executor_type client::get_executor() const noexcept
{
    return state_->executor;
}

void client::stop()
{
    const auto self = state_;
    self->list->stop();
}

bool client::shutdown(std::chrono::milliseconds longest)
{
    const auto self = state_;
    self->list->stop();
    return self->list->wait(longest);
}

namespace detail {

/// An attempt on a thread of the pool, and what readers follow it by; once its manifest is accepted.
inline result<std::pair<std::shared_ptr<stream_feed>, control>> begin_stream(const std::shared_ptr<client_state>& self,
                                                                             fetch_options asked)
{
    if (asked.offline || asked.dry_run)
        return fail(reason::bad_option, "what is streamed is fetched: neither offline nor a dry run");
    const auto feed = std::make_shared<stream_feed>(*self->options.files);
    const control own = asked.operation.control.attempt();
    asked.operation.control = own;
    // Whatever becomes of the attempt, readers hear of its end: where its work is dropped without being run as well.
    struct last_word
    {
        explicit last_word(std::shared_ptr<stream_feed> f) : feed(std::move(f)) {}
        last_word(const last_word&) = delete;
        last_word& operator=(const last_word&) = delete;
        ~last_word() { feed->ended(fail(reason::cancelled, "the client was stopped")); }
        std::shared_ptr<stream_feed> feed;
    };
    const auto last = std::make_shared<last_word>(feed);
    // The end is told by the feed: nobody's executor has to run for it.
    const boost::asio::any_io_executor anywhere = boost::asio::system_executor();
    boost::asio::any_completion_handler<void(error_code, fetch_result)> nobody(
        boost::asio::bind_executor(anywhere, [last](error_code ec, const fetch_result&) {
            if (ec)
                last->feed->ended(fail(reason_of(ec)));
        }));
    const control attempt = attempt_of(*self, asked.operation);
    const auto operation = std::make_shared<async_operation<fetch_result>>(
        self->executor, attempt, listed_operation(self->list, attempt), nullptr, std::move(nobody), nullptr,
        [self, asked, last](const control& by) {
            return audited_fetch(self->options, self->trail, of_attempt(*self, "stream", asked, by), false, make_network,
                                 last->feed.get());
        });
    const auto pool = self->watch->pool(self->options.threads);
    operation->start(anywhere, self->watch, pool.get(), operation_pool::length::any);
    MODELSEC_CHECK(feed->wait_begun());
    return std::pair(feed, own);
}

}  // namespace detail

pack_stream client::stream(const fetch_options& options)
{
    auto begun = detail::value_or_throw(detail::guarded([&] { return detail::begin_stream(state_, options); }));
    return pack_stream(std::move(begun.first), std::move(begun.second));
}

fetch_result client::fetch(const fetch_options& options)
{
    return detail::value_or_throw(detail::fetch_here(state_, options, false));
}

fetch_result client::fetch(const fetch_options& options, error_code& ec)
{
    diagnostics unused;
    return detail::report(detail::fetch_here(state_, options, false), ec, unused);
}

fetch_result client::fetch(const fetch_options& options, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::fetch_here(state_, options, false), ec, diag);
}

fetch_result client::ensure(const fetch_options& options)
{
    return detail::value_or_throw(detail::fetch_here(state_, options, true));
}

fetch_result client::ensure(const fetch_options& options, error_code& ec)
{
    diagnostics unused;
    return detail::report(detail::fetch_here(state_, options, true), ec, unused);
}

fetch_result client::ensure(const fetch_options& options, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::fetch_here(state_, options, true), ec, diag);
}

check_result client::check(const fetch_options& options)
{
    return detail::value_or_throw(detail::check_here(state_, options));
}

decrypted_pack client::open_decrypted(const model_options& model, const key_provider& keys)
{
    return detail::value_or_throw(detail::open_decrypted_here(state_, model, keys));
}

decrypted_pack client::open_decrypted(const model_options& model, const key_provider& keys, error_code& ec)
{
    diagnostics unused;
    return detail::report(detail::open_decrypted_here(state_, model, keys), ec, unused);
}

decrypted_pack client::open_decrypted(const model_options& model, const key_provider& keys, error_code& ec,
                                      diagnostics& diag)
{
    return detail::report(detail::open_decrypted_here(state_, model, keys), ec, diag);
}

check_result client::check(const fetch_options& options, error_code& ec)
{
    diagnostics unused;
    return detail::report(detail::check_here(state_, options), ec, unused);
}

check_result client::check(const fetch_options& options, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::check_here(state_, options), ec, diag);
}

std::vector<model_outcome> client::ensure_all(const ensure_all_options& options)
{
    return detail::value_or_throw(detail::ensure_all_here(state_, options));
}

std::vector<model_outcome> client::ensure_all(const ensure_all_options& options, error_code& ec)
{
    diagnostics unused;
    return detail::report(detail::ensure_all_here(state_, options), ec, unused);
}

std::vector<model_outcome> client::ensure_all(const ensure_all_options& options, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::ensure_all_here(state_, options), ec, diag);
}

std::uint64_t client::watch(const watch_options& options)
{
    return detail::value_or_throw(detail::watch_here(state_, options));
}

std::uint64_t client::watch(const watch_options& options, error_code& ec)
{
    diagnostics unused;
    return detail::report(detail::watch_here(state_, options), ec, unused);
}

std::uint64_t client::watch(const watch_options& options, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::watch_here(state_, options), ec, diag);
}

open_pack client::open(const model_options& model)
{
    return detail::value_or_throw(detail::open_here(state_, model));
}

open_pack client::open(const model_options& model, error_code& ec)
{
    diagnostics unused;
    return detail::report(detail::open_here(state_, model), ec, unused);
}

open_pack client::open(const model_options& model, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::open_here(state_, model), ec, diag);
}

std::vector<model_status> client::status()
{
    return detail::value_or_throw(detail::status_here(state_));
}

std::vector<model_status> client::status(error_code& ec)
{
    diagnostics unused;
    return detail::report(detail::status_here(state_), ec, unused);
}

std::vector<model_status> client::status(error_code& ec, diagnostics& diag)
{
    return detail::report(detail::status_here(state_), ec, diag);
}

pack_info client::verify(const model_options& model)
{
    return detail::value_or_throw(detail::verify_here(state_, model));
}

pack_info client::verify(const model_options& model, error_code& ec)
{
    diagnostics unused;
    return detail::report(detail::verify_here(state_, model), ec, unused);
}

pack_info client::verify(const model_options& model, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::verify_here(state_, model), ec, diag);
}

pack_info client::rollback(const rollback_options& options)
{
    return detail::value_or_throw(detail::rollback_here(state_, options));
}

pack_info client::rollback(const rollback_options& options, error_code& ec)
{
    diagnostics unused;
    return detail::report(detail::rollback_here(state_, options), ec, unused);
}

pack_info client::rollback(const rollback_options& options, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::rollback_here(state_, options), ec, diag);
}

gc_report client::gc(const gc_options& options)
{
    return detail::value_or_throw(detail::gc_here(state_, options));
}

gc_report client::gc(const gc_options& options, error_code& ec)
{
    diagnostics unused;
    return detail::report(detail::gc_here(state_, options), ec, unused);
}

gc_report client::gc(const gc_options& options, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::gc_here(state_, options), ec, diag);
}

gc_report client::remove(const remove_options& options)
{
    return detail::value_or_throw(detail::remove_here(state_, options));
}

gc_report client::remove(const remove_options& options, error_code& ec)
{
    diagnostics unused;
    return detail::report(detail::remove_here(state_, options), ec, unused);
}

gc_report client::remove(const remove_options& options, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::remove_here(state_, options), ec, diag);
}

void client::start_fetch(const state_ptr& self, diagnostics* diag, fetch_options asked, handler<fetch_result> then)
{
    detail::run_on_pool<fetch_result>(self, asked.operation, diag, std::move(then), detail::operation_pool::length::any,
                                      [self, asked](const control& attempt) {
                                          return detail::audited_fetch(self->options, self->trail,
                                                                       detail::of_attempt(*self, "fetch", asked, attempt),
                                                                       false);
                                      });
}

void client::start_ensure(const state_ptr& self, diagnostics* diag, fetch_options asked, handler<fetch_result> then)
{
    detail::run_on_pool<fetch_result>(self, asked.operation, diag, std::move(then), detail::operation_pool::length::any,
                                      [self, asked](const control& attempt) {
                                          return detail::audited_fetch(self->options, self->trail,
                                                                       detail::of_attempt(*self, "ensure", asked, attempt),
                                                                       true);
                                      });
}

void client::start_check(const state_ptr& self, diagnostics* diag, fetch_options asked, handler<check_result> then)
{
    detail::run_on_pool<check_result>(self, asked.operation, diag, std::move(then), detail::operation_pool::length::any,
                                      [self, asked](const control& attempt) {
                                          return detail::audited_check(self->options, self->trail,
                                                                       detail::of_attempt(*self, "check", asked, attempt));
                                      });
}

void client::start_ensure_all(const state_ptr& self, diagnostics* diag, ensure_all_options asked,
                              handler<std::vector<model_outcome>> then)
{
    detail::run_on_pool<std::vector<model_outcome>>(
        self, asked.operation, diag, std::move(then), detail::operation_pool::length::any,
        [self, asked](const control& attempt) {
            return detail::run_ensure_all(self->options, self->trail,
                                          detail::of_attempt(*self, "ensure_all", asked, attempt));
        });
}

void client::start_watch(const state_ptr& self, diagnostics* diag, watch_options asked, handler<std::uint64_t> then)
{
    detail::run_on_pool<std::uint64_t>(self, asked.operation, diag, std::move(then), detail::operation_pool::length::any,
                                       [self, asked](const control& attempt) {
                                           return detail::run_watch(self->options, self->trail,
                                                                    detail::of_attempt(*self, "watch", asked, attempt));
                                       });
}

void client::start_open(const state_ptr& self, diagnostics* diag, model_options asked, handler<open_pack> then)
{
    detail::run_on_pool<open_pack>(self, asked.operation, diag, std::move(then), detail::operation_pool::length::brief,
                                   [self, asked](const control& attempt) {
                                       return detail::open_active(self->options,
                                                                  detail::of_attempt(*self, "open", asked, attempt));
                                   });
}

void client::start_status(const state_ptr& self, diagnostics* diag, handler<std::vector<model_status>> then)
{
    detail::run_on_pool<std::vector<model_status>>(self, {}, diag, std::move(then), detail::operation_pool::length::brief,
                                                   [self](const control&) { return self->known.read(self->options); });
}

void client::start_verify(const state_ptr& self, diagnostics* diag, model_options asked, handler<pack_info> then)
{
    detail::run_on_pool<pack_info>(self, asked.operation, diag, std::move(then), detail::operation_pool::length::any,
                                   [self, asked](const control& attempt) {
                                       return detail::audited_verify(self->options, self->trail,
                                                                     detail::of_attempt(*self, "verify", asked, attempt));
                                   });
}

void client::start_rollback(const state_ptr& self, diagnostics* diag, rollback_options asked, handler<pack_info> then)
{
    detail::run_on_pool<pack_info>(self, asked.operation, diag, std::move(then), detail::operation_pool::length::any,
                                   [self, asked](const control& attempt) {
                                       return detail::audited_rollback(
                                           self->options, self->trail,
                                           detail::of_attempt(*self, "rollback", asked, attempt));
                                   });
}

void client::start_gc(const state_ptr& self, diagnostics* diag, gc_options asked, handler<gc_report> then)
{
    detail::run_on_pool<gc_report>(self, asked.operation, diag, std::move(then), detail::operation_pool::length::any,
                                   [self, asked](const control& attempt) {
                                       return detail::audited_gc(self->options, self->trail,
                                                                 detail::of_attempt(*self, "gc", asked, attempt));
                                   });
}

void client::start_remove(const state_ptr& self, diagnostics* diag, remove_options asked, handler<gc_report> then)
{
    detail::run_on_pool<gc_report>(self, asked.operation, diag, std::move(then), detail::operation_pool::length::any,
                                   [self, asked](const control& attempt) {
                                       return detail::audited_remove(self->options, self->trail,
                                                                     detail::of_attempt(*self, "remove", asked, attempt));
                                   });
}

void client::start_repair(const state_ptr& self, diagnostics* diag, repair_options asked, handler<repair_report> then)
{
    detail::run_on_pool<repair_report>(
        self, asked.operation, diag, std::move(then), detail::operation_pool::length::any,
        [self, asked](const control& attempt) {
            return detail::audited_repair(self->options, self->trail, detail::of_attempt(*self, "repair", asked, attempt));
        });
}

repair_report client::repair(const repair_options& options)
{
    return detail::value_or_throw(detail::repair_here(state_, options));
}

repair_report client::repair(const repair_options& options, error_code& ec)
{
    diagnostics unused;
    return detail::report(detail::repair_here(state_, options), ec, unused);
}

repair_report client::repair(const repair_options& options, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::repair_here(state_, options), ec, diag);
}

std::vector<audit_record> client::audit(const audit_filter& filter)
{
    return detail::value_or_throw(
        detail::guarded([&] { return detail::read_audit(state_->options, filter, detail::audit_records_shown); }));
}

std::vector<audit_record> client::audit(const audit_filter& filter, error_code& ec)
{
    diagnostics unused;
    return audit(filter, ec, unused);
}

std::vector<audit_record> client::audit(const audit_filter& filter, error_code& ec, diagnostics& diag)
{
    return detail::report(
        detail::guarded([&] { return detail::read_audit(state_->options, filter, detail::audit_records_shown); }), ec, diag);
}

MODELSEC_END_NAMESPACE

#endif
