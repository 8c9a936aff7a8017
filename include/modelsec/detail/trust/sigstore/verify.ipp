// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_TRUST_SIGSTORE_VERIFY_IPP
#define MODELSEC_DETAIL_TRUST_SIGSTORE_VERIFY_IPP

#include <modelsec/detail/trust/sigstore/timestamp.hpp>
#include <modelsec/detail/trust/sigstore/transparency.hpp>
#include <modelsec/detail/trust/sigstore/verify.hpp>

#include <algorithm>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

bool matches_identity(std::string_view text, std::string_view pattern)
{
    std::size_t t = 0, p = 0, star = std::string_view::npos, resume = 0;
    while (t < text.size())
        if (p < pattern.size() && pattern[p] == '*')
        {
            star = p++;
            resume = t;
        }
        else if (p < pattern.size() && pattern[p] == text[t])
        {
            ++p;
            ++t;
        }
        else if (star != std::string_view::npos)
        {
            p = star + 1;
            t = ++resume;
        }
        else
            return false;
    while (p < pattern.size() && pattern[p] == '*')
        ++p;
    return p == pattern.size();
}

/// Every timestamp that a bundle brings must hold: one that does not makes the others doubtful.
inline result<void> verify_stamps(const sigstore_bundle& bundle, const sigstore_trust& root, signer_facts& out)
{
    for (const bytes& response : bundle.timestamps)
    {
        MODELSEC_TRY(const utc_time time, verify_timestamp(response, bundle.signature(), root.timestamp_authorities));
        out.times.push_back(time);
        out.stamped = std::max(out.stamped.value_or(time), time);
    }
    return {};
}

/// Checks the log entries, and adds the times that a log vouches for by its signed promise. Log indices are no time.
inline result<void> verify_entries(const sigstore_bundle& bundle, const sigstore_trust& root, const logged_signature& about,
                                   std::vector<utc_time>& times, const limits& caps)
{
    if (bundle.entries.empty())
        return fail(reason::log_proof, "the bundle has no entry of a transparency log");
    std::vector<const certificate_log*> logs;
    for (const log_entry& entry : bundle.entries)
    {
        MODELSEC_TRY(const certificate_log* log, verify_entry(entry, bundle.version, root.transparency_logs));
        MODELSEC_CHECK(check_entry_body(entry, about, caps));
        logs.push_back(log);
        if (!entry.promise.empty() && entry.integrated_time != 0)
            times.push_back(utc_time{std::chrono::seconds(static_cast<std::int64_t>(entry.integrated_time))});
    }
    std::sort(times.begin(), times.end());
    for (const certificate_log* log : logs)
        for (const utc_time time : times)
            if (!log->window.holds(time))
                return fail(reason::log_proof, "the log was not trusted at the time of the signature");
    return {};
}

/// Rekor v1 dates every entry by a signed promise. Whoever serves a bundle can leave it out, so that nobody says any more how old the
/// signature is, or a timestamp of today alone. (intoto 0.0.2 is Rekor v1's too; the Sigstore conformance suite has it without.)
inline result<void> check_promises(const sigstore_bundle& bundle)
{
    const auto undated = [](const log_entry& entry) {
        return entry.version == "0.0.1" && (entry.promise.empty() || entry.integrated_time == 0);
    };
    return std::ranges::any_of(bundle.entries, undated) ? fail(reason::log_proof, "a log entry without the log's promise")
                                                        : result<void>();
}

inline result<void> verify_content(const sigstore_bundle& bundle, const verifying_key& key, const artifact_digests& message)
{
    if (bundle.content)
        return key.verify(bundle.content->signed_bytes, bundle.signature()) ? result<void>() : fail(reason::bad_signature);
    if (!bundle.message_digest_algorithm.empty())
    {
        const auto algorithm = bundle_algorithm(bundle.message_digest_algorithm);
        if (!algorithm || !message.match(*algorithm, bundle.message_digest))
            return fail(reason::bad_signature, "the bundle is about a message with another digest");
    }
    return key.verify_digest(message, bundle.signature()) ? result<void>() : fail(reason::bad_signature);
}

inline artifact_digests logged_message(const sigstore_bundle& bundle, const artifact_digests& message)
{
    return bundle.content ? artifact_digests::of(bundle.content->signed_bytes) : message;
}

/// RFC 5280 section 6 by each authority that was trusted at the time; the chain that holds.
inline result<std::vector<certificate>> chain_at(const certificate& leaf,
                                                 const std::vector<certificate_authority>& authorities, utc_time at)
{
    bool outside = false;
    for (const certificate_authority& a : authorities)
    {
        if (!a.window.holds(at))
            continue;
        auto chain = verify_chain(leaf, a.helpers, {a.anchor}, at);
        if (chain)
            return std::move(*chain);
        outside = outside || chain.error() == chain_fault::outside_window;
    }
    if (outside)
        return fail(reason::signer_expired, "the certificate was not valid at the time of the signature");
    return fail(reason::chain_invalid, "no trusted authority issued the certificate");
}

result<void> check_purpose(const std::vector<certificate>& chain)
{
    const certificate& leaf = chain.front();
    if (leaf.may_not_sign() || leaf.for_other_uses() || (!leaf.may_sign() && !leaf.for_code_signing()))
        return fail(reason::chain_invalid, "the certificate is not for signing code");
    for (std::size_t i = 1; i + 1 < chain.size(); ++i)
        if (chain[i].for_other_uses())
            return fail(reason::chain_invalid, "a certificate above the signer's is not for signing code");
    return {};
}

inline result<std::string> check_identity_policy(const certificate& leaf, const identity_policy& by)
{
    // Who asks for nobody would accept everybody.
    if (by.identity.empty() || by.issuer.empty())
        return fail(reason::bad_option, "an identity and its issuer must be given");
    if (leaf.oidc_issuer() != by.issuer)
        return fail(reason::identity_mismatch, "the signer's identity was vouched for by another issuer");
    for (const std::string& name : leaf.identities())
        if (by.identity_is_pattern ? matches_identity(name, by.identity) : name == by.identity)
            return name;
    return fail(reason::identity_mismatch, "signed by another identity");
}

result<signer_facts> verify_keyless(const sigstore_bundle& bundle, const sigstore_trust& root, const identity_policy& by,
                                    const artifact_digests& message, const limits& caps)
{
    if (bundle.certificates.empty())
        return fail(reason::unknown_key, "signed by a plain key, not by an identity");
    const certificate& leaf = bundle.certificates.front();
    signer_facts out;
    MODELSEC_CHECK(verify_stamps(bundle, root, out));
    logged_signature about{&bundle, leaf, {}, logged_message(bundle, message)};
    MODELSEC_CHECK(verify_entries(bundle, root, about, out.times, caps));
    if (out.times.empty())
        return fail(reason::timestamp_invalid, "nobody who is trusted says when it was signed");
    for (const utc_time time : out.times)
    {
        MODELSEC_TRY(const std::vector<certificate> chain, chain_at(leaf, root.authorities, time));
        MODELSEC_CHECK(verify_embedded_scts(chain, root.certificate_logs));
        MODELSEC_CHECK(check_purpose(chain));
    }
    if (!leaf.may_sign() || !leaf.for_code_signing())
        return fail(reason::chain_invalid, "the certificate is not for signing code");
    MODELSEC_TRY(out.identity, check_identity_policy(leaf, by));
    out.issuer = by.issuer;
    MODELSEC_TRY(const verifying_key key, leaf.certified_key());
    MODELSEC_CHECK(verify_content(bundle, key, message));
    return out;
}

result<signer_facts> verify_managed(const sigstore_bundle& bundle, const sigstore_trust& root, const public_key& key,
                                    const artifact_digests& message, const limits& caps)
{
    if (!bundle.certificates.empty())
        return fail(reason::unknown_key, "signed by a certificate, not by a plain key");
    if (brings_other_key(bundle.raw_key, key))
        return fail(reason::unknown_key, "the bundle brings another key along");
    MODELSEC_TRY(const verifying_key verifier, verifying_key::der(key.spki_der()));
    signer_facts out;
    out.earliest_counts = true;
    MODELSEC_CHECK(check_promises(bundle));
    MODELSEC_CHECK(verify_stamps(bundle, root, out));
    logged_signature about{&bundle, {}, verifier, logged_message(bundle, message)};
    MODELSEC_CHECK(verify_entries(bundle, root, about, out.times, caps));
    MODELSEC_CHECK(verify_content(bundle, verifier, message));
    return out;
}

result<signer_facts> verify_certified(const sigstore_bundle& bundle, const std::vector<certificate>& given,
                                      const sigstore_trust* root, utc_time now, bytes_view other_encoding,
                                      const limits& caps)
{
    std::vector<certificate> anchors, helpers;
    for (const certificate& c : given)
        (c.self_signed() ? anchors : helpers).push_back(c);
    if (anchors.empty())
        return fail(reason::no_trust_anchor, "none of the certificates that were given is self-signed: nothing to trust");
    if (bundle.certificates.empty())
        return fail(reason::unknown_key, "signed by a plain key, not by a certificate");
    const certificate& leaf = bundle.certificates.front();
    helpers.insert(helpers.end(), bundle.certificates.begin() + 1, bundle.certificates.end());
    if (!bundle.content)
        return fail(reason::bundle_malformed, "needs an envelope");
    signer_facts out;
    out.earliest_counts = true;
    if (root)
    {
        MODELSEC_CHECK(check_promises(bundle));
        MODELSEC_CHECK(verify_stamps(bundle, *root, out));
    }
    if (root && !bundle.entries.empty())
    {
        const logged_signature about{&bundle, leaf, {}, artifact_digests::of(bundle.content->signed_bytes)};
        MODELSEC_CHECK(verify_entries(bundle, *root, about, out.times, caps));
    }
    std::sort(out.times.begin(), out.times.end());
    const auto chain = verify_chain(leaf, helpers, anchors, out.times.empty() ? now : out.times.front());
    if (!chain)
        return chain.error() == chain_fault::outside_window
                   ? fail(reason::signer_expired, "the signer's certificate, or one above it, is not valid at this time")
                   : fail(reason::chain_invalid, "no given certificate leads to the signer's");
    out.authority = sha256(chain->back().raw());
    MODELSEC_CHECK(check_purpose(*chain));
    MODELSEC_TRY(const verifying_key key, leaf.certified_key());
    if (!key.verify(bundle.content->signed_bytes, bundle.signature()) &&
        (other_encoding.empty() || !key.verify(other_encoding, bundle.signature())))
        return fail(reason::bad_signature);
    return out;
}

}  // namespace detail
MODELSEC_END_NAMESPACE

#endif
