// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_CONTEXT_WATCH_IPP
#define MODELSEC_DETAIL_CLIENT_CONTEXT_WATCH_IPP

#include <modelsec/detail/client/context_watch.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

class context_watch_service final : public boost::asio::execution_context::service
{
public:
    inline static boost::asio::execution_context::id id;

    explicit context_watch_service(boost::asio::execution_context& owner)
        : service(owner), watch(std::make_shared<context_watch>()), owner_(owner)
    {
    }

    void shutdown() noexcept override { watch->context_goes(owner_); }

    const std::shared_ptr<context_watch> watch;

private:
    boost::asio::execution_context& owner_;
};

std::shared_ptr<context_watch> context_watch::of(boost::asio::execution_context& context)
{
    return boost::asio::use_service<context_watch_service>(context).watch;
}

std::shared_ptr<operation_pool> context_watch::pool(unsigned bound)
{
    const std::lock_guard lock(mutex_);
    if (!pool_ && !gone_)
        pool_ = operation_pool::make(bound);
    return pool_;
}

bool context_watch::enter(const std::shared_ptr<pending_operation>& operation)
{
    const std::lock_guard lock(mutex_);
    if (gone_)
        return false;
    operations_.push_back({operation.get(), operation});
    return true;
}

void context_watch::forget(const pending_operation* operation) noexcept
{
    const std::lock_guard lock(mutex_);
    std::erase_if(operations_, [&](const entry& e) { return e.key == operation || e.operation.expired(); });
}

void context_watch::context_goes(const boost::asio::execution_context& context) noexcept
{
    std::vector<entry> operations;
    std::shared_ptr<operation_pool> pool;
    {
        const std::lock_guard lock(mutex_);
        gone_ = true;
        operations.swap(operations_);
        pool.swap(pool_);
    }
    for (const entry& e : operations)
        if (const auto operation = e.operation.lock())
        {
            operation->cancel();
            operation->leave(context);
        }
    if (!pool)
        return;
    pool->stop();
    pool->join();
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
