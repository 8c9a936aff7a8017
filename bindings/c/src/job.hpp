// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_BINDINGS_C_JOB_HPP
#define MODELSEC_BINDINGS_C_JOB_HPP

#include "handles.hpp"

#include <functional>

namespace c_api {

struct outcome
{
    std::unique_ptr<owned_result> result;
    std::unique_ptr<pack_handle> pack;
};

/// A request, copied and checked: nothing of the caller's memory is needed any more.
class job
{
public:
    static modelsec::result<job> read(modelsec_client* client, const modelsec_request* request);

    const std::string& model_id() const noexcept { return fetch_.model_id; }
    const modelsec::control& handle() const noexcept { return fetch_.operation.control; }

    bool fetches() const noexcept { return operation_ == MODELSEC_OP_FETCH; }
    bool opens() const noexcept { return operation_ == MODELSEC_OP_OPEN; }
    const modelsec::fetch_options& fetch_options() const noexcept { return fetch_; }
    const std::shared_ptr<shared_client>& client() const noexcept { return client_; }

    using done_function = std::function<void(modelsec::result<outcome>)>;

    /// Does it, on this thread. `on_event` gets all but the final one, which whoever runs this says with the result.
    modelsec::result<outcome> run(const modelsec::event_handler& on_event);
    /// Does it on a thread of the client's, which calls `on_event` and, once, `done`.
    void start(const modelsec::event_handler& on_event, done_function done);

private:
    void listen(const modelsec::event_handler& on_event);

    std::shared_ptr<shared_client> client_;
    uint32_t operation_ = 0;
    modelsec::fetch_options fetch_;
    modelsec::gc_options gc_;
    modelsec::rollback_options rollback_;
    modelsec::remove_options remove_;
    modelsec::repair_options repair_;
};

}  // namespace c_api

#endif
