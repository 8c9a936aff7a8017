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

/// What a store remembers of the manifests of one model: the highest that was accepted, and what vouched for it
/// (FORMATS: Memory and time).
struct model_memory
{
    std::uint64_t sequence = 0;
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
    };
    /// So many at least; the highest of every key stays in any case, or a thief of one could push the others' out.
    static constexpr std::size_t history_cap = 16;
    std::vector<accepted> history;

    /// Which artifact became active under a sequence, by platform.
    struct activated
    {
        std::uint64_t sequence = 0;
        std::string platform;
        sha256_digest artifact;
        sha256_digest envelope{};  ///< what vouched for it
    };
    static constexpr std::size_t active_digests_cap = 64;
    std::vector<activated> active_digests;
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
};

/// Whether a manifest may be accepted at `now`: clock (26), expiry (21), then no way back (22).
MODELSEC_DECL result<void> check_memory(const model_memory& memory, const manifest_claim& claim, utc_time now,
                                        std::uint64_t min_sequence, const limits& caps);
/// The memory after the manifest was accepted; false if there is nothing new to remember: neither what it says nor who vouches.
MODELSEC_DECL bool remember(model_memory& memory, const manifest_claim& claim);
/// The envelope that is kept of what this one says: of those that were accepted the one with most vouchers; its own if it is new.
MODELSEC_DECL sha256_digest kept_envelope(const model_memory& memory, const manifest_claim& claim);
/// Remembers which artifact became active under a sequence, and by which envelope.
MODELSEC_DECL void remember_active(model_memory& memory, std::uint64_t sequence, const std::string& platform,
                                   const sha256_digest& artifact, const sha256_digest& envelope);
/// Forgets what became active under this sequence by envelopes for which `still_vouched` is false: what a stolen key signed does not
/// bar what the honest one says under the same number. Whether there was any.
MODELSEC_DECL bool forget_disowned(model_memory& memory, std::uint64_t sequence,
                                   const std::function<bool(const sha256_digest&)>& still_vouched);
/// Whether another artifact became active under this very sequence: `equivocation`.
MODELSEC_DECL result<void> check_equivocation(const model_memory& memory, std::uint64_t sequence,
                                              const std::string& platform, const sha256_digest& artifact);
/// The memory that is left when the envelopes for which `still_vouched` is false are forgotten.
MODELSEC_DECL model_memory fall_back(model_memory memory, const std::function<bool(const sha256_digest&)>& still_vouched);

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/trust/memory.ipp>
#endif

#endif
