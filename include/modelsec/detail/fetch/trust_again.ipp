// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_TRUST_AGAIN_IPP
#define MODELSEC_DETAIL_FETCH_TRUST_AGAIN_IPP

#include <modelsec/detail/fetch/signed_model.hpp>
#include <modelsec/detail/fetch/trust_again.hpp>
#include <modelsec/detail/fetch/trust_anchor.hpp>
#include <modelsec/detail/manifest/parse.hpp>

#include <map>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// Whether a kept envelope is signed by enough of the keys and lists these very bytes under this version.
inline result<void> vouches_for(const store& disk, const sha256_digest& envelope, const pack_record& pack,
                                const signing_keys& keys, const limits& caps, const go_on_function& go_on)
{
    MODELSEC_TRY(const bytes raw, disk.read_envelope(envelope));
    auto e = parse_envelope(raw, envelope_format::dsse, caps);
    if (!e && e.error().why == reason::wrong_format)
        e = parse_envelope(raw, envelope_format::pack, caps);
    if (!e)
        return std::move(e).error();
    signature_budget budget{caps.signature_message_bytes, go_on};
    MODELSEC_TRY(const verified_payload payload, verify_envelope(std::move(*e), keys.keys, keys.threshold, &budget));
    MODELSEC_TRY(const manifest m, parse_manifest(payload, caps));
    for (const artifact& a : m.artifacts)
        if (m.version == pack.version && a.content_digest() == pack.artifact)
            return {};
    return fail(reason::equivocation, "the kept manifest is about another pack");
}

/// Whether a kept signature is by one of the signers and is about these very bytes.
inline result<void> signature_vouches_for(const store& disk, const sha256_digest& envelope, const pack_record& pack,
                                          const model_signature& trust, utc_time now, const limits& caps,
                                          const go_on_function& go_on)
{
    MODELSEC_TRY(const bytes raw, disk.read_envelope(envelope));
    MODELSEC_TRY(const verified_model verified, verify_by_any(raw, trust, now, caps, go_on));
    MODELSEC_TRY(const identifier version, version_of(verified.statement));
    MODELSEC_TRY(artifact said, artifact_of(verified.statement, {}));
    // No sizes were signed: those of the pack's files, which its digest covers and which are hashed again before it comes back.
    std::map<std::string, std::uint64_t> sizes;
    for (const file_record& kept : pack.files)
        sizes.emplace(kept.path.str(), kept.size);
    for (artifact_file& file : said.files)
        if (const auto kept = sizes.find(file.name->str()); lacks_size(file) && kept != sizes.end())
            file.size_bytes = kept->second;
    if (version == pack.version && said.content_digest() == pack.artifact)
        return {};
    return fail(reason::equivocation, "the kept signature is about another pack");
}

result<void> ask_trust_again(const store& disk, const model_state& state, const pack_record& pack, const trust_source& trust,
                             utc_time now, const limits& caps, const control& handle)
{
    if (std::holds_alternative<std::monostate>(trust))
        return {};
    const go_on_function go_on = until_cancelled(handle);
    const auto by_any = [&](const auto& vouches) -> result<void> {
        const result<void> own = vouches(pack.envelope);
        if (own)
            return {};
        for (const auto& accepted : state.memory.history)
        {
            MODELSEC_CHECK(go_on());
            if (vouches(accepted.envelope))
                return {};
        }
        return own;
    };
    if (const auto* signature = std::get_if<model_signature>(&trust))
    {
        MODELSEC_CHECK(check_signature_trust(*signature, false));
        return by_any([&](const sha256_digest& envelope) {
            return signature_vouches_for(disk, envelope, pack, *signature, now, caps, go_on);
        });
    }
    trust_means means{nullptr, nullptr, &caps, go_on};
    std::optional<metadata_folder> kept;
    if (const auto folder = trust_folder(trust))
    {
        MODELSEC_TRY(kept, disk.metadata(*folder));
        means.kept = &*kept;
    }
    MODELSEC_TRY(const signing_keys keys, resolve_trust(trust, now, means));
    return by_any([&](const sha256_digest& envelope) { return vouches_for(disk, envelope, pack, keys, caps, go_on); });
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
