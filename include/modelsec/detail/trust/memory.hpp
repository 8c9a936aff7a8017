// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_MEMORY_HPP
#define MODELSEC_DETAIL_TRUST_MEMORY_HPP

#include <modelsec/detail/base/clock.hpp>
#include <modelsec/detail/base/digest.hpp>
#include <modelsec/detail/base/name.hpp>
#include <modelsec/limits.hpp>

#include <functional>
#include <optional>
#include <string>
#include <vector>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// A pack that must not come back by itself.
struct barred_pack
{
    identifier version;
    sha256_digest artifact;
};

/// By what a manifest stands in order: its sequence or, lacking it, its time of issue (docs/manifest.md, Memory and time).
struct order_mark
{
    std::optional<std::uint64_t> sequence;
    std::optional<utc_time> issued_at;  ///< only without a sequence

    bool ordered() const noexcept { return sequence || issued_at; }
    friend bool operator==(const order_mark&, const order_mark&) = default;
};

/// What a store remembers of the manifests of one model: the highest that was accepted, and what vouched for it
/// (docs/manifest.md, Memory and time).
struct model_memory
{
    std::uint64_t sequence = 0;
    bool sequence_seen = false;  ///< a manifest with a sequence was accepted: one without is `order_lost`
    std::optional<utc_time> issued_at;
    bool dsse_seen = false;

    /// Accepted envelopes, by digest, oldest first: the memory can fall back on them when keys are revoked.
    struct accepted
    {
        std::uint64_t sequence = 0;
        std::optional<utc_time> issued_at;
        sha256_digest envelope;
        sha256_digest statement{};           ///< of the signed bytes: a server can vary an envelope around them at will
        std::vector<std::string> key_ids{};  ///< who vouched
        bool sequenced = true;               ///< there was a sequence
        bool all_verified = false;  ///< `key_ids` are all who signed it: nobody else can be trusted later and vouch for it
    };
    /// What a later one stands for whatever keys fall is forgotten at once. Of the others so many at least; the highest of every key stays
    /// in any case, or a thief of one could push the others' out.
    static constexpr std::size_t history_cap = 16;
    std::vector<accepted> history;

    /// Which artifact became active under a sequence (or time of issue), by platform.
    struct activated
    {
        order_mark mark;
        std::string platform;
        sha256_digest artifact;
        sha256_digest envelope{};  ///< what vouched for it
    };
    static constexpr std::size_t active_digests_cap = 64;
    std::vector<activated> active_digests;

    /// Since when a signature is known that was accepted in place of a manifest, in the order in which they came. Anybody can have an old
    /// one stamped anew: the earliest instant that was ever told of it stays its own; lacking one, that of its acceptance.
    struct seen_signature
    {
        sha256_digest signature;  ///< see signature_identity()
        utc_time first;
        std::string signer;
    };
    /// Beyond it the oldest goes of whom there are most: a thief of one key pushes out no other's.
    static constexpr std::size_t signatures_cap = 64;
    std::vector<seen_signature> signatures{};
};

/// What a verified manifest claims of itself, as far as the memory cares.
struct manifest_claim
{
    std::optional<std::uint64_t> sequence;
    std::optional<utc_time> issued_at;
    std::optional<utc_time> expires_at;
    bool dsse = true;
    sha256_digest envelope;
    sha256_digest statement{};
    std::vector<std::string> key_ids{};
    bool ordered_elsewhere = false;  ///< a TUF target: the versions of its metadata order it
    bool one_statement = false;      ///< no two statements of one `issued_at` (a signature: its trusted time)
    bool all_verified = true;        ///< no signature of the envelope is by anybody but `key_ids`
    /// See signature_identity(), where a signature takes the place of a manifest: `issued_at` is then somebody's word about it.
    std::optional<sha256_digest> signature{};
    std::optional<utc_time> accepted_at{};  ///< by this store's clock: its signature was not made later

    order_mark mark() const { return {sequence, sequence ? std::nullopt : issued_at}; }
};

/// What stays of a signature whoever passes it on: by ECDSA everybody can make (r, n - s) of (r, s), so r alone counts.
MODELSEC_DECL sha256_digest signature_identity(bytes_view signature);
/// Since when a claim stands: its own time, or the earlier one of the same signature that is remembered.
MODELSEC_DECL std::optional<utc_time> first_told(const model_memory& memory, const manifest_claim& claim);
/// Whether a manifest may be accepted at `now`: clock (26), expiry (21), then no way back (22). `require_order` refuses what nothing
/// orders (`unordered`).
MODELSEC_DECL result<void> check_memory(const model_memory& memory, const manifest_claim& claim, utc_time now,
                                        std::uint64_t min_sequence, const limits& caps, bool require_order = false);
/// Whether a manifest that stands so in order comes after what was accepted: `older_sequence`, `older_issue`, `order_lost`.
MODELSEC_DECL result<void> check_order(const model_memory& memory, const order_mark& mark);
/// Whether nothing has ever ordered the manifests of this model, nor does this one: the owner should know (`unordered`).
MODELSEC_DECL bool is_unordered(const model_memory& memory, const manifest_claim& claim);
/// The memory after the manifest was accepted; false if there is nothing new to remember: neither what it says nor who vouches.
/// Without `vouchers_verified` the key ids are what an envelope says of itself: nothing is forgotten because of it.
MODELSEC_DECL bool remember(model_memory& memory, const manifest_claim& claim, bool vouchers_verified = true);
/// Remembers since when the claim's signature is known: its own time or, lacking one, that of its acceptance. Whether that is new.
MODELSEC_DECL bool remember_signature(model_memory& memory, const manifest_claim& claim);
/// The envelope that is kept of what this one says: of those that were accepted the one with most vouchers; its own if it is new.
MODELSEC_DECL sha256_digest kept_envelope(const model_memory& memory, const manifest_claim& claim);
/// Remembers which artifact became active under a mark, and by which envelope.
MODELSEC_DECL void remember_active(model_memory& memory, const order_mark& mark, const std::string& platform,
                                   const sha256_digest& artifact, const sha256_digest& envelope);
/// Forgets what became active under this mark by envelopes for which `still_vouched` is false: what a stolen key signed does not
/// bar what the honest one says under the same number. Whether there was any.
MODELSEC_DECL bool forget_disowned(model_memory& memory, const order_mark& mark,
                                   const std::function<bool(const sha256_digest&)>& still_vouched);
/// Whether another artifact became active under this very mark: `equivocation`.
MODELSEC_DECL result<void> check_equivocation(const model_memory& memory, const order_mark& mark,
                                              const std::string& platform, const sha256_digest& artifact);
/// The memory that is left when the envelopes for which `still_vouched` is false are forgotten.
MODELSEC_DECL model_memory fall_back(model_memory memory, const std::function<bool(const sha256_digest&)>& still_vouched);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/memory.ipp>
#endif

#endif
