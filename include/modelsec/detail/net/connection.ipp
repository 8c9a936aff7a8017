// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_NET_CONNECTION_IPP
#define MODELSEC_DETAIL_NET_CONNECTION_IPP

#include <modelsec/detail/net/connection_state.ipp>
#include <modelsec/detail/net/http_message.ipp>
#include <modelsec/detail/net/tunnel.hpp>

#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/experimental/parallel_group.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <exception>
#include <utility>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// So often data may be there at once before others have their turn.
inline constexpr unsigned connection_reads_at_once = 16;
/// Less space is filled where it is: the way to another thread and back would cost more.
inline constexpr std::size_t connection_least_elsewhere = 64u << 10;

/// What a wait for the socket came to. A watch closes it when the time is over; its verdict goes first.
inline result<void> connection::impl::waited(const boost::system::error_code& ec)
{
    reads_without_wait = 0;
    if (auto why = limit.verdict())
        return *why;
    if (auto why = whole_body.verdict())
        return *why;
    return ec ? fail(reason::connection_lost, ec.message()) : result<void>();
}

/// Waits for the socket.
inline awaitable<result<void>> connection::impl::wait(tls_step::kind what)
{
    using socket = boost::asio::ip::tcp::socket;
    MODELSEC_CO_CHECK(co_await owner.going_on());
    const auto [ec] = co_await stream.socket().async_wait(
        what == tls_step::want_write ? socket::wait_write : socket::wait_read, use_tuple);
    co_return waited(ec);
}

/// Waits until the socket can be written or read.
inline awaitable<result<void>> connection::impl::wait_for_either()
{
    using socket = boost::asio::ip::tcp::socket;
    MODELSEC_CO_CHECK(co_await owner.going_on());
    const auto [order, cannot_write, cannot_read] =
        co_await boost::asio::experimental::make_parallel_group(
            stream.socket().async_wait(socket::wait_write, boost::asio::deferred),
            stream.socket().async_wait(socket::wait_read, boost::asio::deferred))
            .async_wait(boost::asio::experimental::wait_for_one(), boost::asio::use_awaitable);
    co_return waited(order[0] == 0 ? cannot_write : cannot_read);
}

/// A socket that a watch has closed fails like any other: its verdict goes first here as well.
inline failure connection::impl::why_failed(failure problem) const
{
    if (auto why = limit.verdict())
        return *why;
    return whole_body.verdict().value_or(std::move(problem));
}

inline awaitable<result<void>> connection::impl::handshake()
{
    limit.expect(owner.caps().handshake_timeout, reason::handshake_timeout);
    while (true)
    {
        tls_step step = stream.handshake();
        if (step.outcome == tls_step::done)
            break;
        if (step.outcome == tls_step::failed)
            co_return why_failed(std::move(step.problem));
        MODELSEC_CO_CHECK(co_await wait(step.outcome));
    }
    limit.idle();
    co_return result<void>();
}

/// `until_answered`: ends with `connection_lost` as soon as the server says anything but interim answers.
inline awaitable<result<void>> connection::impl::write_all(bytes_view data, bool until_answered)
{
    while (!data.empty())
    {
        if (until_answered && !stream.quiet())
            MODELSEC_CO_CHECK(take_interim());
        tls_step step = stream.write(data);
        if (step.outcome == tls_step::done)
            data = data.subspan(step.size);
        else if (step.outcome == tls_step::closed)
            co_return fail(reason::connection_lost, "the server closed the connection");
        else if (step.outcome == tls_step::failed)
            co_return why_failed(std::move(step.problem));
        else if (until_answered && step.outcome == tls_step::want_write)
            MODELSEC_CO_CHECK(co_await wait_for_either());
        else
            MODELSEC_CO_CHECK(co_await wait(step.outcome));
    }
    co_return result<void>();
}

/// A body in blocks; each has the time that a wait for the network has. Ends with `connection_lost` as soon as the server gives its
/// answer: it does so before it has read a body that it does not want, and may never read it (RFC 9112 section 9.3, RFC 9110 section
/// 10.1.1). Interim answers, which may come at any time and unasked (RFC 9110 section 15.2), end nothing.
inline awaitable<result<void>> connection::impl::write_body(const upload_body& body)
{
    bytes block(static_cast<std::size_t>(std::min<std::uint64_t>(body.size_bytes, 256u << 10)));
    for (std::uint64_t at = 0; at < body.size_bytes;)
    {
        if (owner.env().handle.paused() || owner.stopped())
            MODELSEC_CO_CHECK(co_await owner.gate());
        const auto part =
            std::span(block).first(static_cast<std::size_t>(std::min<std::uint64_t>(block.size(), body.size_bytes - at)));
        MODELSEC_CO_CHECK(body.read(at, part));
        limit.expect(owner.caps().stall_timeout, reason::stall);
        MODELSEC_CO_CHECK(co_await write_all(part, true));
        at += part.size();
    }
    co_return result<void>();
}

/// A step of the stream on one of the side threads. This coroutine rests meanwhile; whoever wants the socket closed waits for the end of the
/// step.
inline awaitable<tls_step> connection::impl::read_elsewhere(std::span<std::uint8_t> space)
{
    tls_step out;
    std::exception_ptr thrown;
    message_memory back;
    elsewhere = true;
    auto begin = [&](auto handler) {
        boost::asio::post(owner.side().context(), [this, space, &out, &thrown, &back, h = std::move(handler),
                                                   work = boost::asio::make_work_guard(owner.context())]() mutable {
            try
            {
                out = stream.read(space);
            }
            catch (...)
            {
                thrown = std::current_exception();
            }
            boost::asio::post(work.get_executor(), boost::asio::bind_allocator(message_allocator<void>(back), std::move(h)));
        });
    };
    co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void()>(begin, boost::asio::use_awaitable);
    elsewhere = false;
    if (thrown)
        std::rethrow_exception(thrown);
    // The time of a watch was over meanwhile. Whatever came by then, the next wait would know nothing of it but a closed socket.
    if (std::exchange(must_close, false))
    {
        close();
        out = {tls_step::failed, 0, fail(reason::connection_lost, "closed while a step was under way")};
    }
    co_return out;
}

/// Some bytes, or 0 where the server has ended the connection as TLS wants it.
inline awaitable<result<std::size_t>> connection::impl::receive(std::span<std::uint8_t> space)
{
    const bool away = beside && space.size() >= connection_least_elsewhere;
    // What would find nothing is not worth the way to another thread.
    if (away && stream.drained())
        MODELSEC_CO_CHECK(co_await wait(tls_step::want_read));
    while (true)
    {
        tls_step step;
        if (away)
            step = co_await read_elsewhere(space);
        else
            step = stream.read(space);
        if (step.outcome == tls_step::done)
        {
            // A server that is faster than its reader would keep this thread from everything else that it has to do.
            if (++reads_without_wait % connection_reads_at_once == 0)
                co_await boost::asio::post(owner.context(), use_tuple);
            co_return step.size;
        }
        if (step.outcome == tls_step::closed)
            co_return std::size_t{0};
        if (step.outcome == tls_step::failed)
            co_return why_failed(std::move(step.problem));
        MODELSEC_CO_CHECK(co_await wait(step.outcome));
    }
}

connection::connection(std::unique_ptr<impl> self) : impl_(std::move(self)) {}
connection::~connection() = default;

awaitable<result<std::unique_ptr<connection>>> connection::open(session& owner, url target)
{
    MODELSEC_CO_CHECK(co_await owner.gate());
    MODELSEC_CO_TRY(const tls_context* const tls, owner.tls_for(target.origin()));
    MODELSEC_CO_TRY(auto ssl, tls->open(target, owner.env().time->now()));
    MODELSEC_CO_TRY(auto socket, co_await reach(owner, target));
    auto self = std::make_unique<impl>(owner, std::move(target), std::move(socket), std::move(ssl));
    MODELSEC_CO_CHECK(co_await self->handshake());
    MODELSEC_CO_CHECK(tls->check_peer(self->stream.ssl(), owner.env().time->now()));
    co_return std::unique_ptr<connection>(new connection(std::move(self)));
}

awaitable<result<response_head>> connection::send(request_head request)
{
    impl& self = *impl_;
    MODELSEC_CO_TRY(secret_text text, request_text(request, self.owner.env().options->user_agent));
    self.idle = false;
    self.beside = false;
    self.interim_bytes = 0;
    self.limit.expect(self.owner.caps().stall_timeout, reason::stall);
    self.whole_body.idle();
    const auto sent = co_await self.write_all(as_bytes(text.view()));
    text.clear();
    MODELSEC_CO_CHECK(sent);
    // A server may answer, and close, before it has read a body that it does not want (RFC 9112 section 9.3): its answer says why.
    result<void> uploaded;
    if (request.upload)
        uploaded = co_await self.write_body(*request.upload);
    if (uploaded.has_error() && uploaded.error().why != reason::connection_lost)
        co_return std::move(uploaded).error();
    // However it is divided among interim answers: CWE-400.
    self.whole_body.expect(self.owner.caps().first_byte_timeout, reason::first_byte_timeout);
    self.whole_body.extend(self.owner.caps().stall_timeout);
    auto head = co_await self.read_head();
    self.limit.idle();
    self.whole_body.idle();
    if (uploaded.has_error())
    {
        self.keep_alive = false;
        if (head.has_error() || head->status < 300)
            co_return std::move(uploaded).error();
    }
    // RFC 9110 section 9.3.2: the header of a GET, without its body.
    if (head.has_value() && request.method == "HEAD")
    {
        self.framing = body_framing::length;
        self.body_left = 0;
        self.body_ended = true;
    }
    self.idle = head.has_value() && self.body_ended;
    co_return head;
}

awaitable<result<std::size_t>> connection::read_some(std::span<std::uint8_t> space)
{
    impl& self = *impl_;
    session& owner = self.owner;
    if (self.body_ended)
        co_return std::size_t{0};
    if (owner.env().handle.paused() || owner.stopped())
        MODELSEC_CO_CHECK(co_await owner.gate());
    if (owner.env().options->limit_rate != 0)
    {
        MODELSEC_CO_TRY(const std::size_t granted, co_await owner.grant(space.size()));
        space = space.first(granted);
    }
    self.limit.expect(owner.caps().stall_timeout, reason::stall);
    auto reading = self.framing == body_framing::chunked ? self.read_chunked(space) : self.read_plain(space);
    auto n = co_await std::move(reading);
    self.limit.idle();
    self.idle = n.has_value() && self.body_ended;
    if (n.has_value())
        owner.spend(*n);
    else if (n.error().why == reason::connection_lost && self.stream.ended())
        n = fail(reason::truncated, n.error().detail);
    if (self.body_ended)
        self.whole_body.idle();
    co_return n;
}

void connection::read_beside() noexcept
{
    impl_->beside = !impl_->owner.side().empty();
}

void connection::must_end_within(std::chrono::milliseconds time) noexcept
{
    if (!impl_->body_ended)
        impl_->whole_body.expect(time, reason::too_slow);
}

void connection::may_take_longer(std::chrono::milliseconds time) noexcept
{
    impl_->whole_body.extend(time);
}

bool connection::reusable() const
{
    // Bytes after the end of an answer belong to no request (CWE-444).
    return impl_->idle && impl_->keep_alive && impl_->in_begin == impl_->in_end && impl_->stream.quiet();
}

bool connection::body_done() const noexcept
{
    return impl_->body_ended;
}

const std::string& connection::origin() const noexcept
{
    return impl_->origin;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
