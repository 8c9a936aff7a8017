// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_AUDIT_AUDIT_LOG_HPP
#define MODELSEC_DETAIL_AUDIT_AUDIT_LOG_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/file_system/file_system.hpp>

#include <optional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE

/// One attempt, as it is written to the audit log: who, what, when, from where, with what outcome. No path, no token, no query.
struct audit_record
{
    utc_time time;          ///< of its end
    std::string operation;  ///< `fetch`, `ensure`, `rollback`
    std::string actor;      ///< what the application calls the one who asked; may be empty
    std::uint64_t process = 0;
    std::string model_id;
    std::string version;
    std::string host;    ///< of the manifest or repository; empty: a file, or nobody was asked
    std::string digest;  ///< hex; of the artifact
    std::uint64_t bytes = 0;
    std::uint64_t duration_ms = 0;
    errc code = errc::ok;
    reason why = reason::none;
    bool already_active = false;
    bool stale = false;
    std::string trace_parent;  ///< W3C Trace Context; empty: none
};

/// Which records to show. All conditions must hold; an empty one does.
struct audit_filter
{
    std::string model_id;
    std::optional<utc_time> since;
    std::optional<errc> code;

    MODELSEC_DECL bool matches(const audit_record& record) const;
};

/// How the log is kept.
struct audit_options
{
    bool enabled = false;  ///< write one line for every attempt to `.modelsec/audit.jsonl` of the store
    std::uint64_t file_bytes = std::uint64_t{16} << 20;  ///< a file that has grown to this is put aside as `audit.<n>.jsonl`
    unsigned kept_files = 8;                             ///< so many of these stay, the newest
    std::string actor;                                   ///< audit_record::actor
};

namespace detail {

/// Names as in OpenTelemetry's semantic conventions where there is one (`server.address`, `error.type`, `process.pid`, `user.id`,
/// `trace_id`, `span_id`), else below `modelsec.`. One line, with its end.
MODELSEC_DECL std::string audit_line(const audit_record& record);
/// Nothing for a line that is none: torn by a crash, or of somebody else.
MODELSEC_DECL std::optional<audit_record> parse_audit_line(std::string_view line);
/// W3C Trace Context, section 3.2: `00-<32 hex>-<16 hex>-<2 hex>`, neither id all zero.
MODELSEC_DECL bool is_trace_parent(std::string_view text) noexcept;

/// The log in a folder: append-only JSON lines. The file is locked for as long as one line takes, so lines of several processes do not
/// mix, and what a crash leaves of one spoils no other. Thread-safe.
class audit_log
{
public:
    audit_log(file_system& files, const file& folder) : files_(files), folder_(folder) {}

    MODELSEC_DECL result<void> append(const audit_record& record, const audit_options& how) const;
    /// Those that match, oldest first, at most `most` (the newest).
    MODELSEC_DECL result<std::vector<audit_record>> read(const audit_filter& filter, std::size_t most) const;

private:
    MODELSEC_DECL result<std::vector<std::uint64_t>> numbers() const;
    MODELSEC_DECL result<void> put_aside(unsigned kept_files) const;

    file_system& files_;
    const file& folder_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/audit/audit_log.ipp>
#endif

#endif
