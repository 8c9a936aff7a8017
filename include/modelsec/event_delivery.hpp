// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_EVENT_DELIVERY_HPP
#define MODELSEC_EVENT_DELIVERY_HPP

#include <modelsec/event.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>

#include <deque>
#include <memory>
#include <optional>

MODELSEC_BEGIN_NAMESPACE

/// Events for `handler` on `executor`, one after another in their order, in place of the operation's thread, which does not wait for
/// it. Where the executor does not keep up, of progress events that wait in a row the newest is told. When the executor's
/// context goes, so do events that wait, and the handler.
[[nodiscard]] MODELSEC_DECL event_handler bind_events(boost::asio::any_io_executor executor, event_handler handler);

/// The events of one operation, received one by one: `co_await channel.async_receive()`. As Asio's objects, it belongs to its executor:
/// members are called there, one at a time. It may go before the operation does.
class event_channel
{
public:
    using executor_type = boost::asio::any_io_executor;

    explicit event_channel(boost::asio::any_io_executor executor)
        : executor_(std::move(executor)), state_(std::make_shared<state>())
    {
    }
    event_channel(event_channel&&) noexcept = default;
    event_channel& operator=(event_channel&&) noexcept = default;
    ~event_channel()
    {
        if (state_)
            state_->end(boost::asio::error::operation_aborted);
    }

    executor_type get_executor() const noexcept { return executor_; }

    /// For operation_options::events. Any thread.
    [[nodiscard]] event_handler sink() const
    {
        return bind_events(executor_, [weak = std::weak_ptr<state>(state_)](const event& e) {
            if (const auto s = weak.lock())
                s->push(e);
        });
    }

    /// The next event; after the operation's `done`, boost::asio::error::eof. One receive at a time. Signature of the handler:
    /// void(error_code, event).
    template <BOOST_ASIO_COMPLETION_TOKEN_FOR(void(error_code, event)) CompletionToken = boost::asio::deferred_t>
    auto async_receive(CompletionToken&& token = {})
    {
        return boost::asio::async_initiate<CompletionToken, void(error_code, event)>(receive_initiation{executor_}, token,
                                                                                     state_);
    }

private:
    using handler_type = boost::asio::any_completion_handler<void(error_code, event)>;

    struct state
    {
        boost::asio::any_io_executor executor;
        std::deque<event> waiting_events;
        std::optional<handler_type> receiver;
        bool ended = false;

        void push(const event& e)
        {
            ended = ended || e.kind == event_kind::done;
            waiting_events.push_back(e);
            serve();
        }

        void serve()
        {
            if (!receiver || (waiting_events.empty() && !ended))
                return;
            error_code ec = boost::asio::error::eof;
            event e;
            if (!waiting_events.empty())
            {
                e = std::move(waiting_events.front());
                waiting_events.pop_front();
                ec.clear();
            }
            finish(ec, std::move(e));
        }

        void end(error_code ec)
        {
            if (receiver)
                finish(ec, {});
        }

        void finish(error_code ec, event e)
        {
            handler_type then = std::move(*receiver);
            receiver.reset();
            auto slot = boost::asio::get_associated_cancellation_slot(then);
            if (slot.is_connected())
                slot.clear();
            const auto own = boost::asio::get_associated_executor(then, executor);
            // Never within async_receive(): through the channel's queue, then to the handler's own executor.
            boost::asio::post(executor, [own, ec, e = std::move(e), then = std::move(then)]() mutable {
                boost::asio::dispatch(
                    own, [ec, e = std::move(e), then = std::move(then)]() mutable { std::move(then)(ec, std::move(e)); });
            });
        }
    };

    struct receive_initiation
    {
        using executor_type = boost::asio::any_io_executor;
        executor_type get_executor() const noexcept { return executor; }

        executor_type executor;

        template <class Handler>
        void operator()(Handler&& handler, const std::shared_ptr<state>& s) const
        {
            s->executor = executor;
            s->receiver.emplace(std::forward<Handler>(handler));
            auto slot = boost::asio::get_associated_cancellation_slot(*s->receiver);
            if (slot.is_connected())
                slot.assign([weak = std::weak_ptr<state>(s)](boost::asio::cancellation_type type) {
                    if (const auto alive = weak.lock(); alive && type != boost::asio::cancellation_type::none)
                        alive->end(boost::asio::error::operation_aborted);
                });
            s->serve();
        }
    };

    boost::asio::any_io_executor executor_;
    std::shared_ptr<state> state_;
};

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/client/event_delivery.ipp>
#endif

#endif
