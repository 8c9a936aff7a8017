// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_STORE_STORE_REPAIR_IPP
#define MODELSEC_DETAIL_STORE_STORE_REPAIR_IPP

#include <modelsec/detail/base/json_document.hpp>
#include <modelsec/detail/manifest/parse.hpp>
#include <modelsec/detail/store/pack.hpp>
#include <modelsec/detail/store/store_adopt.ipp>

#include <algorithm>
#include <map>
#include <tuple>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// What an envelope says that was accepted once: only accepted ones are kept. Who vouched for it is asked when it stands in the way
/// (fall_back).
struct kept_offer
{
    manifest_claim claim;
    identifier version;
    std::vector<artifact> artifacts;
    bytes raw;
};

/// Takes `raw` if it is one.
inline std::optional<kept_offer> read_kept_offer(bytes& raw, const identifier& model, const limits& caps)
{
    auto e = parse_envelope(raw, envelope_format::dsse, caps);
    if (!e)
        e = parse_envelope(raw, envelope_format::pack, caps);
    if (!e)
        return std::nullopt;
    const auto document = json_document::parse(e->payload(), caps.json_depth);
    if (!document || document->root().string_at("model_id") != model.str())
        return std::nullopt;
    auto version = identifier::parse(document->root().string_at("version").value_or(""));
    auto artifacts = parse_known_artifacts(e->payload(), caps);
    if (!version || !artifacts)
        return std::nullopt;
    const auto time = [&](std::string_view key) {
        const auto text = document->root().string_at(key);
        return text ? parse_rfc3339(*text) : std::nullopt;
    };
    manifest_claim claim;
    claim.sequence = document->root().size_at("sequence");
    claim.issued_at = time("issued_at");
    claim.expires_at = time("expires_at");
    claim.dsse = e->format == envelope_format::dsse;
    claim.envelope = sha256(raw);
    claim.statement = sha256(e->signed_bytes);
    for (const signature& s : e->signatures)
        claim.key_ids.push_back(s.key_id);
    return kept_offer{std::move(claim), std::move(*version), std::move(*artifacts), std::move(raw)};
}

/// What the kept envelopes say that are about one model.
struct kept_offers
{
    std::vector<manifest_claim> claims;
    std::optional<kept_offer> newest;  ///< only this one is held: each may have 8 MiB, and a memory names many (CWE-770)
};

/// Whether a pack of this version stands in the model's folder, under whichever of its names.
inline result<bool> has_pack_of(const store_disk& d, const identifier& model, const identifier& version)
{
    MODELSEC_TRY(const file home, d.files->open_folder(d.root, model.str(), false));
    if (!home)
        return false;
    MODELSEC_TRY(const std::vector<std::string> names, d.files->list(home));
    return std::ranges::any_of(
        names, [&](const std::string& n) { return n == version.str() || n.starts_with(version.str() + '~'); });
}

inline result<kept_offers> read_kept_offers(const store_disk& d, const identifier& model,
                                            const signature_reader& signatures = {})
{
    const auto order = [](const manifest_claim& c) {
        return std::tuple(c.sequence.value_or(0), c.issued_at.value_or(utc_time()));
    };
    kept_offers out;
    MODELSEC_TRY(const std::vector<std::string> names, d.files->list(d.envelopes));
    for (const std::string& name : names)
    {
        if (!name.ends_with(".json"))
            continue;
        auto at = d.files->open_file(d.envelopes, name, open_mode::read_linked);
        auto raw = at && *at ? read_whole(*d.files, *at, d.caps.envelope_bytes) : result<bytes>(fail(reason::store_layout));
        if (!raw || sha256(*raw).hex() + ".json" != name)
            continue;
        auto offer = read_kept_offer(*raw, model, d.caps);
        if (!offer && signatures)
            if (auto known = signatures(*raw))
            {
                MODELSEC_TRY(const bool ours, has_pack_of(d, model, known->version));
                if (ours)
                    out.claims.push_back(std::move(known->claim));
            }
        if (!offer)
            continue;
        out.claims.push_back(offer->claim);
        if (!out.newest || order(out.newest->claim) < order(offer->claim))
            out.newest = std::move(offer);
    }
    std::ranges::sort(out.claims, {}, order);
    return out;
}

inline void add_to_memory(model_memory& memory, const model_memory& other)
{
    memory.sequence = std::max(memory.sequence, other.sequence);
    if (other.issued_at)
        memory.issued_at = std::max(memory.issued_at.value_or(*other.issued_at), *other.issued_at);
    memory.sequence_seen = memory.sequence_seen || other.sequence_seen;
    memory.dsse_seen = memory.dsse_seen || other.dsse_seen;
    for (const auto& a : other.history)
        if (std::none_of(memory.history.begin(), memory.history.end(),
                         [&](const auto& h) { return h.envelope == a.envelope; }))
            memory.history.push_back(a);
    for (const auto& s : other.signatures)
    {
        const auto known = std::ranges::find(memory.signatures, s.signature, &model_memory::seen_signature::signature);
        if (known != memory.signatures.end())
            known->first = std::min(known->first, s.first);
        else if (memory.signatures.size() < model_memory::signatures_cap)
            memory.signatures.push_back(s);
    }
    for (const auto& a : other.active_digests)
        if (std::none_of(memory.active_digests.begin(), memory.active_digests.end(), [&](const auto& h) {
                return h.mark == a.mark && h.platform == a.platform && h.artifact == a.artifact;
            }))
            memory.active_digests.push_back(a);
}

/// The highest whole generation, with the highest memory that anything readable proves: all that is left of a damaged state.
struct proven_state
{
    newest_generation base;
    std::size_t damaged = 0;  ///< generations after it
};

inline result<proven_state> find_proven_state(const store_disk& d, const identifier& model)
{
    proven_state out;
    MODELSEC_TRY(const std::vector<std::uint64_t> numbers, list_generations(d, model));
    bool found = false;
    for (auto number = numbers.rbegin(); number != numbers.rend(); ++number)
    {
        MODELSEC_TRY(generation g, read_generation(d, {model.str(), *number}));
        if (g.trouble == reason::newer_schema)
            return fail(reason::newer_schema, generation_name{model.str(), *number}.str());
        out.damaged += !found && g.there && !g.state ? 1 : 0;
        if (!g.state)
            continue;
        if (!found)
            out.base = {std::move(*g.state), g.identity, 0};
        else
        {
            add_to_memory(out.base.state.memory, g.state->memory);
            // The owner's word never falls (docs/manifest.md, Memory and time).
            for (const barred_pack& b : g.state->rejected)
                if (std::none_of(out.base.state.rejected.begin(), out.base.state.rejected.end(),
                                 [&](const barred_pack& r) { return r.version == b.version && r.artifact == b.artifact; }))
                    out.base.state.rejected.push_back(b);
        }
        found = true;
    }
    out.base.highest = numbers.empty() ? 0 : numbers.back();
    return out;
}

result<state_repair> store::repair(const model_lock&, const identifier& model, const signature_reader& signatures) const
{
    state_repair out;
    MODELSEC_TRY(const file no_gc, hold_envelopes(*disk_));
    for (unsigned i = 0; i < store_patience; ++i)
    {
        const auto now = load_newest(*disk_, model);
        if (now && !(now->state.found_files && now->state.generation == 0))
        {
            out.state = std::move(now->state);
            return out;
        }
        if (!now && now.error().why != reason::state_damaged)
            return now.error();
        out.found = now ? reason::memory_lost : reason::state_damaged;
        MODELSEC_TRY(proven_state proven, find_proven_state(*disk_, model));
        MODELSEC_TRY(const kept_offers offers, read_kept_offers(*disk_, model, signatures));
        model_state next = std::move(proven.base.state);
        if (next.generation != 0)
            next.ancestors.insert(next.ancestors.begin(), proven.base.identity);
        next.ancestors.resize(std::min(next.ancestors.size(), kept_ancestors));
        for (const manifest_claim& claim : offers.claims)
            (void)remember(next.memory, claim, false);  // its key ids are anybody's word
        next.generation = proven.base.highest + 1;
        next.found_files = true;
        next.attempt = unique_word();
        MODELSEC_TRY(const bool published, publish_generation(*disk_, model, next));
        if (!published)
            continue;
        out.damaged_generations = proven.damaged;
        out.state = std::move(next);
        return out;
    }
    return fail(reason::lock_timeout, "the state changes all the time");
}

result<bool> store::adopt_known(const model_lock& lock, const identifier& model,
                                const std::function<bool(bytes_view)>& still_vouched, utc_time now, const control& handle,
                                std::vector<std::string>& set_aside) const
{
    MODELSEC_TRY(const model_state present, state(model));
    MODELSEC_TRY(const kept_offers offers, read_kept_offers(*disk_, model));
    if (present.active || !offers.newest)
        return false;
    // Only the newest: what came before it would be a way back. Expiry gates activation (TUF 1.0 section 5.4.4 and its like).
    const kept_offer& offer = *offers.newest;
    if ((offer.claim.expires_at && *offer.claim.expires_at <= now) || (still_vouched && !still_vouched(offer.raw)))
        return false;
    for (const artifact& a : offer.artifacts)
    {
        // What is encrypted lies in the store as it was signed, encrypted; a scheme that nothing here knows is refused by fetch as well.
        const auto unknown = [](const artifact_file& f) {
            return f.encryption && f.encryption->scheme != encryption_info::stream_scheme;
        };
        if (a.is_zip || std::any_of(a.files.begin(), a.files.end(), unknown))
            continue;
        MODELSEC_TRY(staging staged, stage(model, a.content_digest()));
        MODELSEC_TRY(const std::vector<verified_file> found, adopt(model, staged, a, handle));
        std::map<std::string, verified_file> by_digest;
        for (const verified_file& f : found)
            by_digest.emplace(f.signed_as().hex(), f);
        std::vector<verified_file> files;
        for (const artifact_file& f : a.files)
            if (const auto at = by_digest.find(f.sha256.hex()); at != by_digest.end())
                files.push_back(at->second);
        if (files.size() == a.files.size())
        {
            MODELSEC_TRY(std::vector<placed_file> placed, staged.assemble(a, files));
            MODELSEC_TRY(const verified_pack pack, make_verified_pack(std::move(placed), a));
            activation how{offer.version,
                           a.platform,
                           offer.claim.sequence.value_or(0),
                           offer.claim.sequence.has_value(),
                           offer.claim.envelope,
                           now,
                           offer.claim.issued_at};
            how.set_aside = &set_aside;
            MODELSEC_CHECK(activate(lock, model, std::move(staged), pack, how));
            return true;
        }
        const std::string name = staged.name_;
        std::uint64_t freed = 0;
        MODELSEC_CHECK(remove_staging(*disk_, name, freed));
    }
    return false;
}

/// What of a model's folder no state names.
inline result<std::vector<std::string>> unnamed_entries(const store_disk& d, const file& home, const model_state& now)
{
    MODELSEC_TRY(std::vector<std::string> out, d.files->list(home));
    std::set<std::string> known = former_folders(now);
    add_folders(now, known);
    std::erase_if(out, [&](const std::string& entry) { return known.contains(entry); });
    std::ranges::sort(out);
    return out;
}

result<std::vector<std::string>> store::found_files(const identifier& model) const
{
    MODELSEC_TRY(const model_state now, state(model));
    MODELSEC_TRY(const file home, disk_->files->open_folder(disk_->root, model.str(), false));
    std::vector<std::string> out;
    if (!now.found_files || !home)
        return out;
    MODELSEC_TRY(out, unnamed_entries(*disk_, home, now));
    for (std::string& entry : out)
        entry = model.str() + '/' + entry;
    return out;
}

result<std::vector<std::string>> store::set_found_files_aside(const model_lock&, const identifier& model) const
{
    MODELSEC_TRY(const model_state now, state(model));
    std::vector<std::string> out;
    // Never before a pack is active: until then they may be all that there is of one (an archive is proven by no kept manifest).
    if (!now.active)
        return out;
    MODELSEC_TRY(const file home, disk_->files->open_folder(disk_->root, model.str(), false));
    if (home)
    {
        MODELSEC_TRY(const std::vector<std::string> entries, unnamed_entries(*disk_, home, now));
        MODELSEC_TRY(out, set_aside(*disk_, home, model, entries));
    }
    MODELSEC_CHECK(update(model, [](model_state& s) -> result<bool> { return std::exchange(s.found_files, false); }));
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
