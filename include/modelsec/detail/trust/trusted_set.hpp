// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_TRUSTED_SET_HPP
#define MODELSEC_DETAIL_TRUST_TRUSTED_SET_HPP

#include <modelsec/detail/trust/delegation.hpp>
#include <modelsec/detail/trust/root_chain.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The metadata of a TUF repository that is trusted so far. It takes metadata only in the order of the client workflow
/// (TUF 1.0 sections 5.2 to 5.6), each file only after all checks of its section, and fails without change otherwise.
/// `load_…` takes what was trusted and kept before; `update_…` what the repository serves. No IO, no clock: the update's
/// time is given once (5.1).
class trusted_set
{
public:
    /// Section 5.2. The root is trusted from elsewhere; it must be whole and signed by itself.
    /// `go_on` is asked between signatures, of this file and all later ones.
    MODELSEC_DECL static result<trusted_set> start(bytes_view root, utc_time update_start, const limits& caps = {},
                                                   go_on_function go_on = {});

    const root_metadata& root() const noexcept { return root_; }
    /// Sections 5.3.4 to 5.3.7. Returns true if a timestamp or snapshot key went: then what is kept of these two roles is
    /// to be deleted (5.3.11), which recovers from fast-forward attacks.
    MODELSEC_DECL result<bool> update_root(bytes_view raw);
    /// Section 5.3.10: no further root. `root_expired`.
    MODELSEC_DECL result<void> finish_root();

    /// The kept timestamp, expired or not, for the rollback checks. Fails if its signatures do not hold any more.
    MODELSEC_DECL result<void> load_timestamp(bytes_view raw);
    /// Sections 5.4.2 to 5.4.4. Returns false for the version that is trusted already: nothing to keep, go on with that one.
    MODELSEC_DECL result<bool> update_timestamp(bytes_view raw);
    /// What the trusted timestamp says of the snapshot.
    const metadata_file& snapshot_file() const { return timestamp_->snapshot; }

    /// The kept snapshot, for the rollback checks.
    MODELSEC_DECL result<void> load_snapshot(bytes_view raw);
    /// Whether the kept snapshot is the one that the timestamp names, and not expired: then there is nothing to fetch.
    bool snapshot_is_current() const noexcept { return phase_ == phase::snapshot_done; }
    /// Sections 5.5.2 to 5.5.6.
    MODELSEC_DECL result<void> update_snapshot(bytes_view raw);

    /// What the trusted snapshot says of a targets role. `metadata_mismatch` if it does not list the role.
    MODELSEC_DECL result<metadata_file> targets_file(std::string_view role) const;
    /// Sections 5.6.2 to 5.6.5, for the top-level targets role and for delegated ones, kept or served: the delegator must be
    /// trusted, and is asked for keys and threshold each time. Of what it says that about the target at `path` is kept (empty: of none):
    /// what the set holds does not grow with what a role lists. `too_large`: limits::delegation_bytes, of all roles together.
    MODELSEC_DECL result<void> update_targets(const delegation_step& step, std::string_view path, bytes_view raw);
    /// What the metadata of a targets role says of that target, or null if it is not trusted (yet).
    MODELSEC_DECL const targets_metadata* targets(std::string_view role) const;
    /// Before another target is looked for. Roles are verified anew in every search: another path may lead to one through another
    /// delegator.
    MODELSEC_DECL void forget_targets();

private:
    enum class phase
    {
        root,
        timestamp,  // the root is final
        snapshot,   // the timestamp is
        snapshot_done
    };

    trusted_set(root_metadata root, utc_time update_start, const limits& caps, go_on_function go_on)
        : root_(std::move(root)), now_(update_start), caps_(caps), go_on_(std::move(go_on))
    {
    }
    MODELSEC_DECL result<void> expect(phase p) const;
    MODELSEC_DECL result<metadata_envelope> open(bytes_view raw, const tuf_authority& authority, const tuf_keys& keys,
                                                 std::size_t cap) const;
    MODELSEC_DECL result<void> check_rollback(const snapshot_metadata& next) const;
    MODELSEC_DECL result<metadata_envelope> open_delegated(const delegation_step& step, bytes_view raw) const;

    phase phase_ = phase::root;
    root_metadata root_;
    std::optional<timestamp_metadata> timestamp_;
    std::optional<snapshot_metadata> snapshot_;
    std::map<std::string, targets_metadata, std::less<>> targets_;
    utc_time now_;
    limits caps_;
    go_on_function go_on_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/trusted_set.ipp>
#endif

#endif
