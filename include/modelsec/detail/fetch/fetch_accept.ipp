// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_FETCH_ACCEPT_IPP
#define MODELSEC_DETAIL_FETCH_FETCH_ACCEPT_IPP

#include <modelsec/detail/fetch/fetch_operation.hpp>
#include <modelsec/detail/fetch/signed_model.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// Verify, then parse what was verified; nothing is read twice.
result<fetch_operation::accepted> fetch_operation::accept(bytes raw) const
{
    MODELSEC_TRY(envelope signed_by, parse_envelope(raw, asked_.format, owner_.caps));
    const sha256_digest statement = sha256(signed_by.signed_bytes);
    const std::size_t signatures = signed_by.signatures.size();
    signature_budget budget{owner_.caps.signature_message_bytes, [this] { return stopped(); }};
    MODELSEC_TRY(const verified_payload payload,
                 verify_envelope(std::move(signed_by), keys_.keys, keys_.threshold, &budget));
    MODELSEC_TRY(manifest m, parse_manifest(payload, owner_.caps));
    const bool dsse = payload.format() == envelope_format::dsse;
    if (keys_.chain && m.root_version)
        MODELSEC_CHECK(keys_.chain->check_manifest_root(*m.root_version));
    MODELSEC_CHECK(check_identity(m, asked_.model_id, asked_.tier, dsse));
    manifest_claim claim{m.sequence, m.issued_at, m.expires_at, dsse, sha256(raw), statement, payload.key_ids()};
    claim.all_verified = payload.key_ids().size() == signatures;
    return accepted{std::move(m), std::move(claim), std::move(raw)};
}

result<void> fetch_operation::check_times(const accepted& offer, const model_memory& memory, utc_time now) const
{
    // What the store knows to be older is not made younger by what is told of it today.
    if (const auto since = first_told(memory, offer.claim); signature() && since)
        MODELSEC_CHECK(check_age(*since, now));
    return check_memory(memory, offer.claim, now, asked_.min_sequence, owner_.caps, asked_.require_order);
}

/// Whether one of these ids is that of a key that is still trusted, as still_vouched() means it.
inline bool names_trusted_key(const std::vector<std::string>& ids, const std::vector<candidate_key>& keys)
{
    const auto lost = [&](const candidate_key& key) {
        return std::ranges::any_of(keys, [&](const candidate_key& k) {
            return k.key == key.key && k.barred != reason::none && k.barred != reason::key_window;
        });
    };
    return std::ranges::any_of(
        keys, [&](const candidate_key& key) { return std::ranges::count(ids, key.key_id) != 0 && !lost(key); });
}

/// The memory under which the offer is judged: without what only keys that were since revoked put in its way (fast-forward
/// recovery). They are looked for only where they are in its way.
result<model_memory> fetch_operation::effective_memory(const store& disk, const accepted& offer,
                                                       const model_memory& known) const
{
    // Who vouched when it was accepted: those ids were verified.
    const auto named = [&](const sha256_digest& envelope) {
        const auto same = [&](const model_memory::accepted& a) { return a.envelope == envelope; };
        return std::ranges::none_of(known.history, same) ||
               std::ranges::any_of(known.history, [&](const model_memory::accepted& a) {
                   return same(a) && names_trusted_key(a.key_ids, keys_.keys);
               });
    };
    const auto vouched = [&](const sha256_digest& envelope) {
        if (envelope == offer.claim.envelope)
            return true;
        if (signature())
            return signer_vouches(known, envelope);
        const auto raw = disk.read_envelope(envelope);
        if (raw)
        {
            const auto verdict = still_vouched(*raw, keys_, owner_.caps, [this] { return stopped(); });
            // What nobody had time to find out must not make anything be forgotten; nor may what a thief has made costly to try stay.
            if (verdict.has_error() && verdict.error().why == reason::too_many_signatures)
                return named(envelope);
            return verdict.has_value() || stopped().has_error();
        }
        if (raw.error().why != reason::state_unreadable)
            return true;
        // It is gone: then the memory says who vouched, or what a revoked key signed would be in the way for good.
        return named(envelope);
    };
    model_memory rest = known;
    if (!repository())
        forget_disowned(rest, offer.claim.mark(), vouched);
    auto verdict = check_times(offer, rest, now_);
    if (verdict)
        return rest;
    if (repository())  // it has no keys that could vouch, and 5.3.11 of its own
        return std::move(verdict).error();
    rest = fall_back(std::move(rest), vouched);
    if (check_times(offer, rest, now_).has_error())
        return std::move(verdict).error();
    return rest;
}

/// Earlier versions did not write down since when they know a signature: of the packs that such a state names the kept signatures say it,
/// by their own time or, undated, by when the pack became active. Else a host could bring the older one back by a stamp of today. Whether
/// anything was found.
bool fetch_operation::learn_signatures(const store& disk, model_state& state) const
{
    if (!signature())
        return false;
    bool found = false;
    const signature_reader read = reader_of_signatures(*signature(), now_, owner_.caps);
    for (const auto& pack : {state.last_good, state.active})
    {
        const auto raw = pack ? disk.read_envelope(pack->envelope) : result<bytes>(fail(reason::none_active));
        auto known = raw ? read(*raw) : std::nullopt;
        if (!known)
            continue;
        known->claim.accepted_at = pack->activated_at;
        found = remember_signature(state.memory, known->claim) || found;
    }
    return found;
}

// From here on an older manifest is refused, whatever becomes of this one: durably, before any artifact byte.
result<model_state> fetch_operation::remember_accepted(const store& disk, const accepted& offer) const
{
    const identifier& model = offer.manifest.model_id;
    bool unordered = false;
    manifest_claim claim = offer.claim;
    claim.accepted_at = now_;
    auto remembered = disk.update(model, [&](model_state& state) -> result<bool> {
        const bool learned = learn_signatures(disk, state);
        MODELSEC_TRY(model_memory memory, effective_memory(disk, offer, state.memory));
        const bool fell_back = memory.history.size() != state.memory.history.size() ||
                               memory.active_digests.size() != state.memory.active_digests.size();
        state.memory = std::move(memory);
        unordered = is_unordered(state.memory, offer.claim);
        const bool fresh = remember(state.memory, claim);
        if (fresh)
            MODELSEC_CHECK(disk.keep_envelope(offer.raw));
        return fresh || fell_back || learned;
    });
    if (remembered && unordered)
        warn(reason::unordered);
    return remembered;
}

result<void> fetch_operation::check_pack(const model_state& state, const accepted& offer, const artifact& wanted) const
{
    // Cipher text that nothing here can read must not become anybody's weights (docs/architecture.md, rule 3: unknown algorithm).
    for (const artifact_file& f : wanted.files)
        if (f.encryption && f.encryption->scheme != encryption_info::stream_scheme)
            return fail(reason::encrypted, f.encryption->scheme);
    const sha256_digest content = wanted.content_digest();
    // The owner's word has no envelope and never falls. What was merely superseded is not barred: order decides, or a host could lock
    // the newest pack out by replaying an older one.
    for (const barred_pack& p : state.rejected)
        if (p.artifact == content && p.version == offer.manifest.version)
            return fail(reason::rejected);
    return check_equivocation(state.memory, offer.claim.mark(), wanted.platform, content);
}

/// Whether every file of an open pack is this user's, or root's.
result<bool> fetch_operation::owns_files(const open_pack& pack) const
{
    for (const open_pack::entry& f : pack.files())
        if (!f.content->owned())
            return false;
    return true;
}

// The same pack again: nothing to download, if it is still what it was. What the manifest adds is remembered.
result<std::optional<fetch_result>> fetch_operation::answer_active(const store& disk, const model_state& state,
                                                                   const accepted& offer, const artifact& wanted) const
{
    const sha256_digest content = wanted.content_digest();
    const auto same = [&](const std::optional<pack_record>& p) {
        return p && p->version == offer.manifest.version && p->artifact == content;
    };
    if (!same(state.active))
        return std::optional<fetch_result>();
    const identifier& model = offer.manifest.model_id;
    auto pack = disk.open_files(model, *state.active, asked_.operation.control);
    if (pack.has_error())
    {
        // What this user may not read is of no use to it either: whoever may write to the store brings it anew, beside the other.
        const reason why = pack.error().why;
        if (why != reason::pack_damaged && !is_kept_out(why))
            return std::move(pack).error();
        MODELSEC_TRY(const model_state now, disk.state(model));
        if (now.active && now.active->folder != state.active->folder)  // replaced and collected meanwhile: no damage
            return answer_active(disk, now, offer, wanted);
        warn(why);
        return std::optional<fetch_result>();
    }
    // What another user's process may still write to is read, but never taken for one's own: it is adopted by copy (volume).
    MODELSEC_TRY(const bool ours, owns_files(*pack));
    if (!ours)
        return std::optional<fetch_result>();
    const std::uint64_t sequence = offer.claim.sequence.value_or(state.active->sequence);
    MODELSEC_CHECK(disk.update(model, [&](model_state& now) -> result<bool> {
        // Another process may have accepted what outlives this one, and dropped its envelope: then it is not to be named.
        if (std::ranges::find(now.memory.history, offer.claim.envelope, &model_memory::accepted::envelope) ==
            now.memory.history.end())
            return false;
        if (!same(now.active) || (now.active->sequence == sequence && now.active->envelope == offer.claim.envelope))
            return false;
        now.active->sequence = sequence;
        now.active->envelope = offer.claim.envelope;
        if (offer.claim.mark().ordered())
            remember_active(now.memory, offer.claim.mark(), wanted.platform, content, offer.claim.envelope);
        return true;
    }));
    disk.drop_envelopes();
    return std::optional(result_of(pack->info(), sequence, true));
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
