// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_ROOT_CHAIN_IPP
#define MODELSEC_DETAIL_TRUST_ROOT_CHAIN_IPP

#include <modelsec/detail/trust/root_chain.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

inline result<metadata_envelope> open_root(bytes_view raw, const limits& caps)
{
    auto e = parse_metadata_envelope(raw, caps.root_bytes, caps);
    if (!e && e.error().why == reason::metadata_malformed)
        return fail(reason::root_malformed, e.error().detail);
    return e;
}

result<root_metadata> verify_first_root(bytes_view raw, const limits& caps, const go_on_function& go_on)
{
    signature_budget budget{caps.signature_message_bytes, go_on};
    MODELSEC_TRY(const metadata_envelope e, open_root(raw, caps));
    MODELSEC_TRY(root_metadata root, parse_root(e.signed_view, caps));
    MODELSEC_CHECK(check_authority(e, root.authority(tuf_role::root), root.keys, &budget));
    return root;
}

result<root_metadata> verify_next_root(const root_metadata& trusted, bytes_view raw, const limits& caps,
                                       const go_on_function& go_on)
{
    signature_budget budget{caps.signature_message_bytes, go_on};
    MODELSEC_TRY(const metadata_envelope e, open_root(raw, caps));
    // TUF 1.0 section 5.3.4: first a threshold of the keys that are trusted already; only then is the new file read.
    MODELSEC_CHECK(check_authority(e, trusted.authority(tuf_role::root), trusted.keys, &budget));
    MODELSEC_TRY(root_metadata root, parse_root(e.signed_view, caps));
    MODELSEC_CHECK(check_authority(e, root.authority(tuf_role::root), root.keys, &budget));
    // Section 5.3.5: "checking that the version number signed in the new root metadata file is indeed N+1".
    if (root.version != trusted.version + 1)
        return fail(reason::older_root, "a root whose version does not follow the trusted one");
    return root;
}

/// docs/manifest.md, No confusion: a key serves one use. Whoever signs manifests must not be able to rotate.
inline result<void> check_uses(const root_metadata& root)
{
    const auto signs_manifests = root.authority(tuf_role::targets).candidates(root.keys);
    for (const candidate_key& k : root.authority(tuf_role::root).candidates(root.keys))
        if (std::ranges::any_of(signs_manifests, [&](const candidate_key& other) { return other.key == k.key; }))
            return fail(reason::key_reused, "the pinned root: a root key signs manifests too");
    return {};
}

root_chain::root_chain(bytes pinned_root, utc_time now, const limits& caps, go_on_function go_on)
    : pinned_(std::move(pinned_root)), now_(now), caps_(caps), go_on_(std::move(go_on))
{
}

std::vector<candidate_key> root_chain::manifest_keys() const
{
    auto keys = root_.authority(tuf_role::targets).candidates(root_.keys);
    // A manifest is no TUF metadata: what signs only that (TAP 21) does not sign it.
    std::erase_if(keys, [](const candidate_key& k) { return is_ml_dsa(k.key.type()); });
    return keys;
}

result<void> root_chain::check_manifest_root(std::uint64_t root_version) const
{
    if (root_version > root_.version)
        return fail(reason::older_root, "the manifest was signed for a later root than the latest one that is offered");
    return {};
}

result<trust_action> root_chain::resume(trust_input input)
{
    if (input.what == trust_input::kind::failed)
    {
        state_ = state::over;
        return std::move(input.error);
    }
    auto action = step(std::move(input));
    if (!action)
        state_ = state::over;
    return action;
}

result<trust_action> root_chain::step(trust_input input)
{
    const bool got = input.what == trust_input::kind::got;
    switch (state_)
    {
    case state::start:
    {
        MODELSEC_TRY(root_, verify_first_root(pinned_, caps_, go_on_));
        MODELSEC_CHECK(check_uses(root_));
        return ask_store();
    }
    case state::loaded:
    {
        if (!got)
            return ask_origin();
        auto next = verify_next_root(root_, input.data, caps_, go_on_);
        if (go_on_)
            MODELSEC_CHECK(go_on_());  // a kept root is not bad because there was no time to check it
        if (!next)
        {
            state_ = state::discarded;
            return trust_action{trust_action::kind::remove, next_name(), 0, {}};
        }
        root_ = std::move(*next);
        return ask_store();
    }
    case state::discarded: return ask_origin();
    case state::fetched:
    {
        if (got)
        {
            trust_action store{trust_action::kind::store, next_name(), 0, {}};
            MODELSEC_TRY(root_, verify_next_root(root_, input.data, caps_, go_on_));
            store.data = std::move(input.data);
            state_ = state::stored;
            return store;
        }
        state_ = state::over;
        // TUF 1.0 section 5.3.10: the expiry of the last root counts, that of the ones between does not.
        if (root_.expired(now_))
            return fail(reason::root_expired);
        return trust_action{};
    }
    case state::stored: return ask_store();
    case state::over: break;
    }
    return fail(reason::internal_error, "a root walk was resumed after its end");
}

// TUF 1.0 section 5.3.3 caps the walk; here reaching the cap is a failure, as the latest root was not reached.
result<trust_action> root_chain::ask_store()
{
    if (++walked_ > caps_.roots)
        return fail(reason::too_large, "more roots than allowed");
    state_ = state::loaded;
    return trust_action{trust_action::kind::load, next_name(), caps_.root_bytes, {}};
}

trust_action root_chain::ask_origin()
{
    state_ = state::fetched;
    return {trust_action::kind::fetch, next_name(), caps_.root_bytes, {}};
}

std::string root_chain::next_name() const
{
    return std::to_string(root_.version + 1) + ".root.json";
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
