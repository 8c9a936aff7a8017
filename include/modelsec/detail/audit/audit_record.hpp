// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_AUDIT_AUDIT_RECORD_HPP
#define MODELSEC_DETAIL_AUDIT_AUDIT_RECORD_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/json.hpp>
#include <modelsec/error.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// One attempt, as it is written to the audit log: who, what, when, from where, with what outcome. No path, no token, no query.
struct audit_record
{
    utc_time time{};  ///< of its end
    std::string
        operation{};  ///< `fetch`, `ensure`, `check`, `transfer` (its beginning; its end is a `fetch`), `verify`, `rollback`, `remove`, `repair`, `gc`
    std::string user{};   ///< the number of the effective user; empty where users have none
    std::string actor{};  ///< whom the application says it acts for (audit_options::actor); may be empty
    std::uint64_t process = 0;
    std::string model_id{};  ///< empty: of all, or not known
    std::string version{};
    std::string host{};       ///< the manifest's or repository's; empty: a file, or nobody was asked
    std::string digest{};     ///< hex; of the artifact
    std::uint64_t bytes = 0;  ///< of artifacts, that came over the network; of gc and remove: that were freed
    std::uint64_t duration_ms = 0;
    errc code = errc::ok;
    reason why = reason::none;
    bool already_active = false;
    bool stale = false;
    bool dry_run = false;
    std::vector<reason> alerts{};  ///< what was found unusual (audit_options::rules)
    std::string trace_parent{};    ///< W3C Trace Context; empty: none
};

/// Which records to show. All conditions must hold; an empty one does.
struct audit_filter
{
    std::string model_id{};
    std::optional<utc_time> since{};
    std::optional<errc> code{};

    MODELSEC_DECL bool matches(const audit_record& record) const;
};

/// One line of JSON without its end, by the names of OpenTelemetry's semantic conventions where there is one (`server.address`, `error.type`,
/// `artifact.hash`, `artifact.version`, `user.id`, `user.name`, `process.pid`, `event.name`; `trace_id`, `span_id`, `trace_flags` as in
/// "Trace Context in non-OTLP Log Formats"), else below `modelsec.`.
MODELSEC_DECL std::string to_json_line(const audit_record& record);

/// W3C Trace Context, section 3.2: `00-<32 hex>-<16 hex>-<2 hex>`, neither id all zero.
MODELSEC_DECL bool is_trace_parent(std::string_view text) noexcept;

namespace detail {

MODELSEC_DECL json audit_json(const audit_record& record);
/// Nothing for a line that is none: torn by a crash, or of somebody else.
MODELSEC_DECL std::optional<audit_record> parse_audit_line(std::string_view line);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/audit/audit_record.ipp>
#endif

#endif
