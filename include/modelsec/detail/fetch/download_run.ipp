// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_DOWNLOAD_RUN_IPP
#define MODELSEC_DETAIL_FETCH_DOWNLOAD_RUN_IPP

#include <modelsec/detail/fetch/download.hpp>
#include <modelsec/detail/net/range_answer.hpp>
#include <modelsec/detail/fetch/range_fsm.hpp>
#include <modelsec/detail/net/session.hpp>
#include <modelsec/detail/fetch/pipeline.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <list>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What several goes at one file have in common.
struct download_job
{
    session& net;
    const download_request& what;
    std::vector<url> sources;
    mirror_fsm mirrors;
    retry_fsm retries;
    std::uint64_t shown = 0;  ///< progress so far: it never goes backwards
};

/// One go at one file: a plan of who fetches what, lanes that do it, a pipeline that hashes and writes. Decisions are the
/// plan's; here is the IO.
class download_run
{
public:
    download_run(download_job& job, staging& staged, const file& partial, const range_set& kept);
    download_run(const download_run&) = delete;
    download_run& operator=(const download_run&) = delete;

    result<verified_file> run();
    std::vector<std::size_t> contributors() const { return plan_.contributors(); }

private:
    using clock = std::chrono::steady_clock;
    static constexpr unsigned most_connections = 16;  ///< each costs memory, and more of them help nobody

    /// A connection at work, and the coroutine that drives it.
    struct lane
    {
        explicit lane(session& net) : room(net) {}
        range_fsm::order order;
        boost::asio::cancellation_signal stop;
        wakeup room;  ///< a block may be free
        bool stopped = false;
        bool gone = false;

        // Too slow is what brings less than a trickle over all of the time that a stall may last.
        clock::duration waited{};
        std::uint64_t brought = 0;
    };

    /// Bytes of a lane on their way into a block.
    struct filling
    {
        std::uint64_t begin = 0;
        std::size_t size = 0;
        block space;
    };

    static pipeline_options pipeline_settings(const download_request& what);
    awaitable<result<void>> drive();
    void begin_lanes();
    void end_lanes();
    awaitable<void> work(lane& self);
    awaitable<result<void>> fetch(lane& self, std::optional<response_head>& head);
    awaitable<result<void>> read_body(lane& self, connection& link, range_answer body);
    awaitable<failure> refusal(lane& self, response answer, failure why);
    awaitable<result<std::size_t>> read(lane& self, connection& link, std::span<std::uint8_t> space);
    awaitable<result<void>> fill(lane& self, connection& link, filling& into);
    awaitable<result<void>> check_end(lane& self, connection& link, const range_answer& body);
    awaitable<result<block>> take_block(lane& self);
    std::uint64_t limit(const lane& self, std::uint64_t begin) const;
    void put(lane& self, filling from);
    void report();

    download_job& job_;
    const artifact_file& expected_;
    wakeup bell_;
    boost::asio::steady_timer gone_;  ///< rung when a lane is gone
    pipeline line_;                   ///< its threads ring the bell
    range_fsm plan_;
    std::list<lane> lanes_;
    std::exception_ptr thrown_;
    std::uint64_t in_hand_ = 0;  ///< arrived and not dropped again
};

inline download_run::download_run(download_job& job, staging& staged, const file& partial, const range_set& kept)
    : job_(job), expected_(job.what.expected), bell_(job.net), gone_(job.net.context()),
      line_(
          staged.files(), partial, expected_, kept,
          [&staged, &expected = expected_](byte_range synced) {
              return staged.add_to_journal(expected.sha256, expected.size_bytes, synced);
          },
          pipeline_settings(job.what), [this] { bell_.notify(); }),
      plan_(expected_.size_bytes, line_.missing(), std::min(job.what.connections, most_connections), job.mirrors)
{
}

inline pipeline_options download_run::pipeline_settings(const download_request& what)
{
    pipeline_options out;
    out.direct = what.direct;
    return out;
}

inline result<verified_file> download_run::run()
{
    for (;;)
    {
        MODELSEC_CHECK(job_.net.run(drive()));
        if (!plan_.must_renew())
        {
            auto done = line_.finish();
            if (done.has_value())
                report();  // the hash may have taken its last steps since drive() looked
            return done;
        }
        auto fresh = job_.what.renew ? job_.what.renew() : fail(reason::url_expired);
        if (fresh.has_value())
            job_.sources.front() = std::move(*fresh);
        plan_.renewed(fresh.has_value() ? std::nullopt : std::optional(fresh.error()));
    }
}

/// Until everything is fetched and verified, the plan gives up, or a new address is needed.
inline awaitable<result<void>> download_run::drive()
{
    constexpr std::chrono::milliseconds tick{100};
    for (;;)
    {
        if (auto broken = line_.problem())
            plan_.stop(std::move(*broken));
        for (const auto& bad : line_.take_refused())
            plan_.refused(bad);
        report();
        begin_lanes();
        end_lanes();
        if (lanes_.empty())
        {
            if (thrown_)
                std::rethrow_exception(thrown_);
            if (plan_.verdict())
                co_return *plan_.verdict();
            if (plan_.must_renew() || (plan_.complete() && line_.done() && line_.missing().empty()))
                co_return result<void>();
        }
        if (plan_.verdict())
        {
            // Only the lanes are still to come home; the bell does not ring in an operation that has ended.
            gone_.expires_after(tick);
            co_await gone_.async_wait(use_tuple);
            continue;
        }
        watch alarm(job_.net, [this] { bell_.notify(); });
        if (!lanes_.empty())
            alarm.expect(tick, reason::none);
        if (auto ended = co_await bell_.wait(); ended.has_error())
            plan_.stop(std::move(ended).error());
    }
}

inline void download_run::begin_lanes()
{
    while (auto order = plan_.next(clock::now()))
    {
        lane& l = lanes_.emplace_back(job_.net);
        line_.allow_blocks(pipeline_options().blocks + 2 * (lanes_.size() - 1));
        l.order = std::move(*order);
        boost::asio::co_spawn(job_.net.context(), work(l),
                              boost::asio::bind_cancellation_slot(l.stop.slot(), [this, &l](const std::exception_ptr& e) {
                                  if (e && !thrown_)
                                      thrown_ = e;
                                  if (e)
                                      plan_.stop(fail(reason::internal_error));
                                  l.gone = true;
                                  gone_.cancel();
                                  bell_.notify();
                              }));
    }
}

inline void download_run::end_lanes()
{
    std::erase_if(lanes_, [](const lane& l) { return l.gone; });
    for (lane& l : lanes_)
    {
        if (!l.stopped && (plan_.verdict() || plan_.superfluous(l.order.lane)))
        {
            l.stopped = true;
            l.stop.emit(boost::asio::cancellation_type::terminal);
        }
        l.room.notify();
    }
}

inline void download_run::report()
{
    constexpr std::uint64_t step = 256u << 10;
    // The end is told when it is verified.
    const std::uint64_t most = std::max<std::uint64_t>(expected_.size_bytes, 1) - 1;
    const std::uint64_t done = std::min(line_.kept_hashed() + in_hand_, most);
    while (done >= job_.shown + step)
    {
        // However much came at once (the hash of kept bytes may run ahead of this thread): no step is wider than 512 KiB.
        job_.shown = done - job_.shown < 2 * step ? done : job_.shown + step;
        if (job_.what.progress)
            job_.what.progress(job_.shown);
    }
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#include <modelsec/detail/fetch/download_lane.ipp>

#endif
