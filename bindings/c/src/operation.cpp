// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "handles.hpp"
#include "registry.hpp"

#include <modelsec/detail/fetch_operation.hpp>
#include <modelsec/detail/store_operation.hpp>
#include <modelsec/trust/pins.hpp>

#include <thread>

#ifdef _WIN32
#include <process.h>
#else
#include <unistd.h>
#endif

namespace c_api {

long process_id() noexcept
{
#ifdef _WIN32
    return _getpid();
#else
    return static_cast<long>(::getpid());
#endif
}

namespace {

struct owned_event : modelsec_event
{
    owned_event(uint64_t id, const modelsec::event& e)
        : modelsec_event{}, stage_text(to_string(e.stage)), reason_text(to_string(e.why)), host_text(e.host),
          model_text(e.model_id)
    {
        struct_size = sizeof(modelsec_event);
        kind = static_cast<uint32_t>(e.kind);
        operation = id;
        bytes = e.bytes;
        total = e.total;
        wait_ms = e.wait_ms;
        stage = stage_text.c_str();
        reason = reason_text.c_str();
        host = host_text.c_str();
        model_id = model_text.c_str();
    }
    std::string stage_text, reason_text, host_text, model_text;
    std::unique_ptr<owned_result> result_owner;
    std::unique_ptr<owned_error> error_owner;
    std::unique_ptr<modelsec_pack> pack_owner;
};

struct outcome
{
    std::unique_ptr<owned_result> result;
    std::unique_ptr<modelsec_pack> pack;
};

/// A request, copied and checked: nothing of the caller's memory is needed any more.
struct job
{
    std::shared_ptr<shared_client> client;
    uint32_t operation = 0;
    modelsec::fetch_options fetch;
    modelsec::gc_options gc;

    modelsec::result<outcome> run(const modelsec::event_handler& on_event)
    {
        namespace d = modelsec::detail;
        const modelsec::client_options& owner = client->options;
        const std::string& model = fetch.model_id;
        outcome out;
        const modelsec::event_handler but_done = [&](const modelsec::event& e) {
            if (e.kind != modelsec::event_kind::done)  // said once, with the result, by whoever runs this
                on_event(e);
        };
        switch (operation)
        {
        case MODELSEC_OP_FETCH:
        case MODELSEC_OP_ENSURE:
        {
            fetch.on_event = but_done;
            MODELSEC_TRY(const auto r, d::run_fetch(owner, fetch, operation == MODELSEC_OP_ENSURE));
            out.result = std::make_unique<owned_result>(r);
            return out;
        }
        case MODELSEC_OP_VERIFY:
        {
            MODELSEC_TRY(const auto r, d::verify_active(owner, model, but_done, fetch.handle));
            out.result = std::make_unique<owned_result>(model, r);
            return out;
        }
        case MODELSEC_OP_ROLLBACK:
        {
            MODELSEC_TRY(const auto r, d::run_rollback(owner, {model, fetch.trust}));
            out.result = std::make_unique<owned_result>(model, r);
            return out;
        }
        case MODELSEC_OP_GC:
        {
            MODELSEC_TRY(const auto r, d::run_gc(owner, gc));
            out.result = std::make_unique<owned_result>(r);
            return out;
        }
        case MODELSEC_OP_OPEN:
        {
            MODELSEC_TRY(auto r, d::open_active(owner, model));
            out.result = std::make_unique<owned_result>(model, r.info());
            out.pack = std::make_unique<modelsec_pack>(modelsec_pack{std::move(r)});
            return out;
        }
        default: return modelsec::fail(modelsec::reason::bad_option, "an operation that is none");
        }
    }
};

modelsec::result<job> read_request(modelsec_client* client, const modelsec_request* request)
{
    MODELSEC_TRY(const modelsec_request r, read_struct(request));
    if (!client || (r.header_count > 0 && !r.headers) || (r.platform_count > 0 && !r.platforms))
        return modelsec::fail(modelsec::reason::bad_option, "a null where there must be something");
    if (client->shared->process != process_id())
        return modelsec::fail(modelsec::reason::forked);
    if (r.operation < MODELSEC_OP_FETCH || r.operation > MODELSEC_OP_OPEN || r.format > MODELSEC_FORMAT_PACK)
        return modelsec::fail(modelsec::reason::bad_option, "an enumerator that is none");
    job out;
    out.client = client->shared;
    out.operation = r.operation;
    modelsec::fetch_options& f = out.fetch;
    f.model_id = text(r.model_id);
    f.manifest.url = text(r.manifest_url);
    f.manifest.file = text(r.manifest_file);
    if (r.post_body)
        f.manifest.post_body = r.post_body;
    for (size_t i = 0; i < r.header_count; ++i)
        f.manifest.headers.push_back({text(r.headers[i].name), text(r.headers[i].value)});
    if (r.pins_json)
    {
        MODELSEC_TRY(f.trust, modelsec::pins::parse(modelsec::as_bytes(r.pins_json), client->shared->options.caps));
    }
    f.tier = text(r.tier);
    for (size_t i = 0; i < r.platform_count; ++i)
        f.platforms.push_back(text(r.platforms[i]));
    f.format = r.format == MODELSEC_FORMAT_PACK ? modelsec::envelope_format::pack : modelsec::envelope_format::dsse;
    f.offline = r.offline != 0;
    f.dry_run = r.dry_run != 0;
    f.min_sequence = r.min_sequence;
    if (r.deadline_ms != 0)
        f.deadline = std::chrono::milliseconds(r.deadline_ms);
    out.gc.keep = r.keep;
    out.gc.dry_run = r.dry_run != 0;
    return out;
}

/// An operation that nothing can throw out of.
modelsec::result<outcome> run_guarded(job& work, const modelsec::event_handler& on_event) noexcept
{
    outcome out;
    modelsec_error* problem = nullptr;
    modelsec::failure why;
    const int32_t code = guarded(&problem, [&]() -> modelsec::result<void> {
        auto r = work.run(on_event);
        if (r.has_error())
        {
            why = r.error();
            return std::move(r).error();
        }
        out = std::move(*r);
        return {};
    });
    modelsec_error_release(problem);
    if (code == 0)
        return out;
    return static_cast<int32_t>(why.code()) == code ? why : modelsec::fail(modelsec::reason::internal_error);
}

void send(modelsec_event_fn to, void* user, std::unique_ptr<owned_event> e)
{
    if (e->result_owner)
        e->result = e->result_owner.get();
    if (e->error_owner)
        e->error = e->error_owner.get();
    if (e->pack_owner)
        e->pack = e->pack_owner.get();
    to(user, e.release());
}

void work_on(uint64_t id, job work, modelsec_event_fn on_event, void* user)
{
    auto r =
        run_guarded(work, [&](const modelsec::event& e) { send(on_event, user, std::make_unique<owned_event>(id, e)); });
    modelsec::event last;
    last.kind = modelsec::event_kind::done;
    last.model_id = work.fetch.model_id;
    last.why = r ? modelsec::reason::none : r.error().why;
    auto done = std::make_unique<owned_event>(id, last);
    if (r)
    {
        done->result_owner = std::move(r->result);
        done->pack_owner = std::move(r->pack);
    }
    else
        done->error_owner = std::make_unique<owned_error>(r.error());
    send(on_event, user, std::move(done));
    auto released = std::make_unique<owned_event>(id, modelsec::event{});
    released->kind = MODELSEC_EVENT_RELEASED;
    send(on_event, user, std::move(released));
    registry::instance().leave(id);
}

}  // namespace
}  // namespace c_api

void modelsec_event_release(modelsec_event* event)
{
    delete static_cast<c_api::owned_event*>(event);
}

modelsec_pack* modelsec_event_take_pack(modelsec_event* event)
{
    if (!event)
        return nullptr;
    event->pack = nullptr;
    return static_cast<c_api::owned_event*>(event)->pack_owner.release();
}

int32_t modelsec_start(modelsec_client* client, const modelsec_request* request, modelsec_event_fn on_event, void* user,
                       uint64_t* operation, modelsec_error** error)
{
    if (operation)
        *operation = 0;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        if (!on_event)
            return modelsec::fail(modelsec::reason::bad_option, "nobody to tell");
        MODELSEC_TRY(c_api::job work, c_api::read_request(client, request));
        MODELSEC_TRY(const uint64_t id, c_api::registry::instance().enter(work.fetch.handle));
        if (operation)
            *operation = id;
        try
        {
            std::thread(c_api::work_on, id, std::move(work), on_event, user).detach();
        }
        catch (const std::system_error&)
        {
            c_api::registry::instance().leave(id);
            return modelsec::fail(modelsec::reason::out_of_memory, "no thread can be made");
        }
        return {};
    });
}

int32_t modelsec_run(modelsec_client* client, const modelsec_request* request, modelsec_event_fn on_event, void* user,
                     uint64_t* operation, modelsec_result** result, modelsec_pack** pack, modelsec_error** error)
{
    if (result)
        *result = nullptr;
    if (pack)
        *pack = nullptr;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        MODELSEC_TRY(c_api::job work, c_api::read_request(client, request));
        MODELSEC_TRY(const uint64_t id, c_api::registry::instance().enter(work.fetch.handle));
        if (operation)
            *operation = id;
        auto r = c_api::run_guarded(work, [&](const modelsec::event& e) {
            if (on_event)
                c_api::send(on_event, user, std::make_unique<c_api::owned_event>(id, e));
        });
        c_api::registry::instance().leave(id);
        if (r.has_error())
            return std::move(r).error();
        if (result)
            *result = r->result.release();
        if (pack)
            *pack = r->pack.release();
        return {};
    });
}

void modelsec_cancel(uint64_t operation)
{
    if (auto handle = c_api::registry::instance().find(operation))
        handle->cancel();
}

void modelsec_pause(uint64_t operation)
{
    if (auto handle = c_api::registry::instance().find(operation))
        handle->pause();
}

void modelsec_resume(uint64_t operation)
{
    if (auto handle = c_api::registry::instance().find(operation))
        handle->resume();
}

int32_t modelsec_shutdown(uint64_t ms)
{
    return c_api::registry::instance().close(std::chrono::milliseconds(ms)) ? 1 : 0;
}
