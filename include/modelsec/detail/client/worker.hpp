// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_WORKER_HPP
#define MODELSEC_DETAIL_CLIENT_WORKER_HPP

#include <modelsec/detail/base/control.hpp>
#include <modelsec/detail/base/guarded.hpp>
#include <modelsec/error.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/prefer.hpp>

#include <memory>
#include <optional>
#include <system_error>
#include <thread>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A blocking piece of work, and whom to tell.
template <class T, class Work, class Executor>
struct worker_task
{
    using handler_type = boost::asio::any_completion_handler<void(error_code, T)>;

    std::optional<Work> work;
    handler_type handler;
    Executor to;  ///< tracks outstanding work
    diagnostics* diag;

    void complete(result<T> r)
    {
        work.reset();  // what the operation held is gone before the handler runs
        auto finish = [handler = std::move(handler), diag = diag, r = std::move(r)]() mutable {
            // The slot belongs to this executor: cleared here, before the handler goes.
            if (auto slot = boost::asio::get_associated_cancellation_slot(handler); slot.is_connected())
                slot.clear();
            const error_code ec = r ? error_code() : error_code(r.error());
            if (diag)
                *diag = r ? diagnostics{} : diagnostics{r.error().why, std::move(r.error().detail)};
            std::move(handler)(ec, r ? std::move(*r) : T{});
        };
        // This is no thread of the executor: it posts, unless its owner wants it otherwise. (any_completion_executor cannot post.)
        boost::asio::dispatch(to, std::move(finish));
    }
};

/// Runs a blocking `work` (() -> result<T>) on a thread of its own, so that no executor of the caller ever waits, and then calls
/// `handler(error_code, T)` exactly once through its associated executor (default: `fallback`), which counts outstanding work
/// meanwhile. The handler's cancellation slot cancels `handle`.
template <class T, class Work>
void run_on_worker(const boost::asio::any_io_executor& fallback, control handle, diagnostics* diag,
                   boost::asio::any_completion_handler<void(error_code, T)> handler, Work work)
{
    namespace asio = boost::asio;
    if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
        slot.assign([handle](asio::cancellation_type type) mutable {
            if (type != asio::cancellation_type::none)
                handle.cancel();
        });
    auto to = asio::prefer(asio::get_associated_executor(handler, fallback), asio::execution::outstanding_work.tracked);
    using task_type = worker_task<T, Work, decltype(to)>;
    const auto task = std::make_shared<task_type>(task_type{std::move(work), std::move(handler), std::move(to), diag});
    try
    {
        std::thread([task] { task->complete(guarded(*task->work)); }).detach();
    }
    catch (const std::system_error&)
    {
        task->complete(fail(reason::out_of_memory, "no thread can be started"));
    }
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
