// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_FETCH_TRUST_ANCHOR_IPP
#define MODELSEC_DETAIL_FETCH_TRUST_ANCHOR_IPP

#include <modelsec/detail/fetch/signed_model.hpp>
#include <modelsec/detail/fetch/trust_anchor.hpp>
#include <modelsec/detail/manifest/parse.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// An address below which something is asked for: a query there would end up in the middle.
inline result<void> check_base(const std::string& base)
{
    MODELSEC_TRY(const url where, url::parse(base));
    return where.target().find('?') == std::string::npos ? result<void>()
                                                         : fail(reason::bad_url, "the address of a folder with a query");
}

inline result<void> check_repository(const tuf_repository& r)
{
    MODELSEC_CHECK(check_base(r.metadata_url));
    for (const std::string& base : r.urls)
        MODELSEC_CHECK(check_base(base));
    MODELSEC_CHECK(relative_path::parse(r.target));
    return {};
}

result<void> check_trust(const trust_source& source, bool online)
{
    if (const pins* p = std::get_if<pins>(&source); p && !p->keys().empty())
        return p->threshold() >= 1 && p->threshold() <= p->keys().size()
                   ? result<void>()
                   : fail(reason::bad_option, "the threshold is 1 to the number of keys");
    if (const pinned_root* r = std::get_if<pinned_root>(&source); r && !r->root.empty())
        return online ? check_base(r->url) : result<void>();
    if (const tuf_repository* r = std::get_if<tuf_repository>(&source); r && !r->root.empty())
        return check_repository(*r);
    if (const model_signature* s = std::get_if<model_signature>(&source))
        return check_signature_trust(*s, online);
    return fail(reason::trust_source_missing);
}

std::optional<sha256_digest> trust_folder(const trust_source& source)
{
    if (const pinned_root* r = std::get_if<pinned_root>(&source))
        return sha256(r->root);
    if (const tuf_repository* r = std::get_if<tuf_repository>(&source))
        return sha256(r->root);
    return std::nullopt;
}

result<signing_keys> resolve_trust(const trust_source& source, utc_time now, const trust_means& means)
{
    MODELSEC_CHECK(check_trust(source, means.web != nullptr));
    if (const pins* p = std::get_if<pins>(&source))
        return signing_keys{p->candidates(now), p->threshold(), {}};
    const pinned_root* root = std::get_if<pinned_root>(&source);
    if (!root)
        return fail(reason::bad_option, "no set of keys signs for a TUF repository, or a model, as a whole");
    root_chain chain(root->root, now, *means.caps, means.go_on);
    trust_driver driver(root->url, root->forbidden_ends, means);
    MODELSEC_CHECK(driver.run(chain, chain.resume(trust_input::finished())));
    signing_keys out{chain.manifest_keys(), chain.manifest_threshold(), {}};
    out.chain = std::move(chain);
    return out;
}

result<void> still_vouched(bytes_view raw_envelope, const signing_keys& now, const limits& caps, const go_on_function& go_on)
{
    signature_budget budget{caps.signature_message_bytes, go_on};
    std::vector<candidate_key> keys = now.keys;
    for (candidate_key& key : keys)
        if (key.barred == reason::key_window)
            key.barred = reason::none;
    auto e = parse_envelope(raw_envelope, envelope_format::dsse, caps);
    if (!e)
        e = parse_envelope(raw_envelope, envelope_format::pack, caps);
    if (!e)
        return std::move(e).error();
    MODELSEC_CHECK(verify_envelope(std::move(*e), keys, 1, &budget));
    return {};
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
