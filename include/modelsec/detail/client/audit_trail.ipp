// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_CLIENT_AUDIT_TRAIL_IPP
#define MODELSEC_DETAIL_CLIENT_AUDIT_TRAIL_IPP

#include <modelsec/detail/audit/audit_log.hpp>
#include <modelsec/detail/base/guarded.hpp>
#include <modelsec/detail/base/local_file.hpp>
#include <modelsec/detail/client/audit_trail.hpp>
#include <modelsec/detail/store/layout.hpp>
#include <modelsec/detail/store/store.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// `.modelsec` of a store; an invalid file if there is none and it shall not be made.
inline result<file> audit_folder(const client_options& owner, bool create)
{
    if (owner.store.empty())
        return file();
    if (create)
        MODELSEC_CHECK(store::open({owner.store, true, owner.group_shared, owner.policy, owner.files, owner.caps,
                                    owner.cache_tag, owner.clock.get()}));
    MODELSEC_TRY(const file root, owner.files->open_root(owner.store, false, owner.policy));
    if (!root)
        return file();
    return owner.files->open_folder(root, inner_folder_name, false);
}

/// The same for writing: an invalid file as well where this user may only read, or nothing can be written.
inline file writable_audit_folder(const client_options& owner, bool create)
{
    auto folder = audit_folder(owner, create);
    return folder && *folder && !folder->rule().reader ? std::move(*folder) : file();
}

audit_trail::audit_trail(const client_options& owner) : owner_(owner)
{
    if (enabled() && !owner.audit.sink_url.empty())
        sink_ = std::make_unique<audit_sink>(owner.clock, owner.audit.sink_queue, owner.audit.sink_linger,
                                             https_delivery(owner));
}

audit_trail::~audit_trail()
{
    if (!sink_)
        return;
    sink_->close();
    if (const std::uint64_t dropped = sink_->take_dropped())
        (void)guarded([&]() -> result<void> {
            remember(writable_audit_folder(owner_, false), [&](audit_memory& m) { m.note_dropped(dropped); });
            return {};
        });
}

void audit_trail::remember(const file& folder, const std::function<void(audit_memory&)>& change)
{
    const std::lock_guard lock(mutex_);
    const auto with_requests = [&](audit_memory& m) {
        for (unsigned n = 0; n < unwritten_requests_; ++n)
            (void)m.note_request({}, owner_.clock->now());
        change(m);
    };
    if (folder && audit_log(*owner_.files, folder).update(with_requests))
        unwritten_requests_ = 0;
    else
        change(memory_);
}

reason audit_trail::note_request()
{
    reason out = reason::none;
    const file folder = writable_audit_folder(owner_, false);
    remember(folder, [&](audit_memory& m) { out = m.note_request(owner_.manifest_requests, owner_.clock->now()); });
    if (!folder && out == reason::none)
    {
        const std::lock_guard lock(mutex_);
        ++unwritten_requests_;
    }
    return out;
}

void audit_trail::write_requests()
{
    {
        const std::lock_guard lock(mutex_);
        if (unwritten_requests_ == 0)
            return;
    }
    if (const file folder = writable_audit_folder(owner_, false))
        remember(folder, [](audit_memory&) {});
}

void audit_trail::note_attempt(audit_record& record, const audit_memory::observation& seen, bool create)
{
    const audit_options& how = owner_.audit;
    record.time = owner_.clock->now();
    record.user = process_user();
    record.actor = how.actor;
    record.process = process_number();
    const file folder = writable_audit_folder(owner_, create);
    const std::uint64_t dropped = sink_ ? sink_->take_dropped() : 0;
    std::string metrics;
    remember(folder, [&](audit_memory& m) {
        m.note_dropped(dropped);
        record.alerts = m.note_attempt(record, seen, how.rules);
        if (!how.metrics_file.empty() || how.on_metrics)
            metrics = m.metrics();
    });
    if (folder)
        (void)audit_log(*owner_.files, folder).append(record, {how.file_bytes, how.kept_files});
    if (!how.metrics_file.empty())
        (void)replace_local_file(how.metrics_file, metrics);
    if (how.on_metrics)
        how.on_metrics(metrics);
    if (sink_)
        sink_->push(to_json_line(record));
}

result<std::vector<audit_record>> read_audit(const client_options& owner, const audit_filter& filter, std::size_t most)
{
    if (owner.store.empty())
        return fail(reason::bad_option, "no store was given");
    MODELSEC_TRY(const file folder, audit_folder(owner, false));
    return folder ? audit_log(*owner.files, folder).read(filter, most)
                  : result<std::vector<audit_record>>(std::vector<audit_record>());
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
