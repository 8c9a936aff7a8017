// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_SIDE_THREADS_HPP
#define MODELSEC_DETAIL_NET_SIDE_THREADS_HPP

#include <modelsec/config.hpp>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <cstddef>
#include <thread>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A few threads beside the one that runs a session: each takes one bounded step of a connection at a time (what is ciphered costs more
/// than one core where a line is fast). Decisions are none of theirs.
class side_threads
{
public:
    side_threads() : work_(context_.get_executor()) {}
    /// Steps under way end, steps that wait are dropped.
    MODELSEC_DECL ~side_threads();
    side_threads(const side_threads&) = delete;
    side_threads& operator=(const side_threads&) = delete;

    /// So many, or as many as the system gives, if that is less.
    MODELSEC_DECL void grow(std::size_t wanted);
    bool empty() const noexcept { return threads_.empty(); }
    boost::asio::io_context& context() noexcept { return context_; }

private:
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::vector<std::thread> threads_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/net/side_threads.ipp>
#endif

#endif
