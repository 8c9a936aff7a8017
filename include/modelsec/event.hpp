// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_EVENT_HPP
#define MODELSEC_EVENT_HPP

#include <modelsec/error.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

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

/// What one origin ("https://host[:port]", as asked; redirects of it count for it) contributed to a download.
struct source_metrics
{
    std::string origin{};
    std::uint64_t bytes = 0;     ///< of bodies, good or not
    std::uint64_t requests = 0;  ///< of ranges and whole files
    std::uint64_t failures = 0;  ///< of them
    reason last_failure = reason::none;
    std::chrono::milliseconds busy{};  ///< over all connections: of two that work side by side, twice the time

    /// While a connection was at work.
    std::uint64_t bytes_per_second() const noexcept
    {
        return busy.count() > 0 ? bytes * 1000 / static_cast<std::uint64_t>(busy.count()) : 0;
    }
};

/// Where the time and the bytes of one attempt went, by the client's clock.
struct attempt_metrics
{
    std::vector<source_metrics> sources{};  ///< in the order in which they were first asked; bundles and manifests are none
    std::uint64_t bytes = 0;                ///< artifact bytes that came over the network
    std::chrono::milliseconds manifest{};   ///< in each stage
    std::chrono::milliseconds download{};
    std::chrono::milliseconds extract{};
    std::chrono::milliseconds activate{};

    std::chrono::milliseconds total() const noexcept { return manifest + download + extract + activate; }
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
    std::string detail{};                              ///< of an `update`: the version
    std::shared_ptr<const attempt_metrics> metrics{};  ///< of the `done` of a fetch, failed or not; else null
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
