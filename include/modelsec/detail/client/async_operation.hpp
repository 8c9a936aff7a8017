// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_ASYNC_OPERATION_HPP
#define MODELSEC_DETAIL_CLIENT_ASYNC_OPERATION_HPP

#include <modelsec/detail/base/guarded.hpp>
#include <modelsec/detail/client/context_watch.hpp>
#include <modelsec/detail/client/operation_list.hpp>
#include <modelsec/client.hpp>

#include <boost/asio/any_completion_executor.hpp>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>

#include <condition_variable>
#include <functional>
#include <optional>
#include <system_error>
#include <thread>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// One asynchronous operation: blocking work on a thread of a pool, and a handler that is called once, through its associated
/// executor, or destroyed without a call when the context of that executor goes. Work is counted on that executor and on the
/// client's for as long as it runs.
///
/// The cancellation slot is set once, before the work begins, and never touched again: it belongs to the thread that emits. What it
/// holds is a control of this attempt, which tells nobody anything when the attempt is over.
template <class T>
class async_operation final : public pending_operation, public std::enable_shared_from_this<async_operation<T>>
{
public:
    using handler_type = boost::asio::any_completion_handler<void(error_code, T)>;
    using work_type = std::function<result<T>(const control& attempt)>;

    async_operation(const boost::asio::any_io_executor& client_executor, control attempt, listed_operation listed,
                    diagnostics* diag, handler_type handler, boost::asio::execution_context* handler_context, work_type work)
        : attempt_(std::move(attempt)), listed_(std::move(listed)), diag_(diag), work_(std::move(work)),
          client_context_(context_of(client_executor)), target_context_(handler_context), handler_(std::move(handler))
    {
        namespace asio = boost::asio;
        if (auto slot = asio::get_associated_cancellation_slot(*handler_); slot.is_connected())
            slot.assign([control = attempt_](asio::cancellation_type type) mutable {
                if (type != asio::cancellation_type::none)
                    control.cancel();
            });
        target_ = asio::prefer(asio::get_associated_executor(*handler_, client_executor),
                               asio::execution::outstanding_work.tracked);
        client_work_ = asio::prefer(client_executor, asio::execution::outstanding_work.tracked);
        // An executor that does not say its context cannot be watched: then the caller sees to it that it lasts.
        if (handler_context)
            target_watch_ = context_watch::of(*handler_context);
    }

    /// Hands it over to a pool (null if there is none any more).
    void start(const boost::asio::any_io_executor& client_executor, const std::shared_ptr<context_watch>& client_watch,
               operation_pool* pool, operation_pool::length expected)
    {
        const auto self = this->shared_from_this();
        client_watch_ = client_watch;
        if (target_watch_ && !target_watch_->enter(self))
            return leave(*target_context_);
        if (client_watch_ != target_watch_ && !client_watch_->enter(self))
            return client_context_ ? leave(*client_context_)
                                   : refuse(client_executor, fail(reason::cancelled, "the client was stopped"));
        try
        {
            if (listed_ && pool && pool->submit(self, expected))
                return;
        }
        catch (const std::system_error&)
        {
            return refuse(client_executor, fail(reason::out_of_memory, "no thread can be started"));
        }
        refuse(client_executor, fail(reason::cancelled, "the client was stopped"));
    }

    void run() noexcept override
    {
        listed_.runs_here();
        result<T> r = guarded([this]() -> result<T> {
            if (attempt_.cancelled() && !attempt_.expired())
                return fail(reason::cancelled);
            return work_(attempt_);
        });
        work_ = nullptr;  // what the operation held is gone before the handler runs
        deliver(std::move(r));
    }

    void cancel() noexcept override { attempt_.cancel(); }

    void leave(const boost::asio::execution_context& context) noexcept override
    {
        std::optional<handler_type> dropped;
        std::unique_lock lock(mutex_);
        if (phase_ == phase::delivering && deliverer_ == std::this_thread::get_id())
            return;  // the handler runs here, within deliver(): by an executor that has no queue
        delivered_.wait(lock, [&] { return phase_ != phase::delivering; });
        if (phase_ == phase::over)
            return;
        if (&context == client_context_)
            client_work_ = nullptr;
        if (&context != target_context_)
            return;
        phase_ = phase::over;
        target_ = nullptr;
        dropped.swap(handler_);
        lock.unlock();  // whatever the handler's destructor does
    }

private:
    enum class phase
    {
        working,
        delivering,
        over
    };

    /// The end of an operation that no pool takes: not within the initiating function, but where no thread can be had for it.
    void refuse(const boost::asio::any_io_executor& client_executor, const failure& why)
    {
        work_ = nullptr;
        if (is_system_executor(client_executor))
        {
            // It starts threads at its first use, and where it cannot, Asio ends the process.
            try
            {
                std::thread([] {}).join();
            }
            catch (const std::system_error&)
            {
                return deliver(failure(why));
            }
        }
        boost::asio::post(client_executor, [self = this->shared_from_this(), why] { self->deliver(failure(why)); });
    }

    /// What runs on the handler's executor.
    struct delivery
    {
        using allocator_type = typename boost::asio::associated_allocator<handler_type>::type;
        allocator_type get_allocator() const noexcept { return boost::asio::get_associated_allocator(handler); }

        handler_type handler;
        diagnostics* diag;
        result<T> r;

        void operator()()
        {
            const error_code ec = r ? error_code() : error_code(r.error());
            if (diag)
                *diag = r ? diagnostics{} : diagnostics{r.error().why, std::move(r.error().detail)};
            std::move(handler)(ec, r ? std::move(*r) : T{});
        }
    };

    void deliver(result<T> r)
    {
        {
            const std::lock_guard lock(mutex_);
            if (phase_ == phase::working)
            {
                phase_ = phase::delivering;
                deliverer_ = std::this_thread::get_id();
            }
        }
        if (phase_ == phase::delivering)
        {
            delivery last{std::move(*handler_), diag_, std::move(r)};
            handler_.reset();
            // This is no thread of the executor: it queues, unless its owner wants it otherwise. (any_completion_executor cannot post.)
            boost::asio::dispatch(target_, std::move(last));
        }
        {
            // Until here neither context can go: leave() waits.
            const std::lock_guard lock(mutex_);
            target_ = nullptr;
            client_work_ = nullptr;
            phase_ = phase::over;
            delivered_.notify_all();
        }
        if (target_watch_)
            target_watch_->forget(this);
        client_watch_->forget(this);
        listed_.leave();
    }

    control attempt_;
    listed_operation listed_;
    diagnostics* diag_;
    work_type work_;
    std::shared_ptr<context_watch> target_watch_, client_watch_;

    const boost::asio::execution_context* client_context_;
    const boost::asio::execution_context* target_context_;
    std::mutex mutex_;  // of what follows
    std::condition_variable delivered_;
    phase phase_ = phase::working;
    std::thread::id deliverer_;
    std::optional<handler_type> handler_;
    boost::asio::any_completion_executor target_;  ///< counts outstanding work, as does the next
    boost::asio::any_io_executor client_work_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
