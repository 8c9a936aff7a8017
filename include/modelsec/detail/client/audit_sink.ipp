// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_AUDIT_SINK_IPP
#define MODELSEC_DETAIL_CLIENT_AUDIT_SINK_IPP

#include <modelsec/detail/base/guarded.hpp>
#include <modelsec/detail/base/steady_time.hpp>
#include <modelsec/detail/client/audit_sink.hpp>
#include <modelsec/detail/net/credentials.hpp>
#include <modelsec/detail/net/http_client.hpp>

#include <array>
#include <exception>
#include <span>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

audit_sink::audit_sink(std::shared_ptr<const clock> time, std::size_t queue, std::chrono::milliseconds linger,
                       delivery deliver)
    : time_(std::move(time)), longest_(queue), linger_(linger), deliver_(std::move(deliver)), worker_wait_(*time_),
      close_wait_(*time_)
{
}

audit_sink::~audit_sink()
{
    close();
}

void audit_sink::push(std::string event)
{
    {
        const std::lock_guard lock(mutex_);
        if (closing_ || queue_.size() >= longest_)
        {
            ++dropped_;
            return;
        }
        try
        {
            if (!worker_.joinable())
            {
                process_ = process_number();
                worker_ = std::thread([this]() noexcept { run(); });
            }
            queue_.push_back(std::move(event));
        }
        catch (const std::exception&)
        {
            ++dropped_;  // no thread or no memory to be had now
            return;
        }
    }
    worker_wait_.wake();
}

void audit_sink::close()
{
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
        if (!worker_.joinable())
            return;
    }
    if (process_ != process_number())
    {
        worker_.detach();  // the thread stayed in the process that was forked
        return;
    }
    worker_wait_.wake();
    (void)close_wait_.until(later(time_->steady_now(), linger_), [this] {
        const std::lock_guard lock(mutex_);
        return ended_;
    });
    until_.cancel();
    worker_wait_.wake();
    worker_.join();
    dropped_ += queue_.size();
    queue_.clear();
}

void audit_sink::run()
{
    for (;;)
    {
        std::array<std::string, batch> events;
        std::size_t many = 0;
        (void)worker_wait_.until(steady_time::max(), [&] {
            const std::lock_guard lock(mutex_);
            return closing_ || !queue_.empty();
        });
        {
            const std::lock_guard lock(mutex_);
            for (; !queue_.empty() && many < batch; ++many)
            {
                events[many] = std::move(queue_.front());
                queue_.pop_front();
            }
        }
        if (many == 0 || until_.cancelled())
        {
            dropped_ += many;
            break;
        }
        const auto delivered = guarded([&]() -> result<void> {
            std::string body = "[";
            for (const std::string& event : std::span(events).first(many))
                body.append(body.size() > 1 ? "," : "").append(event);
            return deliver_(body + ']', until_);
        });
        if (!delivered)
            dropped_ += many;
    }
    {
        const std::lock_guard lock(mutex_);
        ended_ = true;
    }
    close_wait_.wake();
}

audit_sink::delivery https_delivery(const client_options& owner)
{
    return [transport = owner.transport, caps = owner.caps, time = owner.clock, kind = owner.profile,
            where = owner.audit.sink_url](std::string body, const control& until) -> result<void> {
        static constexpr std::chrono::seconds longest{30};
        MODELSEC_TRY(url target, url::parse(where));
        http_client::environment env;
        env.options = &transport;
        env.caps = &caps;
        env.time = time.get();
        env.handle = until;
        env.deadline = later(time->steady_now(), longest);
        env.observe = [](const event&) {};
        if (kind == profile::client)
            env.check_credentials = check_client_headers;
        http_client http(std::move(env));
        MODELSEC_CHECK(http.exchange({std::move(target), std::move(body), {}, caps.endpoint_answer_bytes}));
        return {};
    };
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
