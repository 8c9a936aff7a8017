// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_BLOCK_POOL_HPP
#define MODELSEC_DETAIL_FETCH_BLOCK_POOL_HPP

#include <modelsec/detail/base/file_system/file_system.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A piece of memory for arriving bytes, aligned for direct writes. Shared by whoever fills it and those who hash and write what is in
/// it already; goes back to its pool with the last of them.
class block
{
public:
    static constexpr std::size_t size_bytes = 1u << 20;

    explicit block(std::uint8_t* data) noexcept : data_(data) {}
    std::span<std::uint8_t> space() const noexcept { return {data_, size_bytes}; }

private:
    std::uint8_t* data_;
};

using block_ptr = std::shared_ptr<const block>;

/// The memory of one download: made as it is needed, used again and again, gone with the last block. Thread-safe.
class block_pool : public std::enable_shared_from_this<block_pool>
{
public:
    static constexpr std::align_val_t alignment{file_system::direct_alignment};

    /// `on_room` is called, from any thread, when a block is free after one was asked for in vain.
    MODELSEC_DECL block_pool(std::size_t blocks, std::function<void()> on_room);
    MODELSEC_DECL ~block_pool();
    block_pool(const block_pool&) = delete;
    block_pool& operator=(const block_pool&) = delete;

    /// From now on so many blocks, if that is more than before.
    MODELSEC_DECL void allow(std::size_t blocks);
    /// Null if all are in use.
    MODELSEC_DECL block_ptr try_take();
    /// Blocks may outlive whoever listens.
    MODELSEC_DECL void mute() noexcept;

private:
    struct returner
    {
        std::shared_ptr<block_pool> pool;
        void operator()(std::uint8_t* data) const noexcept { pool->give_back(data); }
    };
    MODELSEC_DECL void give_back(std::uint8_t* data) noexcept;

    std::mutex mutex_;
    std::vector<std::uint8_t*> free_;
    std::size_t allowed_ = 0;
    std::size_t left_ = 0;  ///< of them not made yet
    bool wanted_ = false;
    std::function<void()> on_room_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/fetch/block_pool.ipp>
#endif

#endif
