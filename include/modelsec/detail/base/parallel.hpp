// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_PARALLEL_HPP
#define MODELSEC_DETAIL_BASE_PARALLEL_HPP

#include <modelsec/config.hpp>

#include <cstddef>
#include <new>
#include <system_error>
#include <thread>
#include <type_traits>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Calls `own` here and `help` on up to `helpers` other threads at the same time; on fewer where they cannot be had. All are over
/// when it returns. Which part of the work is whose, they settle by what they share.
template <class Help, class Own>
void work_with_helpers(std::size_t helpers, const Help& help, const Own& own) noexcept
{
    static_assert(std::is_nothrow_invocable_v<const Help&> && std::is_nothrow_invocable_v<const Own&>);
    std::vector<std::thread> threads;
    try
    {
        threads.reserve(helpers);
        while (threads.size() < helpers)
            threads.emplace_back([&help]() noexcept { help(); });
    }
    catch (const std::system_error&)  // no more threads
    {
    }
    catch (const std::bad_alloc&)
    {
    }
    own();
    for (std::thread& t : threads)
        t.join();
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
