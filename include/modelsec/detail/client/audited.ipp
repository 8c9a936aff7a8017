// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_AUDITED_IPP
#define MODELSEC_DETAIL_CLIENT_AUDITED_IPP

#include <modelsec/detail/base/guarded.hpp>
#include <modelsec/detail/client/audited.hpp>
#include <modelsec/detail/client/store_operation.hpp>
#include <modelsec/detail/fetch/fetch_operation.hpp>
#include <modelsec/detail/net/url.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// An attempt between its begin and its record. The operation's last event is held back until that is written.
class audited_attempt
{
public:
    audited_attempt(const client_options& owner, audit_trail& trail, const operation_options& asked, std::string operation)
        : owner_(owner), trail_(trail), asked_(asked), began_(owner.clock->steady_now())
    {
        record.operation = std::move(operation);
        record.trace_parent = asked.trace_parent;
    }

    operation_options watched()
    {
        operation_options out = asked_;
        out.events = [this](const event& e) {
            if (!e.model_id.empty())
                record.model_id = e.model_id;
            if (e.kind == event_kind::done)
                last_ = e;
            else if (asked_.events)
                asked_.events(e);
        };
        return out;
    }

    template <class T>
    void end(const result<T>& outcome)
    {
        record.why = outcome ? reason::none : outcome.error().why;
        record.code = code_of(record.why);
        if (last_)
        {
            record.bytes = std::max(record.bytes, last_->bytes);
            if (outcome)
                record.why = last_->why;  // why it is stale
        }
        const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(owner_.clock->steady_now() - began_).count();
        record.duration_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(took, 0));
        // The manifest lay here, or in the caller's memory: it was the artifact's host that was asked.
        if (record.host.empty() && !seen.hosts.empty())
            record.host = seen.hosts.front();
        // A request that was none leaves no store behind, nor does one that was forbidden before anybody was asked, or changes nothing.
        const bool refused = record.code == errc::usage || (record.code == errc::policy && seen.hosts.empty());
        const bool create = creates && !refused && !record.dry_run;
        trail_.note_attempt(record, seen, create);
        if (!asked_.events)
            return;
        for (const reason why : record.alerts)
        {
            event e;
            e.kind = event_kind::alert;
            e.stage = last_ ? last_->stage : stage::manifest;
            e.why = why;
            e.model_id = record.model_id;
            asked_.events(e);
        }
        if (last_)
            asked_.events(*last_);
    }

    audit_record record;
    audit_memory::observation seen;
    bool creates = false;

private:
    const client_options& owner_;
    audit_trail& trail_;
    const operation_options& asked_;
    steady_time began_;
    std::optional<event> last_;
};

/// Whether an attempt begins with a request for metadata that somebody serves.
inline bool asks_for_metadata(const fetch_options& asked)
{
    const auto* const root = std::get_if<pinned_root>(&asked.trust);
    return !asked.offline && asked.manifest.bundle.empty() &&
           (!asked.manifest.url.empty() || std::holds_alternative<tuf_repository>(asked.trust) ||
            (root && !root->url.empty()));
}

/// Notes which hosts are asked, and asks for nothing that the client's own limits bar.
class audited_network final : public network
{
public:
    audited_network(std::unique_ptr<network> inner, audit_trail* limits, audit_memory::observation* seen)
        : inner_(std::move(inner)), limits_(limits), seen_(seen)
    {
    }

    result<http_answer> exchange(const http_request& request) override
    {
        // OWASP API4:2023, unrestricted resource consumption, seen from the other side: a loop must not become an attack.
        if (audit_trail* const limits = std::exchange(limits_, nullptr))
            if (const reason refused = limits->note_request(); refused != reason::none)
                return fail(refused);
        note(request.url);
        return inner_->exchange(request);
    }

    result<std::vector<verified_file>> fetch_files(const download_request& what, staging& staged) override
    {
        for (const wanted_file& f : what.files)
            if (!f.sources.empty())
                note(f.sources.front());
        return inner_->fetch_files(what, staged);
    }

private:
    void note(const url& where)
    {
        static constexpr std::size_t most = 16;
        if (seen_ && seen_->hosts.size() < most &&
            std::find(seen_->hosts.begin(), seen_->hosts.end(), where.host()) == seen_->hosts.end())
            seen_->hosts.push_back(where.host());
    }

    std::unique_ptr<network> inner_;
    audit_trail* limits_;
    audit_memory::observation* seen_;
};

inline network_maker audited_maker(const network_maker& connect, audit_trail& trail, const fetch_options& asked,
                                   audit_memory::observation* seen)
{
    audit_trail* const limits = asks_for_metadata(asked) ? &trail : nullptr;
    return [&connect, limits, seen](http_client::environment env) -> std::unique_ptr<network> {
        return std::make_unique<audited_network>(connect(std::move(env)), limits, seen);
    };
}

network_maker limited_network(audit_trail& trail, const fetch_options& asked, network_maker connect)
{
    if (!trail.limited() && !trail.enabled())
        return connect;
    audit_trail* const limits = asks_for_metadata(asked) ? &trail : nullptr;
    return [connect = std::move(connect), limits](http_client::environment env) -> std::unique_ptr<network> {
        return std::make_unique<audited_network>(connect(std::move(env)), limits, nullptr);
    };
}

/// Trace context is for whoever serves the manifest; the hosts of artifacts are third parties (W3C Trace Context, section 6).
inline void pass_trace_on(fetch_options& asked)
{
    if (is_trace_parent(asked.operation.trace_parent) && !asked.manifest.url.empty())
        asked.manifest.headers.push_back({"traceparent", secret_text(asked.operation.trace_parent)});
}

/// The name alone: the path or query of an address may be a secret (CWE-532).
inline std::string asked_host(const fetch_options& asked)
{
    if (asked.offline)
        return {};
    const auto* const repository = std::get_if<tuf_repository>(&asked.trust);
    const auto address = url::parse(repository ? repository->metadata_url : asked.manifest.url);
    return address ? address->host() : std::string();
}

inline void note_facts(audited_attempt& attempt, const attempt_facts& facts)
{
    if (!facts.model_id.empty())
        attempt.record.model_id = facts.model_id;
    attempt.record.version = facts.version;
    if (facts.digest)
        attempt.record.digest = facts.digest->hex();
    attempt.seen.size = facts.size;
}

result<fetch_result> audited_fetch(const client_options& owner, audit_trail& trail, const fetch_options& asked, bool lenient,
                                   const network_maker& connect, stream_feed* feed, const foreign_job* delivered)
{
    fetch_options watched = asked;
    pass_trace_on(watched);
    if (!trail.enabled())
    {
        auto outcome = run_fetch(owner, watched, lenient, limited_network(trail, asked, connect), nullptr, feed, delivered);
        trail.write_requests();
        return outcome;
    }
    audited_attempt attempt(owner, trail, asked.operation, lenient ? "ensure" : "fetch");
    attempt.record.model_id = asked.model_id;
    if (!delivered)  // the host was asked when the transfer began, and is in the record of that
        attempt.record.host = asked_host(asked);
    attempt.record.dry_run = asked.dry_run;
    attempt.creates = !asked.offline;
    watched.operation = attempt.watched();
    attempt_facts facts;
    auto outcome = guarded([&] {
        return run_fetch(owner, watched, lenient, audited_maker(connect, trail, asked, &attempt.seen), &facts, feed,
                         delivered);
    });
    note_facts(attempt, facts);
    if (outcome)
    {
        attempt.record.model_id = outcome->model_id;
        attempt.record.version = outcome->version;
        attempt.record.digest = outcome->artifact.hex();
        attempt.record.bytes = outcome->bytes_fetched;
        attempt.record.already_active = outcome->already_active;
        attempt.record.stale = outcome->stale;
    }
    attempt.end(outcome);
    return outcome;
}

// The beginning of a transfer; its end is a fetch of what was delivered.
result<foreign_job> audited_transfer(const client_options& owner, audit_trail& trail, const fetch_options& asked,
                                     const network_maker& connect)
{
    fetch_options watched = asked;
    pass_trace_on(watched);
    if (!trail.enabled())
    {
        auto outcome = run_begin_foreign(owner, watched, limited_network(trail, asked, connect));
        trail.write_requests();
        return outcome;
    }
    audited_attempt attempt(owner, trail, asked.operation, "transfer");
    attempt.record.model_id = asked.model_id;
    attempt.record.host = asked_host(asked);
    attempt.creates = true;
    watched.operation = attempt.watched();
    attempt_facts facts;
    auto outcome = guarded(
        [&] { return run_begin_foreign(owner, watched, audited_maker(connect, trail, asked, &attempt.seen), &facts); });
    note_facts(attempt, facts);
    attempt.end(outcome);
    return outcome;
}

result<check_result> audited_check(const client_options& owner, audit_trail& trail, const fetch_options& asked,
                                   const network_maker& connect)
{
    fetch_options watched = asked;
    pass_trace_on(watched);
    if (!trail.enabled())
        return run_check(owner, watched, limited_network(trail, asked, connect));
    audited_attempt attempt(owner, trail, asked.operation, "check");
    attempt.record.model_id = asked.model_id;
    attempt.record.host = asked_host(asked);
    attempt.record.dry_run = true;
    watched.operation = attempt.watched();
    attempt_facts facts;
    auto outcome =
        guarded([&] { return run_check(owner, watched, audited_maker(connect, trail, asked, &attempt.seen), &facts); });
    note_facts(attempt, facts);
    if (outcome)
    {
        attempt.record.digest = outcome->artifact.hex();
        attempt.record.already_active = outcome->already_active;
    }
    attempt.end(outcome);
    return outcome;
}

/// An operation on the store: `run` (const Options&) -> result<T>, `describe` (audit_record&, const T&).
template <class T, class Options, class Run, class Describe>
result<T> audited(const client_options& owner, audit_trail& trail, const Options& asked, const char* operation,
                  const Run& run, const Describe& describe)
{
    if (!trail.enabled())
        return run(asked);
    audited_attempt attempt(owner, trail, asked.operation, operation);
    Options watched = asked;
    watched.operation = attempt.watched();
    if constexpr (requires { asked.model_id; })
        attempt.record.model_id = asked.model_id;
    if constexpr (requires { asked.dry_run; })
        attempt.record.dry_run = asked.dry_run;
    auto outcome = guarded([&] { return run(watched); });
    if (outcome)
        describe(attempt.record, *outcome);
    attempt.end(outcome);
    return outcome;
}

inline void describe_pack(audit_record& record, const pack_info& pack)
{
    record.version = pack.version;
    record.digest = pack.artifact.hex();
}

inline void describe_report(audit_record& record, const gc_report& report)
{
    record.bytes = report.bytes;
}

result<pack_info> audited_verify(const client_options& owner, audit_trail& trail, const model_options& asked)
{
    return audited<pack_info>(
        owner, trail, asked, "verify", [&](const model_options& o) { return verify_active(owner, o); }, describe_pack);
}

result<pack_info> audited_rollback(const client_options& owner, audit_trail& trail, const rollback_options& asked)
{
    return audited<pack_info>(
        owner, trail, asked, "rollback", [&](const rollback_options& o) { return run_rollback(owner, o); }, describe_pack);
}

result<gc_report> audited_gc(const client_options& owner, audit_trail& trail, const gc_options& asked)
{
    return audited<gc_report>(
        owner, trail, asked, "gc", [&](const gc_options& o) { return run_gc(owner, o); }, describe_report);
}

result<gc_report> audited_remove(const client_options& owner, audit_trail& trail, const remove_options& asked)
{
    return audited<gc_report>(
        owner, trail, asked, "remove", [&](const remove_options& o) { return run_remove(owner, o); }, describe_report);
}

result<repair_report> audited_repair(const client_options& owner, audit_trail& trail, const repair_options& asked)
{
    return audited<repair_report>(
        owner, trail, asked, "repair", [&](const repair_options& o) { return run_repair(owner, o); },
        [](audit_record& record, const repair_report& report) {
            if (report.models.size() != 1)
                return;
            record.model_id = report.models[0].model_id;
            if (report.models[0].active)
                describe_pack(record, *report.models[0].active);
        });
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
