// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_EVENT_HPP
#define MODELSEC_EVENT_HPP

#include <modelsec/error.hpp>

#include <cstdint>
#include <functional>
#include <string>

MODELSEC_BEGIN_NAMESPACE

/// What can be seen of an operation while it runs.
enum class event_kind
{
    stage,       ///< a new stage begins: `stage`
    progress,    ///< `bytes` of `total`: (0, total) first, then at least every 512 KiB, then (total, total); never backwards
    redirect,    ///< `host` is asked next
    retry,       ///< a request failed by `why` and is made again after `wait_ms`
    warning,     ///< something the owner should know, by `why`; the operation goes on
    done,        ///< the last event of an attempt, exactly one: `code`, `why`, the `stage` that it ended in;
                 ///< `bytes`: how many artifact bytes came over the network
    update = 7,  ///< (6 is reserved by the C ABI) watch(): the version in `detail` of `model_id` is not the active one
    alert =
        8  ///< something unusual for `model_id`, by `why` (audit_options::rules); told before `done`, then not again for a while
};

enum class stage
{
    manifest,  ///< the manifest is fetched and verified
    download,  ///< artifact bytes arrive and are hashed
    extract,   ///< an archive is unpacked
    activate,  ///< the pointer is switched
    verify     ///< what lies on disk is hashed again
};

/// Made for copying across threads. No path, token or URL query is ever in one.
struct event
{
    event_kind kind = event_kind::stage;
    modelsec::stage stage = modelsec::stage::manifest;
    std::uint64_t bytes = 0;
    std::uint64_t total = 0;
    std::uint64_t wait_ms = 0;
    errc code = errc::ok;
    reason why = reason::none;
    std::string host{};
    std::string model_id{};
    std::string detail{};  ///< of an `update`: the version
};

/// Called on the thread that runs the operation, never on two at once for one operation. It may cancel, pause or resume the
/// operation; it should return soon, since the download waits for it. It must not throw.
using event_handler = std::function<void(const event&)>;

MODELSEC_DECL std::string_view to_string(event_kind kind) noexcept;
MODELSEC_DECL std::string_view to_string(stage s) noexcept;

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/base/event.ipp>
#endif

#endif
