// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_WORKER_HPP
#define MODELSEC_DETAIL_WORKER_HPP

#include <modelsec/core/control.hpp>
#include <modelsec/detail/guarded.hpp>
#include <modelsec/error.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/prefer.hpp>

#include <thread>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

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
    const auto to = asio::get_associated_executor(handler, fallback);
    auto tracked = asio::prefer(to, asio::execution::outstanding_work.tracked);
    auto body = [work = std::move(work), handler = std::move(handler), tracked = std::move(tracked), diag]() mutable {
        auto finish = [handler = std::move(handler), diag, r = guarded(work)]() mutable {
            // The slot belongs to this executor: cleared here, before the handler goes.
            if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
                slot.clear();
            error_code ec;
            T value{};
            if (diag)
                diag->clear();
            if (r)
                value = std::move(*r);
            else
            {
                ec = r.error();
                if (diag)
                    *diag = {r.error().why, std::move(r.error().detail)};
            }
            std::move(handler)(ec, std::move(value));
        };
        {
            auto drop = std::move(work);
        }  // what the operation held is gone before the handler runs
        // This is no thread of the executor: it posts, unless its owner wants it otherwise. (any_completion_executor cannot post.)
        asio::dispatch(tracked, std::move(finish));
    };
    std::thread(std::move(body)).detach();
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
