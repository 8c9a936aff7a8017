// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_AUDIT_AUDIT_MEMORY_HPP
#define MODELSEC_DETAIL_AUDIT_AUDIT_MEMORY_HPP

#include <modelsec/detail/audit/audit_record.hpp>

#include <map>

MODELSEC_BEGIN_NAMESPACE

/// What counts as unusual. Each finding is an event `alert` and a word in the attempt's line; the same of the same model not again
/// within the cool-down.
struct audit_rules
{
    /// `repeated_failures`: so many attempts in a row on a model failed by verification (codes 20, 22, 23, 24, 30, 31); 0: off. What the network
    /// fails by neither counts nor ends the row.
    unsigned failures_in_a_row = 3;
    unsigned requests_per_hour = 120;  ///< `unusual_request_rate`: more manifest requests than this in an hour; 0: off
    unsigned size_factor = 4;          ///< `unusual_size`: so many times larger or smaller than the version before; 0: off
    bool hosts = true;                 ///< `unusual_host`: a host that this model did not come from before
    std::chrono::seconds cool_down{3600};  ///< at most 30 days
};

/// What this client allows itself, over all processes that use the store; 0: no limit. Beyond it nobody is asked: code 13,
/// `own_rate_limit` or `own_quota`, so ensure() answers with what is active.
struct request_limits
{
    unsigned per_minute = 0;  ///< attempts that ask for a manifest or for a repository's metadata; at most 1,000
    unsigned per_day = 0;     ///< days of 24 h, from the first request on
};

namespace detail {

/// What attempts are judged by and counted in: what `.modelsec/audit.state.json` holds. No IO, no clock. Bounded whatever is noted.
class audit_memory
{
public:
    /// Of one attempt, beside its record.
    struct observation
    {
        bool asked = false;                ///< for a manifest, and not noted by note_request()
        std::uint64_t size = 0;            ///< of the pack as signed; 0: not known
        std::vector<std::string> hosts{};  ///< that were asked
    };

    /// May a manifest be asked for now? If so, it is noted; else the reason why not.
    MODELSEC_DECL reason note_request(const request_limits& allowed, utc_time now);
    /// Counts an attempt, and says what is unusual about it.
    MODELSEC_DECL std::vector<reason> note_attempt(const audit_record& record, const observation& seen,
                                                   const audit_rules& rules);
    void note_dropped(std::uint64_t events) noexcept { dropped_ += events; }

    /// Prometheus text exposition format, version 0.0.4. Labels are operations, codes and rules: their number is bounded.
    MODELSEC_DECL std::string metrics() const;

    MODELSEC_DECL std::string text() const;
    /// An empty memory for what is none.
    MODELSEC_DECL static audit_memory parse(std::string_view text);

    static constexpr std::size_t longest_text = std::size_t{1} << 20;

private:
    static constexpr std::size_t most_models = 256, most_hosts = 8, most_requests = 4096, most_marks = 1024;

    struct model
    {
        std::uint64_t failures = 0;  ///< in a row
        std::uint64_t size = 0;      ///< of the last version
        std::uint64_t seen = 0;      ///< when it was last attempted
        std::vector<std::string> hosts;
    };

    struct operation_sum
    {
        std::uint64_t duration_ms = 0;
        std::uint64_t last_success = 0;
    };

    MODELSEC_DECL void forget_old(std::uint64_t now);
    MODELSEC_DECL bool may_tell(reason why, const std::string& model_id, std::uint64_t now, std::chrono::seconds cool_down);
    MODELSEC_DECL model& model_of(const std::string& model_id, std::uint64_t now);

    std::map<std::string, std::uint64_t> attempts_;  ///< by "operation outcome"
    std::map<std::string, operation_sum> operations_;
    std::map<std::string, std::uint64_t> alerts_;  ///< by rule
    std::map<std::string, std::uint64_t> told_;    ///< by "rule model": when
    std::map<std::string, model> models_;
    std::vector<std::uint64_t> requests_;  ///< of the last hour, in their order
    std::uint64_t day_began_ = 0, day_requests_ = 0;
    std::uint64_t bytes_ = 0, all_requests_ = 0, refused_ = 0, dropped_ = 0;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/audit/audit_memory.ipp>
#endif

#endif
