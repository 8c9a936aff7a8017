// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "job.hpp"

#include <modelsec/detail/fetch/fetch_operation.hpp>
#include <modelsec/detail/base/guarded.hpp>
#include <modelsec/detail/client/store_operation.hpp>
#include <modelsec/pins.hpp>

namespace c_api {
namespace {

modelsec::failure bad_option(const char* what)
{
    return modelsec::fail(modelsec::reason::bad_option, what);
}

modelsec::result<modelsec::trust_source> read_trust(const modelsec_request& r, const modelsec::limits& caps)
{
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
        (r.tuf_target_url_count > 0 && !r.tuf_target_urls))
        return bad_option("a null where there must be something");
    if (behind(client)->shared->process != process_id())
        return modelsec::fail(modelsec::reason::forked);
    if (r.operation < MODELSEC_OP_FETCH || r.operation > MODELSEC_OP_OPEN || r.format > MODELSEC_FORMAT_PACK)
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
    if (r.post_body)
        f.manifest.post_body = r.post_body;
    for (size_t i = 0; i < r.header_count; ++i)
        f.manifest.headers.push_back({text(r.headers[i].name), text(r.headers[i].value)});
    MODELSEC_TRY(f.trust, read_trust(r, behind(client)->shared->options.caps));
    f.tier = text(r.tier);
    for (size_t i = 0; i < r.platform_count; ++i)
        f.platforms.push_back(text(r.platforms[i]));
    f.format =
        r.format == MODELSEC_FORMAT_PACK ? modelsec::detail::envelope_format::pack : modelsec::detail::envelope_format::dsse;
    f.offline = r.offline != 0;
    f.dry_run = r.dry_run != 0;
    f.min_sequence = r.min_sequence;
    if (r.deadline_ms != 0)
        f.deadline = duration_of(r.deadline_ms);
    out.gc_.keep = r.keep;
    out.gc_.dry_run = r.dry_run != 0;
    return out;
}

modelsec::result<outcome> job::perform(const modelsec::event_handler& on_event)
{
    namespace d = modelsec::detail;
    const modelsec::client_options& owner = client_->options;
    const std::string& model = fetch_.model_id;
    outcome out;
    const modelsec::event_handler but_done = [&](const modelsec::event& e) {
        if (e.kind != modelsec::event_kind::done)
            on_event(e);
    };
    switch (operation_)
    {
    case MODELSEC_OP_FETCH:
    case MODELSEC_OP_ENSURE:
    {
        fetch_.on_event = but_done;
        MODELSEC_TRY(const auto r, d::run_fetch(owner, fetch_, operation_ == MODELSEC_OP_ENSURE));
        out.result = std::make_unique<owned_result>(r);
        return out;
    }
    case MODELSEC_OP_VERIFY:
    {
        MODELSEC_TRY(const auto r, d::verify_active(owner, model, but_done, fetch_.handle));
        out.result = std::make_unique<owned_result>(model, r);
        return out;
    }
    case MODELSEC_OP_ROLLBACK:
    {
        MODELSEC_TRY(const auto r, d::run_rollback(owner, {model, fetch_.trust, fetch_.handle}));
        out.result = std::make_unique<owned_result>(model, r);
        return out;
    }
    case MODELSEC_OP_GC:
    {
        gc_.handle = fetch_.handle;
        MODELSEC_TRY(const auto r, d::run_gc(owner, gc_));
        out.result = std::make_unique<owned_result>(r);
        return out;
    }
    default:
    {
        MODELSEC_TRY(auto r, d::open_active(owner, model, fetch_.handle));
        out.result = std::make_unique<owned_result>(model, r.info());
        out.pack = std::make_unique<pack_handle>(std::move(r));
        return out;
    }
    }
}

modelsec::result<outcome> job::run(const modelsec::event_handler& on_event) noexcept
{
    try
    {
        return modelsec::detail::guarded([&] { return perform(on_event); });
    }
    catch (...)  // the last line before a language that knows no exceptions
    {
        return modelsec::fail(modelsec::reason::internal_error);
    }
}

}  // namespace c_api
