// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_BINDINGS_C_EVENT_HPP
#define MODELSEC_BINDINGS_C_EVENT_HPP

#include "handles.hpp"

namespace c_api {

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
    std::unique_ptr<pack_handle> pack_owner;
};

/// Hands an event over: from here on it is the receiver's.
inline void send(modelsec_event_fn to, void* user, std::unique_ptr<owned_event> e)
{
    e->result = e->result_owner.get();
    e->error = e->error_owner.get();
    e->pack = opaque(e->pack_owner.get());
    to(user, e.release());
}

/// The end of an operation, made before it begins: whatever runs out meanwhile, there is exactly one DONE and one RELEASED.
class last_events
{
public:
    last_events(uint64_t id, const std::string& model_id)
        : id_(id), model_id_(model_id), done_(make(id, modelsec::event_kind::done, model_id)),
          released_(make(id, modelsec::event_kind::done, model_id))
    {
        done_->error_owner = std::make_unique<owned_error>(modelsec::fail(modelsec::reason::out_of_memory));
        released_->kind = MODELSEC_EVENT_RELEASED;
    }

    void failed(const modelsec::failure& why) noexcept
    {
        try
        {
            auto error = std::make_unique<owned_error>(why);
            modelsec::event e;
            e.kind = modelsec::event_kind::done;
            e.model_id = model_id_;
            e.why = why.why;
            auto done = std::make_unique<owned_event>(id_, e);
            done->error_owner = std::move(error);
            done_ = std::move(done);
        }
        catch (const std::bad_alloc&)
        {
            return;  // which is what the one that is there says
        }
    }

    void worked(std::unique_ptr<owned_result> result, std::unique_ptr<pack_handle> pack) noexcept
    {
        done_->error_owner.reset();
        done_->result_owner = std::move(result);
        done_->pack_owner = std::move(pack);
    }

    void send_to(modelsec_event_fn on_event, void* user) noexcept
    {
        send(on_event, user, std::move(done_));
        send(on_event, user, std::move(released_));
    }

private:
    static std::unique_ptr<owned_event> make(uint64_t id, modelsec::event_kind kind, const std::string& model_id)
    {
        modelsec::event e;
        e.kind = kind;
        e.model_id = model_id;
        return std::make_unique<owned_event>(id, e);
    }

    uint64_t id_;
    std::string model_id_;
    std::unique_ptr<owned_event> done_, released_;
};

}  // namespace c_api

#endif
