// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_MEMORY_IPP
#define MODELSEC_DETAIL_TRUST_MEMORY_IPP

#include <modelsec/detail/base/time_span.hpp>
#include <modelsec/detail/trust/memory.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The r of an ECDSA signature in DER (RFC 3279 section 2.2.3: a sequence of two integers); nothing if it is another signature.
inline std::optional<bytes_view> ecdsa_r(bytes_view signature)
{
    const auto take = [&](std::uint8_t tag) -> std::optional<bytes_view> {
        if (signature.size() < 2 || signature[0] != tag)
            return std::nullopt;
        const std::size_t header = signature[1] == 0x81 ? 3 : 2;  // of P-521 the sequence is longer than 127 bytes
        if (signature.size() < header || signature[header - 1] > signature.size() - header)
            return std::nullopt;
        const bytes_view content = signature.subspan(header, signature[header - 1]);
        signature = signature.subspan(header + content.size());
        return content;
    };
    static constexpr std::uint8_t sequence = 0x30, integer = 0x02;
    const auto both = take(sequence);
    if (!both || !signature.empty())
        return std::nullopt;
    signature = *both;
    const auto r = take(integer), s = take(integer);
    return r && s && signature.empty() ? r : std::nullopt;
}

sha256_digest signature_identity(bytes_view signature)
{
    hasher h;
    const auto r = ecdsa_r(signature);
    h.update(as_bytes(r ? "r " : "signature "));
    h.update(r ? *r : signature);
    return h.finish_sha256();
}

std::optional<utc_time> first_told(const model_memory& memory, const manifest_claim& claim)
{
    std::optional<utc_time> out = claim.issued_at;
    if (claim.signature && out)
        for (const auto& s : memory.signatures)
            if (s.signature == *claim.signature)
                out = std::min(*out, s.first);
    return out;
}

/// The claim as of when its signature was first told of.
inline manifest_claim as_first_told(const model_memory& memory, manifest_claim claim)
{
    claim.issued_at = first_told(memory, claim);
    return claim;
}

bool remember_signature(model_memory& memory, const manifest_claim& claim)
{
    const std::optional<utc_time> first = claim.issued_at ? claim.issued_at : claim.accepted_at;
    if (!claim.signature || !first)
        return false;
    auto& all = memory.signatures;
    const std::string signer = claim.key_ids.empty() ? std::string() : claim.key_ids.front();
    const auto known = std::ranges::find(all, *claim.signature, &model_memory::seen_signature::signature);
    if (known != all.end())
    {
        const bool earlier = *first < known->first;
        known->first = std::min(known->first, *first);
        return earlier;
    }
    all.push_back({*claim.signature, *first, signer});
    if (all.size() > model_memory::signatures_cap)
    {
        const auto count = [&](const auto& s) {
            return std::ranges::count(all, s.signer, &model_memory::seen_signature::signer);
        };
        all.erase(std::ranges::max_element(all, {}, count));
    }
    return true;
}

// Order only tightens: a host that holds old manifests must not choose one that nothing orders (TUF 1.0 section 5.4.3.1 and its like).
result<void> check_order(const model_memory& memory, const order_mark& mark)
{
    if (mark.sequence)
        return *mark.sequence < memory.sequence ? result<void>(fail(reason::older_sequence)) : result<void>();
    if (memory.sequence_seen)
        return fail(reason::order_lost, "a manifest without a sequence after one that had one");
    if (!mark.issued_at)
        return memory.issued_at
                   ? result<void>(fail(reason::order_lost, "a manifest without issued_at after one that had it"))
                   : result<void>();
    return memory.issued_at && *mark.issued_at < *memory.issued_at ? result<void>(fail(reason::older_issue))
                                                                   : result<void>();
}

bool is_unordered(const model_memory& memory, const manifest_claim& claim)
{
    return !claim.ordered_elsewhere && !claim.mark().ordered() && !memory.sequence_seen && !memory.issued_at;
}

result<void> check_memory(const model_memory& memory, const manifest_claim& told, utc_time now, std::uint64_t min_sequence,
                          const limits& caps, bool require_order)
{
    const manifest_claim claim = as_first_told(memory, told);
    // A format that was left behind does not come back (docs/manifest.md, No confusion; OWASP: downgrade).
    if (memory.dsse_seen && !claim.dsse)
        return fail(reason::format_downgrade);
    // Two signs of a wrong clock, which would make expiry worthless (TUF 1.0 section 5.1, fixed update start time). Both allow for
    // the skew under which a manifest may have been accepted.
    if (claim.issued_at && is_later_by_more(now, *claim.issued_at, caps.clock_skew))
        return fail(reason::issued_in_future);
    if (memory.issued_at && is_later_by_more(now, *memory.issued_at, caps.clock_skew))
        return fail(reason::clock_went_back);
    // Freeze attack: TUF 1.0 section 5.4.4 and its like.
    if (claim.expires_at && *claim.expires_at <= now)
        return fail(reason::manifest_expired);
    // Rollback attack: TUF 1.0 section 5.4.3.1 and its like. A manifest without a sequence (pack only) cannot satisfy a minimum.
    if (min_sequence > 0 && claim.sequence.value_or(0) < min_sequence)
        return fail(reason::below_min_sequence);
    if (claim.ordered_elsewhere)
        return {};
    MODELSEC_CHECK(check_order(memory, claim.mark()));
    // Of a signature only the instant orders: two statements of one instant leave the choice to the host (TUF 1.0 section 5.4.3.1 and its
    // like).
    if (claim.one_statement && claim.issued_at)
        for (const auto& a : memory.history)
            if (a.issued_at == claim.issued_at && !(a.statement == claim.statement))
                return fail(reason::equivocation, "two statements of one instant");
    if (require_order && !claim.mark().ordered())
        return fail(reason::unordered, claim.one_statement ? "no trusted time" : "neither sequence nor issued_at");
    return {};
}

/// Whether an entry is the highest of one of its keys, by sequence or by time of issue: both orders must survive the others' fall.
inline bool is_highest_of_a_key(const std::vector<model_memory::accepted>& history, std::size_t index)
{
    const auto& entry = history[index];
    const auto exceeded = [&](const std::string& key, auto&& order) {
        for (std::size_t i = 0; i < history.size(); ++i)
            if (i != index && std::ranges::count(history[i].key_ids, key) != 0 &&
                (order(history[i]) > order(entry) || (order(history[i]) == order(entry) && i > index)))
                return true;
        return false;
    };
    return !std::ranges::all_of(entry.key_ids, [&](const std::string& key) {
        return exceeded(key, [](const auto& a) { return std::pair(a.sequenced, a.sequence); }) &&
               exceeded(key, [](const auto& a) { return a.issued_at; });
    });
}

/// Whether `later` stands for all that `entry` does, whatever keys fall: all who vouch for the one vouch for the other, and neither by
/// sequence nor by time of issue does it stand before. Where others signed the entry too, one of them may be trusted later.
inline bool outlives(const model_memory::accepted& later, const model_memory::accepted& entry)
{
    const auto vouches = [&](const std::string& key) { return std::ranges::count(later.key_ids, key) != 0; };
    const std::pair a(entry.sequenced, entry.sequence), b(later.sequenced, later.sequence);
    return entry.all_verified && std::ranges::all_of(entry.key_ids, vouches) && b >= a &&
           later.issued_at >= entry.issued_at &&
           (b > a || later.issued_at > entry.issued_at || later.statement == entry.statement);
}

/// Forgets what the newest entry outlives, and what became active by it: nothing of that can decide any more. So the store needs its
/// envelope no longer, whose addresses may be presigned (CWE-922, insecure storage of sensitive information).
inline void forget_outlived(model_memory& memory)
{
    const model_memory::accepted newest = memory.history.back();
    std::erase_if(memory.history, [&](const model_memory::accepted& entry) {
        if (entry.envelope == newest.envelope || !outlives(newest, entry))
            return false;
        std::erase_if(memory.active_digests, [&](model_memory::activated& a) {
            if (!(a.envelope == entry.envelope))
                return false;
            const bool before = a.mark.sequence ? newest.sequenced && *a.mark.sequence < newest.sequence
                                                : newest.sequenced || a.mark.issued_at < newest.issued_at;
            if (!before && newest.statement == entry.statement)
                a.envelope = newest.envelope;
            return before;
        });
        return true;
    });
}

inline void shorten(std::vector<model_memory::accepted>& history)
{
    for (std::size_t i = 0; history.size() > model_memory::history_cap && i < history.size();)
        if (is_highest_of_a_key(history, i))
            ++i;
        else
            history.erase(history.begin() + static_cast<std::ptrdiff_t>(i));
}

/// Whether it says something new, or somebody vouches for it who has not yet: later only that key may be left (docs/manifest.md, Memory and time).
inline bool is_new(const model_memory& memory, const manifest_claim& claim)
{
    bool known = false;
    std::vector<std::string> unheard = claim.key_ids;
    for (const auto& a : memory.history)
        if (a.statement == claim.statement && a.issued_at == claim.issued_at)  // a bundle's time is not in its statement
        {
            known = true;
            std::erase_if(unheard, [&](const std::string& key) { return std::ranges::count(a.key_ids, key) != 0; });
        }
    return !known || !unheard.empty();
}

bool remember(model_memory& memory, const manifest_claim& told, bool vouchers_verified)
{
    const manifest_claim claim = as_first_told(memory, told);
    const bool signature_new = remember_signature(memory, claim);
    if (!is_new(memory, claim))
        return signature_new;
    memory.sequence = std::max(memory.sequence, claim.sequence.value_or(0));
    memory.sequence_seen = memory.sequence_seen || claim.sequence;
    if (claim.issued_at)
        memory.issued_at = std::max(memory.issued_at.value_or(*claim.issued_at), *claim.issued_at);
    memory.dsse_seen = memory.dsse_seen || claim.dsse;
    memory.history.push_back({claim.sequence.value_or(0), claim.issued_at, claim.envelope, claim.statement, claim.key_ids,
                              claim.sequence.has_value(), vouchers_verified && claim.all_verified});
    if (vouchers_verified)
        forget_outlived(memory);
    shorten(memory.history);
    return true;
}

sha256_digest kept_envelope(const model_memory& memory, const manifest_claim& claim)
{
    const model_memory::accepted* kept = nullptr;
    for (const auto& a : memory.history)
        if (a.statement == claim.statement && (!kept || a.key_ids.size() >= kept->key_ids.size()))
            kept = &a;
    return kept ? kept->envelope : claim.envelope;
}

void remember_active(model_memory& memory, const order_mark& mark, const std::string& platform,
                     const sha256_digest& artifact, const sha256_digest& envelope)
{
    auto& list = memory.active_digests;
    std::erase_if(list, [&](const auto& a) { return a.mark == mark && a.platform == platform; });
    list.push_back({mark, platform, artifact, envelope});
    if (list.size() > model_memory::active_digests_cap)
        list.erase(list.begin());
}

result<void> check_equivocation(const model_memory& memory, const order_mark& mark, const std::string& platform,
                                const sha256_digest& artifact)
{
    for (const auto& a : memory.active_digests)
        if (mark.ordered() && a.mark == mark && a.platform == platform && !(a.artifact == artifact))
            return fail(reason::equivocation);
    return {};
}

bool forget_disowned(model_memory& memory, const order_mark& mark,
                     const std::function<bool(const sha256_digest&)>& still_vouched)
{
    return std::erase_if(memory.active_digests,
                         [&](const auto& a) { return a.mark == mark && !still_vouched(a.envelope); }) != 0;
}

// TUF 1.0 section 5.3.11: after a rotation, what only the old keys vouched for must not block the new ones (fast-forward attack).
model_memory fall_back(model_memory memory, const std::function<bool(const sha256_digest&)>& still_vouched)
{
    std::vector<std::string> fallen;
    const auto gone = [&](const model_memory::accepted& a) {
        if (still_vouched(a.envelope))
            return false;
        fallen.insert(fallen.end(), a.key_ids.begin(), a.key_ids.end());
        return true;
    };
    if (std::erase_if(memory.history, gone) == 0)
        return memory;
    std::erase_if(memory.signatures, [&](const auto& s) {
        return std::ranges::count(fallen, s.signer) != 0 && std::ranges::none_of(memory.history, [&](const auto& a) {
                   return std::ranges::count(a.key_ids, s.signer) != 0;
               });
    });
    memory.sequence = 0;
    memory.sequence_seen = false;
    memory.issued_at.reset();
    for (const auto& a : memory.history)
    {
        memory.sequence = std::max(memory.sequence, a.sequence);
        memory.sequence_seen = memory.sequence_seen || a.sequenced;
        if (a.issued_at)
            memory.issued_at = std::max(memory.issued_at.value_or(*a.issued_at), *a.issued_at);
    }
    std::erase_if(memory.active_digests, [&](const auto& a) {
        return a.mark.sequence.value_or(0) > memory.sequence || !still_vouched(a.envelope);
    });
    return memory;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
