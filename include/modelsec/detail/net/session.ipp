// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_SESSION_IPP
#define MODELSEC_DETAIL_NET_SESSION_IPP

#include <modelsec/detail/net/watch.ipp>
#include <modelsec/detail/net/redirect_fsm.hpp>
#include <modelsec/detail/net/session.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>

#include <algorithm>
#include <map>
#include <random>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// How exactly deadlines are kept, and how long a cancelled wait may go on if its wake-up call got lost.
inline constexpr std::chrono::milliseconds session_tick{20};
/// Connections kept open to one origin while nobody uses them.
inline constexpr std::size_t session_idle_connections = 8;

struct session::impl
{
    explicit impl(boost::asio::io_context& context) : keep_running(context.get_executor()) {}
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running;
    std::map<std::string, std::vector<std::unique_ptr<connection>>> idle;  // by origin
    std::optional<tls_context> home_tls;
    std::optional<tls_context> other_tls;
    std::minstd_rand random{std::random_device{}()};
    steady_time last_tick = std::chrono::steady_clock::now();
    double allowance = 0;  // bytes that may be read at once under the rate limit; below 0: a debt
    steady_time allowance_at = std::chrono::steady_clock::now();
    std::shared_ptr<void> control_hook;  // last: goes first, so that no change comes in any more
};

session::session(http_environment env) : env_(std::move(env)), impl_(std::make_unique<impl>(context_))
{
    impl_->control_hook =
        env_.handle.on_change([this] { boost::asio::post(context_, [this] { tick(std::chrono::steady_clock::now()); }); });
}

session::~session() = default;

void session::run_until(const bool& done)
{
    while (!done)
    {
        const auto next = impl_->last_tick + session_tick;
        if (context_.run_one_until(next) == 0 || std::chrono::steady_clock::now() >= next)
            tick(std::chrono::steady_clock::now());
    }
}

void session::tick(steady_time now)
{
    const auto passed = now - impl_->last_tick;
    impl_->last_tick = now;
    const bool stop = stopped().has_value();
    const bool paused = env_.handle.paused() && !stop;
    if (paused && env_.deadline)
        *env_.deadline += passed;
    for (watch* w : watches_)
    {
        if (paused && w->due_ != watch::never)
            w->due_ += passed;
        else if (!paused && now >= w->due_)
            w->fired_ = true;
        if (!paused && (stop || now >= w->due_))
            w->abort_();
    }
}

std::optional<failure> session::stopped() const
{
    if (env_.handle.cancelled())
        return fail(reason::cancelled);
    if (env_.deadline && impl_->last_tick >= *env_.deadline)
        return fail(reason::deadline);
    return std::nullopt;
}

void session::observe(const event& e) const
{
    if (env_.observe)
        env_.observe(e);
}

awaitable<result<void>> session::gate()
{
    while (true)
    {
        MODELSEC_CO_CHECK(co_await going_on());
        if (!env_.handle.paused())
            co_return result<void>();
        // Whatever changes, tick() comes by.
        boost::asio::steady_timer timer(context_, session_tick);
        co_await timer.async_wait(use_tuple);
    }
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
        const auto now = std::chrono::steady_clock::now();
        const double passed = std::chrono::duration<double>(now - impl_->allowance_at).count();
        impl_->allowance_at = now;
        impl_->allowance = std::min(burst, impl_->allowance + passed * rate);
        if (impl_->allowance >= 1)
            co_return std::min(wanted, static_cast<std::size_t>(impl_->allowance));
        MODELSEC_CO_CHECK(co_await sleep(std::chrono::milliseconds(50)));
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
    auto& idle = impl_->idle[link->origin()];
    if (idle.size() < session_idle_connections)
        idle.push_back(std::move(link));
}

awaitable<result<response>> session::ask(const request_head& request)
{
    auto& idle = impl_->idle[request.target.origin()];
    while (!idle.empty())
    {
        std::unique_ptr<connection> link = std::move(idle.back());
        idle.pop_back();
        if (!link->reusable())
            continue;
        auto head = co_await link->send(request);
        if (head.has_value())
            co_return response{std::move(link), std::move(*head), request.target};
        // RFC 9112 section 9.3.1: the server may have closed it just when it was to be used again.
        if (head.error().why != reason::connection_lost)
            co_return std::move(head).error();
    }
    MODELSEC_CO_TRY(auto link, co_await connection::open(*this, request.target));
    MODELSEC_CO_TRY(auto head, co_await link->send(request));
    co_return response{std::move(link), std::move(head), request.target};
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
            if (env_.options->credentials)
            {
                std::vector<http_header> given = env_.options->credentials(request.target.origin());
                if (env_.check_credentials)
                    MODELSEC_CO_CHECK(env_.check_credentials(given));
                for (http_header& h : given)
                    request.headers.push_back(std::move(h));
            }
        }
        if (!hops.post())
            request.post_body.reset();
        MODELSEC_CO_TRY(response answer, co_await ask(request));
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
    if (env_.deadline)
        in.time_left =
            std::chrono::duration_cast<std::chrono::milliseconds>(*env_.deadline - std::chrono::steady_clock::now());
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
