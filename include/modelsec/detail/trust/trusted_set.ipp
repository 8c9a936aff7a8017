// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_TRUSTED_SET_IPP
#define MODELSEC_DETAIL_TRUST_TRUSTED_SET_IPP

#include <modelsec/detail/trust/trusted_set.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Whether a key that could speak for the role no longer can: its id is gone, or stands for another key now.
inline bool lost_a_key(const root_metadata& before, const root_metadata& after, tuf_role role)
{
    const auto& left = after.authority(role).key_ids;
    const auto& ids = before.authority(role).key_ids;
    return std::any_of(ids.begin(), ids.end(), [&](const std::string& id) {
        const auto was = before.keys.find(id);
        const auto is = after.keys.find(id);
        return std::find(left.begin(), left.end(), id) == left.end() ||
               (was != before.keys.end() && (is == after.keys.end() || is->second.value != was->second.value));
    });
}

result<trusted_set> trusted_set::start(bytes_view root, utc_time update_start, const limits& caps, go_on_function go_on)
{
    MODELSEC_TRY(root_metadata first, verify_first_root(root, caps, go_on));
    return trusted_set(std::move(first), update_start, caps, std::move(go_on));
}

result<void> trusted_set::expect(phase p) const
{
    if (phase_ != p)
        return fail(reason::internal_error, "metadata out of order");
    return {};
}

result<metadata_envelope> trusted_set::open(bytes_view raw, const tuf_authority& authority, const tuf_keys& keys,
                                            std::size_t cap) const
{
    MODELSEC_TRY(metadata_envelope e, parse_metadata_envelope(raw, cap, caps_));
    signature_budget budget{caps_.signature_message_bytes, go_on_};
    MODELSEC_CHECK(check_authority(e, authority, keys, &budget));
    e.signed_bytes = bytes();  // as large as the text, and needed no more
    return e;
}

result<bool> trusted_set::update_root(bytes_view raw)
{
    MODELSEC_CHECK(expect(phase::root));
    MODELSEC_TRY(root_metadata next, verify_next_root(root_, raw, caps_, go_on_));
    const bool recover = lost_a_key(root_, next, tuf_role::timestamp) || lost_a_key(root_, next, tuf_role::snapshot);
    root_ = std::move(next);
    return recover;
}

result<void> trusted_set::finish_root()
{
    MODELSEC_CHECK(expect(phase::root));
    if (root_.expired(now_))  // 5.3.10
        return fail(reason::root_expired);
    phase_ = phase::timestamp;
    return {};
}

result<void> trusted_set::load_timestamp(bytes_view raw)
{
    MODELSEC_CHECK(expect(phase::timestamp));
    MODELSEC_TRY(const metadata_envelope e,
                 open(raw, root_.authority(tuf_role::timestamp), root_.keys, caps_.timestamp_bytes));
    MODELSEC_TRY(timestamp_, parse_timestamp(e.signed_view, caps_));
    return {};
}

result<bool> trusted_set::update_timestamp(bytes_view raw)
{
    MODELSEC_CHECK(expect(phase::timestamp));
    MODELSEC_TRY(const metadata_envelope e,
                 open(raw, root_.authority(tuf_role::timestamp), root_.keys, caps_.timestamp_bytes));  // 5.4.2
    MODELSEC_TRY(timestamp_metadata next, parse_timestamp(e.signed_view, caps_));
    if (timestamp_ && next.version < timestamp_->version)  // 5.4.3.1
        return fail(reason::older_metadata, "a timestamp older than the one that was accepted");
    const bool fresh = !timestamp_ || next.version > timestamp_->version;
    if (fresh && timestamp_ && next.snapshot.version < timestamp_->snapshot.version)  // 5.4.3.2
        return fail(reason::older_metadata, "a timestamp with an older snapshot than the one that was accepted");
    if ((fresh ? next : *timestamp_).expired(now_))  // 5.4.4
        return fail(reason::metadata_expired, "timestamp");
    if (fresh)
        timestamp_ = std::move(next);
    phase_ = phase::snapshot;
    return fresh;
}

result<void> trusted_set::load_snapshot(bytes_view raw)
{
    MODELSEC_CHECK(expect(phase::snapshot));
    MODELSEC_TRY(const metadata_envelope e,
                 open(raw, root_.authority(tuf_role::snapshot), root_.keys, caps_.snapshot_bytes));
    MODELSEC_TRY(snapshot_, parse_snapshot(e.signed_view, caps_));
    if (snapshot_->version == timestamp_->snapshot.version && timestamp_->snapshot.check(raw) && !snapshot_->expired(now_))
        phase_ = phase::snapshot_done;
    return {};
}

result<void> trusted_set::check_rollback(const snapshot_metadata& next) const
{
    if (!snapshot_)
        return {};
    for (const snapshot_metadata::entry& before : snapshot_->entries)
    {
        const snapshot_metadata::entry* now = next.find(snapshot_->name(before));
        if (!now)
            return fail(reason::older_metadata, "a snapshot without a role that was listed before");
        if (now->version < before.version)
            return fail(reason::older_metadata, "a snapshot with an older role than the one that was accepted");
    }
    return {};
}

result<void> trusted_set::update_snapshot(bytes_view raw)
{
    MODELSEC_CHECK(expect(phase::snapshot));
    MODELSEC_CHECK(timestamp_->snapshot.check(raw));  // 5.5.2
    MODELSEC_TRY(const metadata_envelope e,
                 open(raw, root_.authority(tuf_role::snapshot), root_.keys, caps_.snapshot_bytes));  // 5.5.3
    MODELSEC_TRY(snapshot_metadata next, parse_snapshot(e.signed_view, caps_));
    if (next.version != timestamp_->snapshot.version)  // 5.5.4
        return fail(reason::metadata_mismatch, "a snapshot of another version than the timestamp says");
    MODELSEC_CHECK(check_rollback(next));  // 5.5.5
    if (next.expired(now_))                // 5.5.6
        return fail(reason::metadata_expired, "snapshot");
    snapshot_ = std::move(next);
    phase_ = phase::snapshot_done;
    return {};
}

result<metadata_file> trusted_set::targets_file(std::string_view role) const
{
    MODELSEC_CHECK(expect(phase::snapshot_done));
    const snapshot_metadata::entry* listed = snapshot_->find(role);
    if (!listed)
        return fail(reason::metadata_mismatch, "a role that the snapshot does not list");
    return snapshot_->read(*listed);
}

// TUF 1.0 section 5.6.3: the top-level role answers to the root, a delegated role to whoever delegates to it here and now.
result<metadata_envelope> trusted_set::open_delegated(const delegation_step& step, bytes_view raw) const
{
    if (step.role == "targets")
        return open(raw, root_.authority(tuf_role::targets), root_.keys, caps_.tuf_metadata_bytes);
    const targets_metadata* delegator = targets(step.delegator);
    if (!delegator || !delegator->delegations)
        return fail(reason::internal_error, "a delegated role before its delegator");
    const delegations& given = *delegator->delegations;
    for (const delegated_role& d : given.roles)
        if (d.name == step.role)
            return open(raw, d.authority, given.keys, caps_.tuf_metadata_bytes);
    // The walk asks only for what the delegator's own text yields: it can but be a bin.
    if (!given.bins)
        return fail(reason::internal_error, "a role that nobody delegates to");
    return open(raw, given.bins->authority, given.keys, caps_.tuf_metadata_bytes);
}

result<void> trusted_set::update_targets(const delegation_step& step, std::string_view path, bytes_view raw)
{
    MODELSEC_TRY(const metadata_file listed, targets_file(step.role));
    MODELSEC_CHECK(listed.check(raw));                                   // 5.6.2
    MODELSEC_TRY(const metadata_envelope e, open_delegated(step, raw));  // 5.6.3
    MODELSEC_TRY(targets_metadata next, parse_targets(e.signed_view, path, caps_));
    if (next.version != listed.version)  // 5.6.4
        return fail(reason::metadata_mismatch, "targets metadata of another version than the snapshot says");
    if (next.expired(now_))  // 5.6.5
        return fail(reason::metadata_expired, step.role);
    std::size_t said = next.delegations ? next.delegations->text_bytes : 0;
    for (const auto& [role, metadata] : targets_)
        said += role != step.role && metadata.delegations ? metadata.delegations->text_bytes : 0;
    if (said > limits::delegation_bytes)
        return fail(reason::too_large, "delegations that say more than allowed");
    targets_[step.role] = std::move(next);
    return {};
}

const targets_metadata* trusted_set::targets(std::string_view role) const
{
    const auto it = targets_.find(role);
    return it == targets_.end() ? nullptr : &it->second;
}

void trusted_set::forget_targets()
{
    targets_.clear();
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
