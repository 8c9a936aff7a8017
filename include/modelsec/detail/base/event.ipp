// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_EVENT_IPP
#define MODELSEC_DETAIL_BASE_EVENT_IPP

#include <modelsec/event.hpp>

MODELSEC_BEGIN_NAMESPACE

std::string_view to_string(event_kind kind) noexcept
{
    switch (kind)
    {
    case event_kind::stage: return "stage";
    case event_kind::progress: return "progress";
    case event_kind::redirect: return "redirect";
    case event_kind::retry: return "retry";
    case event_kind::warning: return "warning";
    case event_kind::done: return "done";
    case event_kind::update: return "update";
    case event_kind::alert: return "alert";
    }
    return "unknown";
}

std::string_view to_string(stage s) noexcept
{
    switch (s)
    {
    case stage::manifest: return "manifest";
    case stage::download: return "download";
    case stage::extract: return "extract";
    case stage::activate: return "activate";
    case stage::verify: return "verify";
    }
    return "unknown";
}

MODELSEC_END_NAMESPACE

#endif
