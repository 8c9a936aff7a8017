// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_BLOCK_POOL_IPP
#define MODELSEC_DETAIL_FETCH_BLOCK_POOL_IPP

#include <modelsec/detail/fetch/pipeline.hpp>

#include <mutex>
#include <new>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The memory of one pipeline: made as it is needed, used again and again, gone with the last block.
class block_pool : public std::enable_shared_from_this<block_pool>
{
public:
    static constexpr std::align_val_t alignment{file_system::direct_alignment};

    block_pool(std::size_t blocks, std::function<void()> on_room) : on_room_(std::move(on_room)) { allow(blocks); }
    block_pool(const block_pool&) = delete;
    block_pool& operator=(const block_pool&) = delete;
    ~block_pool()
    {
        for (auto* data : free_)
            ::operator delete(data, alignment);
    }

    void allow(std::size_t blocks)
    {
        const std::lock_guard lock(mutex_);
        if (blocks <= allowed_)
            return;
        free_.reserve(blocks);  // so that give_back() cannot fail
        left_ += blocks - allowed_;
        allowed_ = blocks;
    }

    block try_take()
    {
        const std::lock_guard lock(mutex_);
        block out;
        if (free_.empty() && left_ == 0)
        {
            wanted_ = true;
            return out;
        }
        if (free_.empty())
        {
            free_.push_back(static_cast<std::uint8_t*>(::operator new(block::size_bytes, alignment)));
            --left_;
        }
        out.data_ = {free_.back(), {shared_from_this()}};
        free_.pop_back();
        ++being_filled_;
        return out;
    }

    void give_back(std::uint8_t* data, bool filled) noexcept
    {
        std::function<void()> tell;
        {
            const std::lock_guard lock(mutex_);
            free_.push_back(data);
            being_filled_ -= filled ? 0 : 1;
            if (std::exchange(wanted_, false))
                tell = on_room_;
        }
        if (tell)
            tell();
    }

    void filled(block& b) noexcept
    {
        const std::lock_guard lock(mutex_);
        b.data_.get_deleter().filled = true;
        --being_filled_;
    }
    std::size_t being_filled() const noexcept
    {
        const std::lock_guard lock(mutex_);
        return being_filled_;
    }
    /// Blocks may outlive the pipeline; who listens does not.
    void mute() noexcept
    {
        const std::lock_guard lock(mutex_);
        on_room_ = nullptr;
    }

private:
    mutable std::mutex mutex_;
    std::vector<std::uint8_t*> free_;
    std::size_t allowed_ = 0;
    std::size_t left_ = 0;  ///< of them not made yet
    std::size_t being_filled_ = 0;
    bool wanted_ = false;
    std::function<void()> on_room_;
};

void block_return::operator()(std::uint8_t* data) const noexcept
{
    pool->give_back(data, filled);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
