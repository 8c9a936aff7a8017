// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_CLIENT_IPP
#define MODELSEC_DETAIL_CLIENT_CLIENT_IPP

#include <modelsec/client.hpp>
#include <modelsec/detail/fetch/fetch_operation.hpp>
#include <modelsec/detail/base/guarded.hpp>
#include <modelsec/detail/client/status_cache.hpp>
#include <modelsec/detail/client/store_operation.hpp>
#include <modelsec/detail/client/worker.hpp>

MODELSEC_BEGIN_NAMESPACE

struct client::state
{
    client_options options;
    boost::asio::any_io_executor executor;
    detail::status_cache known{};
};

namespace detail {

/// The value, or a value-initialized one with error_code and diagnostics set.
template <class T>
T report(result<T> r, error_code& ec, diagnostics& diag)
{
    ec.clear();
    diag.clear();
    if (r)
        return std::move(*r);
    ec = r.error();
    diag.why = r.error().why;
    diag.detail = std::move(r.error().detail);
    return T();
}

template <class T>
T value_or_throw(result<T> r)
{
    if (r.has_error())
        throw error(std::move(r).error());
    return std::move(*r);
}

}  // namespace detail

client::client(client_options options, executor_type executor) : state_(std::make_shared<state>())
{
    state_->options = std::move(options);
    state_->executor = std::move(executor);
    if (!state_->executor)
        state_->executor = boost::asio::system_executor();
}

client::client(client&&) noexcept = default;
client& client::operator=(client&&) noexcept = default;
client::~client() = default;

client::executor_type client::get_executor() const noexcept
{
    return state_->executor;
}

fetch_result client::fetch(const fetch_options& options)
{
    return detail::value_or_throw(detail::run_fetch(state_->options, options, false));
}

fetch_result client::fetch(const fetch_options& options, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::run_fetch(state_->options, options, false), ec, diag);
}

fetch_result client::ensure(const fetch_options& options)
{
    return detail::value_or_throw(detail::run_fetch(state_->options, options, true));
}

fetch_result client::ensure(const fetch_options& options, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::run_fetch(state_->options, options, true), ec, diag);
}

open_pack client::open(const std::string& model_id)
{
    return detail::value_or_throw(detail::guarded([&] { return detail::open_active(state_->options, model_id); }));
}

decrypted_pack client::open_decrypted(const std::string& model_id, const key_provider& keys)
{
    return detail::value_or_throw(detail::guarded([&] { return detail::open_decrypted(state_->options, model_id, keys); }));
}

decrypted_pack client::open_decrypted(const std::string& model_id, const key_provider& keys, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::guarded([&] { return detail::open_decrypted(state_->options, model_id, keys); }), ec, diag);
}

open_pack client::open(const std::string& model_id, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::guarded([&] { return detail::open_active(state_->options, model_id); }), ec, diag);
}

std::vector<model_status> client::status()
{
    return detail::value_or_throw(detail::guarded([&] { return state_->known.read(state_->options); }));
}

std::vector<model_status> client::status(error_code& ec, diagnostics& diag)
{
    return detail::report(detail::guarded([&] { return state_->known.read(state_->options); }), ec, diag);
}

pack_info client::verify(const std::string& model_id, const event_handler& on_event, control handle)
{
    return detail::value_or_throw(
        detail::guarded([&] { return detail::verify_active(state_->options, model_id, on_event, handle); }));
}

pack_info client::verify(const std::string& model_id, error_code& ec, diagnostics& diag, const event_handler& on_event,
                         control handle)
{
    return detail::report(
        detail::guarded([&] { return detail::verify_active(state_->options, model_id, on_event, handle); }), ec, diag);
}

pack_info client::rollback(const rollback_options& options)
{
    return detail::value_or_throw(detail::guarded([&] { return detail::run_rollback(state_->options, options); }));
}

pack_info client::rollback(const rollback_options& options, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::guarded([&] { return detail::run_rollback(state_->options, options); }), ec, diag);
}

gc_report client::gc(const gc_options& options)
{
    return detail::value_or_throw(detail::guarded([&] { return detail::run_gc(state_->options, options); }));
}

gc_report client::gc(const gc_options& options, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::guarded([&] { return detail::run_gc(state_->options, options); }), ec, diag);
}

repair_report client::repair(const repair_options& options)
{
    return detail::value_or_throw(detail::guarded([&] { return detail::run_repair(state_->options, options); }));
}

repair_report client::repair(const repair_options& options, error_code& ec, diagnostics& diag)
{
    return detail::report(detail::guarded([&] { return detail::run_repair(state_->options, options); }), ec, diag);
}

void client::start_fetch(const state_ptr& self, fetch_options options, bool lenient, diagnostics* diag,
                         handler<fetch_result> then)
{
    control handle = options.handle;
    detail::run_on_worker<fetch_result>(
        self->executor, std::move(handle), diag, std::move(then),
        [self, options = std::move(options), lenient] { return detail::run_fetch(self->options, options, lenient); });
}

void client::start_open(const state_ptr& self, std::string model_id, diagnostics* diag, handler<open_pack> then)
{
    const control handle;
    detail::run_on_worker<open_pack>(
        self->executor, handle, diag, std::move(then),
        [self, id = std::move(model_id), handle] { return detail::open_active(self->options, id, handle); });
}

void client::start_status(const state_ptr& self, diagnostics* diag, handler<std::vector<model_status>> then)
{
    detail::run_on_worker<std::vector<model_status>>(self->executor, {}, diag, std::move(then),
                                                     [self] { return self->known.read(self->options); });
}

void client::start_verify(const state_ptr& self, std::string model_id, event_handler on_event, diagnostics* diag,
                          handler<pack_info> then)
{
    const control handle;
    detail::run_on_worker<pack_info>(self->executor, handle, diag, std::move(then),
                                     [self, id = std::move(model_id), on_event = std::move(on_event), handle] {
                                         return detail::verify_active(self->options, id, on_event, handle);
                                     });
}

void client::start_rollback(const state_ptr& self, rollback_options options, diagnostics* diag, handler<pack_info> then)
{
    control handle = options.handle;
    detail::run_on_worker<pack_info>(
        self->executor, std::move(handle), diag, std::move(then),
        [self, options = std::move(options)] { return detail::run_rollback(self->options, options); });
}

void client::start_gc(const state_ptr& self, gc_options options, diagnostics* diag, handler<gc_report> then)
{
    control handle = options.handle;
    detail::run_on_worker<gc_report>(
        self->executor, std::move(handle), diag, std::move(then),
        [self, options = std::move(options)] { return detail::run_gc(self->options, options); });
}

void client::start_repair(const state_ptr& self, repair_options options, diagnostics* diag, handler<repair_report> then)
{
    control handle = options.handle;
    detail::run_on_worker<repair_report>(
        self->executor, std::move(handle), diag, std::move(then),
        [self, options = std::move(options)] { return detail::run_repair(self->options, options); });
}

MODELSEC_END_NAMESPACE

#endif
