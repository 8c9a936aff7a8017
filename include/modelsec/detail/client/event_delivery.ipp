// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_EVENT_DELIVERY_IPP
#define MODELSEC_DETAIL_CLIENT_EVENT_DELIVERY_IPP

#include <modelsec/detail/client/context_watch.hpp>
#include <modelsec/event_delivery.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Events on their way to an executor. It is known to the executor's context, so that nothing is sent there once that goes.
class bound_events final : public pending_operation, public std::enable_shared_from_this<bound_events>
{
public:
    bound_events(boost::asio::any_io_executor executor, event_handler handler)
        : executor_(std::move(executor)), handler_(std::move(handler)),
          watch_(context_watch::of(
              boost::asio::query(executor_, boost::asio::execution::context_as<boost::asio::execution_context&>)))
    {
    }
    ~bound_events() override { watch_->forget(this); }

    void enter()
    {
        if (!watch_->enter(shared_from_this()))
            executor_ = nullptr;
    }

    void push(const event& e)
    {
        const std::lock_guard lock(mutex_);
        if (!executor_)
            return;
        if (e.kind == event_kind::progress && waiting_.size() > 1 && waiting_.back().kind == e.kind &&
            waiting_.back().stage == e.stage)
        {
            waiting_.back() = e;
            return;
        }
        waiting_.push_back(e);
        if (std::exchange(scheduled_, true))
            return;
        boost::asio::post(executor_, [self = shared_from_this()] { self->tell_waiting(); });
    }

    void run() noexcept override {}
    void cancel() noexcept override {}
    void leave(const boost::asio::execution_context&) noexcept override
    {
        event_handler dropped;
        const std::lock_guard lock(mutex_);
        executor_ = nullptr;
        waiting_.clear();
        dropped.swap(handler_);
    }

private:
    void tell_waiting()
    {
        std::unique_lock lock(mutex_);
        while (!waiting_.empty())
        {
            const event e = std::move(waiting_.front());
            waiting_.pop_front();
            lock.unlock();
            handler_(e);
            lock.lock();
        }
        scheduled_ = false;
    }

    std::mutex mutex_;
    boost::asio::any_io_executor executor_;  ///< none once its context goes
    event_handler handler_;
    std::deque<event> waiting_;
    bool scheduled_ = false;
    std::shared_ptr<context_watch> watch_;
};

}  // namespace detail

event_handler bind_events(boost::asio::any_io_executor executor, event_handler handler)
{
    const auto bound = std::make_shared<detail::bound_events>(std::move(executor), std::move(handler));
    bound->enter();
    return [bound](const event& e) { bound->push(e); };
}

MODELSEC_END_NAMESPACE

#endif
