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
    for (const bytes& response : bundle->timestamps)
        (void)verify_timestamp(response, bundle->signature(), {{leaf, {}, always}, {leaf, bundle->certificates, always}});
}
