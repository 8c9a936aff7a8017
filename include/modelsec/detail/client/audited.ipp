// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_AUDITED_IPP
#define MODELSEC_DETAIL_CLIENT_AUDITED_IPP

#include <modelsec/detail/client/audited.hpp>
#include <modelsec/detail/client/store_operation.hpp>
#include <modelsec/detail/fetch/fetch_operation.hpp>
#include <modelsec/detail/net/url.hpp>
#include <modelsec/detail/store/layout.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// `.modelsec` of a store that is there; an invalid file if there is none.
inline result<file> audit_folder(const client_options& owner)
{
    if (owner.store.empty())
        return file();
    MODELSEC_TRY(const file root, owner.files->open_root(owner.store, false, owner.policy));
    if (!root)
        return file();
    return owner.files->open_folder(root, inner_folder_name, false);
}

inline void write_audit(const client_options& owner, audit_record record, steady_time began)
{
    const auto folder = audit_folder(owner);
    if (!folder || !*folder || folder->rule().reader)
        return;
    record.time = owner.clock->now();
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(owner.clock->steady_now() - began);
    record.duration_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0));
    record.actor = owner.audit.actor;
    record.process = process_number();
    (void)audit_log(*owner.files, *folder).append(record, owner.audit);
}

template <class T>
void note_outcome(audit_record& record, const result<T>& outcome)
{
    record.why = outcome ? reason::none : outcome.error().why;
    record.code = code_of(record.why);
}

result<fetch_result> audited_fetch(const client_options& owner, const fetch_options& asked, bool lenient)
{
    if (!owner.audit.enabled || asked.dry_run)
        return run_fetch(owner, asked, lenient);
    const steady_time began = owner.clock->steady_now();
    audit_record record;
    record.operation = lenient ? "ensure" : "fetch";
    record.trace_parent = asked.trace_parent;
    record.model_id = asked.model_id;
    fetch_options watched = asked;
    watched.operation.events = [&](const event& e) {
        if (!e.model_id.empty())
            record.model_id = e.model_id;
        if (e.kind == event_kind::done)
            record.why = e.why;
        if (asked.operation.events)
            asked.operation.events(e);
    };
    const auto* const repository = std::get_if<tuf_repository>(&asked.trust);
    // The name alone: the path or query of an address may be a secret.
    if (const auto address = url::parse(repository ? repository->metadata_url : asked.manifest.url);
        address && !asked.offline)
        record.host = address->host();
    auto outcome = run_fetch(owner, watched, lenient);
    const reason last = record.why;
    note_outcome(record, outcome);
    if (outcome)
    {
        record.why = last;  // why it is stale
        record.model_id = outcome->model_id;
        record.version = outcome->version;
        record.digest = outcome->artifact.hex();
        record.bytes = outcome->bytes_fetched;
        record.already_active = outcome->already_active;
        record.stale = outcome->stale;
    }
    write_audit(owner, std::move(record), began);
    return outcome;
}

result<pack_info> audited_rollback(const client_options& owner, const rollback_options& asked)
{
    if (!owner.audit.enabled)
        return run_rollback(owner, asked);
    const steady_time began = owner.clock->steady_now();
    auto outcome = run_rollback(owner, asked);
    audit_record record;
    record.operation = "rollback";
    record.model_id = asked.model_id;
    note_outcome(record, outcome);
    if (outcome)
    {
        record.version = outcome->version;
        record.digest = outcome->artifact.hex();
    }
    write_audit(owner, std::move(record), began);
    return outcome;
}

result<std::vector<audit_record>> read_audit(const client_options& owner, const audit_filter& filter, std::size_t most)
{
    if (owner.store.empty())
        return fail(reason::bad_option, "no store was given");
    MODELSEC_TRY(const file folder, audit_folder(owner));
    return folder ? audit_log(*owner.files, folder).read(filter, most)
                  : result<std::vector<audit_record>>(std::vector<audit_record>());
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
