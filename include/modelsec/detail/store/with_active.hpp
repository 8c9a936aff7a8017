// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_WITH_ACTIVE_HPP
#define MODELSEC_DETAIL_STORE_WITH_ACTIVE_HPP

#include <modelsec/detail/store/store.hpp>

#include <utility>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What `use` makes of the active pack. If it finds damage, or its envelope gone, but by then another pack is active, or another envelope
/// vouches for it, that one's turn comes.
template <class Use>
auto with_active(const store& disk, const identifier& model, const Use& use)
    -> decltype(use(std::declval<const pack_record&>()))
{
    MODELSEC_TRY(model_state state, disk.state(model));
    for (;;)
    {
        if (!state.active)
            return fail(reason::none_active);
        auto out = use(*state.active);
        if (!out.has_error() || (out.error().why != reason::pack_damaged && out.error().why != reason::state_unreadable))
            return out;
        MODELSEC_TRY(model_state now, disk.state(model));
        if (now.active && now.active->folder == state.active->folder && now.active->envelope == state.active->envelope)
            return out;
        state = std::move(now);
    }
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
