// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_TUF_WORKFLOW_IPP
#define MODELSEC_DETAIL_TRUST_TUF_WORKFLOW_IPP

#include <modelsec/detail/base/content_coding.hpp>
#include <modelsec/detail/base/encoding.hpp>
#include <modelsec/detail/trust/tuf_workflow.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

tuf_client::tuf_client(std::optional<bytes> pinned_root, utc_time update_start, const limits& caps, go_on_function go_on)
    : pinned_(std::move(pinned_root)), now_(update_start), caps_(caps), go_on_(std::move(go_on))
{
}

trust_action tuf_client::go(state next, trust_action::kind what, std::string name, std::size_t cap, bytes data)
{
    state_ = next;
    return {what, std::move(name), cap, std::move(data)};
}

result<trust_action> tuf_client::start(std::string path)
{
    if (state_ != state::start)
        return fail(reason::internal_error, "an update was started twice");
    if (!path.empty())
        walk_.emplace(std::move(path), caps_);
    return go(state::root_loaded, trust_action::kind::load, "root.json", caps_.root_bytes);
}

result<trust_action> tuf_client::resume(trust_input input)
{
    if (input.what == trust_input::kind::failed)
    {
        state_ = state::over;
        return std::move(input.error);
    }
    auto action = step(std::move(input));
    // What is kept and does not verify is passed over; one that there was no time to verify is not.
    if (action && go_on_)
        if (auto ended = go_on_(); !ended)
            action = std::move(ended).error();
    if (!action && state_ != state::ready)
        state_ = state::over;
    return action;
}

result<trust_action> tuf_client::step(trust_input input)
{
    using kind = trust_action::kind;
    const bool got = input.what == trust_input::kind::got;
    switch (state_)
    {
    case state::root_loaded: return start_from_root(std::move(input));
    case state::root_stored: return next_root();
    case state::root_fetched: return take_root(std::move(input));
    case state::timestamp_removed: return go(state::snapshot_removed, kind::remove, "snapshot.json", 0);
    case state::snapshot_removed: return go(state::root_stored, kind::store, "root.json", 0, std::move(root_));
    case state::timestamp_loaded:
        if (got)
            (void)set_->load_timestamp(input.data);  // one that does not verify any more protects from nothing
        return go(state::timestamp_fetched, kind::fetch, "timestamp.json", caps_.timestamp_bytes);  // 5.4.1
    case state::timestamp_fetched: return take_timestamp(std::move(input));
    case state::timestamp_stored: return go(state::snapshot_loaded, kind::load, "snapshot.json", caps_.snapshot_bytes);
    case state::snapshot_loaded: return take_kept_snapshot(std::move(input));
    case state::snapshot_fetched: return take_snapshot(std::move(input));
    case state::snapshot_stored: role_ = {"targets", "root"}; return next_targets();
    case state::targets_loaded: return take_kept_targets(std::move(input));
    case state::targets_fetched: return take_targets(std::move(input));
    case state::targets_stored: return go_on_searching();
    case state::start:
    case state::ready:
    case state::over: break;
    }
    return fail(reason::internal_error, "an update was resumed before its start or after its end");
}

// 5.2. The kept root is the later one of the same chain; it counts only if it is whole.
result<trust_action> tuf_client::start_from_root(trust_input input)
{
    auto kept = trusted_set::start(input.data, now_, caps_, go_on_);
    if (!pinned_)
    {
        if (!kept)
            return std::move(kept).error();
        set_ = std::move(*kept);
        return next_root();
    }
    MODELSEC_TRY(trusted_set pinned, trusted_set::start(*pinned_, now_, caps_, go_on_));
    if (kept && kept->root().version >= pinned.root().version)
    {
        set_ = std::move(*kept);
        return next_root();
    }
    set_ = std::move(pinned);
    return go(state::root_stored, trust_action::kind::store, "root.json", 0, std::move(*pinned_));
}

// 5.3.2, 5.3.3: ask for version N+1. Reaching the cap is a failure: what lies beyond it may revoke keys.
result<trust_action> tuf_client::next_root()
{
    if (roots_++ == caps_.roots)
        return fail(reason::too_large, "more roots than allowed in one update");
    return go(state::root_fetched, trust_action::kind::fetch, std::to_string(set_->root().version + 1) + ".root.json",
              caps_.root_bytes);
}

result<trust_action> tuf_client::take_root(trust_input input)
{
    if (input.what != trust_input::kind::got)
    {
        MODELSEC_CHECK(set_->finish_root());  // 5.3.10
        return go(state::timestamp_loaded, trust_action::kind::load, "timestamp.json", caps_.timestamp_bytes);
    }
    MODELSEC_TRY(const bool recover, set_->update_root(input.data));  // 5.3.4 to 5.3.7
    if (!recover)
        return go(state::root_stored, trust_action::kind::store, "root.json", 0, std::move(input.data));  // 5.3.8
    // 5.3.11. Removed before the root is stored: a crash in between repeats the removal instead of forgetting it.
    root_ = std::move(input.data);
    return go(state::timestamp_removed, trust_action::kind::remove, "timestamp.json", 0);
}

result<trust_action> tuf_client::take_timestamp(trust_input input)
{
    if (input.what != trust_input::kind::got)
        return fail(reason::not_found, "timestamp.json");
    MODELSEC_TRY(const bool fresh, set_->update_timestamp(input.data));
    if (fresh)
        return go(state::timestamp_stored, trust_action::kind::store, "timestamp.json", 0, std::move(input.data));  // 5.4.5
    state_ = state::timestamp_stored;
    return step(trust_input::finished());
}

/// 5.5.1, 5.6.1: up to the length that is listed, else up to the cap; with the version in the name if snapshots are
/// consistent.
result<trust_action> tuf_client::fetch_listed(state next, std::string_view role, const metadata_file& listed)
{
    const std::size_t most = next == state::snapshot_fetched ? caps_.snapshot_bytes : caps_.tuf_metadata_bytes;
    if (listed.length && *listed.length > most)
        return fail(reason::too_large, "a metadata file above its cap is listed");
    const std::size_t cap = listed.length ? static_cast<std::size_t>(*listed.length) : most;
    const std::string prefix = set_->root().consistent_snapshot ? std::to_string(listed.version) + "." : "";
    trust_action out = go(next, trust_action::kind::fetch, prefix + encode_role_name(role) + ".json", cap);
    out.digest_signed = listed.hashes.checkable();
    return out;
}

/// Why listed metadata is refused; of other bytes than the listed ones also which coding their answer claimed.
inline failure refused_metadata(failure problem, const trust_input& input, const result<metadata_file>& listed)
{
    const bool other = !input.coding.empty() && listed.has_value() && listed->check(input.data).has_error();
    return other ? with_coding_named(std::move(problem), input.coding) : problem;
}

result<trust_action> tuf_client::take_kept_snapshot(trust_input input)
{
    if (input.what == trust_input::kind::got)
        (void)set_->load_snapshot(input.data);
    if (!set_->snapshot_is_current())
        return fetch_listed(state::snapshot_fetched, "snapshot", set_->snapshot_file());
    state_ = state::snapshot_stored;
    return step(trust_input::finished());
}

result<trust_action> tuf_client::take_snapshot(trust_input input)
{
    if (input.what != trust_input::kind::got)
        return fail(reason::not_found, "snapshot.json");
    if (auto done = set_->update_snapshot(input.data); done.has_error())
        return refused_metadata(std::move(done).error(), input, set_->snapshot_file());
    return go(state::snapshot_stored, trust_action::kind::store, "snapshot.json", 0, std::move(input.data));  // 5.5.7
}

result<trust_action> tuf_client::next_targets()
{
    return go(state::targets_loaded, trust_action::kind::load, metadata_file_name(role_.role), caps_.tuf_metadata_bytes);
}

// A kept role must pass every check that a served one must, against its present delegator; else it is fetched again.
result<trust_action> tuf_client::take_kept_targets(trust_input input)
{
    if (input.what == trust_input::kind::got && set_->update_targets(role_, wanted(), input.data))
        return go_on_searching();
    MODELSEC_TRY(const metadata_file listed, set_->targets_file(role_.role));
    return fetch_listed(state::targets_fetched, role_.role, listed);
}

result<trust_action> tuf_client::take_targets(trust_input input)
{
    if (input.what != trust_input::kind::got)
        return fail(reason::not_found, metadata_file_name(role_.role));
    if (auto done = set_->update_targets(role_, wanted(), input.data); done.has_error())
        return refused_metadata(std::move(done).error(), input, set_->targets_file(role_.role));
    return go(state::targets_stored, trust_action::kind::store, metadata_file_name(role_.role), 0,
              std::move(input.data));  // 5.6.6
}

result<trust_action> tuf_client::search(std::string path)
{
    if (state_ != state::ready)
        return fail(reason::internal_error, "a search before the end of the update");
    set_->forget_targets();
    found_.reset();
    walk_.emplace(std::move(path), caps_);
    return go_on_searching();
}

result<trust_action> tuf_client::go_on_searching()
{
    state_ = state::ready;
    while (walk_)
    {
        const auto next = walk_->next();
        if (!next)
        {
            const bool capped = walk_->capped();
            walk_.reset();
            return fail(reason::target_mismatch, capped ? "not found in as many roles as may be visited" : "");
        }
        const targets_metadata* metadata = set_->targets(next->role);
        if (!metadata)
        {
            role_ = *next;
            return next_targets();
        }
        if (const target_file* target = walk_->visit(*metadata))
        {
            walk_.reset();
            if (!target->hashes.checkable())
                return fail(reason::metadata_mismatch, "no known digest is listed for the target");
            found_ = *target;
        }
    }
    return trust_action{};
}

std::string tuf_client::found_location() const
{
    const auto slash = found_->path.rfind('/') + 1;  // 0 if there is none
    std::string file = found_->path.substr(slash);
    if (set_->root().consistent_snapshot)
        file = (found_->hashes.sha256 ? found_->hashes.sha256->hex() : to_hex(*found_->hashes.sha512)) + "." + file;
    std::string out;
    for (const char c : found_->path.substr(0, slash) + file)
        out += c == '/' ? std::string(1, c) : encode_role_name({&c, 1});
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
