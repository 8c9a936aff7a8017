// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_SEVERAL_IPP
#define MODELSEC_DETAIL_CLIENT_SEVERAL_IPP

#include <modelsec/detail/base/clock_wait.hpp>
#include <modelsec/detail/base/guarded.hpp>
#include <modelsec/detail/client/audited.hpp>
#include <modelsec/detail/client/several.hpp>
#include <modelsec/detail/client/store_operation.hpp>
#include <modelsec/detail/fetch/fetch_operation.hpp>

#include <algorithm>
#include <map>

#include <sodium.h>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline void tell_done(const operation_options& asked, stage ended_in, reason why)
{
    if (!asked.events)
        return;
    event last;
    last.kind = event_kind::done;
    last.stage = ended_in;
    last.why = why;
    last.code = code_of(why);
    asked.events(last);
}

/// The progress of several models as one.
class joint_progress
{
public:
    joint_progress(const event_handler& events, std::size_t models) : events_(events), totals_(models) {}

    void expect(std::size_t model, std::uint64_t total) { totals_[model] = total; }

    void tell(std::size_t model, event e)
    {
        if (!events_ || e.kind == event_kind::done)
            return;
        reached_ = e.stage;
        if (e.kind == event_kind::progress && e.stage == stage::download)
        {
            totals_[model] = std::max(totals_[model], e.total);
            std::uint64_t before = 0;
            for (std::size_t i = 0; i < model; ++i)
                before += totals_[i];
            e.total = sum();
            e.bytes = told_ = std::max(told_, before + e.bytes);
        }
        events_(e);
    }

    std::uint64_t sum() const
    {
        std::uint64_t out = 0;
        for (const std::uint64_t t : totals_)
            out += t;
        return out;
    }
    stage reached() const noexcept { return reached_; }

private:
    const event_handler& events_;
    std::vector<std::uint64_t> totals_;
    std::uint64_t told_ = 0;
    stage reached_ = stage::manifest;
};

result<std::vector<model_outcome>> run_ensure_all(const client_options& owner, audit_trail& trail,
                                                  const ensure_all_options& asked, const network_maker& connect)
{
    joint_progress progress(asked.operation.events, asked.models.size());
    const auto options_of = [&](std::size_t i) {
        fetch_options one = asked.models[i];
        one.operation.control = asked.operation.control;
        one.operation.events = [&progress, i](const event& e) { progress.tell(i, e); };
        return one;
    };
    auto outcome = [&]() -> result<std::vector<model_outcome>> {
        std::vector<model_outcome> out(asked.models.size());
        // How much there is to do at all, so that the progress has one total. What fails here is tried and told of below.
        for (std::size_t i = 0; i < out.size(); ++i)
        {
            fetch_options quiet = options_of(i);
            quiet.operation.events = nullptr;
            const auto seen = run_check(owner, quiet, limited_network(trail, quiet, connect));
            if (asked.operation.control.cancelled())
                return fail(reason::cancelled);
            if (seen && !seen->already_active)
                progress.expect(i, seen->total_bytes);
        }
        for (std::size_t i = 0; i < out.size(); ++i)
        {
            auto got = audited_fetch(owner, trail, options_of(i), true, connect);
            if (asked.operation.control.cancelled())
                return fail(reason::cancelled);
            if (got)
                out[i].result = std::move(*got);
            else
            {
                out[i].ec = got.error();
                out[i].diag = {got.error().why, got.error().detail};
            }
        }
        return out;
    }();
    outcome = with_deadline_named(std::move(outcome), asked.operation.control);
    tell_done(asked.operation, progress.reached(), outcome ? reason::none : outcome.error().why);
    return outcome;
}

/// The network of one watched model: its connections stay, and documents that did not change do not travel again (RFC 9110 section
/// 13.1.2). What it remembers is no more trusted than what it asked for: every document is verified anew each time.
class kept_network
{
public:
    explicit kept_network(network_maker connect) : connect_(std::move(connect)) {}

    /// For one attempt; at most one lives at a time.
    std::unique_ptr<network> lend(http_client::environment env)
    {
        observe_ = env.observe;
        authorize_ = env.authorize;
        classify_ = env.classify;
        if (!network_)
        {
            env.observe = [this](const event& e) {
                if (observe_)
                    observe_(e);
            };
            // What an attempt gives goes with it; the network stays (CWE-416).
            env.authorize = [this](const url& target) {
                return authorize_ ? authorize_(target) : std::vector<http_header>();
            };
            env.classify = [this](const url& from, const response_head& head, bytes_view body) {
                return classify_ ? classify_(from, head, body) : std::nullopt;
            };
            network_ = connect_(std::move(env));
        }
        return std::make_unique<lent>(*this);
    }

    /// While nobody has it: see network::rest_until().
    void rest_until(steady_time next_use)
    {
        if (network_)
            network_->rest_until(next_use);
    }

private:
    struct known_document
    {
        std::string etag;
        http_answer answer;
    };

    class lent final : public network
    {
    public:
        explicit lent(kept_network& owner) : owner_(owner) {}
        ~lent() override
        {
            owner_.observe_ = nullptr;
            owner_.authorize_ = nullptr;
            owner_.classify_ = nullptr;
        }
        result<http_answer> exchange(const http_request& request) override { return owner_.exchange(request); }
        result<std::vector<verified_file>> fetch_files(const download_request& what, staging& staged) override
        {
            return owner_.network_->fetch_files(what, staged);
        }

    private:
        kept_network& owner_;
    };

    result<http_answer> exchange(const http_request& request)
    {
        if (request.post_body || request.reader)  // what is not held cannot be given again
            return network_->exchange(request);
        http_request conditional = request;
        const auto known = documents_.find(request.url.str());
        if (known != documents_.end())
            conditional.if_none_match = known->second.etag;
        MODELSEC_TRY(http_answer answer, network_->exchange(conditional));
        if (known != documents_.end() && answer.status == 304)
            return known->second.answer;
        documents_.erase(request.url.str());
        static constexpr std::size_t longest_etag = 256, most_documents = 32;
        for (const http_header& h : answer.headers)
            if (is_etag(h.name) && !h.value.empty() && h.value.size() <= longest_etag && documents_.size() < most_documents)
                documents_.insert_or_assign(request.url.str(), known_document{std::string(h.value.view()), answer});
        return answer;
    }

    static bool is_etag(std::string_view name)
    {
        static constexpr std::string_view wanted = "etag";
        return std::equal(name.begin(), name.end(), wanted.begin(), wanted.end(),
                          [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
    }

    network_maker connect_;
    std::function<void(const event&)> observe_;
    decltype(http_client::environment::authorize) authorize_;
    decltype(http_client::environment::classify) classify_;
    std::map<std::string, known_document> documents_;
    std::unique_ptr<network> network_;
};

/// `interval`, longer or shorter by up to `jitter` of it.
inline std::chrono::milliseconds next_wait(const watch_options& asked)
{
    static constexpr std::uint32_t steps = 1u << 20;
    const double position = 2.0 * randombytes_uniform(steps + 1) / steps - 1.0;
    const double wait = static_cast<double>(asked.interval.count()) * (1.0 + asked.jitter * position);
    return std::chrono::milliseconds(static_cast<std::int64_t>(wait));
}

result<std::uint64_t> run_watch(const client_options& owner, audit_trail& trail, const watch_options& asked,
                                const network_maker& connect)
{
    const control& handle = asked.operation.control;
    stage reached = stage::manifest;
    const auto sink = [&](const event& e) {
        reached = e.stage;
        if (asked.operation.events && e.kind != event_kind::done)
            asked.operation.events(e);
    };
    auto outcome = [&]() -> result<std::uint64_t> {
        if (asked.models.empty() || asked.interval < std::chrono::seconds(1) || asked.interval > std::chrono::days(365) ||
            !(asked.jitter >= 0.0 && asked.jitter <= 0.9))
            return fail(reason::bad_option,
                        "a watch needs models, an interval of a second to a year, and a jitter of 0 to 0.9");
        std::vector<std::unique_ptr<kept_network>> networks;
        for (std::size_t i = 0; i < asked.models.size(); ++i)
            networks.push_back(std::make_unique<kept_network>(connect));
        std::vector<std::optional<sha256_digest>> told(asked.models.size());
        std::uint64_t updates = 0;
        clock_wait sleep(*owner.clock);
        const auto woken = handle.on_change([&] { sleep.wake(); });
        for (;;)
        {
            for (std::size_t i = 0; i < asked.models.size() && !handle.cancelled(); ++i)
            {
                fetch_options one = asked.models[i];
                one.operation = {sink, handle, {}, one.operation.trace_parent};
                const network_maker kept = [&, i](http_client::environment env) {
                    return networks[i]->lend(std::move(env));
                };
                const auto failed = [&](const failure& why) {
                    event e;
                    e.kind = event_kind::warning;
                    e.stage = reached;
                    e.model_id = one.model_id;
                    e.why = why.why;
                    sink(e);
                };
                const auto seen = audited_check(owner, trail, one, kept);
                if (handle.cancelled())
                    break;
                if (!seen)
                {
                    failed(seen.error());
                    continue;
                }
                if (seen->already_active)
                {
                    // Nothing else is to be done now: what was decided by its chunks gets its whole digest.
                    if (const auto good = settle_digests(owner, seen->model_id, handle); !good && !handle.cancelled())
                        failed(good.error());
                    continue;
                }
                if (told[i] == seen->artifact)
                    continue;
                told[i] = seen->artifact;
                ++updates;
                if (asked.on_update)
                    asked.on_update(*seen);
                event e;
                e.kind = event_kind::update;
                e.model_id = seen->model_id;
                e.detail = seen->version;
                sink(e);
                if (!asked.install)
                    continue;
                if (const auto got = audited_fetch(owner, trail, one, false, kept); !got && !handle.cancelled())
                {
                    told[i].reset();  // and tried again
                    failed(got.error());
                }
            }
            const steady_time next = later(owner.clock->steady_now(), next_wait(asked));
            // Nobody closes what is idle while no request runs: sixteen sockets a model would stay open for hours. What is used again
            // before its time-out stays.
            const auto rest = [&](steady_time next_use) {
                for (const auto& one : networks)
                    one->rest_until(next_use);
            };
            rest(next);
            while (!handle.cancelled() && (handle.paused() || owner.clock->steady_now() < next))
            {
                if (handle.paused())
                    rest(steady_time::max());  // nobody knows for how long
                sleep.until(handle.paused() ? steady_time::max() : std::min(handle.due(), next),
                            [&, paused = handle.paused()] { return handle.cancelled() || handle.paused() != paused; });
            }
            if (!handle.cancelled())
                continue;
            if (handle.expired())
                return updates;
            return fail(reason::cancelled);
        }
    }();
    tell_done(asked.operation, reached, outcome ? reason::none : outcome.error().why);
    return outcome;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
