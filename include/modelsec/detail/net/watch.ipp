// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_WATCH_IPP
#define MODELSEC_DETAIL_NET_WATCH_IPP

#include <modelsec/detail/net/session.hpp>

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

watch::watch(session& owner, std::function<void()> abort)
    : owner_(owner), abort_(std::move(abort)), place_(owner.watches_.insert(owner.watches_.end(), this))
{
}

watch::~watch()
{
    owner_.watches_.erase(place_);
}

void watch::expect(std::chrono::milliseconds wait, reason why) noexcept
{
    since_ = owner_.steady_now();
    due_ = steady_after(since_, wait);
    why_ = why;
    fired_ = false;
}

void watch::extend(std::chrono::milliseconds more) noexcept
{
    if (due_ != never)
        due_ = steady_after(due_, more);
}

std::chrono::milliseconds watch::left() const noexcept
{
    return steady_left(owner_.steady_now(), due_);
}

std::optional<failure> watch::verdict() const
{
    if (auto ended = owner_.stopped())
        return ended;
    if (fired_)
        return fail(why_);
    return std::nullopt;
}

wakeup::wakeup(session& owner) : owner_(owner), state_(std::make_shared<state>(owner.context())) {}

void wakeup::notify() noexcept
{
    if (state_->posted.exchange(true))
        return;
    boost::asio::post(owner_.context(), boost::asio::bind_allocator(message_allocator<void>(state_->memory), [s = state_] {
                          s->posted = false;
                          s->set = true;
                          s->timer.cancel();
                      }));
}

awaitable<result<void>> wakeup::wait()
{
    MODELSEC_CO_CHECK(co_await owner_.going_on());
    const watch end(owner_, [s = state_.get()] { s->timer.cancel(); });
    if (!state_->set)
    {
        state_->timer.expires_at(steady_time::max());
        co_await state_->timer.async_wait(use_tuple);
    }
    state_->set = false;
    co_return co_await owner_.going_on();
}

awaitable<result<void>> session::going_on() const
{
    if (auto ended = stopped())
        co_return *ended;
    // The signal comes once: a wait that begins after it would not be ended by it.
    if ((co_await boost::asio::this_coro::cancellation_state).cancelled() != boost::asio::cancellation_type::none)
        co_return fail(reason::cancelled);
    co_return result<void>();
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
