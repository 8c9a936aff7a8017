// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_REPAIR_HPP
#define MODELSEC_DETAIL_FETCH_REPAIR_HPP

#include <modelsec/detail/store/store.hpp>
#include <modelsec/options.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Tells that what was accepted of a model before may not be remembered.
inline void tell_memory_lost(const event_handler& on_event, const identifier& model)
{
    if (!on_event)
        return;
    event e;
    e.kind = event_kind::warning;
    e.why = reason::memory_lost;
    e.model_id = model.str();
    on_event(e);
}

/// Steps back from a damaged state if the owner wants that to happen by itself (client_options::automatic_repair), and tells of it.
inline result<void> repair_if_allowed(const client_options& owner, const store& disk, const identifier& model,
                                      const control& handle, const event_handler& on_event,
                                      const signature_reader& signatures = {})
{
    if (!owner.automatic_repair)
        return {};
    const auto state = disk.state(model);
    if (state || state.error().why != reason::state_damaged)
        return {};
    MODELSEC_TRY(const model_lock lock, disk.lock(model, owner.lock_wait, handle));
    MODELSEC_TRY(const state_repair done, disk.repair(lock, model, signatures));
    if (done.found != reason::none)
        tell_memory_lost(on_event, model);
    return {};
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
