// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_FETCH_SIGNATURE_IPP
#define MODELSEC_DETAIL_FETCH_FETCH_SIGNATURE_IPP

#include <modelsec/detail/fetch/fetch_operation.hpp>
#include <modelsec/detail/fetch/signed_model.hpp>

#include <algorithm>
#include <map>
#include <set>

// A signature in place of a manifest (docs/manifest.md, A signature as the manifest).

MODELSEC_BEGIN_NAMESPACE
namespace detail {

// A statement says nothing about tiers, platforms or sequences: an expectation that nobody checks must not look like one.
result<void> fetch_operation::check_signature_options() const
{
    if (!asked_.manifest.bundle.empty())
        return fail(reason::bad_option, "an offline bundle has a manifest, not a signature");
    if (!asked_.tier.empty() || !asked_.platforms.empty() || asked_.min_sequence != 0 ||
        asked_.format != envelope_format::dsse)
        return fail(reason::bad_option, "a signed model has no tier, platform, sequence or envelope");
    if (asked_.model_id.empty())
        return fail(reason::model_required);
    return check_signature_trust(*signature());
}

result<void> fetch_operation::check_age(utc_time signed_at, utc_time now) const
{
    const auto& most = signature()->max_age;
    return most && is_later_by_more(signed_at, now, *most)
               ? fail(reason::signature_too_old, "signed at " + format_rfc3339(signed_at))
               : result<void>();
}

// Verify, then parse what was verified; nothing is read twice.
result<fetch_operation::accepted> fetch_operation::accept_signature(bytes raw, utc_time now) const
{
    const model_signature& trust = *signature();
    MODELSEC_TRY(const verified_model verified, verify_by_any(raw, trust, now, owner_.caps, [this] { return stopped(); }));
    const std::optional<utc_time> signed_at = verified.signer.trusted_time;
    // Nothing of it expires: the age is all that bounds for how long a host can hold newer ones back (freeze attack, TUF 1.0 section 5.4.4
    // and its like).
    if (trust.max_age && !signed_at)
        return fail(reason::signature_too_old, "nobody who is trusted says when it was signed");
    if (signed_at)
        MODELSEC_CHECK(check_age(*signed_at, now));
    MODELSEC_TRY(identifier model, identifier::parse(asked_.model_id));
    MODELSEC_TRY(identifier version, version_of(verified.statement));
    MODELSEC_TRY(artifact files, artifact_of(verified.statement, trust.bases));
    manifest m{std::move(model), std::move(version), {}, {}, signed_at, {}, {}, {}, {}};
    m.artifacts.push_back(std::move(files));
    manifest_claim claim = claim_of(verified, raw);
    return accepted{std::move(m), std::move(claim), std::move(raw)};
}

/// Whether somebody who is still configured vouches for what is remembered under this envelope. What is not in the history any more
/// counts as vouched for.
bool fetch_operation::signer_vouches(const model_memory& memory, const sha256_digest& envelope) const
{
    bool known = false;
    for (const model_memory::accepted& a : memory.history)
        if (a.envelope == envelope)
        {
            known = true;
            if (is_signer(*signature(), a.key_ids))
                return true;
        }
    return !known;
}

/// What another host would not mend, or must not be asked after.
inline bool ends_asking(const failure& why)
{
    return why.code() == errc::cancelled || why.why == reason::deadline || why.code() == errc::policy;
}

/// How long the file is by the first of its addresses that says so; from then on it holds for all of them. Where that word is doubted,
/// by the next one that says so, if there is one.
result<std::uint64_t> fetch_operation::ask_size(const artifact& wanted, const artifact_file& file)
{
    MODELSEC_TRY(const std::vector<url> addresses, sources(wanted, file));
    std::optional<failure> first;
    const auto earlier = told_sizes_.find(file.sha256.hex());
    const bool doubted = earlier != told_sizes_.end();
    for (std::size_t i = doubted ? earlier->second.source + 1 : 0; i < addresses.size(); ++i)
    {
        MODELSEC_CHECK(stopped());
        http_request request{addresses[i], {}, {}, owner_.caps.error_body_bytes};
        request.size_only = true;
        auto answer = web().exchange(request);
        // A token that has run out is asked for anew, once.
        if (answer.has_error() && answer.error().code() == errc::unauthorized && i == 0 && !file.url.empty() &&
            sources_.renewable(file.url))
            if (auto again = sources_.locate_again(file.url, addresses[i], answer.error()))
            {
                request.url = std::move(*again);
                answer = web().exchange(request);
            }
        if (answer && answer->total && *answer->total > 0 && *answer->total <= limits::max_integer)
        {
            other_sizes_ = other_sizes_ || (doubted && earlier->second.bytes != *answer->total);
            told_sizes_[file.sha256.hex()] = {i, *answer->total};
            return *answer->total;
        }
        failure why = answer ? fail(reason::size_unknown, "from " + answer->url.host()) : std::move(answer).error();
        if (ends_asking(why))
            return why;
        if (!first)
            first = std::move(why);
    }
    return doubted ? earlier->second.bytes : result<std::uint64_t>(std::move(*first));
}

/// What may come of nothing else than a host's lie about how long a file is.
inline bool may_be_false_size(const failure& why)
{
    return why.code() == errc::digest || why.why == reason::model_too_large;
}

/// Of several hosts one alone must not be able to deny the model by a length that is none: then the next one's word is taken, once. A
/// reader of what arrives was told the lengths already.
result<fetch_result> fetch_operation::bring_signed(const store& disk, const model_state& known, accepted& offer)
{
    artifact& wanted = offer.manifest.artifacts.front();
    const artifact unsized = wanted;
    const auto sized = learn_sizes(wanted, known);
    auto out = sized ? bring(disk, known, offer) : result<fetch_result>(failure(sized.error()));
    if (out || feed_ || !may_be_false_size(out.error()))
        return out;
    wanted = unsized;
    const auto again = learn_sizes(wanted, known);
    if (!again)
        return ends_asking(again.error()) && !may_be_false_size(again.error()) ? failure(again.error())
                                                                               : std::move(out).error();
    if (!other_sizes_)
        return out;
    auto second = bring(disk, known, offer);
    return second || !may_be_false_size(second.error()) ? std::move(second) : std::move(out);
}

/// The layers of a registry's artifact: how long each is and, of files that were signed in shards, what it is called. All or nothing.
result<void> fetch_operation::ask_layers(artifact& wanted, const std::string& base)
{
    MODELSEC_TRY(const std::vector<oci_layer> layers, sources_.layers(base));
    std::vector<const oci_layer*> found;
    for (const artifact_file& file : wanted.files)
    {
        const std::string path = file.name->str();
        const auto layer = std::find_if(layers.begin(), layers.end(), [&](const oci_layer& l) { return l.title == path; });
        if (layer == layers.end())
            return fail(reason::not_found, "no layer of the OCI artifact has the title " + path);
        if (layer->packed)
            return fail(reason::packed_layer, path);
        if (!file.stands_in && !(layer->sha256 == file.sha256))
            return fail(reason::digest_mismatch, "the layer " + path + " is not the signed file");
        if (!lacks_size(file) && layer->size_bytes != file.size_bytes)
            return fail(reason::size_mismatch, "the layer " + path + " has another length than was signed");
        found.push_back(&*layer);
    }
    // A blob has the same name in every registry that has it.
    const auto name_blob = [](std::string& address, const oci_layer& layer) {
        if (address.starts_with(registry_scheme))
            address = address.substr(0, address.rfind('@')) + "@sha256:" + layer.sha256.hex();
    };
    for (std::size_t i = 0; i < found.size(); ++i)
    {
        artifact_file& file = wanted.files[i];
        file.size_bytes = found[i]->size_bytes;
        name_blob(file.url, *found[i]);
        for (std::string& mirror : file.mirrors)
            name_blob(mirror, *found[i]);
    }
    return {};
}

/// By the first registry among the folders that says it: a dead one ends nothing while another answers.
result<void> fetch_operation::ask_registries(artifact& wanted)
{
    std::optional<failure> first;
    for (const std::string& base : signature()->bases)
    {
        if (!base.starts_with(registry_scheme))
            continue;
        MODELSEC_CHECK(stopped());
        auto asked = ask_layers(wanted, base);
        if (asked || ends_asking(asked.error()))
            return asked;
        if (!first)
            first = std::move(asked).error();
    }
    // Other folders may have what no registry told of; of files in shards a registry's address is then none of a file.
    for (artifact_file& file : wanted.files)
    {
        if (!file.stands_in)
            continue;
        const auto of_registry = [](const std::string& address) { return address.starts_with(registry_scheme); };
        std::erase_if(file.mirrors, of_registry);
        if (!of_registry(file.url))
            continue;
        if (file.mirrors.empty())
            return std::move(*first);
        file.url = std::move(file.mirrors.front());
        file.mirrors.erase(file.mirrors.begin());
    }
    const bool elsewhere =
        std::ranges::any_of(signature()->bases, [](const std::string& base) { return !base.starts_with(registry_scheme); });
    return elsewhere || !first ? result<void>() : std::move(*first);
}

/// Fills in the sizes that nobody signed: those of files that this store has verified once are known; hosts are asked for the others. All
/// together they are bounded before the first byte of a file is asked for (CWE-400).
result<void> fetch_operation::learn_sizes(artifact& wanted, const model_state& state)
{
    std::set<std::string> lacking;  // by digest, as the next
    for (const artifact_file& file : wanted.files)
        if (lacks_size(file))
            lacking.insert(file.sha256.hex());
    std::map<std::string, std::uint64_t> known;
    for (const auto& pack : {state.active, state.last_good, state.pending})
        if (pack)
            for (const file_record& f : pack->files)
                if (f.decided_by == digest_scope::whole && lacking.contains(f.sha256.hex()))
                    known.emplace(f.sha256.hex(), f.size);
    bool all_known = true;
    for (artifact_file& file : wanted.files)
    {
        if (const auto found = known.find(file.sha256.hex()); lacks_size(file) && found != known.end())
            file.size_bytes = found->second;
        all_known = all_known && !lacks_size(file) && !(file.stands_in && file.url.starts_with("oci://"));
    }
    if (!all_known && signature()->bases.front().starts_with(registry_scheme))
        MODELSEC_CHECK(ask_registries(wanted));
    std::uint64_t left = owner_.caps.max_model_bytes;
    for (artifact_file& file : wanted.files)
    {
        if (lacks_size(file))
        {
            const auto same = known.find(file.sha256.hex());
            if (same == known.end())
            {
                MODELSEC_TRY(file.size_bytes, ask_size(wanted, file));
                known.emplace(file.sha256.hex(), file.size_bytes);
            }
            else
                file.size_bytes = same->second;
        }
        if (file.size_bytes > left)
            return fail(reason::model_too_large,
                        "more than " + std::to_string(owner_.caps.max_model_bytes) + " bytes in all files");
        left -= file.size_bytes;
    }
    return {};
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
