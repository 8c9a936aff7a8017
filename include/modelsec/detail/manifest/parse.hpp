// Copyright (c) 2026 the modelsec authors. Distributed under the Boost Software License, Version 1.0.
#ifndef MODELSEC_DETAIL_MANIFEST_PARSE_HPP
#define MODELSEC_DETAIL_MANIFEST_PARSE_HPP

#include <modelsec/detail/trust/envelope.hpp>
#include <modelsec/limits.hpp>
#include <modelsec/detail/manifest/model.hpp>
#include <modelsec/detail/trust/threshold.hpp>

MODELSEC_BEGIN_NAMESPACE
namespace detail {

/// The payload of an envelope that enough keys signed. Only verify_envelope makes one, and only from one a manifest is
/// parsed: verify, then parse, from the very same bytes.
class verified_payload
{
public:
    envelope_format format() const noexcept { return signed_.format; }
    bytes_view data() const noexcept { return signed_.payload(); }
    /// The keys that vouch for it.
    const std::vector<std::string>& key_ids() const noexcept { return key_ids_; }

private:
    friend result<verified_payload> verify_envelope(envelope e, const std::vector<candidate_key>& keys, unsigned threshold,
                                                    signature_budget* budget);
    verified_payload(envelope e, std::vector<std::string> key_ids) : signed_(std::move(e)), key_ids_(std::move(key_ids)) {}

    envelope signed_;
    std::vector<std::string> key_ids_;
};

/// Checks the signatures: DSSE by t of n keys, a pack envelope by the one key its id binds (so a threshold above 1 is never
/// met: `threshold_unmet`). Codes: 20.
MODELSEC_DECL result<verified_payload> verify_envelope(envelope e, const std::vector<candidate_key>& keys,
                                                       unsigned threshold, signature_budget* budget = nullptr);

/// Reads a manifest (docs/manifest.md, Manifest). Unknown fields are ignored; a missing or wrong required one is
/// `manifest_malformed` (24), a name that is no safe name `unsafe_name` (31).
MODELSEC_DECL result<manifest> parse_manifest(const verified_payload& payload, const limits& caps = {});

/// The artifacts of a manifest whose signatures were verified when its pack was activated. For hints (where to look for chunk
/// digests), never for a decision: nothing here says who signed it.
MODELSEC_DECL result<std::vector<artifact>> parse_known_artifacts(bytes_view payload, const limits& caps = {});

}  // namespace detail
MODELSEC_END_NAMESPACE

#ifndef MODELSEC_SEPARATE_COMPILATION
#include <modelsec/detail/manifest/known_artifacts.ipp>
#include <modelsec/detail/manifest/parse.ipp>
#endif

#endif
