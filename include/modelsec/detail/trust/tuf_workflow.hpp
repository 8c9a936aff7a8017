// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_TUF_WORKFLOW_HPP
#define MODELSEC_DETAIL_TRUST_TUF_WORKFLOW_HPP

#include <modelsec/detail/trust/trusted_set.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The client workflow of TUF 1.0 (section 5) as decisions without IO. The metadata folder holds `root.json`,
/// `timestamp.json`, `snapshot.json`, `targets.json` and delegated roles: raw bytes, each only after it was accepted. One
/// object is one update, its time fixed at the start (5.1). Begin with start(), give resume() what came of each action, until `done`;
/// after that, search() for targets, one after the other. Of targets metadata no more is held than what it says of one target: every
/// search reads the roles again, from the folder mostly.
class tuf_client
{
public:
    /// `pinned_root`: what to trust while the folder has no valid root of at least its version. Without one the folder must.
    /// `go_on` is asked between signatures: what it fails with ends the update.
    MODELSEC_DECL tuf_client(std::optional<bytes> pinned_root, utc_time update_start, const limits& caps = {},
                             go_on_function go_on = {});

    /// The first action. With a path the update ends with the search for that target: done at once, each role is read once.
    MODELSEC_DECL result<trust_action> start(std::string path = {});
    /// The next action, or why the update failed: then the object is over; what was stored before stays valid, and a new
    /// update can begin. Only a target that nobody lists (`target_mismatch`), or with no known digest, leaves the object
    /// usable.
    MODELSEC_DECL result<trust_action> resume(trust_input input);

    /// Starts the search for a target (5.6.7); go on with resume() until `done`, then found() has it.
    MODELSEC_DECL result<trust_action> search(std::string path);
    /// The target that the last search found.
    const target_file& found() const { return *found_; }
    /// Where it lies below the targets URL (5.7.3): with a digest in its name if snapshots are consistent. Percent-encoded.
    MODELSEC_DECL std::string found_location() const;

    /// Null before the root is loaded.
    const trusted_set* trusted() const noexcept { return set_ ? &*set_ : nullptr; }

private:
    enum class state
    {
        start,
        root_loaded,
        root_stored,
        root_fetched,
        timestamp_removed,  // 5.3.11
        snapshot_removed,
        timestamp_loaded,
        timestamp_fetched,
        timestamp_stored,
        snapshot_loaded,
        snapshot_fetched,
        snapshot_stored,
        targets_loaded,
        targets_fetched,
        targets_stored,
        ready,
        over
    };

    MODELSEC_DECL result<trust_action> step(trust_input input);
    MODELSEC_DECL result<trust_action> start_from_root(trust_input input);
    MODELSEC_DECL result<trust_action> next_root();
    MODELSEC_DECL result<trust_action> take_root(trust_input input);
    MODELSEC_DECL result<trust_action> take_timestamp(trust_input input);
    MODELSEC_DECL result<trust_action> take_kept_snapshot(trust_input input);
    MODELSEC_DECL result<trust_action> take_snapshot(trust_input input);
    MODELSEC_DECL result<trust_action> next_targets();
    MODELSEC_DECL result<trust_action> take_kept_targets(trust_input input);
    MODELSEC_DECL result<trust_action> take_targets(trust_input input);
    MODELSEC_DECL result<trust_action> go_on_searching();
    MODELSEC_DECL result<trust_action> fetch_listed(state next, std::string_view role, const metadata_file& listed);
    MODELSEC_DECL trust_action go(state next, trust_action::kind what, std::string name, std::size_t cap, bytes data = {});

    std::string_view wanted() const { return walk_ ? std::string_view(walk_->path()) : std::string_view(); }

    state state_ = state::start;
    std::optional<bytes> pinned_;
    utc_time now_;
    limits caps_;
    go_on_function go_on_;
    std::optional<trusted_set> set_;
    bytes root_;  ///< accepted, to be stored once timestamp and snapshot are removed
    std::size_t roots_ = 0;
    delegation_step role_;  ///< the targets role that is being taken
    std::optional<delegation_walk> walk_;
    std::optional<target_file> found_;
};

/// Checks the bytes of a target as they arrive (5.7.3): never more than its length, then every known digest.
class target_check
{
public:
    /// `metadata_mismatch` if no known digest is listed.
    MODELSEC_DECL static result<target_check> start(target_file target);
    /// `size_mismatch` as soon as there are more bytes than listed.
    MODELSEC_DECL result<void> update(bytes_view data);
    /// `size_mismatch` or `digest_mismatch`.
    MODELSEC_DECL result<void> finish();

private:
    explicit target_check(target_file target) : target_(std::move(target)) {}

    target_file target_;
    std::uint64_t seen_ = 0;
    std::optional<hasher> sha256_;
    std::optional<hasher> sha512_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/target_check.ipp>
#include <modelsec/detail/trust/tuf_workflow.ipp>
#endif

#endif
