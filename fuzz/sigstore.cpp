// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#include "fuzz.hpp"

#include <modelsec/detail/trust/sigstore/timestamp.hpp>
#include <modelsec/detail/trust/sigstore/transparency.hpp>
#include <modelsec/detail/trust/sigstore/verify.hpp>

using namespace modelsec;
using namespace modelsec::detail;

// A Sigstore bundle or a trusted root; nothing that a stranger writes is signed by a root without keys, or verified by one.
MODELSEC_FUZZ_TARGET(sigstore)
{
    const auto root = parse_sigstore_trust(input);
    if (root.has_value())
        for (const certificate_authority& a : root->authorities)
            fuzz::require(!a.anchor.raw().empty() && (!a.window.end || *a.window.end >= a.window.begin),
                          "an authority is whole");
    const auto bundle = parse_sigstore_bundle(input);
    if (bundle.has_error())
        return;
    fuzz::require(!bundle->signature().empty() || bundle->content, "there is something that may be a signature");
    const sigstore_trust nobody;
    fuzz::require(verify_keyless(*bundle, nobody, {"*", "i", true}, {}).has_error(), "who trusts nobody accepts nothing");
    for (const log_entry& entry : bundle->entries)
        fuzz::require(verify_entry(entry, bundle->version, {}).has_error(), "no log, no proof");
    for (const certificate& c : bundle->certificates)
    {
        (void)c.identities();
        (void)c.oidc_issuer();
        (void)verify_embedded_scts({c, c}, {});
    }
    for (const bytes& response : bundle->timestamps)
        fuzz::require(verify_timestamp(response, bundle->signature(), {}).has_error(), "no authority, no time");

    const auto some_key = public_key::ed25519_base64("11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=");
    fuzz::require(some_key.has_value(), "RFC 8032's first key is one");
    fuzz::require(verify_managed(*bundle, nobody, *some_key, {}).has_error(), "no log, no logged key");
    fuzz::require(verify_certified(*bundle, {}, &nobody, utc_time{}).has_error(), "no CA, no certificate of one");

    // As if the bundle's own signer were log, authority and CA: then checkpoints, bodies and tokens are read to their end.
    if (bundle->certificates.empty())
        return;
    const certificate& leaf = bundle->certificates.front();
    const auto key = leaf.key();
    if (key.has_error())
        return;
    const logged_signature about{&*bundle, leaf, {}, {}};
    for (const log_entry& entry : bundle->entries)
    {
        const std::vector<certificate_log> logs{{*key, entry.log_id, {}}};
        (void)verify_entry(entry, bundle->version, logs);
        (void)check_entry_body(entry, about, {});
        (void)verify_embedded_scts({leaf, bundle->certificates.back()}, logs);
    }
    const time_window always{utc_time::min(), {}};
    sigstore_trust own;
    for (const log_entry& entry : bundle->entries)
        own.transparency_logs.push_back({*key, entry.log_id, always});
    own.timestamp_authorities.push_back({leaf, bundle->certificates, always});
    own.authorities.push_back({leaf, bundle->certificates, always});
    (void)verify_keyless(*bundle, own, {"*", leaf.oidc_issuer().value_or("i"), true}, {});
    (void)verify_certified(*bundle, bundle->certificates, &own, utc_time{});
    (void)verify_certified(*bundle, bundle->certificates, nullptr, utc_time{});
    if (const auto plain = public_key::spki(key->spki()))
    {
        sigstore_bundle managed = *bundle;
        managed.certificates.clear();
        (void)verify_managed(managed, own, *plain, {});
    }
    for (const bytes& response : bundle->timestamps)
        (void)verify_timestamp(response, bundle->signature(), {{leaf, {}, always}, {leaf, bundle->certificates, always}});
}
