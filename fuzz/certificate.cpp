// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
// Certificates and keys as people hand them over: PEM with text around it, and DER as bundles carry it.
#include "fuzz.hpp"

#include <modelsec/detail/trust/sigstore/certificate.hpp>
#include <modelsec/model_signing.hpp>

using namespace modelsec;
using namespace modelsec::detail;

namespace {

void look_at(const certificate& c)
{
    fuzz::require(!c.raw().empty(), "a certificate has its bytes");
    const auto again = certificate::der(c.raw());
    fuzz::require(again.has_value() && *again == c, "what was read is read again");
    (void)c.validity();
    if (const auto key = c.key(); key.has_value())
        fuzz::require(!key->verify({}, {}) && !key->verify_digest(artifact_digests::of({}), {}), "no signature is none");
    (void)c.identities();
    (void)c.oidc_issuer();
    (void)verify_chain(c, {c}, {c}, utc_time{});
    fuzz::require(verify_embedded_scts({c, c}, {}).has_error(), "no log, no timestamp");
}

}  // namespace

MODELSEC_FUZZ_TARGET(certificate)
{
    if (const auto one = certificate::der(input); one.has_value())
        look_at(*one);
    const auto all = certificate::pem(as_text(input));
    signing_authority authority;
    fuzz::require(authority.add(as_text(input)).has_value() == all.has_value(), "an authority is made of certificates");
    if (all.has_value())
    {
        fuzz::require(!all->empty() && all->size() <= 64, "as many as are allowed");
        for (const certificate& c : *all)
            look_at(c);
    }
    (void)public_key::pem(as_text(input));
}
