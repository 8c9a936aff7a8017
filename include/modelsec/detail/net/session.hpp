// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_SESSION_HPP
#define MODELSEC_DETAIL_NET_SESSION_HPP

#include <modelsec/detail/base/steady_time.hpp>
#include <modelsec/detail/net/connection.hpp>
#include <modelsec/detail/net/http.hpp>
#include <modelsec/detail/net/message_memory.hpp>
#include <modelsec/detail/net/proxy.hpp>
#include <modelsec/detail/net/retry_fsm.hpp>
#include <modelsec/detail/net/side_threads.hpp>
#include <modelsec/detail/net/tls.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <list>
#include <utility>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Less than 1 KiB a second: a byte now and then would keep a connection from ever stalling (CWE-400).
inline bool is_trickle(std::uint64_t bytes, std::chrono::steady_clock::duration time) noexcept
{
    return static_cast<double>(bytes) < std::chrono::duration<double>(time).count() * 1024;
}

/// A response whose body is still to be read from `link`.
struct response
{
    std::unique_ptr<connection> link;
    response_head head;
    url where;  ///< after all redirects
};

/// Something that waits and must be woken when its time is over or when the operation ends. Registered while it lives.
class watch
{
public:
    MODELSEC_DECL watch(session& owner, std::function<void()> abort);
    MODELSEC_DECL ~watch();
    watch(const watch&) = delete;
    watch& operator=(const watch&) = delete;

    /// From now on: `abort` is called once `wait` is over; the failure is `why`.
    MODELSEC_DECL void expect(std::chrono::milliseconds wait, reason why) noexcept;
    /// What is awaited may take so much longer.
    MODELSEC_DECL void extend(std::chrono::milliseconds more) noexcept;
    /// How long it may still take.
    MODELSEC_DECL std::chrono::milliseconds left() const noexcept;
    /// Nothing is awaited.
    void idle() noexcept { due_ = never; }
    /// `abort` is called as well when a paused operation goes on.
    void expect_resume() noexcept { at_resume_ = true; }
    /// Why the wait was cut short, if it was: cancelled, the operation's deadline, or its own.
    MODELSEC_DECL std::optional<failure> verdict() const;

private:
    friend class session;
    static constexpr auto never = steady_time::max();

    session& owner_;
    std::function<void()> abort_;
    steady_time since_{};  // when due_ was set
    steady_time due_ = never;
    reason why_ = reason::stall;
    bool fired_ = false;
    bool at_resume_ = false;
    std::list<watch*>::iterator place_;
};

/// One coroutine waits, other threads wake it.
class wakeup
{
public:
    MODELSEC_DECL explicit wakeup(session& owner);

    /// From any thread, while the session lives. Not lost if nobody waits yet; many are one.
    MODELSEC_DECL void notify() noexcept;
    /// Until the next notify(), or at once if there was one since the last wait. `cancelled` and `deadline` end it too.
    MODELSEC_DECL awaitable<result<void>> wait();

private:
    struct state
    {
        explicit state(boost::asio::io_context& context) : timer(context) {}
        boost::asio::steady_timer timer;
        message_memory memory;  // of what is posted
        std::atomic<bool> posted{false};
        bool set = false;  // on the session's thread only
    };

    session& owner_;
    std::shared_ptr<state> state_;
};

/// What the requests of one operation share: the thread and its io_context, connections kept open by origin, credentials,
/// limits, the operation's deadline, cancel and pause. Unused connections are few, over all origins, and are closed after a time, the
/// longest unused ones first: ever new origins would pile them up (CWE-770). Everything but wakeup::notify(), and single steps of
/// connection::read_beside(), happens on the thread that calls run().
class session
{
public:
    MODELSEC_DECL explicit session(http_environment env);
    MODELSEC_DECL ~session();
    session(const session&) = delete;
    session& operator=(const session&) = delete;

    /// Runs `work` to its end on the calling thread. Coroutines it has spawned must have ended by then.
    template <class T>
    result<T> run(awaitable<result<T>> work);

    /// A GET (or POST) with its redirects, no retries: any final status but a redirect is a success, positioned at its body.
    MODELSEC_DECL awaitable<result<response>> follow(request_head request);
    /// Gives a connection back once its body is read: the next request to its origin uses it again, if it can.
    MODELSEC_DECL void release(std::unique_ptr<connection> link);
    /// All of a body: `too_large` as soon as it exceeds `cap`, `too_slow` below 1 KiB a second.
    MODELSEC_DECL awaitable<result<bytes>> read_all(connection& link, const response_head& head, std::size_t cap);
    /// The same, to whoever takes it: nothing of it is held here.
    MODELSEC_DECL awaitable<result<void>> read_through(connection& link, const response_head& head, std::size_t cap,
                                                       body_reader& to);
    /// Reads what nobody wants, if it is little, so that the connection can be used again.
    MODELSEC_DECL awaitable<result<void>> drain(response answer);
    /// What an error answer means, once its body is read (up to a cap) and its host was asked what it is by `env().classify`.
    MODELSEC_DECL awaitable<failure> refusal(response answer);
    /// A small document, with redirects and retries: http_client::exchange() for use within run().
    MODELSEC_DECL awaitable<result<http_answer>> exchange(http_request request);

    /// Asks `retries` what to do about `problem` (`head`: of the answer that failed, else null), tells the observer and
    /// waits. A failure if that was the last try: return it.
    MODELSEC_DECL awaitable<result<void>> before_retry(retry_fsm& retries, failure problem, const response_head* head);
    /// Waits; ends early with `cancelled` or `deadline`.
    MODELSEC_DECL awaitable<result<void>> sleep(std::chrono::milliseconds wait);
    /// Passes unless the operation has ended, or the coroutine that asks was stopped through its cancellation slot (`cancelled`): ask
    /// before every wait that only a new signal would end.
    MODELSEC_DECL awaitable<result<void>> going_on() const;
    /// The same, and waits while the operation is paused.
    MODELSEC_DECL awaitable<result<void>> gate();
    /// How many bytes may be read now under the rate limit, up to `wanted`, at least 1; waits for them.
    MODELSEC_DECL awaitable<result<std::size_t>> grant(std::size_t wanted);
    /// So many bytes were read under the rate limit.
    MODELSEC_DECL void spend(std::size_t bytes) noexcept;
    /// When the operation ends by `deadline` from now on, pauses so far not counted; nothing: never. On the thread that calls run().
    MODELSEC_DECL void set_deadline(std::optional<steady_time> due);
    /// Steady time of which pauses are no part. On the thread that calls run().
    MODELSEC_DECL steady_time running_time() const noexcept;
    /// `cancelled` or `deadline`, if the operation ended.
    MODELSEC_DECL std::optional<failure> stopped() const;
    MODELSEC_DECL void observe(const event& e) const;
    /// The proxy on the way to a host; null: none. `bad_proxy` if the setting cannot be understood.
    MODELSEC_DECL result<const proxy_server*> proxy_for(const url& target);

    /// How often the thread that runs the session woke up so far: an idle, stalled or paused operation does so at its next deadline
    /// only.
    std::uint64_t wakeups() const noexcept { return wakeups_; }

    /// Connections that are open and that nobody uses now.
    MODELSEC_DECL std::size_t idle_connections() const noexcept;
    /// Nothing will be asked before `next_use`: closes those that would have been idle for too long by then. While no request runs, nobody
    /// else does. Not within run().
    MODELSEC_DECL void close_unused_until(steady_time next_use) noexcept;

    /// Threads that take steps of connections beside this session's own; none, unless somebody lets them grow.
    MODELSEC_DECL side_threads& side() noexcept;

    boost::asio::io_context& context() noexcept { return context_; }
    const http_environment& env() const noexcept { return env_; }
    const limits& caps() const noexcept { return *env_.caps; }

private:
    friend class watch;
    friend class connection;
    struct impl;

    MODELSEC_DECL result<const tls_context*> tls_for(const std::string& origin);

    MODELSEC_DECL void run_task(awaitable<void> work);
    MODELSEC_DECL void run_until(const bool& done);
    /// Wakes whoever waits for too long, or for an operation that has ended or goes on.
    MODELSEC_DECL void tick();
    /// When tick() has something to do next, if nothing else happens.
    MODELSEC_DECL steady_time next_due() const;
    MODELSEC_DECL const clock& session_clock() const noexcept;
    MODELSEC_DECL steady_time steady_now() const noexcept;
    MODELSEC_DECL std::chrono::milliseconds document_time(std::size_t size) const noexcept;
    void drop_idle_connections();
    result<void> add_credentials(request_head& request) const;
    std::unique_ptr<connection> take_idle(const std::string& origin);
    MODELSEC_DECL awaitable<result<response>> ask(const request_head& request);
    MODELSEC_DECL awaitable<result<http_answer>> exchange_once(const http_request& request,
                                                               std::optional<response_head>& head);

    http_environment env_;
    std::optional<proxy_rules> proxies_;
    std::list<watch*> watches_;  // outlives the coroutines that the context may still hold
    std::uint64_t wakeups_ = 0;
    boost::asio::io_context context_{1};
    bool running_ = false;
    std::unique_ptr<impl> impl_;
};

template <class T>
result<T> session::run(awaitable<result<T>> work)
{
    std::optional<result<T>> outcome;
    run_task([](awaitable<result<T>> task, std::optional<result<T>>& out) -> awaitable<void> {
        out.emplace(co_await std::move(task));
    }(std::move(work), outcome));
    return std::move(*outcome);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/connection.ipp>
#include <modelsec/detail/net/connection_read.ipp>
#include <modelsec/detail/net/dial.ipp>
#include <modelsec/detail/net/exchange.ipp>
#include <modelsec/detail/net/session.ipp>
#include <modelsec/detail/net/tunnel.ipp>
#include <modelsec/detail/net/watch.ipp>
#endif

#endif
