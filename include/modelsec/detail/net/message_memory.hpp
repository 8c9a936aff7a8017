// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_MESSAGE_MEMORY_HPP
#define MODELSEC_DETAIL_NET_MESSAGE_MEMORY_HPP

#include <modelsec/config.hpp>

#include <atomic>
#include <cstddef>
#include <new>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Memory for one message to another thread, had in advance: a thread that works for an operation has nobody to tell that there is no
/// memory to tell it with, and an exception there would end the process. One message at a time; another one, or one that is larger than
/// any here, gets memory as usual. Must outlive the message's handler up to its call.
class message_memory
{
public:
    message_memory() noexcept = default;
    message_memory(const message_memory&) = delete;
    message_memory& operator=(const message_memory&) = delete;

    void* take(std::size_t size)
    {
        if (size <= sizeof(space_) && !taken_.exchange(true))
            return space_;
        return ::operator new(size);
    }

    void give_back(void* memory) noexcept
    {
        if (memory == space_)
            taken_ = false;
        else
            ::operator delete(memory);
    }

private:
    alignas(std::max_align_t) std::byte space_[512];
    std::atomic<bool> taken_{false};
};

/// For boost::asio::bind_allocator().
template <class T>
class message_allocator
{
public:
    using value_type = T;

    explicit message_allocator(message_memory& memory) noexcept : memory_(&memory) {}
    template <class U>
    message_allocator(const message_allocator<U>& other) noexcept : memory_(other.memory_)
    {
    }

    T* allocate(std::size_t count) { return static_cast<T*>(memory_->take(count * sizeof(T))); }
    void deallocate(T* memory, std::size_t) noexcept { memory_->give_back(memory); }

    template <class U>
    bool operator==(const message_allocator<U>& other) const noexcept
    {
        return memory_ == other.memory_;
    }

private:
    template <class>
    friend class message_allocator;
    message_memory* memory_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
