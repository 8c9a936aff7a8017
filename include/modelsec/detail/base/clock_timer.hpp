// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_CLOCK_TIMER_HPP
#define MODELSEC_DETAIL_BASE_CLOCK_TIMER_HPP

#include <modelsec/detail/base/clock_wait.hpp>
#include <modelsec/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/compose.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A timer of Asio's that goes by an injected clock. As Asio's, it belongs to its executor: no two members at once. At most one
/// wait at a time. Nothing wakes before the wait is due, except where the clock is moved.
class clock_timer
{
public:
    /// `time` must outlive it and what waits for it.
    clock_timer(const boost::asio::any_io_executor& executor, const clock& time)
        : state_(std::make_shared<state>(executor, time)),
          hook_(time.on_change([weak = std::weak_ptr<state>(state_), executor] {
              boost::asio::post(executor, [weak] {
                  if (const auto s = weak.lock())
                      s->look_again();
              });
          }))
    {
    }

    clock_timer(const clock_timer&) = delete;
    clock_timer& operator=(const clock_timer&) = delete;
    ~clock_timer() { cancel(); }

    steady_time now() const { return state_->time.steady_now(); }
    steady_time expiry() const noexcept { return state_->due; }

    /// Ends a wait that runs with `operation_aborted`; the next one ends at `due` (`steady_time::max()`: only by cancel()).
    void expires_at(steady_time due)
    {
        cancel();
        state_->due = due;
    }

    /// The same, relative to the clock's present.
    void expires_after(std::chrono::steady_clock::duration wait) { expires_at(later(now(), wait)); }

    void cancel()
    {
        state_->moved = false;
        state_->timer.cancel();
    }

    /// Signature of the handler: void(boost::system::error_code).
    template <class Token>
    auto async_wait(Token&& token)
    {
        return boost::asio::async_compose<Token, void(error_code)>(wait_step{state_}, token, state_->timer);
    }

private:
    struct state
    {
        state(const boost::asio::any_io_executor& executor, const clock& c) : timer(executor), time(c) {}

        void look_again() { moved = timer.cancel() != 0 || moved; }

        boost::asio::steady_timer timer;
        const clock& time;
        steady_time due = steady_time::max();
        bool moved = false;  ///< the wait was ended to look at the clock again, not by cancel()
    };

    struct wait_step
    {
        std::shared_ptr<state> s;
        bool started = false;

        template <class Self>
        void operator()(Self& self, error_code ec = {})
        {
            if (!std::exchange(started, true))
                return next(self);
            if (ec && !std::exchange(s->moved, false))
                return self.complete(ec);
            if (s->time.steady_now() >= s->due)
                return self.complete({});
            next(self);
        }

        template <class Self>
        void next(Self& self)
        {
            const auto on = s;
            on->timer.expires_after(real_sleep(on->time, on->due));
            on->timer.async_wait(std::move(self));
        }
    };

    std::shared_ptr<state> state_;
    std::shared_ptr<void> hook_;  ///< last: goes first
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
