// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_SIDE_THREADS_IPP
#define MODELSEC_DETAIL_NET_SIDE_THREADS_IPP

#include <modelsec/detail/net/side_threads.hpp>

#include <exception>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

side_threads::~side_threads()
{
    context_.stop();
    for (std::thread& t : threads_)
        t.join();
}

void side_threads::grow(std::size_t wanted)
{
    try
    {
        while (threads_.size() < wanted)
            threads_.emplace_back([this] { context_.run(); });
    }
    catch (const std::exception&)  // no thread, or no memory for it: whoever asked does the work itself
    {
    }
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
