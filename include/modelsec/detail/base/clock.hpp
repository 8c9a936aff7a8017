// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_BASE_CLOCK_HPP
#define MODELSEC_DETAIL_BASE_CLOCK_HPP

#include <modelsec/config.hpp>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

MODELSEC_BEGIN_NAMESPACE

/// Wall-clock time in whole seconds, UTC. Manifests and keys live in these.
using utc_time = std::chrono::sys_seconds;

/// Where the library learns the time. The library itself never reads the wall clock (docs/architecture.md, rule 7): tests and
/// applications with a trusted source of time give their own. Called from any thread.
class clock
{
public:
    virtual ~clock() = default;
    virtual utc_time now() const = 0;

    /// The system's clock.
    MODELSEC_DECL static const clock& system() noexcept;
};

/// RFC 3339 in UTC with `Z`, as in "2026-01-02T03:04:05Z" (a fraction of a second is read and dropped); else nothing.
MODELSEC_DECL std::optional<utc_time> parse_rfc3339(std::string_view text);
MODELSEC_DECL std::string format_rfc3339(utc_time time);

MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/base/clock.ipp>
#endif

#endif
