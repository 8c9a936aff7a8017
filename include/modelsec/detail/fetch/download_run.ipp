// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_DOWNLOAD_RUN_IPP
#define MODELSEC_DETAIL_FETCH_DOWNLOAD_RUN_IPP

#include <modelsec/detail/base/content_coding.hpp>
#include <modelsec/detail/fetch/download.hpp>
#include <modelsec/detail/net/range_answer.hpp>
#include <modelsec/detail/fetch/pack_sink.hpp>
#include <modelsec/detail/fetch/plan_fsm.hpp>
#include <modelsec/detail/fetch/staged_partials.hpp>
#include <modelsec/detail/fetch/stream_feed.hpp>
#include <modelsec/detail/net/session.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <utility>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// One download: a plan of who fetches what, lanes that do it, a sink that hashes and writes. Decisions are the plan's; here is the
/// IO.
class download_run
{
public:
    download_run(session& net, const download_request& what, staging& staged, std::vector<range_set> kept);
    ~download_run();
    download_run(const download_run&) = delete;
    download_run& operator=(const download_run&) = delete;

    result<std::vector<verified_file>> run();

private:
    using time_point = std::chrono::steady_clock::time_point;
    using duration = std::chrono::steady_clock::duration;
    static constexpr std::chrono::milliseconds tick{100};
    /// What has arrived is not kept back for longer: what is in memory only is lost in a crash.
    static constexpr std::chrono::seconds longest_in_memory{1};
    static constexpr unsigned most_connections = 16;  ///< each costs memory, and more of them help nobody

    /// Bytes of a lane on their way into a block. What was put already stays in the block before them.
    struct filling
    {
        block_ptr space;
        std::size_t at = 0;       ///< in the block: where the first byte stands that was not put
        std::uint64_t begin = 0;  ///< in the file: the same
        std::size_t size = 0;     ///< arrived and not put
        time_point since;         ///< when the first of them arrived
        bool held_back = false;   ///< the last byte is not believed before the end of the answer is seen

        std::size_t room() const noexcept { return space ? block::size_bytes - at : 0; }
    };

    /// A connection at work, and the coroutine that drives it.
    struct lane
    {
        explicit lane(session& net) : room(net) {}
        plan_fsm::order order;
        boost::asio::cancellation_signal stop;
        wakeup room;  ///< a block may be free
        filling into;
        bool stopped = false;
        bool gone = false;
        bool warm = false;    ///< it has delivered something
        bool beside = false;  ///< its bodies are deciphered on another thread than this one

        std::uint64_t fetched = 0;  ///< body bytes of the request under way
        std::string coding;         ///< that its answer claims for them; empty: none

        // Too slow is what brings less than a trickle over all of the time that a stall may last.
        duration waited{};
        std::uint64_t brought = 0;
    };

    static sink_options sink_settings(const session& net, const download_request& what);
    static std::vector<const artifact_file*> expected_files(const download_request& what);
    std::vector<planned_file> planned_files() const;
    awaitable<result<void>> drive();
    std::optional<std::chrono::milliseconds> next_look();
    void compare_hosts();
    void serve_readers();
    void begin_lanes();
    void end_lanes();
    awaitable<void> work(lane& self);
    awaitable<result<void>> fetch(lane& self, std::optional<response_head>& head);
    awaitable<result<void>> read_body(lane& self, connection& link, range_answer body);
    awaitable<failure> refusal(lane& self, response answer, failure why);
    awaitable<result<std::size_t>> read(lane& self, connection& link, std::span<std::uint8_t> space);
    awaitable<result<void>> fill(lane& self, connection& link, std::uint64_t& position);
    awaitable<result<void>> check_end(lane& self, connection& link, const range_answer& body);
    awaitable<result<block_ptr>> take_block(lane& self);
    static failure ended_early(const lane& self);
    failure verdict() const;
    std::uint64_t limit(const lane& self) const;
    void put(lane& self);
    void count(const lane& self, duration took, const std::optional<failure>& why);
    void report();

    /// Pauses are no part of it: nobody is slow in them.
    time_point now() const { return net_.running_time(); }
    /// Where the rate is limited on purpose, it says nothing of a host.
    bool comparing() const { return net_.env().options->limit_rate == 0; }
    std::uint64_t least_rate() const { return std::max(what_.min_rate, net_.caps().min_rate); }
    const artifact_file& expected(const lane& l) const { return *what_.files[l.order.file].expected; }

    session& net_;
    const download_request& what_;
    std::vector<std::vector<url>> sources_;
    retry_fsm retries_;
    wakeup bell_;
    boost::asio::steady_timer gone_;  ///< rung when a lane is gone
    staged_partials partials_;
    pack_sink sink_;  ///< its threads ring the bell; its destructor makes durable what came
    plan_fsm plan_;
    std::set<std::size_t> ended_;  // files whose address has ended, by its host's own word
    std::string coding_;           // that an answer claimed; bytes are never decoded, so that it explains wrong ones
    std::list<lane> lanes_;
    std::size_t lanes_begun_ = 0;
    std::exception_ptr thrown_;
    time_point compared_{};
    time_point next_look_{};       ///< what drive() sleeps until
    bool resting_ = false;         ///< the next bytes wake drive()
    std::uint64_t arrived_ = 0;    ///< body bytes, good or not
    std::uint64_t looked_at_ = 0;  ///< arrived, or hashed of what was kept, when drive() last looked
    std::uint64_t total_ = 0;
    std::uint64_t in_hand_ = 0;  ///< arrived and not dropped again
    std::uint64_t shown_ = 0;    ///< progress so far: it never goes backwards
};

inline std::vector<const artifact_file*> download_run::expected_files(const download_request& what)
{
    std::vector<const artifact_file*> out;
    for (const wanted_file& f : what.files)
        out.push_back(f.expected);
    return out;
}

inline download_run::download_run(session& net, const download_request& what, staging& staged, std::vector<range_set> kept)
    : net_(net), what_(what), retries_(net.caps().retries, net.caps().first_retry_wait), bell_(net), gone_(net.context()),
      partials_(staged, what.files),
      sink_(partials_, expected_files(what), std::move(kept), sink_settings(net, what), [this] { bell_.notify(); }),
      plan_(planned_files(), std::min(what.connections, most_connections), net.caps())
{
    for (const wanted_file& f : what.files)
    {
        sources_.push_back(f.sources);
        total_ += f.expected->size_bytes;
    }
    if (what.feed)
        what.feed->on_wanted([this] { bell_.notify(); });
}

/// What readers wait for is fetched first.
inline void download_run::serve_readers()
{
    if (!what_.feed)
        return;
    for (const auto& wanted : what_.feed->take_wanted())
        for (std::size_t i = 0; i < what_.files.size(); ++i)
            if (what_.files[i].expected->sha256 == wanted.content)
                plan_.prefer(i, wanted.range);
}

/// drive() may have been left by an exception (bad_alloc, or a caller's listener) while lanes were at work: no coroutine outlives
/// what it refers to (CWE-416).
inline download_run::~download_run()
{
    if (what_.feed)
        what_.feed->on_wanted(nullptr);
    if (lanes_.empty())
        return;
    for (lane& l : lanes_)
        if (!l.gone && !std::exchange(l.stopped, true))
            l.stop.emit(boost::asio::cancellation_type::terminal);
    const auto at_work = [](const lane& l) { return !l.gone; };
    while (std::ranges::any_of(lanes_, at_work))
    {
        for (lane& l : lanes_)
            l.room.notify();
        net_.context().run_one_for(tick);
    }
    // Of a coroutine that was spawned, emit() only posts what then speaks to its signal: that has run before the signals go.
    bool settled = false;
    boost::asio::post(net_.context(), [&settled] { settled = true; });
    while (!settled)
        net_.context().run_one_for(tick);
}

inline sink_options download_run::sink_settings(const session& net, const download_request& what)
{
    sink_options out;
    out.direct = what.direct;
    out.whole = what.whole;
    out.verity = what.verity;
    out.now = [&time = net.env().time ? *net.env().time : clock::system()] { return time.steady_now(); };
    if (stream_feed* const feed = what.feed)
        out.on_good = [feed, &what](std::size_t file, std::size_t chunk) {
            feed->chunk_good(what.files[file].expected->sha256, chunk);
        };
    return out;
}

inline std::vector<planned_file> download_run::planned_files() const
{
    std::map<std::string, std::size_t> hosts;
    std::vector<planned_file> out;
    for (std::size_t i = 0; i < what_.files.size(); ++i)
    {
        const artifact_file& f = *what_.files[i].expected;
        planned_file& p = out.emplace_back();
        p.name = f.name ? f.name->str() : std::string();
        p.size = f.size_bytes;
        p.missing = sink_.missing(i);
        p.chunk = f.chunks ? f.chunks->size_bytes : 0;
        for (const url& source : what_.files[i].sources)
            p.hosts.push_back(hosts.emplace(source.origin(), hosts.size()).first->second);
    }
    return out;
}

inline result<std::vector<verified_file>> download_run::run()
{
    for (;;)
    {
        // Also where this fails or is cancelled, what came is kept for the next run: ~pack_sink, which goes with this object, writes
        // what was put and makes it durable.
        MODELSEC_CHECK(net_.run(drive()));
        const auto stale = plan_.must_renew();
        if (!stale)
        {
            auto done = sink_.finish();
            if (done.has_value())
            {
                report();  // the hash may have taken its last steps since drive() looked
                if (what_.progress)
                    what_.progress(total_);
            }
            return done;
        }
        auto fresh = what_.renew ? what_.renew(*stale) : fail(reason::url_expired);
        if (fresh.has_value())
            sources_[*stale].front() = std::move(*fresh);
        else if (fresh.error().why == reason::unauthorized && ended_.contains(*stale))
            fresh = fail(reason::url_expired, "the address has ended, and nobody gives another");
        plan_.renewed(fresh.has_value() ? std::nullopt : std::optional(fresh.error()));
    }
}

/// Why it failed; of wrong bytes also that some came with the label of a coding (RFC 9110 section 8.4).
inline failure download_run::verdict() const
{
    failure out = *plan_.verdict();
    return out.code() == errc::digest ? with_coding_named(std::move(out), coding_) : out;
}

/// Until everything is fetched and verified, the plan gives up, or a new address is needed.
inline awaitable<result<void>> download_run::drive()
{
    for (;;)
    {
        if (auto broken = sink_.problem())
            plan_.stop(std::move(*broken));
        for (auto& bad : sink_.take_refused())
            if (bad.bytes)
                plan_.refused(bad.file, *bad.bytes);
            else
                plan_.refused_whole(bad.file, bad.kept, std::move(bad.why));
        compare_hosts();
        serve_readers();
        report();
        begin_lanes();
        end_lanes();
        if (lanes_.empty())
        {
            if (thrown_)
                std::rethrow_exception(thrown_);
            if (plan_.verdict())
                co_return verdict();
            if (plan_.must_renew() || (plan_.complete() && sink_.done() && sink_.all_there()))
                co_return result<void>();
        }
        if (plan_.verdict())
        {
            // Only the lanes are still to come home; the bell does not ring in an operation that has ended.
            gone_.expires_after(tick);
            co_await gone_.async_wait(use_tuple);
            continue;
        }
        watch alarm(net_, [this] { bell_.notify(); });
        if (const auto wait = next_look())
            alarm.expect(*wait, reason::none);
        if (auto ended = co_await bell_.wait(); ended.has_error())
            plan_.stop(std::move(ended).error());
    }
}

/// How long drive() may sleep: while bytes arrive or are hashed, a tick; else until time alone changes something, which may be never:
/// then the connections wake it, by data or by their own deadlines.
inline std::optional<std::chrono::milliseconds> download_run::next_look()
{
    const std::uint64_t seen = arrived_ + sink_.kept_hashed();
    resting_ = std::exchange(looked_at_, seen) == seen;
    next_look_ = time_point::max();
    if (lanes_.empty())
        return std::nullopt;
    const time_point present = now();
    if (!resting_)
        next_look_ = present + tick;
    else if (const auto plans = plan_.next_look(present, comparing(), least_rate()))
        next_look_ = *plans;
    for (const lane& l : lanes_)
        if (l.into.size > 0 && !l.into.held_back)
            next_look_ = std::min(next_look_, l.into.since + longest_in_memory);
    if (next_look_ == time_point::max())
        return std::nullopt;
    return steady_left(present, next_look_);
}

inline void download_run::compare_hosts()
{
    const time_point present = now();
    if ((present - compared_ < tick && present < next_look_) || !comparing())
        return;
    compared_ = present;
    plan_.compare_hosts(present, least_rate());
}

inline void download_run::begin_lanes()
{
    while (auto order = plan_.next(now()))
    {
        lane& l = lanes_.emplace_back(net_);
        sink_.allow_blocks(sink_options().blocks + 2 * (lanes_.size() - 1));
        l.order = std::move(*order);
        // Connections are spread over the cores: the first is this thread's.
        const std::size_t ways =
            std::min<std::size_t>(std::max(1u, std::thread::hardware_concurrency()), plan_.connections());
        if (l.beside = lanes_begun_++ % ways != 0; l.beside)
            net_.side().grow(ways - 1);
        boost::asio::co_spawn(net_.context(), work(l),
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
        if (l.into.size > 0 && !l.into.held_back && now() - l.into.since >= longest_in_memory)
            put(l);
        l.room.notify();
    }
}

inline void download_run::report()
{
    constexpr std::uint64_t step = 256u << 10;
    // The end is told when it is verified.
    const std::uint64_t most = std::max<std::uint64_t>(total_, 1) - 1;
    const std::uint64_t done = std::min(sink_.kept_hashed() + in_hand_, most);
    while (done >= shown_ + step)
    {
        // However much came at once (the hash of kept bytes may run ahead of this thread): no step is wider than 512 KiB.
        shown_ = done - shown_ < 2 * step ? done : shown_ + step;
        if (what_.progress)
            what_.progress(shown_);
    }
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#include <modelsec/detail/fetch/download_lane.ipp>

#endif
