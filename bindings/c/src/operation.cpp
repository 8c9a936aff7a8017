// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "event.hpp"
#include "job.hpp"
#include "registry.hpp"

#include <memory>
#include <optional>
#include <thread>
#include <utility>

namespace c_api {
namespace {

/// Tells one running operation something, or nobody.
template <class Word>
void tell(uint64_t operation, Word word) noexcept
{
    try
    {
        if (auto handle = registry::instance().find(operation))
            word(*handle);
    }
    catch (...)  // these functions have no way to say so; the operation goes on
    {
        return;
    }
}

/// Whether an operation failed before it had a thread. Then nobody is told but who starts it.
class refusal
{
public:
    /// By the completion handler: true if it runs within the start of the operation, which so takes the failure.
    bool take(modelsec::result<outcome>& r) noexcept
    {
        if (std::this_thread::get_id() != starter_ || over_ || r)
            return false;
        why_ = std::move(r).error();
        return true;
    }

    /// By who started it, when that is done.
    std::optional<modelsec::failure> started() noexcept
    {
        over_ = true;
        return std::move(why_);
    }

private:
    const std::thread::id starter_ = std::this_thread::get_id();
    bool over_ = false;  ///< like the next, of that thread only
    std::optional<modelsec::failure> why_;
};

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
    return c_api::opaque(static_cast<c_api::owned_event*>(event)->pack_owner.release());
}

int32_t modelsec_start(modelsec_client* client, const modelsec_request* request, modelsec_event_fn on_event, void* user,
                       uint64_t* operation, modelsec_error** error)
{
    if (operation)
        *operation = 0;
    const int32_t code = c_api::guarded(error, [&]() -> modelsec::result<void> {
        if (!on_event)
            return modelsec::fail(modelsec::reason::bad_option, "nobody to tell");
        MODELSEC_TRY(c_api::job work, c_api::job::read(client, request));
        MODELSEC_TRY(c_api::registration entry, c_api::registry::instance().enter(work.handle()));
        const uint64_t id = entry.id();
        const auto last = std::make_shared<c_api::last_events>(id, work.model_id());
        if (operation)
            *operation = id;
        const auto tell = [id, on_event, user](const modelsec::event& e) {
            c_api::send(on_event, user, std::make_unique<c_api::owned_event>(id, e));
        };
        const auto refused = std::make_shared<c_api::refusal>();
        const auto done = [id, last, refused, on_event, user](modelsec::result<c_api::outcome> r) noexcept {
            if (refused->take(r))
                return;
            if (r)
                last->worked(std::move(r->result), std::move(r->pack));
            else
                last->failed(r.error());
            last->send_to(on_event, user);
            c_api::registry::instance().leave(id);
        };
        work.start(tell, done);
        if (auto why = refused->started())
            return *std::move(why);
        entry.keep();  // `done` ends it
        return {};
    });
    if (code != 0 && operation)
        *operation = 0;
    return code;
}

int32_t modelsec_run(modelsec_client* client, const modelsec_request* request, modelsec_event_fn on_event, void* user,
                     uint64_t* operation, modelsec_result** result, modelsec_pack** pack, modelsec_error** error)
{
    if (result)
        *result = nullptr;
    if (pack)
        *pack = nullptr;
    if (operation)
        *operation = 0;
    return c_api::guarded(error, [&]() -> modelsec::result<void> {
        MODELSEC_TRY(c_api::job work, c_api::job::read(client, request));
        MODELSEC_TRY(const c_api::registration entry, c_api::registry::instance().enter(work.handle()));
        if (operation)
            *operation = entry.id();
        MODELSEC_TRY(c_api::outcome r, work.run([&](const modelsec::event& e) {
            if (on_event)
                c_api::send(on_event, user, std::make_unique<c_api::owned_event>(entry.id(), e));
        }));
        if (result)
            *result = r.result.release();
        if (pack)
            *pack = c_api::opaque(r.pack.release());
        return {};
    });
}

void modelsec_cancel(uint64_t operation)
{
    c_api::tell(operation, [](modelsec::control& handle) { handle.cancel(); });
}

void modelsec_pause(uint64_t operation)
{
    c_api::tell(operation, [](modelsec::control& handle) { handle.pause(); });
}

void modelsec_resume(uint64_t operation)
{
    c_api::tell(operation, [](modelsec::control& handle) { handle.resume(); });
}

int32_t modelsec_shutdown(uint64_t ms)
{
    try
    {
        return c_api::registry::instance().close(ms) ? 1 : 0;
    }
    catch (...)  // the last line before a language that knows no exceptions
    {
        return 0;
    }
}
