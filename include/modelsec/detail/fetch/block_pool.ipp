// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_BLOCK_POOL_IPP
#define MODELSEC_DETAIL_FETCH_BLOCK_POOL_IPP

#include <modelsec/detail/fetch/block_pool.hpp>

#include <utility>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

block_pool::block_pool(std::size_t blocks, std::function<void()> on_room) : on_room_(std::move(on_room))
{
    allow(blocks);
}

block_pool::~block_pool()
{
    for (auto* data : free_)
        ::operator delete(data, alignment);
}

void block_pool::allow(std::size_t blocks)
{
    const std::lock_guard lock(mutex_);
    if (blocks <= allowed_)
        return;
    free_.reserve(blocks);  // so that give_back() cannot fail
    left_ += blocks - allowed_;
    allowed_ = blocks;
}

block_ptr block_pool::try_take()
{
    std::uint8_t* data = nullptr;
    {
        const std::lock_guard lock(mutex_);
        if (free_.empty() && left_ == 0)
        {
            wanted_ = true;
            return nullptr;
        }
        if (free_.empty())
        {
            free_.push_back(static_cast<std::uint8_t*>(::operator new(block::size_bytes, alignment)));
            --left_;
        }
        data = free_.back();
        free_.pop_back();
    }
    // Whatever throws from here on, the memory finds its way back.
    std::unique_ptr<std::uint8_t, returner> held(data, {shared_from_this()});
    auto made = std::make_unique<block>(data);
    return block_ptr(made.release(), [owner = std::shared_ptr<std::uint8_t>(std::move(held))](const block* b) { delete b; });
}

void block_pool::give_back(std::uint8_t* data) noexcept
{
    std::function<void()> tell;
    {
        const std::lock_guard lock(mutex_);
        free_.push_back(data);
        if (std::exchange(wanted_, false))
            tell = on_room_;
    }
    if (tell)
        tell();
}

void block_pool::mute() noexcept
{
    const std::lock_guard lock(mutex_);
    on_room_ = nullptr;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
