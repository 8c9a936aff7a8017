// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_DOWNLOAD_LANE_IPP
#define MODELSEC_DETAIL_FETCH_DOWNLOAD_LANE_IPP

#include <modelsec/detail/fetch/download_run.ipp>

#include <algorithm>
#include <array>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Read at most this much at once: progress is seen that often.
inline constexpr std::size_t download_read = 256u << 10;
/// Shorter bodies are read on the session's thread: they do not keep a core busy.
inline constexpr std::uint64_t least_beside = 1u << 20;

inline awaitable<void> download_run::work(lane& self)
{
    // A stop ends the wait under way; what follows is decided here and not by an exception.
    co_await boost::asio::this_coro::throw_if_cancelled(false);
    for (;;)
    {
        std::optional<response_head> head;
        std::optional<failure> why;
        self.fetched = 0;
        const auto begin = now();
        if (auto done = co_await fetch(self, head); done.has_error() && !self.stopped)
            why = std::move(done).error();
        count(self, now() - begin, why);
        const auto then = plan_.ended(self.order.lane, why, now());
        if (then == plan_fsm::then::back_off)
        {
            auto waited = co_await net_.before_retry(retries_, std::move(*why), head ? &*head : nullptr);
            plan_.backed_off(waited.has_error() ? std::optional(std::move(waited).error()) : std::nullopt);
        }
        bell_.notify();
        auto order = self.stopped ? std::nullopt : plan_.next(now(), self.warm);
        if (!order)
            co_return;
        self.order = std::move(*order);
    }
}

inline awaitable<result<void>> download_run::fetch(lane& self, std::optional<response_head>& head)
{
    request_head request(sources_[self.order.file][self.order.source]);
    if (self.order.ask)
        request.range = http_range{self.order.ask->begin, self.order.ask->end - 1};
    MODELSEC_CO_TRY(response answer, co_await net_.follow(std::move(request)));
    head = answer.head;
    self.coding = answer.head.content_coding();
    if (!self.coding.empty())
        coding_ = self.coding;
    if (what_.coding && !self.coding.empty())
        *what_.coding = self.coding;
    auto body = check_range_answer(answer.head, self.order.ask, expected(self).size_bytes);
    if (body.has_error())
        co_return co_await refusal(self, std::move(answer), std::move(body).error());
    plan_.answered(self.order.lane, body->whole);
    if (self.beside && comparing() && body->bytes.size() >= least_beside)
        answer.link->read_beside();
    MODELSEC_CO_CHECK(co_await read_body(self, *answer.link, *body));
    net_.release(std::move(answer.link));
    co_return result<void>();
}

/// What an answer that is not good means, once its body is read: an address that can be renewed is renewed before it is given up.
inline awaitable<failure> download_run::refusal(lane& self, response answer, failure why)
{
    const unsigned status = answer.head.status;
    if (status < 400)
        co_return why;
    failure meant = co_await net_.refusal(std::move(answer));
    if (meant.why == reason::url_expired)
        ended_.insert(self.order.file);
    if (net_.stopped() || meant.why == reason::url_expired)
        co_return meant;
    if (meant.why == reason::forbidden && plan_.may_be_too_much(self.order.lane))
        co_return why;
    const bool renewable = what_.files[self.order.file].renewable && self.order.source == 0;
    if (renewable && (meant.why == reason::unauthorized || meant.why == reason::forbidden || status == 410))
        co_return fail(reason::url_expired, std::move(meant.detail));
    // What the range's own answer said, unless the host was more exact.
    co_return meant.why == status_failure(status).why || status == 416 ? why : meant;
}

inline awaitable<result<std::size_t>> download_run::read(lane& self, connection& link, std::span<std::uint8_t> space)
{
    const auto patience = clamped<duration>(net_.caps().stall_timeout);
    if (self.waited >= patience)
    {
        const bool slow = is_trickle(self.brought, self.waited);
        self.waited = {};
        self.brought = 0;
        if (slow && net_.env().options->limit_rate == 0)
            co_return fail(reason::too_slow, "less than 1 KiB a second");
    }
    const auto before = now();
    const auto n = co_await link.read_some(space.first(std::min(space.size(), download_read)));
    if (n.has_error())
        co_return n.error();
    const auto took = now() - before;
    self.waited = took < patience ? self.waited + took : duration();  // longer than a stall: the clock was moved
    self.brought = took < patience ? self.brought + *n : 0;
    if (what_.fetched)
        *what_.fetched += *n;
    self.fetched += *n;
    arrived_ += *n;
    if (std::exchange(resting_, false))
        bell_.notify();
    co_return n;
}

/// Takes from a body what this lane is to deliver; a 200 that nobody asked for begins at 0, so what is there already is
/// skipped.
inline awaitable<result<void>> download_run::read_body(lane& self, connection& link, range_answer body)
{
    std::uint64_t at = body.bytes.begin;
    for (byte_range want; !(want = plan_.wanted(self.order.lane, at)).empty();)
    {
        filling& into = self.into;
        if (at < want.begin)
        {
            MODELSEC_CO_TRY(into.space, co_await take_block(self));
            const std::uint64_t skip = std::min<std::uint64_t>(want.begin - at, block::size_bytes);
            MODELSEC_CO_TRY(const std::size_t n,
                            co_await read(self, link, into.space->space().first(static_cast<std::size_t>(skip))));
            into = {};
            if (n == 0)
                co_return ended_early(self);
            at += n;
            continue;
        }
        // Where the block's pages are the file's pages, they can be written past the cache.
        into = {};
        MODELSEC_CO_TRY(into.space, co_await take_block(self));
        into.begin = at;
        into.at = static_cast<std::size_t>(at % file_system::direct_alignment);
        auto done = co_await fill(self, link, at);
        // Nothing may follow the last byte: it is not believed before the end is seen.
        if (done.has_value() && at == body.bytes.end)
        {
            into.held_back = true;
            done = co_await check_end(self, link, body);
            if (done.has_error())
                in_hand_ -= std::exchange(into.size, 0);
        }
        put(self);
        into = {};
        MODELSEC_CO_CHECK(done);
    }
    co_return result<void>();
}

/// A body that ended before all was there that was asked for, exactly where its framing says. Of one that was coded it is no wonder: it is
/// not the line that cut it, and it would be as short the next time.
inline failure download_run::ended_early(const lane& self)
{
    return self.coding.empty() ? fail(reason::truncated, "the body ended early")
                               : fail(reason::size_mismatch, "fewer bytes, in the content coding " + self.coding);
}

/// How many bytes from the first on that was not put go into the block: up to its end or the end of what is wanted.
inline std::uint64_t download_run::limit(const lane& self) const
{
    const byte_range want = plan_.wanted(self.order.lane, self.into.begin);
    if (want.begin != self.into.begin)
        return 0;
    return std::min<std::uint64_t>(want.size(), self.into.room());
}

inline awaitable<result<void>> download_run::fill(lane& self, connection& link, std::uint64_t& position)
{
    filling& into = self.into;
    for (;;)
    {
        const std::uint64_t goal = limit(self);  // others may have taken over the rest
        if (into.size >= goal)
            co_return result<void>();
        const auto rest = into.space->space().subspan(into.at + into.size, static_cast<std::size_t>(goal) - into.size);
        MODELSEC_CO_TRY(const std::size_t n, co_await read(self, link, rest));
        if (n == 0)
            co_return ended_early(self);
        if (into.size == 0)
            into.since = now();
        into.size += n;
        in_hand_ += n;
        position += n;
        plan_.arrived(self.order.lane, n, now());
        report();
    }
}

inline awaitable<result<void>> download_run::check_end(lane& self, connection& link, const range_answer& body)
{
    if (link.body_done())
        co_return result<void>();
    std::array<std::uint8_t, 1> more;
    const auto n = co_await read(self, link, more);
    if (n.has_value() && *n > 0)
        co_return fail(
            body.whole ? reason::size_mismatch : reason::range_mismatch,
            self.coding.empty() ? "more bytes than announced" : "more bytes, in the content coding " + self.coding);
    if (auto ended = net_.stopped())
        co_return *ended;
    co_return result<void>();  // all bytes are here, however the connection ended
}

/// Hands over what has arrived, as far as it is still this lane's to deliver.
inline void download_run::put(lane& self)
{
    filling& from = self.into;
    const std::size_t good = static_cast<std::size_t>(std::min<std::uint64_t>(from.size, limit(self)));
    in_hand_ -= from.size - good;
    from.size = 0;
    if (good == 0)
        return;
    sink_.put(self.order.file, from.begin, from.space, from.at, good);
    plan_.put(self.order.lane, {from.begin, from.begin + good});
    from.begin += good;
    from.at += good;
    self.warm = true;
    retries_.progress();
}

/// What a request did, for the metrics of its origin.
inline void download_run::count(const lane& self, duration took, const std::optional<failure>& why)
{
    if (!what_.sources)
        return;
    const std::string origin = sources_[self.order.file][self.order.source].origin();
    auto at = std::find_if(what_.sources->begin(), what_.sources->end(),
                           [&](const source_metrics& m) { return m.origin == origin; });
    if (at == what_.sources->end())
    {
        at = what_.sources->emplace(what_.sources->end());
        at->origin = origin;
    }
    at->bytes += self.fetched;
    ++at->requests;
    at->busy += std::chrono::duration_cast<std::chrono::milliseconds>(took);
    if (why)
    {
        ++at->failures;
        at->last_failure = why->why;
    }
}

/// Waits for memory: as long as the disk and the hash do not keep up, nothing is read, and the sender sees a closed window.
inline awaitable<result<block_ptr>> download_run::take_block(lane& self)
{
    for (;;)
    {
        if (auto free = sink_.try_take())
            co_return free;
        plan_.starved();
        MODELSEC_CO_CHECK(co_await self.room.wait());
        if (self.stopped)
            co_return fail(reason::connection_lost, "it is not needed any more");
    }
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
