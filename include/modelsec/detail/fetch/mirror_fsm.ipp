// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_MIRROR_FSM_IPP
#define MODELSEC_DETAIL_FETCH_MIRROR_FSM_IPP

#include <modelsec/detail/fetch/mirror_fsm.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

std::optional<std::size_t> mirror_fsm::best(const std::function<bool(std::size_t)>& avoid) const
{
    if (alone_ && !all_[*alone_].dropped)
        return alone_;
    std::optional<std::size_t> out;
    std::pair<bool, unsigned> least;
    for (std::size_t i = 0; i < all_.size(); ++i)
    {
        if (all_[i].dropped)
            continue;
        const std::pair<bool, unsigned> now{avoid && avoid(i), all_[i].strikes};
        if (out && now >= least)
            continue;
        out = i;
        least = now;
    }
    return out;
}

bool mirror_fsm::strike(std::size_t source)
{
    ++all_[source].strikes;
    const auto next = best();
    return next && all_[*next].strikes < all_[source].strikes;
}

void mirror_fsm::drop(std::size_t source, failure why)
{
    if (!all_[source].dropped)
        all_[source].dropped = std::move(why);
}

void mirror_fsm::served_wrong_bytes(std::size_t source)
{
    if (alive() > 1 || std::exchange(all_[source].wrong_bytes, true))
        drop(source, fail(reason::chunk_mismatch, "a source served wrong bytes"));
}

std::size_t mirror_fsm::alive() const
{
    return static_cast<std::size_t>(std::ranges::count_if(all_, [](const mirror& m) { return !m.dropped; }));
}

failure mirror_fsm::verdict() const
{
    const auto wrong =
        std::ranges::find_if(all_, [](const mirror& m) { return m.dropped && m.dropped->code() == errc::digest; });
    if (wrong != all_.end())
        return *wrong->dropped;
    const auto first = std::ranges::find_if(all_, [](const mirror& m) { return m.dropped.has_value(); });
    return first != all_.end() ? *first->dropped : fail(reason::no_artifact, "there is no address to fetch from");
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
