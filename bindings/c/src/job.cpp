// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "job.hpp"

#include "decrypt_keys.hpp"
#include "model_signing.hpp"

#include <modelsec/pins.hpp>

namespace c_api {
namespace {

modelsec::failure bad_option(const char* what)
{
    return modelsec::fail(modelsec::reason::bad_option, what);
}

modelsec::result<modelsec::trust_source> read_trust(const modelsec_request& r, const modelsec::limits& caps)
{
    if (r.model_signer)
    {
        if (r.pins_json || r.root || r.tuf_target)
            return modelsec::fail(modelsec::reason::trust_source_twice,
                                  "a signer of models goes neither with pins nor with a root");
        modelsec::model_signature signature;
        MODELSEC_TRY(signature.signers, read_signers(r.model_signer));
        for (size_t i = 0; i < r.model_base_count; ++i)
            signature.bases.push_back(text(r.model_bases[i]));
        if (r.max_age_s != 0)
            signature.max_age = std::chrono::seconds(
                static_cast<std::int64_t>(std::min<uint64_t>(r.max_age_s, modelsec::limits::max_integer)));
        return modelsec::trust_source(std::move(signature));
    }
    if (r.model_base_count != 0 || r.max_age_s != 0)
        return bad_option("folders of a model, or an age, without who may have signed it");
    if (r.pins_json && (r.root || r.tuf_target))
        return bad_option(r.root ? "pins and a root" : "pins and a TUF target");
    if (r.pins_json)
    {
        MODELSEC_TRY(modelsec::pins p, modelsec::pins::parse(modelsec::as_bytes(r.pins_json), caps));
        return modelsec::trust_source(std::move(p));
    }
    if (!r.root)
        return r.tuf_target ? modelsec::result<modelsec::trust_source>(bad_option("a TUF target without a root"))
                            : modelsec::trust_source();
    if (r.root_size > caps.root_bytes)
        return modelsec::fail(modelsec::reason::too_large, "the pinned root");
    const auto raw = modelsec::as_bytes(std::string_view(r.root, r.root_size));
    if (r.tuf_target)
    {
        modelsec::tuf_repository repository{{raw.begin(), raw.end()}, text(r.root_url), r.tuf_target};
        for (size_t i = 0; i < r.tuf_target_url_count; ++i)
            repository.urls.push_back(text(r.tuf_target_urls[i]));
        return modelsec::trust_source(std::move(repository));
    }
    return modelsec::trust_source(
        modelsec::pinned_root{{raw.begin(), raw.end()}, text(r.root_url), r.root_forbidden_ends != 0});
}

modelsec::result<void> check(modelsec_client* client, const modelsec_request& r)
{
    if (!client || (r.header_count > 0 && !r.headers) || (r.platform_count > 0 && !r.platforms) ||
        (r.tuf_target_url_count > 0 && !r.tuf_target_urls) || (r.manifest_size > 0 && !r.manifest) ||
        (r.model_base_count > 0 && !r.model_bases) || (r.decrypt_key_count > 0 && !r.decrypt_keys) ||
        (r.decrypt_key_file_count > 0 && !r.decrypt_key_files))
        return bad_option("a null where there must be something");
    if (behind(client)->shared->process != process_id())
        return modelsec::fail(modelsec::reason::forked);
    if (r.operation < MODELSEC_OP_FETCH || r.operation > MODELSEC_OP_REPAIR || r.format > MODELSEC_FORMAT_PACK)
        return bad_option("an enumerator that is none");
    return {};
}

}  // namespace

modelsec::result<job> job::read(modelsec_client* client, const modelsec_request* request)
{
    MODELSEC_TRY(const modelsec_request r, read_struct(request));
    MODELSEC_CHECK(check(client, r));
    job out;
    out.client_ = behind(client)->shared;
    out.operation_ = r.operation;
    modelsec::fetch_options& f = out.fetch_;
    f.model_id = text(r.model_id);
    f.manifest.url = text(r.manifest_url);
    f.manifest.file = text(r.manifest_file);
    f.manifest.bundle = text(r.bundle);
    if (r.manifest_size > behind(client)->shared->caps.envelope_bytes)
        return modelsec::fail(modelsec::reason::too_large, "the manifest");
    if (const auto raw = modelsec::as_bytes(std::string_view(r.manifest ? r.manifest : "", r.manifest_size)); !raw.empty())
        f.manifest.content.assign(raw.begin(), raw.end());
    if (r.post_body)
        f.manifest.post_body = r.post_body;
    for (size_t i = 0; i < r.header_count; ++i)
        f.manifest.headers.push_back({text(r.headers[i].name), text(r.headers[i].value)});
    MODELSEC_TRY(f.trust, read_trust(r, behind(client)->shared->caps));
    f.tier = text(r.tier);
    for (size_t i = 0; i < r.platform_count; ++i)
        f.platforms.push_back(text(r.platforms[i]));
    f.format = r.format == MODELSEC_FORMAT_PACK ? modelsec::envelope_format::pack : modelsec::envelope_format::dsse;
    f.offline = r.offline != 0;
    f.dry_run = r.dry_run != 0;
    f.min_sequence = r.min_sequence;
    f.require_order = r.require_order != 0;
    if (r.deadline_ms != 0)
        f.operation.deadline = duration_of(r.deadline_ms);
    f.operation.trace_parent = text(r.trace_parent);
    MODELSEC_TRY(f.decrypt_keys, read_decrypt_keys(r));
    out.gc_.keep = r.keep;
    out.gc_.dry_run = r.dry_run != 0;
    out.remove_.model_id = f.model_id;
    out.remove_.partial = r.partial != 0;
    out.repair_.model_id = f.model_id;
    out.repair_.trust = f.trust;
    return out;
}

namespace {

outcome outcome_of(const std::string&, const modelsec::fetch_result& r)
{
    return {std::make_unique<owned_result>(r), nullptr};
}

outcome outcome_of(const std::string& model, const modelsec::pack_info& r)
{
    return {std::make_unique<owned_result>(model, r), nullptr};
}

outcome outcome_of(const std::string&, const modelsec::gc_report& r)
{
    return {std::make_unique<owned_result>(r), nullptr};
}

outcome outcome_of(const std::string&, const modelsec::check_result& r)
{
    return {std::make_unique<owned_result>(r), nullptr};
}

outcome outcome_of(const std::string&, const modelsec::repair_report& r)
{
    return {std::make_unique<owned_result>(r), nullptr};
}

outcome outcome_of(const std::string& model, modelsec::open_pack r)
{
    outcome out{std::make_unique<owned_result>(model, r.info()), nullptr};
    out.pack = std::make_unique<pack_handle>(std::move(r));
    return out;
}

template <class T>
modelsec::result<outcome> settle(const std::string& model, modelsec::error_code ec, const modelsec::diagnostics& diag,
                                 T value)
{
    if (ec)
        return modelsec::fail(diag.why, diag.detail);
    try
    {
        return outcome_of(model, std::move(value));
    }
    catch (const std::bad_alloc&)
    {
        return modelsec::fail(modelsec::reason::out_of_memory);
    }
}

/// Calls the operation of the client that `operation` names: `call` with a function of it.
template <class Call>
auto dispatch(uint32_t operation, const Call& call)
{
    switch (operation)
    {
    case MODELSEC_OP_FETCH: return call.fetch();
    case MODELSEC_OP_ENSURE: return call.ensure();
    case MODELSEC_OP_VERIFY: return call.verify();
    case MODELSEC_OP_ROLLBACK: return call.rollback();
    case MODELSEC_OP_GC: return call.gc();
    case MODELSEC_OP_CHECK: return call.check();
    case MODELSEC_OP_REMOVE: return call.remove();
    case MODELSEC_OP_REPAIR: return call.repair();
    default: return call.open();
    }
}

/// Blocking calls.
struct calls_here
{
    modelsec::client& client;
    const modelsec::fetch_options& fetching;
    const modelsec::rollback_options& rolling;
    const modelsec::gc_options& sweeping;
    const modelsec::remove_options& removing;
    const modelsec::repair_options& repairing;

    template <class Operation>
    modelsec::result<outcome> call(const Operation& operation) const
    {
        modelsec::error_code ec;
        modelsec::diagnostics diag;
        auto value = operation(ec, diag);
        return settle(fetching.model_id, ec, diag, std::move(value));
    }

    modelsec::model_options model() const { return {fetching.model_id, fetching.operation}; }
    modelsec::result<outcome> fetch() const
    {
        return call([this](auto& ec, auto& diag) { return client.fetch(fetching, ec, diag); });
    }
    modelsec::result<outcome> ensure() const
    {
        return call([this](auto& ec, auto& diag) { return client.ensure(fetching, ec, diag); });
    }
    modelsec::result<outcome> verify() const
    {
        return call([this](auto& ec, auto& diag) { return client.verify(model(), ec, diag); });
    }
    modelsec::result<outcome> rollback() const
    {
        return call([this](auto& ec, auto& diag) { return client.rollback(rolling, ec, diag); });
    }
    modelsec::result<outcome> gc() const
    {
        return call([this](auto& ec, auto& diag) { return client.gc(sweeping, ec, diag); });
    }
    modelsec::result<outcome> check() const
    {
        return call([this](auto& ec, auto& diag) { return client.check(fetching, ec, diag); });
    }
    modelsec::result<outcome> remove() const
    {
        return call([this](auto& ec, auto& diag) { return client.remove(removing, ec, diag); });
    }
    modelsec::result<outcome> repair() const
    {
        return call([this](auto& ec, auto& diag) { return client.repair(repairing, ec, diag); });
    }
    modelsec::result<outcome> open() const
    {
        return call([this](auto& ec, auto& diag) { return client.open(model(), ec, diag); });
    }
};

/// Asynchronous ones. The client may go meanwhile; its callbacks' data may not, and the handler holds that.
struct calls_there
{
    std::shared_ptr<shared_client> shared;
    const modelsec::fetch_options& fetching;
    const modelsec::rollback_options& rolling;
    const modelsec::gc_options& sweeping;
    const modelsec::remove_options& removing;
    const modelsec::repair_options& repairing;
    job::done_function done;

    template <class T>
    auto handler(const std::shared_ptr<modelsec::diagnostics>& diag) const
    {
        return [held = shared, diag, model = fetching.model_id, then = done](modelsec::error_code ec, T value) mutable {
            auto settled = settle(model, ec, *diag, std::move(value));
            held.reset();  // a client that was released ends here: no callback of it comes after the last event
            then(std::move(settled));
        };
    }

    modelsec::model_options model() const { return {fetching.model_id, fetching.operation}; }
    void fetch() const
    {
        const auto diag = std::make_shared<modelsec::diagnostics>();
        shared->client->async_fetch(fetching, *diag, handler<modelsec::fetch_result>(diag));
    }
    void ensure() const
    {
        const auto diag = std::make_shared<modelsec::diagnostics>();
        shared->client->async_ensure(fetching, *diag, handler<modelsec::fetch_result>(diag));
    }
    void verify() const
    {
        const auto diag = std::make_shared<modelsec::diagnostics>();
        shared->client->async_verify(model(), *diag, handler<modelsec::pack_info>(diag));
    }
    void rollback() const
    {
        const auto diag = std::make_shared<modelsec::diagnostics>();
        shared->client->async_rollback(rolling, *diag, handler<modelsec::pack_info>(diag));
    }
    void gc() const
    {
        const auto diag = std::make_shared<modelsec::diagnostics>();
        shared->client->async_gc(sweeping, *diag, handler<modelsec::gc_report>(diag));
    }
    void check() const
    {
        const auto diag = std::make_shared<modelsec::diagnostics>();
        shared->client->async_check(fetching, *diag, handler<modelsec::check_result>(diag));
    }
    void remove() const
    {
        const auto diag = std::make_shared<modelsec::diagnostics>();
        shared->client->async_remove(removing, *diag, handler<modelsec::gc_report>(diag));
    }
    void repair() const
    {
        const auto diag = std::make_shared<modelsec::diagnostics>();
        shared->client->async_repair(repairing, *diag, handler<modelsec::repair_report>(diag));
    }
    void open() const
    {
        const auto diag = std::make_shared<modelsec::diagnostics>();
        shared->client->async_open(model(), *diag, handler<modelsec::open_pack>(diag));
    }
};

}  // namespace

void job::listen(const modelsec::event_handler& on_event)
{
    fetch_.operation.events = [on_event](const modelsec::event& e) {
        if (e.kind != modelsec::event_kind::done)
            on_event(e);
    };
    // Of a rollback and of gc, nothing but alerts and the end is told: that was so before there were events for all.
    rollback_ = {fetch_.model_id, fetch_.trust, fetch_.operation};
    rollback_.operation.events = [on_event](const modelsec::event& e) {
        if (e.kind == modelsec::event_kind::alert)
            on_event(e);
    };
    gc_.operation = rollback_.operation;
    remove_.operation = fetch_.operation;
    repair_.operation = fetch_.operation;
}

modelsec::result<outcome> job::run(const modelsec::event_handler& on_event)
{
    listen(on_event);
    return dispatch(operation_, calls_here{*client_->client, fetch_, rollback_, gc_, remove_, repair_});
}

void job::start(const modelsec::event_handler& on_event, done_function done)
{
    listen(on_event);
    dispatch(operation_, calls_there{client_, fetch_, rollback_, gc_, remove_, repair_, std::move(done)});
}

}  // namespace c_api
