// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_SESSION_IPP
#define MODELSEC_DETAIL_NET_SESSION_IPP

#include <modelsec/detail/base/clock_wait.hpp>
#include <modelsec/detail/net/watch.ipp>
#include <modelsec/detail/net/credentials.hpp>
#include <modelsec/detail/net/redirect_fsm.hpp>
#include <modelsec/detail/net/session.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <exception>
#include <list>
#include <random>
#include <stdexcept>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Once an operation has ended, whoever still waits is woken so often: a wait that began beside the one signal ends as well.
inline constexpr std::chrono::milliseconds session_ending_tick{50};
/// Connections kept open to one origin while nobody uses them.
inline constexpr std::size_t session_idle_connections = 8;

struct session_idle_connection
{
    std::unique_ptr<connection> link;
    steady_time until;
};

struct session::impl
{
    explicit impl(boost::asio::io_context& context) : keep_running(context.get_executor()) {}
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running;
    std::list<session_idle_connection> idle;  // the longest unused first
    std::optional<tls_context> home_tls;
    std::optional<tls_context> other_tls;
    std::minstd_rand random{std::random_device{}()};
    std::optional<steady_time> paused_since;
    steady_time::duration paused_in_all{};
    steady_time last_tick{};
    double allowance = 0;  // bytes that may be read at once under the rate limit; below 0: a debt
    std::optional<steady_time> allowance_at;
    side_threads side;                               // goes before the connections whose steps it takes
    std::shared_ptr<void> control_hook, clock_hook;  // last: they go first, so that no change comes in any more
};

session::session(http_environment env) : env_(std::move(env)), impl_(std::make_unique<impl>(context_))
{
    const auto changed = [this] { boost::asio::post(context_, [this] { tick(); }); };
    impl_->control_hook = env_.handle.on_change(changed);
    impl_->clock_hook = session_clock().on_change(changed);
    changed();  // it may be paused already
}

session::~session() = default;

const clock& session::session_clock() const noexcept
{
    return env_.time ? *env_.time : clock::system();
}

steady_time session::steady_now() const noexcept
{
    return session_clock().steady_now();
}

void session::run_task(awaitable<void> work)
{
    if (std::exchange(running_, true))
        throw std::logic_error("session::run() within run(): the inner one would take the outer one's wake-ups");
    const struct ends
    {
        bool& running;
        ~ends() { running = false; }
    } guard{running_};
    std::exception_ptr thrown;
    bool done = false;
    boost::asio::co_spawn(context_, std::move(work), [&](std::exception_ptr e) {
        thrown = std::move(e);
        done = true;
    });
    run_until(done);
    if (thrown)
        std::rethrow_exception(thrown);  // only bad_alloc and bugs: expected failures are values
}

void session::run_until(const bool& done)
{
    while (!done)
    {
        const steady_time due = next_due();
        if (due == watch::never)
            context_.run_one();
        else
            context_.run_one_for(real_sleep(session_clock(), due));
        ++wakeups_;
        if (steady_now() >= due)
            tick();
    }
}

/// When the operation's time is over: by a deadline that was set here, or by its control's.
inline steady_time end_of_operation(const http_environment& env) noexcept
{
    return std::min(env.deadline.value_or(steady_time::max()), env.handle.due());
}

steady_time session::next_due() const
{
    if (stopped())
        return impl_->last_tick + session_ending_tick;
    // While it is paused no deadline passes; connections that nobody uses are closed all the same.
    steady_time due = impl_->paused_since ? watch::never : end_of_operation(env_);
    if (!impl_->paused_since)
        for (const watch* w : watches_)
            due = std::min(due, w->due_);
    return impl_->idle.empty() ? due : std::min(due, impl_->idle.front().until);
}

inline void session::drop_idle_connections()
{
    const steady_time now = steady_now();
    while (!impl_->idle.empty() && (impl_->idle.size() > caps().idle_connections || now >= impl_->idle.front().until))
        impl_->idle.pop_front();
}

void session::tick()
{
    const steady_time now = steady_now();
    impl_->last_tick = now;
    const bool stop = stopped().has_value();
    const bool paused = env_.handle.paused() && !stop;
    if (paused)
    {
        if (!impl_->paused_since)
            impl_->paused_since = now;
        drop_idle_connections();
        return;
    }
    if (const auto since = std::exchange(impl_->paused_since, std::nullopt))
    {
        // No deadline passed meanwhile, neither those that ran before nor those that began since.
        for (watch* w : watches_)
            if (w->due_ != watch::never)
                w->due_ = later(w->due_, now - std::max(*since, w->since_));
        if (env_.deadline)
            env_.deadline = later(*env_.deadline, now - *since);
        impl_->paused_in_all += now - *since;
    }
    for (watch* w : watches_)
    {
        const bool over = now >= w->due_;
        if (over)
        {
            w->fired_ = true;
            w->due_ = watch::never;
        }
        if (stop || over || w->at_resume_)
            w->abort_();
    }
    drop_idle_connections();
}

std::optional<failure> session::stopped() const
{
    if (env_.handle.cancelled())
        return fail(env_.handle.expired() ? reason::deadline : reason::cancelled);
    if (env_.deadline && impl_->paused_since.value_or(steady_now()) >= *env_.deadline)
        return fail(reason::deadline);
    return std::nullopt;
}

steady_time session::running_time() const noexcept
{
    return impl_->paused_since.value_or(steady_now()) - impl_->paused_in_all;
}

void session::set_deadline(std::optional<steady_time> due)
{
    env_.deadline =
        due ? std::optional(steady_after(*due, std::chrono::ceil<std::chrono::milliseconds>(impl_->paused_in_all)))
            : std::nullopt;
}

side_threads& session::side() noexcept
{
    return impl_->side;
}

void session::close_unused_until(steady_time next_use) noexcept
{
    std::erase_if(impl_->idle, [&](const session_idle_connection& i) { return i.until <= next_use; });
}

std::size_t session::idle_connections() const noexcept
{
    return impl_->idle.size();
}

void session::observe(const event& e) const
{
    if (env_.observe)
        env_.observe(e);
}

awaitable<result<void>> session::gate()
{
    MODELSEC_CO_CHECK(co_await going_on());
    if (!env_.handle.paused())
        co_return result<void>();
    wakeup resumed(*this);
    watch changed(*this, [&resumed] { resumed.notify(); });
    changed.expect_resume();
    while (env_.handle.paused())
        MODELSEC_CO_CHECK(co_await resumed.wait());
    co_return co_await going_on();
}

awaitable<result<void>> session::sleep(std::chrono::milliseconds wait)
{
    wakeup wake(*this);
    watch over(*this, [&wake] { wake.notify(); });
    over.expect(wait, reason::none);
    while (!over.verdict())
        MODELSEC_CO_CHECK(co_await wake.wait());
    if (auto ended = stopped())
        co_return *ended;
    co_return result<void>();
}

awaitable<result<std::size_t>> session::grant(std::size_t wanted)
{
    const auto rate = static_cast<double>(env_.options->limit_rate);
    if (rate <= 0)
        co_return wanted;
    // A token bucket that holds a fifth of a second.
    const double burst = std::max(rate / 5, 1024.0);
    while (true)
    {
        const steady_time now = steady_now();
        const double passed = std::chrono::duration<double>(now - impl_->allowance_at.value_or(now)).count();
        impl_->allowance_at = now;
        impl_->allowance = std::min(burst, impl_->allowance + passed * rate);
        if (impl_->allowance >= 1)
            co_return static_cast<std::size_t>(std::min(static_cast<double>(wanted), impl_->allowance));
        // Until half a burst has gathered, not for each byte.
        const double seconds = std::min((burst / 2 - impl_->allowance) / rate, 60.0);
        MODELSEC_CO_CHECK(co_await sleep(std::chrono::milliseconds(1 + static_cast<int>(seconds * 1000))));
    }
}

void session::spend(std::size_t bytes) noexcept
{
    if (env_.options->limit_rate != 0)
        impl_->allowance -= static_cast<double>(bytes);
}

result<const tls_context*> session::tls_for(const std::string& origin)
{
    // CWE-522: a client certificate says who the caller is, to the origin it was given for and to no other.
    const bool home = origin == env_.manifest_origin;
    auto& context = home ? impl_->home_tls : impl_->other_tls;
    if (!context)
    {
        MODELSEC_TRY(context, tls_context::make(env_.options->tls, home));
    }
    return &*context;
}

result<const proxy_server*> session::proxy_for(const url& target)
{
    if (!proxies_)
    {
        MODELSEC_TRY(proxies_, proxy_rules::parse(env_.options->proxy));
    }
    return proxies_->on_the_way_to(target);
}

void session::release(std::unique_ptr<connection> link)
{
    if (!link || !link->reusable())
        return;
    const auto same = [&](const session_idle_connection& i) { return i.link->origin() == link->origin(); };
    if (static_cast<std::size_t>(std::count_if(impl_->idle.begin(), impl_->idle.end(), same)) >= session_idle_connections)
        return;
    impl_->idle.push_back({std::move(link), steady_after(steady_now(), caps().idle_timeout)});
    drop_idle_connections();
}

/// A connection to this origin that nobody uses, the one last used first; null: none.
inline std::unique_ptr<connection> session::take_idle(const std::string& origin)
{
    drop_idle_connections();
    for (auto at = impl_->idle.end(); at != impl_->idle.begin();)
    {
        if ((--at)->link->origin() != origin)
            continue;
        std::unique_ptr<connection> link = std::move(at->link);
        at = impl_->idle.erase(at);
        if (link->reusable())
            return link;
    }
    return nullptr;
}

awaitable<result<response>> session::ask(const request_head& request)
{
    while (std::unique_ptr<connection> link = take_idle(request.target.origin()))
    {
        auto head = co_await link->send(request);
        if (head.has_value())
            co_return response{std::move(link), std::move(*head), request.target};
        // RFC 9112 section 9.3.1: the server may have closed it just when it was to be used again. And what it says may be bytes that
        // it sent late, beyond its last answer: they are no answer to this request (CWE-444).
        if (head.error().why != reason::connection_lost && head.error().why != reason::bad_response)
            co_return std::move(head).error();
    }
    MODELSEC_CO_TRY(auto link, co_await connection::open(*this, request.target));
    MODELSEC_CO_TRY(auto head, co_await link->send(request));
    co_return response{std::move(link), std::move(head), request.target};
}

inline bool same_header(const http_header& a, const http_header& b) noexcept
{
    return a.name == b.name && a.value == b.value;
}

/// What the provider has for the request's origin now, and what this address needs beside: that replaces what has the same name.
inline result<void> session::add_credentials(request_head& request) const
{
    std::vector<http_header> given;
    if (env_.options->credentials)
        given = env_.options->credentials(request.target.origin());
    if (env_.authorize)
    {
        MODELSEC_TRY(std::vector<http_header> more, env_.authorize(request.target));
        add_headers(given, std::move(more));
    }
    if (env_.check_credentials)
        MODELSEC_CHECK(env_.check_credentials(given));
    // What this one request was given stands: two fields of one name would be one too many (RFC 9110 section 11.6.2).
    const std::size_t own = request.headers.size();
    for (http_header& h : given)
        if (std::none_of(request.headers.begin(), request.headers.begin() + static_cast<std::ptrdiff_t>(own),
                         [&](const http_header& mine) { return boost::beast::iequals(mine.name, h.name); }))
            request.headers.push_back(std::move(h));
    return {};
}

awaitable<result<response>> session::follow(request_head request)
{
    redirect_fsm hops(request.target, request.post_body.has_value(), caps().redirects, env_.options->allowed_hosts);
    MODELSEC_CO_CHECK(hops.check());
    const std::vector<http_header> callers = std::move(request.headers);
    while (true)
    {
        MODELSEC_CO_CHECK(co_await gate());
        request.target = hops.where();
        request.headers.clear();
        // Bound to the first origin (CWE-522): a hop elsewhere ends it, a hop back does not bring it back.
        if (hops.trusted())
        {
            request.headers = callers;
            MODELSEC_CO_CHECK(add_credentials(request));
        }
        if (!hops.post())
            request.post_body.reset();
        MODELSEC_CO_TRY(response answer, co_await ask(request));
        if (answer.head.status == 401 && hops.trusted() && env_.options->credentials)
        {
            // A token may have changed while the request was on its way: who has another one now is asked with that, once.
            request_head again = request;
            again.headers = callers;
            MODELSEC_CO_CHECK(add_credentials(again));
            if (!std::equal(again.headers.begin(), again.headers.end(), request.headers.begin(), request.headers.end(),
                            same_header))
            {
                MODELSEC_CO_CHECK(co_await drain(std::move(answer)));
                MODELSEC_CO_TRY(answer, co_await ask(again));
            }
        }
        if (!request.redirects)
            co_return answer;
        MODELSEC_CO_TRY(const bool again, hops.next(answer.head.status, answer.head.find("location")));
        if (!again)
            co_return answer;
        event e;
        e.kind = event_kind::redirect;
        e.host = hops.where().host();
        observe(e);
        MODELSEC_CO_CHECK(co_await drain(std::move(answer)));
    }
}

awaitable<result<void>> session::before_retry(retry_fsm& retries, failure problem, const response_head* head)
{
    retry_fsm::input in{std::move(problem), std::nullopt, std::nullopt,
                        std::uniform_real_distribution<double>(0, 1)(impl_->random)};
    if (auto ended = stopped())
        co_return *ended;
    if (head)
        in.server_wait = server_wait(head->find("retry-after"), head->find("ratelimit"), env_.time->now());
    if (const steady_time due = end_of_operation(env_); due != watch::never)
        in.time_left = steady_left(steady_now(), due);
    MODELSEC_CO_TRY(const auto wait, retries.next(in));
    event e;
    e.kind = event_kind::retry;
    e.why = in.problem.why;
    e.wait_ms = static_cast<std::uint64_t>(wait.count());
    observe(e);
    MODELSEC_CO_CHECK(co_await sleep(wait));
    co_return co_await gate();
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
