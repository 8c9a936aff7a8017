// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_ROOT_CHAIN_HPP
#define MODELSEC_DETAIL_TRUST_ROOT_CHAIN_HPP

#include <modelsec/detail/trust/metadata.hpp>
#include <modelsec/detail/trust/trust_action.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Checks a root that is trusted from elsewhere (pinned, or accepted before): well-formed, and signed by a threshold of
/// its own keys. Its expiry does not matter yet (TUF 1.0 section 5.2).
MODELSEC_DECL result<root_metadata> verify_first_root(bytes_view raw, const limits& caps = {},
                                                      const go_on_function& go_on = {});

/// Checks the root that follows a trusted one (TUF 1.0 sections 5.3.4 and 5.3.5): signed by a threshold of the old keys
/// and by one of the new, version exactly one more. Fails with `older_root`, or a reason of check_threshold or of
/// parse_root.
MODELSEC_DECL result<root_metadata> verify_next_root(const root_metadata& trusted, bytes_view raw, const limits& caps = {},
                                                     const go_on_function& go_on = {});

/// The walk from a pinned root to the latest one, for manifests that the root's `targets` role signs (docs/manifest.md, Root
/// chain). Always from the pinned root: a root file in the store only saves a request, and is discarded if it does not
/// chain. The time is fixed for the whole walk. Give resume() `finished` first, then what came of each action, until
/// `done`.
class root_chain
{
public:
    /// `go_on` is asked between signatures.
    MODELSEC_DECL root_chain(bytes pinned_root, utc_time now, const limits& caps = {}, go_on_function go_on = {});

    /// The next action, or why the attempt failed; after that there is nothing to resume.
    MODELSEC_DECL result<trust_action> resume(trust_input input);

    /// The latest root. After `done` only.
    const root_metadata& root() const noexcept { return root_; }
    /// The keys that may sign manifests, and how many of them must.
    MODELSEC_DECL std::vector<candidate_key> manifest_keys() const;
    unsigned manifest_threshold() const { return root_.authority(tuf_role::targets).threshold; }
    /// A manifest that was signed for a later root than the latest one is `older_root`: somebody holds roots back.
    MODELSEC_DECL result<void> check_manifest_root(std::uint64_t root_version) const;

private:
    enum class state
    {
        start,
        loaded,     // the store was asked for the next root
        discarded,  // … and what it had was removed
        fetched,    // the origin was asked for it
        stored,
        over
    };

    MODELSEC_DECL result<trust_action> step(trust_input input);
    MODELSEC_DECL result<trust_action> ask_store();
    MODELSEC_DECL trust_action ask_origin();
    MODELSEC_DECL std::string next_name() const;

    state state_ = state::start;
    bytes pinned_;
    utc_time now_;
    limits caps_;
    go_on_function go_on_;
    std::size_t walked_ = 0;
    root_metadata root_;
};

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/root_chain.ipp>
#endif

#endif
