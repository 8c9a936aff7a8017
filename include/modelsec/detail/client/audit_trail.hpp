// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_AUDIT_TRAIL_HPP
#define MODELSEC_DETAIL_CLIENT_AUDIT_TRAIL_HPP

#include <modelsec/detail/client/audit_sink.hpp>
#include <modelsec/options.hpp>

#include <memory>
#include <mutex>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline constexpr std::size_t audit_records_shown = 10'000;

/// All that one client keeps of its attempts: the log and the memory in its store, the counters, the sink. Thread-safe.
class audit_trail
{
public:
    /// `owner` must outlive it.
    MODELSEC_DECL explicit audit_trail(const client_options& owner);
    MODELSEC_DECL ~audit_trail();
    audit_trail(const audit_trail&) = delete;
    audit_trail& operator=(const audit_trail&) = delete;

    bool enabled() const noexcept { return owner_.audit.enabled; }
    bool limited() const noexcept
    {
        return owner_.manifest_requests.per_minute != 0 || owner_.manifest_requests.per_day != 0;
    }

    /// May a manifest be asked for now? none, `own_rate_limit`, `own_quota`.
    MODELSEC_DECL reason note_request();
    /// Where the attempt that asked made the store.
    MODELSEC_DECL void write_requests();
    /// The end of an attempt. Who, when, and what is unusual are filled in. `create`: also where there is no store yet.
    MODELSEC_DECL void note_attempt(audit_record& record, const audit_memory::observation& seen, bool create);

private:
    /// Changes the memory of the store or, where there is none, that of this client. Requests that only the client remembers go into that of
    /// the store as soon as there is one.
    MODELSEC_DECL void remember(const file& folder, const std::function<void(audit_memory&)>& change);

    const client_options& owner_;
    std::mutex mutex_;
    audit_memory memory_;              // with mutex_: while there is no store
    unsigned unwritten_requests_ = 0;  // with mutex_: that no store knows of yet
    std::unique_ptr<audit_sink> sink_;
};

/// The log, oldest first, at most `most` records (the newest). An absent store or log has none.
MODELSEC_DECL result<std::vector<audit_record>> read_audit(const client_options& owner, const audit_filter& filter,
                                                           std::size_t most);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/client/audit_trail.ipp>
#endif

#endif
