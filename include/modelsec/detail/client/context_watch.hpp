// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_CONTEXT_WATCH_HPP
#define MODELSEC_DETAIL_CLIENT_CONTEXT_WATCH_HPP

#include <modelsec/detail/client/operation_pool.hpp>

#include <boost/asio/execution_context.hpp>

#include <memory>
#include <mutex>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What hangs on a context of the caller's: the pool of the clients that use it, and the operations that will call it. It is a
/// service of that context, so that all of this ends before the context does.
class context_watch
{
public:
    /// The one of `context`; it lives on when the context is gone.
    MODELSEC_DECL static std::shared_ptr<context_watch> of(boost::asio::execution_context& context);

    /// The pool of this context, made at the first call with at most `bound` threads.
    MODELSEC_DECL std::shared_ptr<operation_pool> pool(unsigned bound);
    /// False if the context is going. Otherwise `operation->leave()` is called when it goes.
    MODELSEC_DECL bool enter(const std::shared_ptr<pending_operation>& operation);
    MODELSEC_DECL void forget(const pending_operation* operation) noexcept;

private:
    friend class context_watch_service;
    MODELSEC_DECL void context_goes(const boost::asio::execution_context& context) noexcept;

    struct entry
    {
        const pending_operation* key;
        std::weak_ptr<pending_operation> operation;
    };

    std::mutex mutex_;
    std::vector<entry> operations_;
    std::shared_ptr<operation_pool> pool_;
    bool gone_ = false;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/client/context_watch.ipp>
#endif

#endif
