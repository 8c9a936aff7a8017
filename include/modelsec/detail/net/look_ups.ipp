// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_LOOK_UPS_IPP
#define MODELSEC_DETAIL_NET_LOOK_UPS_IPP

#include <modelsec/detail/base/file_system/file_system.hpp>
#include <modelsec/detail/net/look_ups.hpp>
#include <modelsec/detail/net/session.hpp>

#include <boost/asio/io_context.hpp>

#include <exception>
#include <system_error>
#include <thread>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

struct look_ups::one
{
    const std::string host;
    const std::uint16_t port;
    bool done = false;
    look_up_answer answer{};
};

inline look_up_answer ask_system(const std::string& host, std::uint16_t port)
{
    using boost::asio::ip::tcp;
    look_up_answer out;
    boost::asio::io_context local;
    tcp::resolver names(local);
    for (const auto& entry : names.resolve(host, std::to_string(port), tcp::resolver::numeric_service, out.ec))
        out.found.push_back(entry.endpoint());
    return out;
}

std::shared_ptr<look_ups> look_ups::of_process()
{
    static std::mutex mutex;
    static std::shared_ptr<look_ups> all;
    static auto owner = process_number();
    const std::lock_guard lock(mutex);
    if (!all || owner != process_number())
    {
        all = std::make_shared<look_ups>(most_in_a_process, ask_system);
        owner = process_number();
    }
    return all;
}

result<std::shared_ptr<const look_ups::one>> look_ups::begin(const std::string& host, std::uint16_t port)
{
    using answer_type = std::shared_ptr<const one>;
    const std::lock_guard lock(mutex_);
    for (const auto& known : running_)
        if (known->host == host && known->port == port)
            return answer_type(known);
    if (running_.size() >= most_)
        return answer_type();
    const std::shared_ptr<one> made(new one{host, port});
    running_.push_back(made);
    try
    {
        std::thread([self = shared_from_this(), made]() noexcept { self->run(made); }).detach();
    }
    catch (const std::system_error&)
    {
        running_.pop_back();
        return fail(reason::out_of_memory, "no thread can be started");
    }
    catch (...)
    {
        running_.pop_back();
        throw;
    }
    return answer_type(made);
}

void look_ups::run(const std::shared_ptr<one>& which) noexcept
{
    look_up_answer found;
    try
    {
        found = ask_(which->host, which->port);
    }
    catch (const std::exception&)  // no memory, no descriptor: there is nobody above on this thread
    {
        found.ec = boost::asio::error::no_memory;
    }
    const std::lock_guard lock(mutex_);
    which->answer = std::move(found);
    which->done = true;
    running_.remove(which);
    for (wakeup* waiting : askers_)
        waiting->notify();
}

const look_up_answer* look_ups::answer(const one& which) const
{
    const std::lock_guard lock(mutex_);
    return which.done ? &which.answer : nullptr;
}

std::size_t look_ups::running() const
{
    const std::lock_guard lock(mutex_);
    return running_.size();
}

look_ups::asker::asker(look_ups& names, wakeup& wake) : names_(names), wake_(wake)
{
    const std::lock_guard lock(names_.mutex_);
    names_.askers_.insert(&wake_);
}

look_ups::asker::~asker()
{
    const std::lock_guard lock(names_.mutex_);
    names_.askers_.erase(&wake_);
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
