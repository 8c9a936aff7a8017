// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_FETCH_OPERATION_IPP
#define MODELSEC_DETAIL_FETCH_FETCH_OPERATION_IPP

#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/base/machine.hpp>
#include <modelsec/detail/base/steady_time.hpp>
#include <modelsec/detail/fetch/fetch_operation.hpp>
#include <modelsec/detail/fetch/repair.hpp>
#include <modelsec/detail/fetch/signed_model.hpp>
#include <modelsec/detail/fetch/trust_again.hpp>
#include <modelsec/detail/base/guarded.hpp>
#include <modelsec/detail/net/credentials.hpp>
#include <modelsec/detail/net/proxy.hpp>
#include <modelsec/detail/net/tls.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

fetch_operation::fetch_operation(const client_options& owner, const fetch_options& asked, network_maker connect)
    : owner_(owner), asked_(asked), connect_(std::move(connect)),
      sources_(owner.sources, owner.transport.credentials, *owner.clock,
               [this](const http_request& r) { return web().exchange(r); }),
      now_(owner.clock->now())
{
    if (asked.operation.deadline)
        deadline_ = steady_after(owner.clock->steady_now(), *asked.operation.deadline);
}

result<fetch_result> fetch_operation::run()
{
    MODELSEC_CHECK(check_options());
    if (asked_.offline)
        return answer_offline();
    MODELSEC_CHECK(open_bundle());
    tell_stage(stage::manifest);
    MODELSEC_TRY(accepted offer, obtain_offer_in_time());
    model_id_ = offer.manifest.model_id.str();
    version_ = offer.manifest.version.str();
    if (asked_.dry_run)
    {
        MODELSEC_TRY(const check_result seen, look_at(offer));
        fetch_result out;
        out.model_id = seen.model_id;
        out.version = seen.version;
        out.sequence = seen.sequence;
        out.artifact = seen.artifact;
        out.already_active = seen.already_active;
        out.path = seen.active_path;
        out.total_bytes = seen.total_bytes;
        out.bytes_to_fetch = seen.bytes_to_fetch;
        return out;
    }

    MODELSEC_TRY(const store disk, open_store(true));
    MODELSEC_CHECK(look_after_state(disk, offer.manifest.model_id));
    MODELSEC_TRY(const model_state known, remember_accepted(disk, offer));
    MODELSEC_CHECK(disk.share(offer.manifest.model_id));
    offer.claim.issued_at = first_told(known.memory, offer.claim);
    offer.claim.envelope = kept_envelope(known.memory, offer.claim);
    if (signature() && delivered_)
        offer.manifest.artifacts =
            delivered_->offer.manifest.artifacts;  // of the same bytes, with the sizes that hosts said
    else if (signature())
        return bring_signed(disk, known, offer);
    return bring(disk, known, offer);
}

/// What was accepted becomes active, if it is not yet.
result<fetch_result> fetch_operation::bring(const store& disk, const model_state& known, const accepted& offer)
{
    MODELSEC_TRY(const artifact* wanted, select_artifact(offer.manifest, asked_.platforms));
    chosen_ = wanted->content_digest();
    chosen_bytes_ = wanted->total_bytes();
    MODELSEC_CHECK(check_pack(known, offer, *wanted));
    MODELSEC_CHECK(begin_feed(offer, *wanted));
    MODELSEC_TRY(auto active, answer_active(disk, known, offer, *wanted));
    if (active)
    {
        MODELSEC_CHECK(feed_from_active(disk, offer.manifest.model_id));
        return std::move(*active);
    }
    return install(disk, offer, *wanted);
}

result<void> fetch_operation::open_bundle()
{
    if (asked_.manifest.bundle.empty())
        return {};
    MODELSEC_TRY(bundle_reader from, bundle_reader::open(asked_.manifest.bundle, owner_.caps));
    bundle_ = std::make_shared<const bundle_reader>(std::move(from));
    return {};
}

void fetch_operation::expect_manifest_within(std::chrono::milliseconds wait)
{
    manifest_due_ = steady_after(owner_.clock->steady_now(), wait);
}

/// TUF 1.0 section 1.5.2 (slow retrieval): whoever can do with what is active does not wait for a manifest that drips. Once there is
/// one, the download takes the time that the attempt has.
result<fetch_operation::accepted> fetch_operation::obtain_offer_in_time()
{
    auto offer = obtain_offer();
    const auto due = std::exchange(manifest_due_, std::nullopt);
    if (!due)
        return offer;
    if (offer)
    {
        if (network_)
            network_->set_deadline(deadline());
        return offer;
    }
    const steady_time now = owner_.clock->steady_now();
    const bool waited = offer.error().why == reason::deadline || offer.error().why == reason::lock_timeout;
    if (waited && now >= *due && !past_deadline() && !asked_.operation.control.cancelled())
        return fail(reason::manifest_late, "no manifest was verified in the time for it");
    return offer;
}

/// What ends a wait but the control, which knows the attempt's time and moves it by each pause: until there is a manifest, the time for
/// that, and the attempt's own where it is run without such a control.
std::optional<steady_time> fetch_operation::next_deadline() const
{
    const auto due = deadline();
    if (!manifest_due_ || !due)
        return manifest_due_ ? manifest_due_ : due;
    return std::min(*manifest_due_, *due);
}

std::optional<steady_time> fetch_operation::deadline() const
{
    return asked_.operation.control.due() == steady_time::max() ? deadline_ : std::nullopt;
}

bool fetch_operation::past_deadline() const
{
    if (asked_.operation.control.due() != steady_time::max())
        return asked_.operation.control.expired();
    return deadline_ && owner_.clock->steady_now() >= *deadline_;
}

/// A damaged state is repaired if that was asked for. Packs without one are no first run: what they were accepted by is forgotten, and
/// that is told (TUF 1.0 section 5.1 asks for a memory that outlives the attempt).
result<void> fetch_operation::look_after_state(const store& disk, const identifier& model) const
{
    const signature_reader signatures =
        signature() ? reader_of_signatures(*signature(), now_, owner_.caps) : signature_reader();
    MODELSEC_CHECK(repair_if_allowed(owner_, disk, model, asked_.operation.control, asked_.operation.events, signatures));
    MODELSEC_TRY(const model_state state, disk.state(model));
    if (state.found_files && state.generation == 0)
    {
        MODELSEC_TRY(const model_lock lock, disk.lock(model, lock_wait(), asked_.operation.control));
        MODELSEC_TRY(const state_repair done, disk.repair(lock, model, signatures));
        if (done.found != reason::none)
            tell_memory_lost(asked_.operation.events, model);
    }
    return {};
}

result<check_result> fetch_operation::check()
{
    if (asked_.offline)
        return fail(reason::bad_option, "a check asks the network");
    checking_ = true;
    MODELSEC_CHECK(check_options());
    MODELSEC_CHECK(open_bundle());
    tell_stage(stage::manifest);
    MODELSEC_TRY(accepted offer, obtain_offer());
    model_id_ = offer.manifest.model_id.str();
    version_ = offer.manifest.version.str();
    return look_at(offer);
}

result<void> fetch_operation::check_options() const
{
    if (owner_.store.empty())
        return fail(reason::bad_option, "no store was given");
    MODELSEC_CHECK(proxy_rules::parse(owner_.transport.proxy));
    if (asked_.offline)
        return asked_.model_id.empty() ? result<void>(fail(reason::model_required)) : result<void>();
    MODELSEC_CHECK(check_tls_options(owner_.transport.tls));
    if (repository())
        return check_target_options();
    if (signature())
        MODELSEC_CHECK(check_signature_options());
    const auto given = [](const auto& value) { return value.empty() ? 0 : 1; };
    if (given(asked_.manifest.url) + given(asked_.manifest.file) + given(asked_.manifest.bundle) +
            given(asked_.manifest.content) !=
        1)
        return fail(reason::bad_option,
                    "a manifest comes from a URL, from a file, in a bundle or as bytes: exactly one of them");
    // Before anything is made for it: also a root's chain has its place in the store.
    if (!asked_.manifest.url.empty())
        MODELSEC_CHECK(url::parse(asked_.manifest.url));
    // A pack envelope says nothing that ties it to what was asked for; the caller must (docs/manifest.md, Envelopes).
    if (asked_.format == envelope_format::pack && asked_.model_id.empty())
        return fail(reason::model_required);
    if (!asked_.model_id.empty() && identifier::parse(asked_.model_id).has_error())
        return fail(reason::bad_option, "not a model id");
    if (owner_.profile == profile::client)
        MODELSEC_CHECK(check_client_headers(asked_.manifest.headers));
    // A pack envelope has one signature by one named key: there is no role of a root that it could stand for.
    if (asked_.format == envelope_format::pack && !std::holds_alternative<pins>(asked_.trust))
        return fail(reason::bad_option, "a pack envelope goes with pins");
    return signature() ? result<void>() : check_trust(asked_.trust, asked_.manifest.bundle.empty());
}

result<fetch_operation::accepted> fetch_operation::obtain_offer()
{
    if (repository())
    {
        MODELSEC_TRY(accepted found, find_target(now_));
        if (delivered_ && !(found.claim.envelope == delivered_->offer.claim.envelope))
            return fail(reason::metadata_mismatch, "the target was replaced while it was transferred");
        return found;
    }
    if (signature())
    {
        MODELSEC_TRY(bytes bundle, obtain_envelope());
        return accept_signature(std::move(bundle), now_);
    }
    MODELSEC_TRY(keys_, find_keys(now_));
    MODELSEC_TRY(bytes raw, obtain_envelope());
    return accept(std::move(raw));
}

network& fetch_operation::web()
{
    if (!network_)
        network_ = delivered_ ? make_delivered_network(asked_.operation.control)
                   : bundle_  ? make_bundle_network(bundle_, asked_.operation.control)
                              : connect_(environment());
    return *network_;
}

result<bytes> fetch_operation::obtain_envelope()
{
    if (delivered_)
        return delivered_->offer.raw;
    if (bundle_)
        return bundle_->envelope();
    if (!asked_.manifest.content.empty())
    {
        if (asked_.manifest.content.size() > owner_.caps.envelope_bytes)
            return fail(reason::too_large, "the manifest");
        return asked_.manifest.content;
    }
    if (!asked_.manifest.file.empty())
        return read_local_file(asked_.manifest.file, owner_.caps.envelope_bytes);
    MODELSEC_TRY(url address, url::parse(asked_.manifest.url));
    auto answer = web().exchange(
        {std::move(address), asked_.manifest.post_body, asked_.manifest.headers, owner_.caps.envelope_bytes, false});
    if (!answer)
        return std::move(answer).error();
    return std::move(answer->body);
}

result<fetch_result> fetch_operation::answer_offline() const
{
    auto disk = open_store(false);
    if (!disk)
        return std::move(disk).error();
    MODELSEC_TRY(const identifier model, identifier::parse(asked_.model_id));
    MODELSEC_CHECK(repair_if_allowed(owner_, *disk, model, asked_.operation.control, asked_.operation.events));
    MODELSEC_TRY(const open_pack pack, disk->open_active(model, asked_.operation.control));
    return result_of(pack.info(), pack.info().sequence, true);
}

result<check_result> fetch_operation::look_at(accepted& offer)
{
    model_state state;
    auto disk = open_store(false);
    if (disk)
    {
        MODELSEC_TRY(state, disk->state(offer.manifest.model_id));
        learn_signatures(*disk, state);
    }
    else if (disk.error().why != reason::none_active)
        return std::move(disk).error();
    if (disk)
    {
        MODELSEC_TRY(state.memory, effective_memory(*disk, offer, state.memory));
    }
    else
        MODELSEC_CHECK(check_times(offer, state.memory, now_));
    if (is_unordered(state.memory, offer.claim))
        warn(reason::unordered);
    if (signature())
        MODELSEC_CHECK(learn_sizes(offer.manifest.artifacts.front(), state));
    MODELSEC_TRY(const artifact* wanted, select_artifact(offer.manifest, asked_.platforms));
    chosen_ = wanted->content_digest();
    chosen_bytes_ = wanted->total_bytes();
    MODELSEC_CHECK(check_pack(state, offer, *wanted));
    if (disk)
        MODELSEC_CHECK(check_room(*disk, offer, *wanted));
    else if (owner_.device)
        MODELSEC_CHECK(check_device(offer.manifest.needs, *owner_.device));
    check_result out;
    out.model_id = model_id_;
    out.version = offer.manifest.version.str();
    out.tier = offer.manifest.tier;
    out.sequence = offer.claim.sequence.value_or(0);
    out.platform = wanted->platform;
    out.artifact = wanted->content_digest();
    out.archive = wanted->is_zip;
    for (const artifact_file& f : wanted->files)
        out.files.push_back({f.name && !wanted->is_zip ? f.name->str() : std::string(), f.size_bytes, f.sha256});
    out.total_bytes = wanted->total_bytes();
    out.issued_at = offer.manifest.issued_at.value_or(utc_time());
    out.expires_at = offer.manifest.expires_at.value_or(utc_time());
    out.envelope = offer.raw;
    if (state.active)
        out.active_version = state.active->version.str();
    out.already_active =
        state.active && state.active->version == offer.manifest.version && state.active->artifact == out.artifact;
    if (out.already_active)
    {
        MODELSEC_TRY(const pack_info info, disk->info(offer.manifest.model_id, *state.active));
        out.active_path = info.path;
        return out;
    }
    std::uint64_t kept = 0;
    if (disk)
    {
        MODELSEC_TRY(kept, disk->resumable_bytes_of(out.artifact));
    }
    out.bytes_to_fetch = out.total_bytes - std::min(kept, out.total_bytes);
    return out;
}

fetch_result fetch_operation::result_of(const pack_info& pack, std::uint64_t sequence, bool already_active) const
{
    return {model_id(), pack.version, sequence, pack.path, already_active, false, fetched_, pack.artifact, reason::none};
}

result<store> fetch_operation::open_store(bool create) const
{
    return store::open({owner_.store, create, owner_.group_shared, owner_.policy, owner_.files, owner_.caps,
                        owner_.cache_tag, owner_.clock.get()});
}

result<void> fetch_operation::stopped() const
{
    if (asked_.operation.control.cancelled())
        return fail(reason::cancelled);
    if (past_deadline())
        return fail(reason::deadline);
    return {};
}

std::chrono::milliseconds fetch_operation::lock_wait() const
{
    const steady_time due = std::min(next_deadline().value_or(steady_time::max()), asked_.operation.control.due());
    return due != steady_time::max() ? std::min(steady_left(owner_.clock->steady_now(), due), owner_.lock_wait)
                                     : owner_.lock_wait;
}

// The page cache is where weights are best found by who loads them next, but filling it costs more than the disk does: from a
// size on that would push out other things, or where the cost shows, write past it.
bool fetch_operation::write_directly(const artifact& wanted) const
{
    static constexpr std::uint64_t noticeable = std::uint64_t{256} << 20;
    if (owner_.writing != write_policy::automatic)
        return owner_.writing == write_policy::direct;
    const std::uint64_t free = available_memory();
    return wanted.total_bytes() >= (free == 0 ? noticeable : std::min(noticeable, free / 32));
}

std::string fetch_operation::document_address() const
{
    if (repository())
        return repository()->metadata_url;
    // Of a signature that is at hand only the files come from a host.
    if (signature() && asked_.manifest.url.empty() && !signature()->bases.empty())
        return signature()->bases.front();
    return asked_.manifest.url;
}

http_client::environment fetch_operation::environment()
{
    http_client::environment env;
    env.options = &owner_.transport;
    env.caps = &owner_.caps;
    env.time = owner_.clock.get();
    env.handle = asked_.operation.control;
    env.deadline = next_deadline();
    if (const auto origin = url::parse(document_address()))
        env.manifest_origin = origin->origin();
    env.observe = [this](const event& e) { tell(e); };
    env.authorize = [this](const url& target) -> result<std::vector<http_header>> { return sources_.headers(target); };
    env.classify = [this](const url& from, const response_head& head, bytes_view body) {
        return sources_.classify(from, head, body);
    };
    if (owner_.profile == profile::client)
        env.check_credentials = check_client_headers;
    return env;
}

void fetch_operation::tell(event e) const
{
    if (!asked_.operation.events)
        return;
    e.model_id = model_id_.empty() ? asked_.model_id : model_id_;
    asked_.operation.events(e);
}

/// Counts the time in the stage that ends, or goes on.
void fetch_operation::end_stage() const
{
    const steady_time now = owner_.clock->steady_now();
    if (stage_begin_)
    {
        auto& spent = reached_ == stage::download   ? metrics_.download
                      : reached_ == stage::extract  ? metrics_.extract
                      : reached_ == stage::activate ? metrics_.activate
                                                    : metrics_.manifest;
        spent += std::chrono::duration_cast<std::chrono::milliseconds>(now - *stage_begin_);
    }
    stage_begin_ = now;
}

attempt_metrics fetch_operation::metrics() const
{
    end_stage();
    attempt_metrics out = metrics_;
    out.bytes = fetched_;
    return out;
}

void fetch_operation::tell_stage(stage s) const
{
    end_stage();
    reached_ = s;
    event e;
    e.kind = event_kind::stage;
    e.stage = s;
    tell(std::move(e));
}

void fetch_operation::warn(reason why) const
{
    event e;
    e.kind = event_kind::warning;
    e.why = why;
    tell(std::move(e));
}

// Never backwards, never past the total. The engine already keeps the steps between 256 and 512 KiB: leaving one out here would
// make the next one too wide.
void fetch_operation::tell_progress(std::uint64_t bytes)
{
    bytes = std::min(bytes, total_);
    if (bytes <= told_)
        return;
    event e;
    e.kind = event_kind::progress;
    e.stage = stage::download;
    e.bytes = told_ = bytes;
    e.total = total_;
    tell(std::move(e));
}

result<check_result> run_check(const client_options& owner, const fetch_options& asked, const network_maker& connect,
                               attempt_facts* facts)
{
    event last;
    last.kind = event_kind::done;
    last.model_id = asked.model_id;
    auto outcome = guarded([&] {
        fetch_operation operation(owner, asked, connect);
        auto r = operation.check();
        if (last.model_id.empty())
            last.model_id = operation.model_id();
        if (facts)
            *facts = operation.facts();
        return with_deadline_named(std::move(r), asked.operation.control);
    });
    if (outcome.has_error())
        last.why = outcome.error().why;
    last.code = code_of(last.why);
    if (asked.operation.events)
        asked.operation.events(last);
    return outcome;
}

/// The model that may have to do where none was named: the only one of which the store has an active pack, if the trust of this very call
/// vouches for that. Nobody said which model the manifest is about, and one of another publisher must not pass for it. One whose state cannot
/// be read counts as one that is not there: it could not be given, and what is wrong with it is no reason to withhold another. Empty: there
/// is none.
inline result<std::string> only_active_model(const client_options& owner, const fetch_options& asked)
{
    const auto disk = store::open(
        {owner.store, false, owner.group_shared, owner.policy, owner.files, owner.caps, false, owner.clock.get()});
    if (!disk)
        return std::string();
    MODELSEC_TRY(const std::vector<identifier> models, disk->models());
    std::string out;
    model_state only;
    for (const identifier& model : models)
    {
        auto state = disk->state(model);
        if (!state || !state->active)
            continue;
        if (!out.empty())
            return fail(reason::model_required, "the store has several models, so none of them stands in for the network");
        out = model.str();
        only = std::move(*state);
    }
    if (!only.active ||
        ask_trust_again(*disk, only, *only.active, asked.trust, owner.clock->now(), owner.caps, asked.operation.control)
            .has_error())
        return std::string();
    return out;
}

result<fetch_result> run_fetch(const client_options& owner, const fetch_options& asked, bool lenient,
                               const network_maker& connect, attempt_facts* facts, stream_feed* feed,
                               const foreign_job* delivered, const archive_taker& take)
{
    std::string model_id = asked.model_id;
    std::uint64_t fetched = 0;
    event last;
    last.kind = event_kind::done;
    auto outcome = guarded([&] {
        fetch_operation operation(owner, asked, connect);
        operation.feed_readers(feed);
        operation.use_delivered(delivered);
        operation.give_archive_to(take);
        if (lenient && owner.caps.fallback_after.count() > 0)
            operation.expect_manifest_within(owner.caps.fallback_after);
        auto r = operation.run();
        if (model_id.empty())
            model_id = operation.model_id();
        fetched = operation.bytes_fetched();
        if (facts)
            *facts = operation.facts();
        last.metrics = std::make_shared<const attempt_metrics>(operation.metrics());
        last.stage = operation.reached();
        return with_deadline_named(std::move(r), asked.operation.control);
    });
    const auto unreachable = [](errc code) {
        return code == errc::network || code == errc::tls || code == errc::http_status || code == errc::rate_limited;
    };
    last.bytes = fetched;
    const bool stands_in = outcome.has_error() && lenient && unreachable(outcome.error().code());
    if (stands_in && model_id.empty())
    {
        auto only = guarded([&] { return only_active_model(owner, asked); });
        if (only)
            model_id = std::move(*only);
        else if (only.error().why == reason::model_required)
            outcome = std::move(only).error();
    }
    if (stands_in && !model_id.empty())
    {
        fetch_options offline = asked;
        offline.offline = true;
        offline.model_id = model_id;
        if (auto active = guarded([&] { return fetch_operation(owner, offline, connect).run(); }))
        {
            last.why = outcome.error().why;
            active->stale = true;
            active->stale_why = last.why;
            outcome = std::move(*active);
        }
    }
    last.model_id = model_id;
    if (outcome.has_error())
        last.why = outcome.error().why;
    else if (last.metrics)
        outcome->metrics = *last.metrics;
    last.code = outcome ? errc::ok : outcome.error().code();
    if (feed)
        feed->ended(outcome);
    if (asked.operation.events)
        asked.operation.events(last);
    return outcome;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
